"""One drill of each kind, lived through by keys alone: a wrong turn that cures nothing, the runbook's way that does.

At every stage any AWS client sees what the console sees; at the end the card says how it went.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from screens.drill_card import DrillCardScreen
from tests.incidents.any_client import assert_same_truth, firing_by_the_command_line, firing_by_the_console
from tests.incidents.looks import assert_true
from tests.incidents.night import Night
from tests.incidents.on_call import OnCall
from tests.incidents.truth import TRUTHS
from tests.incidents.walks import WALKS, WHOLE, Back, Fill, Go, Move, Run, Take
from tradai_console.demo import behaviour, drills, orders
from tradai_console.demo.behaviour import cloudwatch
from tradai_console.demo.drills import Plot
from tradai_console.demo.room import LOOK_S, DrillRoom
from tradai_console.errors import ConsoleError
from tradai_console.models.drill import DrillCard
from tradai_console.runbook.library import load_library
from tradai_console.runbook.model import Probe

TRUE = {one.drill: one for one in TRUTHS}
"""What is seen in a drill before anything is done, by its name."""


class Trainee:
    """An engineer in a drill: carries the moves out, and sees what comes of them."""

    def __init__(self, night: Night, engineer: OnCall, room: DrillRoom) -> None:
        self._night = night
        self._engineer = engineer
        self._room = room

    async def begin(self, drill: str) -> Plot:
        """Let it begin, and let the night go on until it is announced."""
        self._room.begin(drill, lambda _said, _error: None)
        await self._engineer.until(
            lambda: (
                self._night.story.plot is not None
                and self._night.story.plot.drill.name == drill
                and self._night.story.plot.cured_at is None
            ),
            "the drill has begun",
        )
        plot: Plot = self._night.story.plot
        announced = plot.told(plot.drill.announced)
        if announced.startswith("tradai-"):
            self._night.pass_until(
                lambda: cloudwatch.state_of(announced) == "ALARM", 300, f"the alarm of {drill}"
            )
        else:
            self._night.pass_time(15)
        return plot

    async def go(self, moves: tuple[Move, ...], *, in_vain: bool = False) -> None:
        """One after the other; what is done in vain may look bad afterwards."""
        for move in moves:
            match move:
                case Go(step):
                    await self._engineer.go_to(step)
                case Take(words):
                    await self._engineer.take(words)
                case Fill(name, value):
                    await self._engineer.fill_in(name, value)
                case Run(action, secrets):
                    await self._engineer.evidence()  # nobody acts before it is there
                    ended = await self._engineer.run(action, secrets=secrets)
                    assert in_vain or ended.data["verdict"] in ("ok", "warn"), ended.text
                case Back(section):
                    await self._engineer.press("backspace")
                    await self._engineer.until(
                        lambda: self._engineer.incident.section.title == section, section
                    )

    async def verify(self, step: str, seen: str) -> None:
        """Stand at the step and ask its probes again and again, until its condition holds, or this was seen."""
        wanted, engineer = await self._engineer.go_to(step), self._engineer
        probes = wanted.of(Probe)

        def over() -> bool:
            return isinstance(engineer.app.screen, DrillCardScreen)

        def answered(since: datetime) -> bool:
            said = [engineer.incident.evidence.get(probe.line) for probe in probes]
            return all(one is not None and one.taken_at is not None and one.taken_at >= since for one in said)

        for _ in range(12):
            if over() or engineer.incident.done(wanted):
                return
            if seen and any(seen in engineer.incident.evidence[probe.line].line for probe in probes):
                await engineer.press("n")
                return
            self._night.pass_time(45)
            await engineer.until(self._night.caught_up, "everything read")
            moment = self._night.clock.now()
            await engineer.press("c")
            await engineer.until(lambda at=moment: over() or answered(at), "the probes' answers")  # type: ignore[misc]
        said = [engineer.incident.evidence[probe.line].line for probe in probes]
        raise AssertionError(f"{wanted.title} never held: {said}")

    async def see_the_end(self) -> None:
        """Wait until the alert is over and the card is on the screen."""
        engineer = self._engineer
        for _ in range(20):
            if isinstance(engineer.app.screen, DrillCardScreen):
                return
            self._night.pass_time(60)
            await engineer.until(self._night.caught_up, "everything read")
            await asyncio.sleep(1.2 * LOOK_S)
        raise AssertionError(f"no card\n{engineer.text}")


def asking(night: Night) -> Any:
    """The demo's server, asked as its parent asks it."""

    def order(what: Mapping[str, Any]) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = json.loads(orders.obey(night.story, json.dumps(what)))
        if "refused" in answer:
            raise ConsoleError(str(answer["refused"]))
        return answer

    return order


