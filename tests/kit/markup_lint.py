"""A reading of our own source that finds where a text from outside could be parsed as markup.

Only files that import Textual are judged: nothing else can draw. In them

1.  what is drawn by a sink (`SINKS`: `Static`, `Label`, `Button`, `notify`, `add_row`, `Option`, ...; a
    `super().__init__` in a class built on one) or given to `border_title`, `title`, `tooltip`, ... (`TITLES`)
    must be *safe*, or the call must say `markup=False` where the sink knows that word;
2.  safe is: a literal; a CONSTANT; `Content(...)`, `Text(...)` and what they assemble, style or join; a
    function or attribute that is annotated as one of them; a local name that only ever holds such; a list, a
    choice or a sum of safe things. An f-string with a value in it, `str(...)`, `plain(...)` and any unknown
    name are not: `plain` makes a text safe for the terminal, not for the markup parser;
3.  `from_markup` takes literals only, `from_ansi` and the two `escape` functions nothing at all, and
    `markup=True` is said nowhere;
4.  `render` returns no bare text.

`.update(...)` is a sink too (it is `Static`'s), so that a dictionary in such a file is grown by `|=`.
"""

from __future__ import annotations

import ast
import contextlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeGuard

ALL: Final = -1
SINKS: Final[dict[str, tuple[int, frozenset[str], bool]]] = {
    name: (drawn, frozenset(words), knows_markup)
    for names, drawn, words, knows_markup in (
        ("Static Label", 1, ("content", "renderable", "label"), True),
        ("Button Checkbox RadioButton ToggleButton Tab Link", 1, ("label", "text", "tooltip"), False),
        ("Option Selection TabPane Tree DirectoryTree", 1, ("prompt", "title", "label"), False),
        ("Collapsible", 0, ("title",), False),
        ("notify", 1, ("message", "title"), True),
        ("OptionList", ALL, (), True),
        ("RadioSet SelectionList", ALL, (), False),
        ("add_row add_columns add_options", ALL, ("label",), False),
        ("add_column add_option add_leaf set_label", 1, ("label", "item"), False),
        (
            "update update_cell update_cell_at replace_option_prompt",
            ALL,
            ("content", "value", "prompt"),
            False,
        ),
    )
    for name in names.split()
}
"""Name: how many positional arguments are drawn, which keywords are, and whether it knows `markup=False`.

`Button` and its like parse whatever they are told, so that only `Content` helps there."""

TITLES: Final = frozenset(
    {"border_title", "border_subtitle", "title", "sub_title", "tooltip", "label", "prompt"}
)
DRAWABLE: Final = frozenset({"Content", "Text"})
MAKERS: Final = frozenset({"assemble", "styled", "blank", "empty"})


