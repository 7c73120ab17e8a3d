"""A change before it is made: what is called, where, with what risk, and what has to be confirmed. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Confirm(StrEnum):
    """How a change is confirmed."""

    NONE = "none"
    PLAIN = "plain"
    """A yes."""
    TYPE_NAME = "type name"
    """The name of what is changed, typed."""


@dataclass(frozen=True)
class Hidden:
    """Stands in a call's parameters for what the operator types unseen; its value is in no plan."""

    name: str


@dataclass(frozen=True)
class HiddenJson:
    """Stands for a JSON object whose values are typed unseen."""

    fields: tuple[tuple[str, Hidden], ...]


@dataclass(frozen=True)
class Kept:
    """Stands for what an earlier call of the plan answers, under the name it was kept by."""

    name: str


@dataclass(frozen=True)
class Call:
    """One call to AWS, as it will be made."""

    service: str
    """As the door names it: `stepfunctions`."""
    operation: str
    """As AWS names it: `UpdateService`."""
    parameters: Mapping[str, Any] = field(hash=False)
    keeps: tuple[str, tuple[str, ...]] | None = None
    """A name, and where in the answer its value is."""


@dataclass(frozen=True)
class Ask:
    """Something the operator types unseen."""

    name: str
    """In upper case, as a variable of the command line shown."""
    prompt: str
    least: int = 8
    """Fewer characters are a slip."""


@dataclass(frozen=True)
class Draft:
    """What one action's planner finds; the rest of the plan is the same for all."""

    title: str
    resource: str
    """The name of what is changed, as AWS has it."""
    calls: tuple[Call, ...]
    cost: str
    """What it costs while it happens, in words."""
    warnings: tuple[str, ...] = ()
    destroys: bool = False
    """It takes something away: the name is asked for outside production too."""
    asks: tuple[Ask, ...] = ()
    type_name: str = ""
    """Another name to type than the resource's."""
    expects: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What the reading afterwards needs to know, and what it should find."""


@dataclass(frozen=True)
class Plan:
    """A change, whole: what is shown is what is done."""

    action: str
    title: str
    account: str
    region: str
    environment: str
    resource: str
    calls: tuple[Call, ...]
    aws_line: str
    """The same as one or more `aws` command lines; what is typed unseen stands in it as `$NAME`."""
    cost: str
    warnings: tuple[str, ...]
    confirm: Confirm
    type_name: str
    """What has to be typed; empty if nothing has."""
    made_at: datetime
    asks: tuple[Ask, ...] = ()
    refused: str | None = None
    """Why it cannot be done now, and what to do instead; None if it can."""
    expects: Mapping[str, str] = field(default_factory=dict, hash=False)


class Cannot(Exception):
    """A planner found that the action cannot be done now. Its text says why, and what to do instead."""

    def __init__(self, reason: str, resource: str = "") -> None:
        super().__init__(reason)
        self.resource = resource
