"""What a notification says: CloudWatch's, `notify-completion`'s, the functions' own, in any envelope."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tradai_console.models.alarm import Alarm, AlarmState
from tradai_console.runbook.alarm_notice import alarm_of, alarm_of_mail, as_number
from tradai_console.runbook.variables import accepts
from tradai_console.text import plain

MAX_BODY: Final = 256 * 1024
_MAX_DEPTH = 12
_MAX_VALUES = 2_000


@dataclass(frozen=True)
class Notice:
    """One notification, read. Everything in it is safe to draw."""

    subject: str
    text: str
    """The body as words; of JSON: `key: value` a line, without what says 0, false or nothing."""
    alarm: Alarm | None = None
    """What a CloudWatch alarm notification says about its alarm."""
    type: str | None = None
    """`notification_type`."""
    severities: frozenset[str] = frozenset()
    """Every word that stands under a key `severity`, in lower case."""
    numbers: Mapping[str, float] = field(default_factory=dict)
    """Numbers by their key, the greatest of several; `psi` also from plain text, there the overall one or the
    first."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Variables named by keys, checked."""
    resolved: bool = False
    """It says that the trouble is over."""


def read_notice(subject: str, body: str, attributes: Mapping[str, str] | None = None) -> Notice:
    """Read one message of the channel. Never raises: what cannot be understood is text."""
    title, content, given = _unwrapped(subject, body[:MAX_BODY])
    document = _json(content)
    given = {**given, **(attributes or {})}
    pairs = [*_pairs(document), *given.items()]
    if isinstance(document, dict | list):
        text = "\n".join(f"{key}: {value}" for key, value in pairs if _says_something(value))
    else:
        text = content
        title, text = _subject_line(title, text)
    title, text = plain(title, 512), "\n".join(plain(line, 1_024) for line in text.splitlines()[:400])
    alarm = alarm_of(document) or alarm_of_mail(title)
    fields = _by_key(pairs)
    return Notice(
        subject=title,
        text=text,
        alarm=alarm,
        type=plain(fields.get("notificationtype", ""), 80) or None,
        severities=frozenset(plain(value, 40).lower() for key, value in pairs if _leaf(key) == "severity"),
        numbers=_numbers(pairs, f"{title}\n{text}"),
        values=_values(pairs) | _key_in(f"{title}\n{text}"),
        resolved=alarm.state is AlarmState.OK if alarm else _over(title, text),
    )


def _unwrapped(subject: str, body: str) -> tuple[str, str, dict[str, str]]:
    """Take the message out of its envelopes: SQS around SNS, a Lambda's records, doubly encoded text."""
    attributes: dict[str, str] = {}
    for _ in range(5):
        document = _json(body)
        if isinstance(document, str):
            body = document
            continue
        records = document.get("Records") if isinstance(document, dict) else None
        if isinstance(records, list) and records and isinstance(records[0], dict):
            document = records[0].get("Sns") or records[0].get("body")
        if isinstance(document, str):
            body = document
            continue
        if not isinstance(document, dict):
            break
        if isinstance(document.get("Message"), str) and {"Type", "TopicArn", "MessageId"} & document.keys():
            subject = str(document.get("Subject") or subject)
            attributes |= _attributes(document.get("MessageAttributes"))
            body = document["Message"]
        elif isinstance(document.get("Body"), str) and {"MessageId", "ReceiptHandle"} & document.keys():
            body = document["Body"]
        else:
            break
    return subject, body, attributes


def _attributes(raw: Any) -> dict[str, str]:
    if not isinstance(raw, dict):
        return {}
    return {
        str(key): str(value.get("Value", value.get("StringValue", "")))
        if isinstance(value, dict)
        else str(value)
        for key, value in list(raw.items())[:20]
    }


