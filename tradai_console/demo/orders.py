"""What the parent of the demo's server may ask of it while it runs: a line of JSON each way.

`{"ask": "drill", "name": "nat-down"}` begins a drill, `{"ask": "report"}` tells how the last one stands. The
answer is what was asked for, or `{"refused": "why"}`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from tradai_console.errors import ConsoleError


def obey(story: Any, line: str) -> str:
    """Do what the line asks; the answer, without its line end. Never raises."""
    try:
        order = json.loads(line)
        if story is None:
            raise ConsoleError("There is no story on this server.")
        if order["ask"] == "drill":
            return json.dumps(_begin(story, str(order["name"])))
        if order["ask"] == "report":
            return json.dumps(report(story.plot))
        raise ConsoleError(f"{order['ask']} cannot be asked.")
    except (ValueError, KeyError, TypeError):
        return json.dumps({"refused": "That was no order."})
    except ConsoleError as error:
        return json.dumps({"refused": str(error)})


def _begin(story: Any, name: str) -> dict[str, Any]:
    from tradai_console.demo import drills

    if story.plot is not None and story.plot.cured_at is None:
        raise ConsoleError(f"The drill {story.plot.drill.name} is still being played: cure it first.")
    return report(drills.begin(name, story))


def report(plot: Any) -> dict[str, Any]:
    """The drill that was begun last, by name, alert, and times (ISO 8601, UTC); empty before the first.

    `cured_at` is None while its cause is there.
    """
    if plot is None:
        return {}
    times = {"began_at": plot.began_at, "cured_at": plot.cured_at}
    return {"drill": plot.drill.name, "alert": plot.drill.alert} | {
        name: None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        for name, at in times.items()
    }
