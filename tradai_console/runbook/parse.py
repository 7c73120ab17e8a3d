"""Markdown into a runbook: headings and numbered lists become sections and steps.

A document written for this console has `##` for sections and `###` for steps. Any other opens too: its
highest headings (below a single title) are the sections; deeper headings and the items of numbered lists are
its steps.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from tradai_console.errors import RunbookError
from tradai_console.runbook.blocks import BlockReader, inline_of, line_of, words
from tradai_console.runbook.fences import OURS
from tradai_console.runbook.frontmatter import read_head, split_head
from tradai_console.runbook.intake import read_text
from tradai_console.runbook.model import Block, Fault, Link, Runbook, Section, Step, Text
from tradai_console.text import plain

_ANCHOR = re.compile(r"\s*\{:?\s*#([\w.-]{1,120})[^}]*\}\s*$")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)")
_CODE_SPAN = re.compile(r"(`+)[^`]+\1")
_BOXED = re.compile(r"^(\s*)(?:!!!|\?\?\?\+?|===)\s+(.*)$")
_TITLE_LENGTH = 100


def parse_runbook(data: bytes, path: Path, *, shipped: bool = False, untrusted: str | None = None) -> Runbook:
    """The document in these bytes, called by the file's name.

    Raises RunbookError, at its line, if it is no text one should parse or if its head is wrong.
    """
    text = read_text(data, path)
    name = plain(path.stem, 120)
    head, skip = split_head(text)
    title, alerts = read_head(head, path, name) if head is not None else (None, None)
    lines = _unboxed(["" for _ in range(skip)] + text.split("\n")[skip:])
    nodes = _nodes("\n".join(lines), path)
    native = alerts is not None or any(node.type == "fence" and node.info.strip() in OURS for node in nodes)
    faults: list[Fault] = []
    reader = BlockReader(lines, lambda line, message: faults.append(Fault(path, line, message)))
    document = _Document(reader, native)
    sections, intro = document.read(nodes, title or "", name)
    return Runbook(
        name=name,
        title=title or document.title or name,
        path=path,
        sections=sections,
        alerts=alerts or (),
        sha256=hashlib.sha256(data).hexdigest(),
        shipped=shipped,
        links=_links(lines, nodes),
        anchors=tuple(document.anchors),
        untrusted=untrusted,
        intro=intro,
        faults=tuple(faults),
        native=native,
    )


def slug(heading: str) -> str:
    """The anchor that GitHub gives to a heading."""
    return re.sub(r"[^\w\- ]", "", words(heading).lower()).strip().replace(" ", "-")


@dataclass
class _Heading:
    level: int
    title: str
    anchor: str
    line: int


@dataclass
class _Part:
    """A heading, or the top of the file, with what stands under it up to the next heading."""

    heading: _Heading | None
    nodes: list[SyntaxTreeNode] = field(default_factory=list)


class _Document:
    """Headings into sections, what stands below them into steps."""

    def __init__(self, reader: BlockReader, native: bool) -> None:
        self.title = ""
        self.anchors: list[tuple[str, int]] = []
        self._reader = reader
        self._native = native
        self._slugs: Counter[str] = Counter()

    def read(
        self, nodes: Sequence[SyntaxTreeNode], title: str, name: str
    ) -> tuple[tuple[Section, ...], tuple[Block, ...]]:
        """The sections, and what stands before the first."""
        parts = self._parts(nodes)
        top, parts = self._without_title(parts)
        levels = [part.heading.level for part in parts if part.heading]
        chapters: list[list[_Part]] = []
        for part in parts:
            if part.heading and part.heading.level == min(levels):
                chapters.append([part])
            elif chapters:
                chapters[-1].append(part)
        intro = tuple(self._reader.read(top))
        if not chapters or any(_to_do(block) for block in intro) or (not self._native and _numbered(top)):
            shown = title or self.title or name
            whole = _Part(_Heading(1, shown, slug(shown) or "top", line_of(top[0]) if top else 1), top)
            sections = [self._section([whole])] if top else []
            return tuple(sections + [self._section(chapter) for chapter in chapters]), ()
        return tuple(self._section(chapter) for chapter in chapters), intro

    def _parts(self, nodes: Sequence[SyntaxTreeNode]) -> list[_Part]:
        parts = [_Part(None)]
        for node in nodes:
            if node.type == "heading":
                parts.append(_Part(self._heading(node)))
            else:
                parts[-1].nodes.append(node)
        return parts

    def _heading(self, node: SyntaxTreeNode) -> _Heading:
        raw = node.children[0].content if node.children else ""
        given = _ANCHOR.search(raw)
        title = plain(words(_ANCHOR.sub("", raw)), 200)
        if given:
            anchor = given[1]
        else:
            base = slug(title) or "section"
            anchor = base if not self._slugs[base] else f"{base}-{self._slugs[base]}"
            self._slugs[base] += 1
        self.anchors.append((anchor, line_of(node)))
        return _Heading(int(node.tag[1]), title, anchor, line_of(node))

    def _without_title(self, parts: list[_Part]) -> tuple[list[SyntaxTreeNode], list[_Part]]:
        """A single first-level heading at the start is the document's title."""
        top, rest = parts[0].nodes, parts[1:]
        firsts = [part for part in rest if part.heading and part.heading.level == 1]
        if rest and rest[0].heading and firsts == rest[:1]:
            self.title = rest[0].heading.title
            return top + rest[0].nodes, rest[1:]
        return top, rest

    def _section(self, chapter: list[_Part]) -> Section:
        heading = chapter[0].heading
        assert heading is not None
        divided = len(chapter) > 1
        steps: list[_Draft] = []
        intro = self._fill(chapter[0], steps, numbered=not (self._native and divided))
        background: list[Block] = []
        first = next((index for index, block in enumerate(intro) if not isinstance(block, Text)), len(intro))
        if first < len(intro):
            steps.insert(0, _Draft(heading.title, heading.line, intro[first:], None))
            intro = intro[:first]
        for part in chapter[1:]:
            below = part.heading
            assert below is not None
            if self._native and below.title.lower().startswith("background"):
                background += self._reader.read(part.nodes)
                continue
            step = _Draft(below.title, below.line, [], below.anchor)
            steps.append(step)
            step.blocks[:0] = self._fill(part, steps, numbered=not self._native)
        numbered = tuple(draft.step(heading.anchor, number) for number, draft in enumerate(steps, start=1))
        return Section(heading.anchor, heading.title, numbered, tuple(intro), heading.line, tuple(background))

    def _fill(self, part: _Part, steps: list[_Draft], *, numbered: bool) -> list[Block]:
        """What stands before the first numbered item; the items become steps, and what follows is theirs."""
        before: list[Block] = []
        into = before
        for node in part.nodes:
            blocks = list(self._reader.read([node]))
            if (
                numbered
                and node.type == "ordered_list"
                and not (len(blocks) == 1 and not isinstance(blocks[0], Text))
            ):
                for item in node.children:
                    steps.append(self._item(item))
                    into = steps[-1].blocks
            else:
                into.extend(blocks)
        return before

    def _item(self, item: SyntaxTreeNode) -> _Draft:
        text = words(inline_of(item))
        title = _first_sentence(text) or "Run"
        blocks: list[Block] = []
        if text and text != title:
            blocks.append(Text(plain(text), line_of(item)))
        blocks += self._reader.read(item.children[1 if text else 0 :])
        return _Draft(plain(title, 200), line_of(item), blocks, None)


