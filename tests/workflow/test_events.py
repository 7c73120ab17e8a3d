"""Events of a history are read without loss, whatever their type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.session
import pytest

from tradai_console.workflow.events import KNOWN, parse_event, parse_events
from tradai_console.workflow.rawevents import event_of
from tradai_console.workflow.tree import Tree

MODEL = botocore.session.get_session().get_service_model("stepfunctions")
EVENT: Any = MODEL.shape_for("HistoryEvent")
TYPE: Any = MODEL.shape_for("HistoryEventType")
TYPES: list[str] = list(TYPE.enum)
DETAILS = [name for name, shape in EVENT.members.items() if shape.type_name == "structure"]
AT = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)


def test_the_types_are_those_of_the_service() -> None:
    """Every type that the service's own model names is known here, and no other."""
    assert frozenset(TYPES) == KNOWN


def value_of(shape: Any) -> Any:
    """A value of this shape, in which every member is filled."""
    if shape.type_name == "structure":
        return {name: value_of(inner) for name, inner in shape.members.items()}
    return {"string": f"a {shape.name}", "boolean": True, "timestamp": AT, "map": {"x": "y"}}.get(
        shape.type_name, 7
    )


def leaves(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            one for key, inner in value.items() for one in leaves(inner, f"{path}.{key}" if path else key)
        ]
    return [path]


@pytest.mark.parametrize("name", DETAILS)
def test_every_member_of_every_kind_of_details_is_shown(name: str) -> None:
    """No field that AWS can give is lost on the way to the screen."""
    details = value_of(EVENT.members[name])
    kind = next(
        (one for one in TYPES if f"{one[:1].lower()}{one[1:]}EventDetails" == name), "TaskStateEntered"
    )
    raw = {"id": 3, "previousEventId": 2, "timestamp": AT, "type": kind, name: details}
    shown = event_of(parse_event(raw), [Tree()])
    assert (shown.id, shown.previous_id, shown.at, shown.type, shown.known) == (3, 2, AT, kind, True)
    assert [path for path, _ in shown.details] == leaves(details)


def test_an_event_of_tomorrow_is_kept_and_shown() -> None:
    """A type and members that nobody knows yet are shown with all that is in them."""
    raw = {
        "id": 9,
        "timestamp": AT,
        "type": "TaskTeleported",
        "taskTeleportedEventDetails": {"where": {"to": "mars"}, "safely": False},
        "quantum": {"state": ["up", "down"]},
    }
    shown = event_of(parse_event(raw), [Tree()])
    assert not shown.known
    assert dict(shown.details) == {
        "where.to": "mars", "safely": "false", "quantum.state[0]": "up", "quantum.state[1]": "down",
    }  # fmt: skip


@pytest.mark.parametrize(
    "timestamp",
    [AT, AT.timestamp(), "2026-11-27T03:00:00Z", "2026-11-27T04:00:00.000+01:00"],
    ids=["botocore", "seconds", "command line", "another zone"],
)
def test_times_are_read_as_botocore_and_the_command_line_give_them(timestamp: object) -> None:
    """The same moment, whoever wrote it down."""
    assert parse_event({"id": 1, "timestamp": timestamp, "type": "ExecutionStarted"}).at == AT


@pytest.mark.parametrize(
    "raw", [{}, {"id": "x", "timestamp": [], "type": 3}, {"type": "TaskFailed", "x": None}]
)
def test_broken_events_are_events(raw: dict[str, Any]) -> None:
    """Whatever stands in an answer, reading it raises nothing."""
    tree = Tree()
    tree.add(parse_events([raw, raw, 7]))
    assert [event_of(one, [tree]).id for one in tree.events] == [1, 2]
