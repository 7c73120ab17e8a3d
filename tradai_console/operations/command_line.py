"""A plan's calls as `aws` command lines that do the same: to read, to copy, to run by hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from typing import Any, Final

from tradai_console.operations.plan import Call, Hidden, HiddenJson, Kept
from tradai_console.redact import redact

_FLAGS: Final = {("ec2", "SourceDestCheck"): ("--source-dest-check", "--no-source-dest-check")}
"""Options that the command line spells as flags where the API has a structure."""


def command_lines(calls: Iterable[Call], region: str, profile: str | None = None) -> str:
    """One line a call. Values of other calls are kept in variables; hidden ones are expected in theirs."""
    return "\n".join(_line(call, region, profile) for call in calls)


def _line(call: Call, region: str, profile: str | None) -> str:
    from botocore import xform_name

    words = ["aws", call.service, xform_name(call.operation, "-")]
    for name, value in call.parameters.items():
        if (call.service, call.operation, name) == ("lambda", "Invoke", "Payload"):
            words += ["--cli-binary-format", "raw-in-base64-out"]
        words += _option(call.service, name, f"--{xform_name(name, '-')}", value)
    if (call.service, call.operation) == ("lambda", "Invoke"):
        words.append("/dev/stdout")
    words += ["--region", shlex.quote(region)]
    words += ["--profile", shlex.quote(profile)] if profile else []
    if call.keeps is None:
        return " ".join(words)
    name, path = call.keeps
    words += ["--query", shlex.quote(".".join(path)), "--output", "text"]
    return f"{name}=$({' '.join(words)})"


def _option(service: str, name: str, option: str, value: Any) -> list[str]:
    if (service, name) in _FLAGS:
        return [_FLAGS[service, name][0 if value.get("Value") else 1]]
    if isinstance(value, bool):
        return [option if value else f"--no-{option.removeprefix('--')}"]
    if isinstance(value, list | tuple) and all(isinstance(one, str | Kept) for one in value):
        return [option, *(_value(one) for one in value)]
    return [option, _value(value)]


def _value(value: Any) -> str:
    if isinstance(value, Hidden | Kept):
        return f'"${value.name}"'
    if isinstance(value, HiddenJson):
        fields = ", ".join(f"{name}: env.{hidden.name}" for name, hidden in value.fields)
        return f"\"$(jq -nc '{{{fields}}}')\""
    if isinstance(value, Mapping | list | tuple):
        # What a task definition holds may be a secret; a line that is shown and kept must not.
        return shlex.quote(redact(json.dumps(value, separators=(",", ":"))))
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    return shlex.quote(str(value))
