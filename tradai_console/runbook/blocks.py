"""Markdown's own blocks (paragraphs, lists, tables, quotes, code) as blocks of a step."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.tree import SyntaxTreeNode

from tradai_console.runbook.fences import Report, read_fence, read_shell
from tradai_console.runbook.model import Block, Decision, Option, Text, Tick
from tradai_console.text import plain

_TICK = re.compile(r"\[[ xX]\]\s+(.*)", re.DOTALL)
_LINK = re.compile(
    r"(?:\*\*|__)?\[([^\]]{1,400})\]\(\s*<?([^)\s>]+)>?[^)]{0,200}\)(?:\*\*|__)?(.*)", re.DOTALL
)
_WAY = re.compile(r"(?<!!)\[[^\]\n]{1,400}\]\([^)\n]{1,400}\)")
"""A link within a sentence."""
_INLINE = (
    (re.compile(r"!?\[([^\]]*)\]\([^)]*\)"), r"\1"),
    (re.compile(r"`+([^`]*)`+"), r"\1"),
    (re.compile(r"(\*\*|__)(\S[^*_]*?)\1"), r"\2"),
    (re.compile(r"(?<!\w)([*_])(\S[^*_]*?)\1(?!\w)"), r"\2"),
    (re.compile(r"\\([!-/:-@\[-`{-~])"), r"\1"),
)


def words(markdown: str) -> str:
    """One line of plain words: links by their label, no emphasis."""
    text = " ".join(markdown.split())
    for pattern, replacement in _INLINE:
        text = pattern.sub(replacement, text)
    return text.strip()


@dataclass(frozen=True)
class BlockReader:
    """Reads nodes of one document."""

    lines: Sequence[str]
    report: Report

    def read(self, nodes: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
        """The blocks of these nodes, in their order. Headings and rules give none."""
        for node in nodes:
            yield from self._read(node)

    def source(self, node: SyntaxTreeNode) -> str:
        """The node's own lines, safe to draw, without their common indent."""
        start, end = node.map or (0, 0)
        lines = [plain(line).rstrip() for line in self.lines[start:end]]
        while lines and not lines[-1]:
            lines.pop()
        indent = min((len(line) - len(line.lstrip()) for line in lines if line), default=0)
        return "\n".join(line[indent:] for line in lines)

    def _read(self, node: SyntaxTreeNode) -> Iterator[Block]:
        line = line_of(node)
        match node.type:
            case "fence":
                yield from read_fence(node.info, node.content, line + 1, self.report)
            case "code_block":
                yield from self._indented(node, line)
            case "bullet_list" | "ordered_list":
                yield from self._list(node, line)
            case "html_block":
                if not node.content.lstrip().startswith("<!--"):
                    yield Text(self.source(node), line, "html")
            case "blockquote" | "table":
                yield Text(self.source(node), line, {"blockquote": "quote"}.get(node.type, "table"))
            case "paragraph":
                text = self.source(node)
                yield Text(text, line, ways=_ways(text, line))
            case _:
                return

    def _indented(self, node: SyntaxTreeNode, line: int) -> Iterator[Block]:
        if node.content.lstrip().startswith("$ "):
            yield read_shell(node.content, line)
        else:
            yield Text(self.source(node), line, "code")

    def _list(self, node: SyntaxTreeNode, line: int) -> Iterator[Block]:
        items = [(item, inline_of(item)) for item in node.children]
        options = [_option(text, line_of(item)) for item, text in items]
        if options and all(option is not None for option in options):
            yield Decision(tuple(option for option in options if option is not None), line)
        elif any(_TICK.match(text) for _, text in items) or any(_holds_code(item) for item, _ in items):
            for item, text in items:
                yield from self._item(item, text)
        else:
            yield Text(self.source(node), line, "list")

    def _item(self, item: SyntaxTreeNode, text: str) -> Iterator[Block]:
        tick = _TICK.match(text)
        if tick:
            yield Tick(plain(words(tick[1]), 1_000), line_of(item))
        elif text:
            yield Text(f"- {plain(' '.join(text.split()))}", line_of(item), "list")
        yield from self.read(item.children[1 if text else 0 :])


def line_of(node: SyntaxTreeNode) -> int:
    """The line of the file, from 1."""
    return (node.map or (0, 0))[0] + 1


def inline_of(item: SyntaxTreeNode) -> str:
    """The Markdown of an item's first paragraph, empty if it begins with something else."""
    first = item.children[0] if item.children else None
    if first is None or first.type != "paragraph" or not first.children:
        return ""
    return first.children[0].content


def _ways(text: str, line: int) -> tuple[Option, ...]:
    """The steps and sections that a paragraph's sentences link to."""
    found = (_option(match[0], line) for match in _WAY.finditer(text))
    return tuple([option for option in found if option is not None])


def _option(text: str, line: int) -> Option | None:
    link = _LINK.fullmatch(text)
    if link is None:
        return None
    path, hash_, anchor = link[2].partition("#")
    if not re.fullmatch(r"(?:\./)?[\w./-]*?(?:\.md)?/?", path) or not (
        path.removesuffix("/").endswith(".md") or hash_
    ):
        return None
    target = path.strip("/").rpartition("/")[2].removesuffix(".md") + (f"#{anchor}" if hash_ else "")
    note = plain(words(link[3]), 400).lstrip(":–— ")
    return Option(plain(words(link[1]), 200), plain(target, 300), line, note)


def _holds_code(item: SyntaxTreeNode) -> bool:
    return any(node.type in ("fence", "code_block") for node in item.walk())
