"""The variables of a runbook, and what a value of each may look like.

A value comes from an alarm's name, a message or a person: it is hostile until its whole text matches the
pattern of its kind. None begins with `-`, `@` or `file:`, none holds a control character or a line break.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,127}"
_EXECUTION_ARN = (
    rf"arn:aws[a-z-]*:states:[a-z0-9-]+:\d{{12}}:(execution|express):{_NAME}:[A-Za-z0-9_:.+=@-]{{1,200}}"
)
_TASK_ARN = r"arn:aws[a-z-]*:ecs:[a-z0-9-]+:\d{12}:task/[A-Za-z0-9/_-]{1,300}"

PATTERNS: Final[Mapping[str, re.Pattern[str]]] = MappingProxyType(
    {
        name: re.compile(pattern, re.ASCII)
        for name, pattern in {
            # What an alert is about
            "SERVICE": r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}",
            "FUNCTION": r"[A-Za-z0-9][A-Za-z0-9_-]{0,139}",
            "STRATEGY_ID": r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}",
            "MODEL_NAME": _NAME,
            "DB_INSTANCE": r"[A-Za-z][A-Za-z0-9-]{0,62}",
            "NAT_INSTANCE_ID": r"i-[0-9a-f]{8,17}",
            "MACHINE": r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}",
            "EXECUTION": rf"{_EXECUTION_ARN}|{_NAME}",
            "JOB_ID": _NAME,
            "ALARM": r"[A-Za-z0-9_#/(\[][ -~]{0,254}",
            # The surroundings, always known
            "ENV": r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}",
            "REGION": r"[a-z]{2}(-[a-z]+)+-\d",
            "ACCOUNT": r"\d{12}",
            "CLUSTER": r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}",
            # What an engineer finds on the way and fills in
            "TASK": rf"{_TASK_ARN}|[0-9a-f-]{{32,36}}",
            "TASK_DEFINITION": r"[A-Za-z0-9][A-Za-z0-9_-]{0,254}(:\d{1,9})?",
            "MODEL_VERSION": r"\d{1,9}",
            "TRACE_ID": _NAME,
            "CORRELATION_ID": _NAME,
            "QUEUE": r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}(\.fifo)?",
            "SECRET": r"[A-Za-z0-9][A-Za-z0-9/_+=.-]{0,511}",
            "USER_NAME": r"[A-Za-z0-9][A-Za-z0-9_+=,.@-]{0,63}",
            "ACCESS_KEY_ID": r"[A-Z0-9]{16,128}",
            "LOG_GROUP": r"[/A-Za-z0-9][A-Za-z0-9/_.#-]{0,511}",
            "EVENT_NAME": r"[A-Za-z][A-Za-z0-9]{0,127}",
            # Kinds of arguments that are written in a document, seldom filled in
            "TEXT": r".{1,512}",
            "NUMBER": r"\d{1,7}",
            "YES_NO": r"yes|no",
            "LEVEL": r"L[123]",
            "JOB_STATUS": r"RUNNING|COMPLETED|FAILED|CANCELLED",
        }.items()
    }
)
"""Every variable by its name, with the pattern that a whole value must match."""

SURROUNDINGS: Final = frozenset({"ENV", "REGION", "ACCOUNT", "CLUSTER"})
"""Known from the connection, whatever the alert."""


_NEVER = re.compile(r"[-@]|fileb?:", re.IGNORECASE)
"""Beginnings that command lines take for options, or for files to read."""


def accepts(name: str, value: str) -> bool:
    """Whether this value may stand for this variable. An unknown variable accepts nothing."""
    pattern = PATTERNS.get(name)
    if pattern is None or _NEVER.match(value) or not value.isprintable():
        return False
    return pattern.fullmatch(value) is not None


ALIASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ENVIRONMENT": "ENV",
        "AWS_REGION": "REGION",
        "AWS_ACCOUNT_ID": "ACCOUNT",
        "SERVICE_NAME": "SERVICE",
        "FUNCTION_NAME": "FUNCTION",
        "CLUSTER_NAME": "CLUSTER",
        "ECS_CLUSTER": "CLUSTER",
        "TASK_ARN": "TASK",
        "EXECUTION_ARN": "EXECUTION",
        "COMPROMISED_KEY_ID": "ACCESS_KEY_ID",
    }
)
"""Other words for the same variables, as the team's own documents write them."""