def _cases() -> Any:
    for number, name in enumerate(sorted(WALKS)):
        yield pytest.param(name, id=name, marks=pytest.mark.xdist_group(f"incidents-{number % 2}"))


@pytest.mark.parametrize("name", _cases())
async def test_a_drill_by_keys(night: Night, tmp_path: Path, name: str) -> None:
    """From the alert to the verified cure with keys alone; a wrong turn on the way changes nothing."""
    walk, kind = WALKS[name], drills.find(name).alert
    room = DrillRoom(
        asking(night),
        night=night.settings.journal or tmp_path,
        book=tmp_path / "drills.sqlite3",
        operator="jm",
        now=lambda: behaviour.clock().time(),
    )
    try:
        async with night.on_call(drills=room) as engineer:
            if name in WHOLE:
                await engineer.until(night.caught_up, "everything read")
                assert_same_truth(night, "before")
            trainee = Trainee(night, engineer, room)
            plot = await trainee.begin(name)
            if (truth := TRUE.get(name)) is not None:
                night.pass_time(truth.after_s)
                await assert_true(night, engineer, plot, truth)
            else:
                await engineer.open(kind)
            assert_same_truth(night, "alarm")
            if name == WHOLE[0]:
                assert firing_by_the_command_line(night) == firing_by_the_console(night)
            await trainee.go(walk.wrong, in_vain=True)
            night.pass_time(walk.wrong_s)
            await engineer.until(night.caught_up, "everything read")
            assert plot.gone_at is None
            assert engineer.alert(kind) is not None
            if name in WHOLE:
                assert_same_truth(night, "wrong turn")
            await trainee.go(walk.right)
            night.pass_until(lambda: plot.gone_at is not None, 600, "the cure")
            night.pass_until(night.quiet, 120)
            await engineer.until(night.caught_up, "everything read")
            assert_same_truth(night, "cured")
            await trainee.verify(walk.verify, walk.seen)
            await trainee.see_the_end()
            card = await shown_card(room)
            told = "\n".join(f"{mark.name:<14} {mark.at_s} {mark.what}" for mark in card.marks)
            assert drills.find(name).event or engineer.alert(kind) is None
            assert card.at_s("right action") is not None, told
            assert card.at_s("verified") is not None, told
            assert len(card.wrong) == sum(isinstance(move, Run) for move in walk.wrong)
            await engineer.press("escape")
            await trainee.go(walk.afterwards)
            await engineer.back()
    finally:
        mended(night)
    if walk.tidied is not None:
        walk.tidied(night.hand, plot)
    night.calm_down()


def mended(night: Night) -> None:
    """Whatever went wrong, the next drill finds a platform that is well."""
    plot = night.story.plot
    if plot is not None and plot.cured_at is None:
        night.story.enter("trainer", plot.remedy())
        night.pass_until(lambda: plot.cured_at is not None, 900)


async def shown_card(room: DrillRoom) -> DrillCard:
    """The card as it stands."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[DrillCard] = loop.create_future()

    def answered(card: DrillCard, error: str | None) -> None:
        assert error is None
        loop.call_soon_threadsafe(told.set_result, card)

    room.card(answered)
    return await told


def test_every_kind_is_walked() -> None:
    """Sixteen, and each ends with the wrong turn that it has."""
    assert {drills.find(name).alert for name in WALKS} == {one.name for one in load_library().alerts()}
