"""CloudWatch Logs filter patterns as functions of a message.

Terms are all needed (`ERROR timeout`), quoted ones with their spaces; `?a ?b` one of them; `-a` none of it;
`{ $.level = "ERROR" && $.ms > 100 }` fields of JSON; `%expression%` a regular expression.
"""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from tradai_console.demo.behaviour.dispatch import Refused

Predicate = Callable[[str], bool]

_TERM = re.compile(
    r'\s*(?P<sign>[?-]?)(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|%(?P<regex>[^%]+)%|(?P<plain>[^\s"]+))'
)
_CONDITION = re.compile(
    r"\s*\$(?P<path>[.\w\[\]@-]*)\s*(?:(?P<how>!=|>=|<=|=|>|<)\s*"
    r'(?:"(?P<text>[^"]*)"|%(?P<regex>[^%]+)%|(?P<bare>[^\s()&|}]+))|(?P<word>IS NULL|IS TRUE|IS FALSE|NOT EXISTS))\s*'
)
_ESCAPED = re.compile(r"\\([\\\"])")
_STEP = re.compile(r"\.([\w@-]+)|\[(\d+)\]")
_MISSING = object()


@lru_cache(maxsize=256)
def compile_pattern(pattern: str) -> Predicate | None:
    """The pattern as a function of a message, None where every message matches. Raises Refused where it is wrong."""
    text = pattern.strip()
    if not text:
        return None
    if text.startswith("{"):
        if not text.endswith("}"):
            raise Refused("InvalidParameterException", "Invalid filter pattern")
        return _json_predicate(text[1:-1])
    return _terms(text)


def _terms(text: str) -> Predicate:
    needed: list[Predicate] = []
    either: list[Predicate] = []
    never: list[Predicate] = []
    place = 0
    while place < len(text):
        found = _TERM.match(text, place)
        if found is None:
            raise Refused("InvalidParameterException", "Invalid filter pattern")
        kind = {"?": either, "-": never, "": needed}[found["sign"]]
        kind.append(
            _holds(found["quoted"] if found["quoted"] is not None else found["plain"], found["regex"])
        )
        place = found.end()
    # AWS ignores `?` terms that stand beside needed ones.
    either = [] if needed else either

    def matches(message: str) -> bool:
        return (
            all(one(message) for one in needed)
            and (not either or any(one(message) for one in either))
            and not any(one(message) for one in never)
        )

    return matches


def _holds(term: str | None, regex: str | None) -> Predicate:
    if regex is not None:
        compiled = _regex(regex)
        return lambda message: compiled.search(message) is not None
    wanted = _ESCAPED.sub(r"\1", term or "")
    return lambda message: wanted in message


def _regex(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        raise Refused("InvalidParameterException", "Invalid filter pattern") from None


def _json_predicate(text: str) -> Predicate:
    parse, rest = _either(text)
    if rest.strip():
        raise Refused("InvalidParameterException", "Invalid filter pattern")

    def matches(message: str) -> bool:
        if not message.lstrip().startswith("{"):
            return False
        try:
            return parse(json.loads(message))
        except ValueError:
            return False

    return matches


def _either(text: str) -> tuple[Callable[[Any], bool], str]:
    first, rest = _both(text)
    parts = [first]
    while rest.lstrip().startswith("||"):
        one, rest = _both(rest.lstrip()[2:])
        parts.append(one)
    return (lambda data: any(part(data) for part in parts)), rest


def _both(text: str) -> tuple[Callable[[Any], bool], str]:
    first, rest = _condition(text)
    parts = [first]
    while rest.lstrip().startswith("&&"):
        one, rest = _condition(rest.lstrip()[2:])
        parts.append(one)
    return (lambda data: all(part(data) for part in parts)), rest


def _condition(text: str) -> tuple[Callable[[Any], bool], str]:
    if text.lstrip().startswith("("):
        inner, rest = _either(text.lstrip()[1:])
        if not rest.lstrip().startswith(")"):
            raise Refused("InvalidParameterException", "Invalid filter pattern")
        return inner, rest.lstrip()[1:]
    found = _CONDITION.match(text)
    if found is None:
        raise Refused("InvalidParameterException", "Invalid filter pattern")
    steps = _STEP.findall(found["path"])
    if found["word"]:
        words: dict[str, Callable[[Any], bool]] = {
            "IS NULL": lambda value: value is None,
            "IS TRUE": lambda value: value is True,
            "IS FALSE": lambda value: value is False,
            "NOT EXISTS": lambda value: value is _MISSING,
        }
        test = words[found["word"]]
    else:
        test = _comparison(found["how"], found["text"], found["regex"], found["bare"])
    return (lambda data: test(_at(data, steps))), text[found.end() :]


def _comparison(how: str, text: str | None, regex: str | None, bare: str | None) -> Callable[[Any], bool]:
    if regex is not None:
        compiled = _regex(regex)
        return lambda value: isinstance(value, str) and (compiled.search(value) is not None) is (how == "=")
    if text is None:
        try:
            return _number(how, float(bare or ""))
        except ValueError:
            text = bare
    wanted = text or ""
    if how not in ("=", "!="):
        raise Refused("InvalidParameterException", "Invalid filter pattern")
    return lambda value: value is not _MISSING and fnmatch.fnmatchcase(str(value), wanted) is (how == "=")


def _number(how: str, wanted: float) -> Callable[[Any], bool]:
    tests: dict[str, Callable[[float], bool]] = {
        "=": lambda value: value == wanted,
        "!=": lambda value: value != wanted,
        ">": lambda value: value > wanted,
        "<": lambda value: value < wanted,
        ">=": lambda value: value >= wanted,
        "<=": lambda value: value <= wanted,
    }
    test = tests[how]
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and test(float(value))


def _at(data: Any, steps: list[tuple[str, str]]) -> Any:
    for name, number in steps:
        if number and isinstance(data, list) and int(number) < len(data):
            data = data[int(number)]
        elif name and isinstance(data, dict) and name in data:
            data = data[name]
        else:
            return _MISSING
    return data
