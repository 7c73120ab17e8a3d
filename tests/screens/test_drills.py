"""Drills on screen: the palette finds them in the demo and nowhere else, the list begins one, the card tells of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from textual.command import CommandPalette
from textual.pilot import Pilot

from screens.drill_card import DrillCardScreen
from screens.drills import DrillsScreen
from screens.shift import ShiftScreen
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.messages import DrillAnswered
from tradai_console.models.alert import Alert
from tradai_console.models.drill import Answered, DrillCard, Mark, Rehearsal, WrongTurn

LARGE, SMALL = (120, 40), (80, 24)

CARD = DrillCard(
    drill="nat-blackhole",
    alert="NAT Instance Down",
    operator="jm",
    seed=3,
    speed=1.0,
    began_at="2026-01-01T03:00:00+00:00",
    alert_after_s=5.0,
    over=True,
    given_up=False,
    marks=(
        Mark("noticed", 7, "", 12, 5),
        Mark("acknowledged", 15, "", 20, 18),
        Mark("right look", 24, "Where does the way out lead?", 80, 41),
        Mark("right action", 83, "Point the private default route at i-3271e547f04dbe863", 190, 102),
        Mark("cause gone", 85, "", 195, 105),
        Mark("verified", 131, "Does the route lead to a healthy instance?", None, 160),
        Mark("resolved", 142, "", 240, 170),
    ),
    wrong=(WrongTurn(47, "Reboot i-3271e547f04dbe863"),),
    truth=(
        "The NAT instance was replaced as it should be. update-nat-routes failed: chiara had taken ec2:ReplaceRoute.",
        "What cures it: pointing the private default route at the instance in service: ReplaceRoute.",
        "What does not: a reboot; replacing the instance: the next one gets no route either.",
    ),
    runs=2,
    best_s=170,
)
REHEARSALS = (
    Rehearsal("nat-down", "NAT Instance Down", "nothing gets out to the exchanges", 2, 170.0),
    Rehearsal("pool-leak", "Connection Pool Exhausted", "connections to the database are near their maximum"),
)


class Room:
    """Drills that answer at once, and remember what was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def listen(self, ended: Answered) -> None:
        self.ended = ended

    def stop(self) -> None:
        self.asked.append("stop")

    def heed(self, alerts: tuple[Alert, ...]) -> None:
        del alerts

    def rehearsals(self, answered: Answered) -> None:
        answered(REHEARSALS, None)

    def begin(self, name: str, answered: Answered) -> None:
        self.asked.append(name)
        answered("The drill has begun: NAT Instance Down.", None)

    def give_up(self, answered: Answered) -> None:
        answered(None, "No drill is being played.")

    def card(self, answered: Answered) -> None:
        answered(CARD, None)


def console() -> tuple[BoardConsole, Room]:
    room = Room()
    return BoardConsole(drills=room), room


async def command(pilot: Pilot[None], words: str) -> None:
    """Type it into the palette, and take what is found first."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    await settle(pilot)
    before = app.screen
    await pilot.press("colon")
    await until(pilot, lambda: app.screen is not before)
    await pilot.press(*words)
    await until(pilot, lambda: f"drill: {words.removeprefix('drill ')}" in shown(app))
    await pilot.press("down", "enter")
    await until(pilot, lambda: not isinstance(app.screen, CommandPalette))
    await settle(pilot)


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Wait for it."""
    for _ in range(500):
        if true():
            return
        await pilot.pause(0.02)
    raise AssertionError("it never came")


async def test_the_palette_begins_a_drill() -> None:
    """`:drill`, enter, enter: the drills of one alert stand together, with this person's best; the first is any."""
    app, room = console()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await command(pilot, "drill begin")
        assert isinstance(app.screen, DrillsScreen)
        text = shown(app)
        assert "nothing gets out to the exchanges" in text
        assert "2:50" in text
        assert text.index("random") < text.index("pool-leak") < text.index("nat-down")
        await pilot.press("j", "j", "enter")
        await settle(pilot)
        assert room.asked == ["nat-down"]
        assert "The drill has begun" in shown(app)


async def test_esc_begins_none() -> None:
    """Going back from the list leaves everything as it is."""
    app, room = console()
    async with app.run_test(size=LARGE) as pilot:
        await command(pilot, "drill begin")
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ShiftScreen)
        assert room.asked == []


async def test_outside_the_demo_there_are_none() -> None:
    """The palette and the help of a console on a real platform do not know the word."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert app.scopes == ("console",)
        await pilot.press("question_mark")
        await settle(pilot)
        await pilot.press(*["pagedown"] * 6)
        assert "drill" not in shown(app)


async def test_nothing_to_give_up_is_said() -> None:
    """A refusal is one sentence."""
    app, _ = console()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await command(pilot, "drill give up")
        await until(pilot, lambda: "No drill is being played." in shown(app))


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=str)
async def test_the_card_comes_by_itself(size: tuple[int, int]) -> None:
    """At the end of a drill: every moment beside the last and the best run, wrong turns, the truth, at any size."""
    app, room = console()
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        room.ended(CARD, None)
        await settle(pilot)
        assert isinstance(app.screen, DrillCardScreen)
        text = shown(app)
        for words in (
            "Resolved 2:22 after the alert", "your best yet, by 0:28", "right action", "1:23", "3:10", "1:42",
            "One wrong turn", "0:47  Reboot i-3271e547f04dbe863", "What really happened", "The NAT instance was replaced",
        ):  # fmt: skip
            assert words in text, words
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ShiftScreen)


async def test_a_card_covers_no_question() -> None:
    """While something is being asked the card waits: a sentence says where it is, and `:drill card` shows it."""
    app, room = console()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await settle(pilot)
        await pilot.press("N")
        await settle(pilot)
        below = app.screen
        room.ended(CARD, None)
        await settle(pilot)
        assert app.screen is below
        assert "The drill is over" in shown(app)
        await pilot.press("escape")
        await command(pilot, "drill card")
        assert isinstance(app.screen, DrillCardScreen)


@pytest.mark.parametrize(
    ("card", "words"),
    [
        pytest.param(replace(CARD, given_up=True), "Given up: the trainer mended it", id="given up"),
        pytest.param(replace(CARD, over=False), "Not over yet", id="under way"),
        pytest.param(replace(CARD, wrong=()), "No wrong turn", id="straight"),
        pytest.param(
            replace(
                CARD,
                runs=0,
                best_s=None,
                marks=tuple(replace(mark, best_s=None, last_s=None) for mark in CARD.marks),
            ),
            "your first time",
            id="first",
        ),
        pytest.param(
            replace(
                CARD, marks=tuple(replace(m, at_s=None) if m.name == "verified" else m for m in CARD.marks)
            ),
            "nobody verified it",
            id="unverified",
        ),
    ],
)
async def test_how_it_ended_is_the_first_line(card: DrillCard, words: str) -> None:
    """One line says how it went."""
    app, _ = console()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.post_message(DrillAnswered(card))
        await settle(pilot)
        assert words in shown(app)