@dataclass(frozen=True)
class Fault:
    """One place where a text from outside could be parsed."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


@dataclass
class _Known:
    """What the tree says about its own names: annotations of functions and attributes, by bare name."""

    returns: dict[str, set[bool]] = field(default_factory=lambda: defaultdict(set))
    attributes: dict[str, set[bool]] = field(default_factory=lambda: defaultdict(set))

    def add(self, tree: ast.AST) -> None:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                of = self.attributes if _is_property(node) else self.returns
                of[node.name].add(_is_drawable(node.returns))
            elif isinstance(node, ast.AnnAssign):
                self.attributes[_bare(node.target)].add(_is_drawable(node.annotation))


def _parsed(source: str, path: str) -> ast.Module:
    """The tree. CPython 3.11 counts the depth of two trees that are made at once in two threads as one: then again."""
    for _ in range(5):
        with contextlib.suppress(SystemError):
            return ast.parse(source, path)
    return ast.parse(source, path)


def lint(sources: dict[str, str]) -> list[Fault]:
    """The faults of these files, given as path and source; functions of one may be called in another."""
    trees = {path: _parsed(source, path) for path, source in sources.items()}
    known = _Known()
    for tree in trees.values():
        known.add(tree)
    drawing = {path: tree for path, tree in trees.items() if _imports_textual(tree)}
    faults = [Fault(path, *found) for path, tree in drawing.items() for found in _Reader(known).read(tree)]
    return sorted(faults, key=lambda fault: (fault.path, fault.line))


def lint_folders(root: Path, names: Iterable[str]) -> list[Fault]:
    """The faults of every Python file below these folders of `root`."""
    files = (path for name in names for path in sorted((root / name).rglob("*.py")))
    return lint({str(path.relative_to(root)): path.read_text("utf-8") for path in files})


class _Reader:
    """Judges one file, function by function."""

    def __init__(self, known: _Known) -> None:
        self._known = known
        self._names: list[dict[str, bool]] = [{}]
        self._bases: list[set[str]] = []

    def read(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.ClassDef):
            self._bases.append({_bare(base) for base in node.bases})
            yield from self._children(node)
            self._bases.pop()
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            self._names.append({**self._names[-1], **_parameters(node)})
            self._names[-1].update(self._locals(node))
            yield from self._children(node)
            if isinstance(node, ast.FunctionDef) and node.name == "render" and self._bases:
                yield from self._bare_returns(node)
            self._names.pop()
        else:
            yield from self._judged(node)
            yield from self._children(node)

    def _children(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        for child in ast.iter_child_nodes(node):
            yield from self.read(child)

    def _judged(self, node: ast.AST) -> Iterator[tuple[int, str]]:
        if isinstance(node, ast.Call):
            yield from self._call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                titled = isinstance(target, ast.Attribute) and target.attr in TITLES
                if titled and not self._safe(node.value):
                    yield node.lineno, f"{_bare(target)} is given a text that would be parsed"
        elif _imports_escape(node):
            yield node.lineno, "escape is no cure: it loses texts in brackets"

    def _call(self, call: ast.Call) -> Iterator[tuple[int, str]]:
        name = _bare(call.func)
        said = next((word.value for word in call.keywords if word.arg == "markup"), None)
        off = isinstance(said, ast.Constant) and said.value is False
        if said is not None and not off:
            yield call.lineno, f"{name} is told to parse markup"
        if name == "from_ansi":
            yield call.lineno, "from_ansi lets through what it does not know"
        literal = all(isinstance(argument, ast.Constant) for argument in call.args)
        if name in ("from_markup", "from_text", "render_str") and not off and not literal:
            yield call.lineno, f"{name} parses a text that is no literal"
        if name == "__init__" and self._bases:
            name = next((base for base in self._bases[-1] if base in SINKS), name)
        if name not in SINKS:
            return
        drawn, words, knows_markup = SINKS[name]
        if off and knows_markup:
            return
        arguments = call.args if drawn == ALL else call.args[:drawn]
        arguments = arguments + [word.value for word in call.keywords if word.arg in words]
        if not all(self._safe(argument) for argument in arguments):
            yield call.lineno, f"{name} draws a text that would be parsed"

    def _bare_returns(self, function: ast.FunctionDef) -> Iterator[tuple[int, str]]:
        for node in ast.walk(function):
            if isinstance(node, ast.Return) and _is_bare_text(node.value):
                yield node.lineno, "render returns a text that would be parsed"

    def _locals(self, function: ast.AST) -> dict[str, bool]:
        """Names assigned here, safe where every value they get is; two rounds, for names of names."""
        found: dict[str, bool] = {}
        for _ in range(2):
            found = {}
            for node in ast.walk(function):
                if isinstance(node, ast.Assign):
                    pairs = [(target, self._safe(node.value)) for target in node.targets]
                elif isinstance(node, ast.AnnAssign):
                    pairs = [(node.target, _is_drawable(node.annotation))]
                elif isinstance(node, ast.NamedExpr | ast.AugAssign):
                    pairs = [(node.target, self._safe(node.value))]
                elif isinstance(node, ast.For | ast.comprehension):
                    pairs = [(node.target, self._safe(node.iter))]
                else:
                    continue
                for target, safe in pairs:
                    for name in (part.id for part in ast.walk(target) if isinstance(part, ast.Name)):
                        found[name] = found.get(name, True) and safe
            self._names[-1].update(found)
        return found

    def _safe(self, value: ast.expr | None) -> bool:
        match value:
            case None | ast.Constant():
                return True
            case ast.JoinedStr(values=parts):
                return all(isinstance(part, ast.Constant) for part in parts)
            case ast.Name(id=name):
                return self._names[-1].get(name, _is_constant(name))
            case ast.Attribute(attr=name):
                return _is_constant(name) or self._known.attributes.get(name) == {True}
            case ast.Call():
                return self._safe_call(value)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(values=parts):
                return all(self._safe(part) for part in parts)
            case ast.ListComp(elt=part) | ast.GeneratorExp(elt=part):
                return self._safe(part)
            case ast.IfExp(body=one, orelse=other) | ast.BinOp(left=one, op=ast.Add(), right=other):
                return self._safe(one) and self._safe(other)
            case ast.Starred(value=inner) | ast.Subscript(value=inner) | ast.Await(value=inner):
                return self._safe(inner)
            case ast.NamedExpr(value=inner):
                return self._safe(inner)
            case _:
                return False

    def _safe_call(self, call: ast.Call) -> bool:
        name = _bare(call.func)
        if name in DRAWABLE or name in SINKS:
            return True  # a sink inside a sink is judged by itself
        if isinstance(call.func, ast.Attribute):
            owner = call.func.value
            if _bare(owner) in DRAWABLE:
                return name in MAKERS or name.startswith("from_")  # judged by rule 3
            if isinstance(owner, ast.Call) and self._safe_call(owner):
                return True  # what a Content's methods give is a Content
            if isinstance(owner, ast.Name) and self._names[-1].get(owner.id, False):
                return True
        return self._known.returns.get(name) == {True}


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> dict[str, bool]:
    given = function.args
    every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
    return {one.arg: _is_drawable(one.annotation) for one in every if one is not None}


def _bare(node: ast.AST) -> str:
    """The last name of a dotted one."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner):
            return _bare(inner)
        case _:
            return ""