@dataclass
class _Draft:
    title: str
    line: int
    blocks: list[Block]
    anchor: str | None

    def step(self, section: str, number: int) -> Step:
        anchor = self.anchor or f"{section}-step-{number}"
        return Step(number, self.title, anchor, tuple(self.blocks), self.line)


def _to_do(block: Block) -> bool:
    return not isinstance(block, Text)


def _numbered(nodes: Sequence[SyntaxTreeNode]) -> bool:
    return any(node.type == "ordered_list" for node in nodes)


def _first_sentence(text: str) -> str:
    if len(text) <= _TITLE_LENGTH:
        return text
    end = re.search(r"[.:;!?](?=\s)", text)
    if end and end.end() <= _TITLE_LENGTH:
        return text[: end.end()].rstrip(":;.")
    return text[: _TITLE_LENGTH - 1].rpartition(" ")[0] + "…"


def _nodes(text: str, path: Path) -> list[SyntaxTreeNode]:
    # Blocks only: the inline grammar takes quadratic time for some texts; links are read by us.
    markdown = MarkdownIt("commonmark", {"maxNesting": 64}).enable("table")
    markdown.core.ruler.enableOnly(["normalize", "block"])
    markdown.block.ruler.disable("reference")
    try:
        return list(SyntaxTreeNode(markdown.parse(text)).children)
    except RecursionError:
        raise RunbookError(path, 1, "the document is nested too deeply") from None


def _unboxed(lines: list[str]) -> list[str]:
    """Boxes and tabs of MkDocs (`!!! note`, `=== "Linux"`): their bodies without the indent, line by line."""
    result: list[str] = []
    indents: list[int] = []
    for line in lines:
        while indents and line.strip() and not line.startswith(" " * (indents[-1] + 4)):
            indents.pop()
        box = _BOXED.match(line[4 * len(indents) :])
        if box:
            result.append(f"{box[1]}{box[2]}")
            indents.append(len(line) - len(line.lstrip()))
        else:
            result.append(line[4 * len(indents) :] if line.strip() else line)
    return result


def _links(lines: Sequence[str], nodes: Sequence[SyntaxTreeNode]) -> tuple[Link, ...]:
    code: set[int] = set()
    for node in nodes:
        for inner in node.walk():
            if inner.type in ("fence", "code_block"):
                code.update(range(*(inner.map or (0, 0))))
    found = (
        Link(plain(match[1], 1_024), number)
        for number, line in enumerate(lines, start=1)
        if number - 1 not in code and "](" in line
        for match in _LINK.finditer(_CODE_SPAN.sub("", line))
    )
    return tuple(found)
