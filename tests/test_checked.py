"""Values that check themselves: what is taken, what is refused, and with which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import pytest

from tradai_console.checked import Between, Checked, Like, WrongValueError


@dataclass(frozen=True)
class Inner(Checked):
    """A group."""

    pace: Annotated[float, Between(0, 10)] = 5


@dataclass(frozen=True)
class Outer(Checked):
    """One of each kind."""

    word: Annotated[str, Like("[a-z]+")]
    flag: bool = False
    count: int = 0
    where: Path | None = None
    words: tuple[str, ...] = ()
    sizes: Mapping[str, int] | None = None
    inner: Inner = Inner()
    share: Annotated[float, Between(0, closed=True)] = 0


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        pytest.param({"flag": "yes"}, "flag", True, id="a truth as text"),
        pytest.param({"flag": 0}, "flag", False, id="a truth as a number"),
        pytest.param({"count": "12"}, "count", 12, id="a number as text"),
        pytest.param({"where": "/x"}, "where", Path("/x"), id="a path as text"),
        pytest.param({"where": None}, "where", None, id="none where it may be"),
        pytest.param({"words": ["a", "b"]}, "words", ("a", "b"), id="a list"),
        pytest.param({"inner": {"pace": 10}}, "inner", Inner(10), id="a group, its upper bound included"),
        pytest.param({"share": 0}, "share", 0.0, id="a closed lower bound"),
    ],
)
def test_values_become_what_is_annotated(given: dict[str, Any], name: str, expected: object) -> None:
    """What a file or the environment says in other words becomes the annotated kind."""
    assert getattr(Outer.of({"word": "w"} | given), name) == expected


@pytest.mark.parametrize(
    ("given", "path", "unknown"),
    [
        pytest.param({"word": "W"}, ("word",), False, id="a pattern is anchored at both ends"),
        pytest.param({"word": 3}, ("word",), False, id="a number is no text"),
        pytest.param({"flag": "maybe"}, ("flag",), False, id="no truth"),
        pytest.param({"count": 1.5}, ("count",), False, id="no whole number"),
        pytest.param({"count": True}, ("count",), False, id="a truth is no number"),
        pytest.param({"words": "ab"}, ("words",), False, id="a text is no list"),
        pytest.param({"sizes": {"a": "x"}}, ("sizes", "a"), False, id="inside a table"),
        pytest.param({"inner": {"pace": 0}}, ("inner", "pace"), False, id="an open lower bound"),
        pytest.param({"inner": {"pace": "nan"}}, ("inner", "pace"), False, id="nan is no number"),
        pytest.param({"inner": {"rate": 1}}, ("inner", "rate"), True, id="an unknown name in a group"),
        pytest.param({"nope": 1}, ("nope",), True, id="an unknown name"),
        pytest.param({"share": -1}, ("share",), False, id="below a closed bound"),
    ],
)
def test_what_is_refused_is_named(given: dict[str, Any], path: tuple[str, ...], unknown: bool) -> None:
    """The error says where the value stands, and whether it is the name that is wrong."""
    with pytest.raises(WrongValueError) as refused:
        Outer.of({"word": "w"} | given)
    assert (refused.value.path, refused.value.unknown) == (path, unknown)


def test_a_missing_name_is_named() -> None:
    """What has no default must be there."""
    with pytest.raises(WrongValueError, match="word"):
        Outer.of({})


def test_a_value_made_by_hand_is_checked_too() -> None:
    """There is no way around the check."""
    with pytest.raises(WrongValueError):
        Outer("w", inner=Inner(11))
