"""Frozen values that check what they are given: for what must be known before the first paint.

pydantic does this and far more, but importing it takes almost half of what a bare Textual app needs to its first
paint. What is read later (front matter, answers) has the time for it.

    @dataclass(frozen=True)
    class Intervals(Checked):
        alarms: Annotated[float, Between(0, 86_400)] = 15

Fields may be str, bool, int, float, Path, Any, a tuple or mapping of these, another Checked, and any of them or None.
From the environment all comes as text, so texts that read as a number or a truth are taken for one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Final, Self, Union, get_args, get_origin, get_type_hints

_TRUTHS: Final = {
    "true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False,
}  # fmt: skip


class WrongValueError(ValueError):
    """A value that is not allowed: where it stands, what it is, and why it is refused."""

    def __init__(self, path: tuple[str, ...], value: object, why: str, *, unknown: bool = False) -> None:
        super().__init__(f"{'.'.join(path)} = {value!r}: {why}")
        self.path = path
        self.value = value
        self.why = why
        self.unknown = unknown
        """Whether it is the name that is not known."""


@dataclass(frozen=True)
class Between:
    """A number above `low` (or from `low` on, with `closed`) and up to `high`."""

    low: float
    high: float = math.inf
    closed: bool = False

    def refuses(self, value: Any) -> str | None:
        """Why not, or None."""
        good = (self.low <= value if self.closed else self.low < value) and value <= self.high
        most = "" if math.isinf(self.high) else f" and up to {self.high:g}"
        return None if good else f"allowed is {'at least' if self.closed else 'above'} {self.low:g}{most}"


@dataclass(frozen=True)
class Like:
    """A text that the pattern fits whole."""

    pattern: str

    def refuses(self, value: Any) -> str | None:
        """Why not, or None."""
        return None if re.fullmatch(self.pattern, value) else f"allowed is a text like {self.pattern}"


class Checked:
    """The base of such a dataclass. Making one raises WrongValueError for a field that is not as annotated."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    def __post_init__(self) -> None:
        kind: Any = type(self)
        for name, wanted in _annotations(kind).items():
            object.__setattr__(self, name, _read(getattr(self, name), wanted, (name,)))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Made from a mapping, as a file has it; names that are unknown or missing raise WrongValueError too."""
        known = {field.name: field for field in fields(cls)}
        for name in values:
            if name not in known:
                raise WrongValueError((name,), values[name], "there is no such name", unknown=True)
        for name, field in known.items():
            if name not in values and field.default is MISSING and field.default_factory is MISSING:
                raise WrongValueError((name,), None, "it is missing")
        return cls(**values)


@cache
def _annotations(kind: type) -> dict[str, Any]:
    known = {field.name for field in fields(kind)}
    hints = get_type_hints(kind, include_extras=True)
    return {name: wanted for name, wanted in hints.items() if name in known}


def _read(value: Any, wanted: Any, path: tuple[str, ...]) -> Any:
    origin = get_origin(wanted)
    if origin is Annotated:
        kind, *rules = get_args(wanted)
        value = _read(value, kind, path)
        for rule in rules:
            if (why := rule.refuses(value)) is not None:
                raise WrongValueError(path, value, why)
        return value
    if origin in (Union, UnionType):
        kinds = get_args(wanted)
        if value is None and NoneType in kinds:
            return None
        return _read(value, next(kind for kind in kinds if kind is not NoneType), path)
    if origin is tuple and isinstance(value, list | tuple):
        return tuple(_read(one, get_args(wanted)[0], (*path, str(at))) for at, one in enumerate(value))
    if isinstance(origin, type) and issubclass(origin, Mapping) and isinstance(value, Mapping):
        inner = get_args(wanted)[1]
        return {str(key): _read(one, inner, (*path, str(key))) for key, one in value.items()}
    if origin is not None:
        raise WrongValueError(path, value, f"allowed is a {'list' if origin is tuple else 'table'}")
    return _read_plain(value, wanted, path)


def _read_plain(value: Any, wanted: Any, path: tuple[str, ...]) -> Any:
    if wanted is Any or (isinstance(value, wanted) and not (wanted is not bool and isinstance(value, bool))):
        return value
    if issubclass(wanted, Checked):
        return _read_inner(value, wanted, path)
    if wanted is bool and str(value).lower() in _TRUTHS:
        return _TRUTHS[str(value).lower()]
    if wanted is Path and isinstance(value, str):
        return Path(value)
    if wanted in (int, float) and isinstance(value, str | int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number) and (wanted is float or number.is_integer()):
            return wanted(number)
    raise WrongValueError(path, value, f"allowed is {_WORDS.get(wanted, wanted.__name__)}")


def _read_inner(value: Any, wanted: type[Checked], path: tuple[str, ...]) -> Checked:
    if not isinstance(value, Mapping):
        raise WrongValueError(path, value, "allowed is a table")
    try:
        return wanted.of(value)
    except WrongValueError as error:
        raise WrongValueError((*path, *error.path), error.value, error.why, unknown=error.unknown) from None


_WORDS: Final = {
    str: "a text", bool: "true or false", int: "a whole number", float: "a number", Path: "a path",
}  # fmt: skip
