"""`match`: which alert and which section of a runbook an alarm's name or a message leads to. Nothing asks AWS."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.runbook.lead import Match
from tradai_console.runbook.match import match_message, match_name
from tradai_console.runbook.notice import MAX_BODY
from tradai_console.runbooks_command import ANY_ENV, Shelf, open_shelf, say, warn_of_faults
from tradai_console.text import plain

STANDARD_INPUT: Final = "-"
LONGEST_NAME: Final = 255
"""Characters that CloudWatch allows in an alarm's name."""

_NAME: Final = re.compile(r"\S{1,255}")
_ALARM_ARN: Final = re.compile(r"arn:aws[a-z-]*:cloudwatch:[^:\s]*:[^:\s]*:alarm:(.+)")
_ENV: Final = re.compile(
    r"\btradai-(dev|staging|prod)\b|\btradai-[\w-]+-(dev|staging|prod)(?![\w-])", re.IGNORECASE
)


def run_match(
    name: str,
    *,
    env: str | None = None,
    as_json: bool = False,
    runbooks: Path | None = None,
    config: Path | None = None,
) -> int:
    """Print where an alarm's name leads, or, for `-`, the name or message on standard input. Returns 0, matched or not.

    Without `env` the names of every environment will do. Raises SettingsError, and ConsoleError where the input is
    neither a name nor a message.
    """
    text = _read_input() if name == STANDARD_INPUT else name
    shelf = open_shelf(runbooks, config, env=env)
    warn_of_faults(shelf.library)
    found = lead_of(text, shelf, env, message=name == STANDARD_INPUT)
    return say(json.dumps(as_object(found)) if as_json else as_text(found))


def lead_of(text: str, shelf: Shelf, env: str | None, *, message: bool = False) -> Match:
    """Where it leads. A text of one word is an alarm's name; `message` allows it to be anything else as well.

    Raises ConsoleError if it is empty, too long, or broken.
    """
    given = text.strip()
    if not given:
        raise ConsoleError(
            "there is nothing to match: give an alarm's name, or an SNS message on standard input"
        )
    json_ = given.startswith("{")
    if json_:
        _check_json(given)
    elif not message:
        _check_name(given)
    rules, documents = shelf.library.alerts(), shelf.library.documents()
    platform = shelf.platform(env or _env_in(given) or ANY_ENV)
    if not json_:
        arn = _ALARM_ARN.fullmatch(given)
        alarm = arn[1] if arn else given
        by_name = match_name(plain(alarm), rules, env, platform=platform, documents=documents)
        if by_name.matched or not message or _NAME.fullmatch(given):
            return by_name
    return match_message("", given, None, rules, env, platform=platform, documents=documents)


def as_object(found: Match) -> dict[str, object]:
    """What `--json` prints."""
    return {
        "alert": found.alert,
        "severity": found.severity.value,
        "runbook": found.runbook,
        "section": found.section,
        "variables": dict(found.variables),
        "matched_by": found.matched_by,
    }


def as_text(found: Match) -> str:
    """One block for a person: what it is, what to do first, where to read on."""
    place = " ".join(filter(None, (found.runbook, found.section)))
    rows = [
        ("severity", found.severity.value),
        ("first response", found.rule.first_response if found.rule else ""),
        ("runbook", "#".join(filter(None, (found.runbook, found.section)))),
        ("variables", " ".join(f"{name}={value}" for name, value in found.variables.items())),
        ("matched by", found.matched_by or "nothing: no rule knows it"),
        ("resolved", "it says that the trouble is over" if found.resolved else ""),
        ("read it", f"tradai-console runbooks show {place}"),
    ]
    return "\n".join((found.alert, *(f"  {label:14}  {value}" for label, value in rows if value)))


def _read_input() -> str:
    """All of standard input. Raises ConsoleError if that is too much, or no text."""
    if sys.stdin.isatty():
        sys.stderr.write("an alarm's name or an SNS message, then ctrl+d:\n")
    data = sys.stdin.buffer.read(MAX_BODY + 1)
    if len(data) > MAX_BODY:
        raise ConsoleError(
            f"standard input holds more than {MAX_BODY // 1024} KiB: no SNS message is so long"
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConsoleError(f"standard input is not UTF-8 text: byte {error.start + 1} is wrong") from None


def _check_json(text: str) -> None:
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConsoleError(f"the message begins as JSON and is broken at {where}: {error.msg}") from None
    except (ValueError, RecursionError):
        raise ConsoleError(
            "the message is JSON that cannot be read: too deep, or a number too long"
        ) from None


def _check_name(text: str) -> None:
    if len(text) > LONGEST_NAME or len(text.splitlines()) > 1:
        raise ConsoleError(
            f"an alarm's name is one line of at most {LONGEST_NAME} characters; give a message on standard input: match -"
        )


def _env_in(text: str) -> str | None:
    """The environment that the names in the text agree on: it makes their short names known."""
    found = {(match[1] or match[2]).lower() for match in _ENV.finditer(text)}
    return found.pop() if len(found) == 1 else None
