"""The Amazon States Language without time: paths, parameters, choices and error matching. Pure."""

from __future__ import annotations

import copy
import fnmatch
import json
import re
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

_STEP = re.compile(r"\.([\w\-]+)|\[(\d+)\]|\['([^']+)'\]")
_CALL = re.compile(r"States\.(\w+)\((.*)\)$", re.DOTALL)
_MISSING = object()


class StateError(Exception):
    """A state failed: the error's name, and its cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(error, cause)
        self.error = error
        self.cause = cause


def look(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    """What a reference path (`$.a.b[0]`, `$$.Execution.Id`) leads to. Raises StateError where it leads nowhere."""
    found = _look(path, data, context)
    if found is _MISSING:
        raise StateError(
            "States.Runtime", f"The JSONPath '{path}' could not be found in the input '{json.dumps(data)}'"
        )
    return found


def _look(path: str, data: Any, context: Mapping[str, Any]) -> Any:
    found: Any = context if path.startswith("$$") else data
    for name, number, quoted in _STEP.findall(path.removeprefix("$$").removeprefix("$")):
        if number:
            if not isinstance(found, list) or int(number) >= len(found):
                return _MISSING
            found = found[int(number)]
        else:
            if not isinstance(found, Mapping) or (name or quoted) not in found:
                return _MISSING
            found = found[name or quoted]
    return found


def choose_input(state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> Any:
    """InputPath, then Parameters (or Arguments, taken as they are)."""
    path = state.get("InputPath", "$")
    chosen = {} if path is None else look(path, data, context)
    if "Parameters" in state:
        return fill(state["Parameters"], chosen, context)
    return state.get("Arguments", chosen)


def choose_output(state: Mapping[str, Any], data: Any, result: Any, context: Mapping[str, Any]) -> Any:
    """ResultSelector, ResultPath, then OutputPath."""
    if "ResultSelector" in state:
        result = fill(state["ResultSelector"], result, context)
    joined = place(data, state.get("ResultPath", "$"), result)
    path = state.get("OutputPath", "$")
    return {} if path is None else look(path, joined, context)


def place(data: Any, path: str | None, result: Any) -> Any:
    """The data with the result put where the path says; None throws the result away."""
    if path is None:
        return data
    if path == "$":
        return result
    joined = copy.deepcopy(data) if isinstance(data, dict) else {}
    names = [name or quoted for name, _, quoted in _STEP.findall(path[1:])]
    at = joined
    for name in names[:-1]:
        at = at.setdefault(name, {})
    at[names[-1]] = result
    return joined


def fill(template: Any, data: Any, context: Mapping[str, Any]) -> Any:
    """A payload template with its `.$` fields filled."""
    if isinstance(template, Mapping):
        return {
            key.removesuffix(".$"): _dynamic(value, data, context)
            if key.endswith(".$")
            else fill(value, data, context)
            for key, value in template.items()
        }
    if isinstance(template, list):
        return [fill(one, data, context) for one in template]
    return template


def _dynamic(text: str, data: Any, context: Mapping[str, Any]) -> Any:
    text = text.strip()
    if text.startswith("$"):
        return look(text, data, context)
    found = _CALL.match(text)
    if found is None:
        raise StateError("States.Runtime", f"The value '{text}' is not a path or an intrinsic function")
    arguments = [_argument(one, data, context) for one in _split(found[2])]
    function = _INTRINSICS.get(found[1])
    if function is None:
        raise StateError("States.IntrinsicFailure", f"States.{found[1]} is not known")
    return function(*arguments)


def _argument(text: str, data: Any, context: Mapping[str, Any]) -> Any:
    if text.startswith("'"):
        return text[1:-1].replace("\\'", "'").replace("\\\\", "\\")
    if text.startswith(("$", "States.")):
        return _dynamic(text, data, context)
    return json.loads(text)


def _split(text: str) -> list[str]:
    parts, depth, quoted, start = [], 0, False, 0
    for place_, sign in enumerate(text):
        if sign == "'" and text[place_ - 1 : place_] != "\\":
            quoted = not quoted
        elif not quoted and sign in "([":
            depth += 1
        elif not quoted and sign in ")]":
            depth -= 1
        elif sign == "," and not quoted and not depth:
            parts.append(text[start:place_].strip())
            start = place_ + 1
    return [*parts, text[start:].strip()] if text.strip() else []


def _format(template: str, *values: Any) -> str:
    parts = template.split("{}")
    shown = [value if isinstance(value, str) else json.dumps(value) for value in values]
    return "".join(part + (shown[number] if number < len(shown) else "") for number, part in enumerate(parts))


_INTRINSICS: Mapping[str, Callable[..., Any]] = {
    "Format": _format,
    "UUID": lambda: str(uuid.uuid4()),
    "StringToJson": json.loads,
    "JsonToString": lambda value: json.dumps(value, separators=(",", ":")),
    "Array": lambda *values: list(values),
    "ArrayLength": len,
    "ArrayGetItem": lambda values, number: values[int(number)],
    "ArrayContains": lambda values, value: value in values,
    "MathAdd": lambda left, right: left + right,
    "JsonMerge": lambda left, right, _deep=False: {**left, **right},
}


# --- choices ----------------------------------------------------------------------------------------------


def choose(state: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> str:
    """The next state of a Choice. Raises StateError (States.NoChoiceMatched)."""
    for rule in state["Choices"]:
        if _holds(rule, data, context):
            return str(rule["Next"])
    if "Default" in state:
        return str(state["Default"])
    raise StateError("States.NoChoiceMatched", "No choice rule matched the input")


def _holds(rule: Mapping[str, Any], data: Any, context: Mapping[str, Any]) -> bool:
    if "And" in rule:
        return all(_holds(one, data, context) for one in rule["And"])
    if "Or" in rule:
        return any(_holds(one, data, context) for one in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data, context)
    value = _look(rule["Variable"], data, context)
    name, wanted = next(
        (key, value_) for key, value_ in rule.items() if key not in ("Variable", "Next", "Comment")
    )
    if name.startswith("Is"):
        return _is(name, value) is wanted
    if value is _MISSING:
        raise StateError(
            "States.Runtime",
            f"Invalid path '{rule['Variable']}': The choice state's condition path references an invalid value.",
        )
    if name.endswith("Path"):
        name, wanted = name[:-4], look(wanted, data, context)
    return _compare(name, value, wanted)


def _is(name: str, value: Any) -> bool:
    kinds: Mapping[str, Any] = {"IsString": str, "IsNumeric": int | float, "IsBoolean": bool}
    if name == "IsPresent":
        return value is not _MISSING
    if name == "IsNull":
        return value is None
    if name == "IsTimestamp":
        return isinstance(value, str) and _time(value) is not None
    return isinstance(value, kinds[name]) and (name != "IsNumeric" or not isinstance(value, bool))


def _compare(name: str, value: Any, wanted: Any) -> bool:
    if name == "StringMatches":
        return isinstance(value, str) and fnmatch.fnmatchcase(value, wanted)
    if name == "BooleanEquals":
        return isinstance(value, bool) and value is wanted
    kind = next(one for one in ("String", "Numeric", "Timestamp") if name.startswith(one))
    if kind == "Timestamp":
        value, wanted = _time(value), _time(wanted)
    if kind == "Numeric" and isinstance(value, bool):
        return False
    if value is None or wanted is None or isinstance(value, str) is not isinstance(wanted, str):
        return False
    how: Mapping[str, Callable[[], bool]] = {
        "Equals": lambda: bool(value == wanted),
        "LessThan": lambda: bool(value < wanted),
        "GreaterThan": lambda: bool(value > wanted),
        "LessThanEquals": lambda: bool(value <= wanted),
        "GreaterThanEquals": lambda: bool(value >= wanted),
    }
    return how[name.removeprefix(kind)]()


def _time(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None


# --- errors -----------------------------------------------------------------------------------------------


def matches(names: list[str], error: str) -> bool:
    """Whether a Retry's or Catch's ErrorEquals covers this error."""
    if error in names:
        return True
    if "States.TaskFailed" in names and error not in ("States.Timeout", "States.Runtime"):
        return True
    return "States.ALL" in names and error not in ("States.DataLimitExceeded", "States.Runtime")


def retry_delay(retries: list[Mapping[str, Any]], counts: dict[int, int], error: str) -> float | None:
    """Seconds to wait before the next attempt, None where there is to be none. `counts` is kept by the caller."""
    for number, rule in enumerate(retries):
        if not matches(rule["ErrorEquals"], error):
            continue
        done = counts.get(number, 0)
        if done >= int(rule.get("MaxAttempts", 3)):
            return None
        counts[number] = done + 1
        delay = float(rule.get("IntervalSeconds", 1)) * float(rule.get("BackoffRate", 2.0)) ** done
        return min(delay, float(rule.get("MaxDelaySeconds", delay)))
    return None
