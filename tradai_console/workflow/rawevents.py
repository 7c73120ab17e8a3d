"""One event of the history as the screen lists it."""

from __future__ import annotations

from collections.abc import Iterable

from tradai_console.models.workflow import Event
from tradai_console.workflow.events import KNOWN, HistoryEvent, details_of, line_of, payloads_of
from tradai_console.workflow.tree import INSIDE, Tree


def event_of(event: HistoryEvent, trees: Iterable[Tree]) -> Event:
    """The event, with the state it belongs to as far as one of the trees knows."""
    owner = next((one for tree in trees if (one := tree.owner(event.id)) is not None), None)
    state = next((one for one in owner.up() if one.type not in INSIDE), None) if owner is not None else None
    return Event(
        id=event.id,
        previous_id=event.previous,
        at=event.at,
        type=event.type,
        known=event.type in KNOWN,
        visit=owner.id if owner is not None else None,
        state=state.name if state is not None else None,
        line=line_of(event),
        details=details_of(event),
        payloads=payloads_of(event),
    )