def _is_drawable(annotation: ast.expr | None) -> bool:
    """True for `Content`, `Text | None`, `list[Text]` and so on; not where `str` is possible too."""
    if annotation is None:
        return False
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return _is_drawable(ast.parse(annotation.value, mode="eval").body)
    names = {_bare(node) for node in ast.walk(annotation)}
    return bool(names & DRAWABLE) and not names & {"str", "object", "Any"}


def _is_constant(name: str) -> bool:
    return name.isupper() and len(name) > 1


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(_bare(decorator).endswith("property") for decorator in function.decorator_list)


def _is_bare_text(value: ast.expr | None) -> bool:
    match value:
        case ast.JoinedStr(values=parts):
            return any(isinstance(part, ast.FormattedValue) for part in parts)
        case ast.Call(func=function):
            return _bare(function) in ("str", "plain", "fit", "format") or (
                _bare(function) == "join"
                and isinstance(function, ast.Attribute)
                and isinstance(function.value, ast.Constant)
            )
        case ast.BinOp(left=one, right=other):
            return any(_is_bare_text(side) or isinstance(side, ast.Constant) for side in (one, other))
        case _:
            return False


def _imports_escape(node: ast.AST) -> TypeGuard[ast.ImportFrom]:
    return (
        isinstance(node, ast.ImportFrom)
        and node.module in ("textual.markup", "rich.markup")
        and any(name.name == "escape" for name in node.names)
    )


def _imports_textual(tree: ast.AST) -> bool:
    modules = [
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    return any(name.split(".")[0] == "textual" for name in modules)