def _json(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _pairs(document: Any) -> list[tuple[str, Any]]:
    """Every value of the document with its key, nearest the top first."""
    found: list[tuple[str, Any]] = []
    level = [("", document)]
    for _ in range(_MAX_DEPTH):
        deeper: list[tuple[str, Any]] = []
        for key, value in level:
            if isinstance(value, dict):
                deeper += [(str(name), inner) for name, inner in _without_parts(value)]
            elif isinstance(value, list):
                deeper += [(key, inner) for inner in value]
            elif value is not None and document is not value:
                found.append((key, value))
            if len(found) > _MAX_VALUES or len(deeper) > _MAX_VALUES:
                return found
        level = deeper
    return found


def _without_parts(table: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    """Where a table gives an overall figure, the tables of single metrics in it say nothing of their own."""
    whole = any(_leaf(str(key)).startswith("overall") for key in table)
    for key, value in table.items():
        rows = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
        if not (whole and rows and all(isinstance(row, dict) for row in rows)):
            yield key, value


def _says_something(value: Any) -> bool:
    return value not in (0, False, None, "", "0", "false")


def _leaf(key: str) -> str:
    return re.sub(r"[^a-z0-9]", "", key.lower())


def _by_key(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, value in pairs:
        found.setdefault(_leaf(key), str(value))
    return found


_PSI = re.compile(
    r"(?<![^\W_])(overall[\s_-]+)?PSI(?![^\W_])[^\d\n]{0,12}?(\d{0,3}\.\d+|\d{1,3})", re.IGNORECASE
)


def _numbers(pairs: list[tuple[str, Any]], text: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for key, value in pairs:
        name = _leaf(key).removeprefix("overall")
        number = as_number(value)
        if number is not None:
            found[name] = max(found.get(name, number), number)
    said = list(_PSI.finditer(text))
    if said and "psi" not in found:
        found["psi"] = float(next((match for match in said if match[1]), said[0])[2])
    return found


_KEYS: Final[Mapping[str, str]] = {
    "service": "SERVICE",
    "servicename": "SERVICE",
    "function": "FUNCTION",
    "functionname": "FUNCTION",
    "strategy": "STRATEGY_ID",
    "strategyid": "STRATEGY_ID",
    "strategyname": "STRATEGY_ID",
    "model": "MODEL_NAME",
    "modelname": "MODEL_NAME",
    "jobid": "JOB_ID",
    "executionarn": "EXECUTION",
    "statemachinearn": "MACHINE",
    "statemachine": "MACHINE",
    "dbinstanceidentifier": "DB_INSTANCE",
    "dbinstance": "DB_INSTANCE",
    "sourceid": "DB_INSTANCE",
    "natinstanceid": "NAT_INSTANCE_ID",
    "instanceid": "NAT_INSTANCE_ID",
    "ec2instanceid": "NAT_INSTANCE_ID",
}
"""Keys of messages, without signs and in lower case, and the variable that their value fills."""


def _values(pairs: list[tuple[str, Any]]) -> dict[str, str]:
    found: dict[str, str] = {}
    several: set[str] = set()
    for key, value in pairs:
        name = _KEYS.get(_leaf(key))
        text = plain(value, 512).rpartition(":stateMachine:")[2] if name == "MACHINE" else plain(value, 512)
        if name is None or not accepts(name, text):
            continue
        if found.setdefault(name, text) != text:
            several.add(name)
    return {name: value for name, value in found.items() if name not in several}


_ACCESS_KEY = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")


def _key_in(text: str) -> dict[str, str]:
    """The access key that the words name, if it is one: nothing else looks like it."""
    found = set(_ACCESS_KEY.findall(text))
    return {"ACCESS_KEY_ID": found.pop()} if len(found) == 1 else {}


_OVER = re.compile(
    r"(?<![\w-])(?<!not )(?<!never )(?<!yet )(?<!be )"
    r"(recovered|resolved|back to normal|healthy again|restored|all clear)(?![\w-])",
    re.IGNORECASE,
)


def _over(subject: str, text: str) -> bool:
    first = text.partition("\n")[0]
    if re.match(r"\s*\[?(OK|RESOLVED|RECOVERED)\b", subject):
        return True
    return bool(_OVER.search(subject) or _OVER.search(first))


def _subject_line(subject: str, text: str) -> tuple[str, str]:
    """Text from a pipe has its subject in its first line."""
    if subject.strip():
        return subject, text
    first, _, rest = text.strip().partition("\n")
    if first.lower().startswith("subject:"):
        return first[len("subject:") :].strip(), rest.strip()
    return first, text
