"""What the parent of the demo's server may ask of it while it runs: a line of JSON each way.

    {"ask": "drill", "name": "nat-down"}   begins a drill
    {"ask": "give up"}                     lets the trainer cure it
    {"ask": "report"}                      how the drill that was begun last stands
    {"ask": "practice", ...}               whose drills they are, and where their journals are
    {"ask": "rehearsals"}                  every drill, with how this person has done in it
    {"ask": "card", "life": {...}, "keep": true}   its card; with `keep` it is written down

The answer is what was asked for, or `{"refused": "why"}`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradai_console.errors import ConsoleError


def obey(story: Any, line: str) -> str:
    """Do what the line asks; the answer, without its line end. Never raises."""
    try:
        order = json.loads(line)
        if story is None:
            raise ConsoleError("There is no story on this server.")
        return json.dumps(_obeyed(story, order))
    except (ValueError, KeyError, TypeError):
        return json.dumps({"refused": "That was no order."})
    except ConsoleError as error:
        return json.dumps({"refused": str(error)})


def _obeyed(story: Any, order: dict[str, Any]) -> dict[str, Any]:
    match order["ask"]:
        case "drill":
            return _begin(story, str(order["name"]))
        case "give up":
            return _give_up(story)
        case "report":
            return report(story.plot)
        case "practice":
            return _practise(story, order)
        case "rehearsals":
            return {"rehearsals": _practice(story).rehearsals()}
        case "card":
            return _card(story, order)
        case other:
            raise ConsoleError(f"{other} cannot be asked.")


def _begin(story: Any, name: str) -> dict[str, Any]:
    from tradai_console.demo import drills

    if story.plot is not None and story.plot.cured_at is None:
        raise ConsoleError(
            f"The drill {story.plot.drill.name} is still being played: cure it, or give it up first."
        )
    return report(drills.begin(name, story))


def _give_up(story: Any) -> dict[str, Any]:
    plot = story.plot
    if plot is None or plot.gone_at is not None:
        raise ConsoleError("No drill is being played.")
    if plot.given_up_at is None:
        plot.given_up_at = plot.stage.time.time()
        story.enter("trainer", plot.remedy())
    return report(plot)


def _practise(story: Any, order: dict[str, Any]) -> dict[str, Any]:
    from tradai_console.demo.practice import Practice

    story.practice = Practice(Path(order["night"]), Path(order["book"]), str(order["operator"]))
    return report(story.plot)


def _practice(story: Any) -> Any:
    if story.practice is None:
        raise ConsoleError("Nobody has said whose drills these are.")
    return story.practice


def _card(story: Any, order: dict[str, Any]) -> dict[str, Any]:
    from tradai_console.demo.drills.card import Life, Play

    if story.plot is None:
        raise ConsoleError("No drill has been played yet.")
    told = order["life"]
    life = Life(**{**told, "keys": tuple(told.get("keys", ()))})
    card = _practice(story).card(Play.of(story.plot), life, keep=bool(order.get("keep")))
    return dict(card.as_data())


def report(plot: Any) -> dict[str, Any]:
    """The drill that was begun last, by name, alert, and times (ISO 8601, UTC); empty before the first.

    `gone_at` is None while its cause is there, `cured_at` until its last symptom has been taken back. `announced` is the
    alarm that fires, or the subject of the message that comes; `event`: the alert stays, whatever is done.
    """
    if plot is None:
        return {}
    times = {
        "began_at": plot.began_at,
        "gone_at": plot.gone_at,
        "cured_at": plot.cured_at,
        "given_up_at": plot.given_up_at,
    }
    return {
        "drill": plot.drill.name,
        "alert": plot.drill.alert,
        "announced": plot.told(plot.drill.announced),
        "event": plot.drill.event,
    } | {
        name: None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        for name, at in times.items()
    }
