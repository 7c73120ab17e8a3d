"""Which group is searched next."""

from __future__ import annotations

from tradai_console.errors import Denied
from tradai_console.trail.search import Ledger

SERVICES, TASKS = "/ecs/tradai/prod/services", "/ecs/tradai/prod"
FUNCTIONS = tuple(f"/aws/lambda/{name}" for name in ("alarms", "backups", "consumer"))


def test_where_most_of_a_story_stands_comes_first() -> None:
    """Services, tasks, the function that was called; what gave lines, for an id that came up since; then the others, and
    last those that gave nothing. Who refuses is not asked."""
    ledger = Ledger((SERVICES, TASKS, *FUNCTIONS))
    ids = ["bt-1"]
    order = []
    while (place := ledger.next(ids, called=("consumer",))) is not None:
        order.append(place.name)
        place.searched.update(ids)
        if place.name == SERVICES and len(ids) == 1:
            place.hits += 1
            ids.append("trace-1")
        if place.name == TASKS:
            place.error = Denied("no")
    alarms, backups, consumer = FUNCTIONS
    assert order == [SERVICES, TASKS, consumer, SERVICES, alarms, backups]
    assert ledger.left(["bt-1", "trace-1"]) == 0
    ids.append("late")
    assert [one.name for one in (ledger.next(ids),) if one is not None] == [SERVICES]
