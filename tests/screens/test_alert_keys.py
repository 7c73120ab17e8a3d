"""The keys of alerts: the letter before it is sent, every mute with its owner, and the way between incidents."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

import pytest
from textual.pilot import Pilot

from screens.choose import ChooseScreen
from screens.escalate import EscalateScreen
from screens.incident import IncidentScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.test_incident import incident, opened, plan
from tradai_console.alerts.escalation import letters
from tradai_console.jobs import CarryOut, Job, OpenIncident, Silence
from tradai_console.messages import IncidentOpened, JobAnswered
from tradai_console.models.alert import Mute
from tradai_console.models.oncall import KnownMute, SectionName
from tradai_console.models.oncall import OpenIncident as Opened
from tradai_console.oncall_jobs import ComposeLetters, ListIncidents, ListMutes, OpenSection, PlanLetter

LARGE, SMALL = (120, 40), (80, 24)
R = TypeVar("R", bound=Job)
ALERT = sample.ALERTS[1]
LETTERS = letters(ALERT, sample.BOARD, ("1 of 2 tasks run",), env="prod", now=sample.NOW)


def asked(app: BoardConsole, kind: type[R]) -> list[R]:
    return [request for request in app.asked if isinstance(request, kind)]


async def answer(pilot: Pilot[None], result: object) -> None:
    """The engine answers what was asked last."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    app.screen.post_message(JobAnswered(app.asked[-1], result))
    await settle(pilot)


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=str)
async def test_letter_is_shown_changed_and_sent(size: tuple[int, int]) -> None:
    """E shows the ladder and the letter from the facts; what is changed in it is what is planned, confirmed and sent."""
    async with BoardConsole(allow_changes=True).run_test(size=size) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        screen = await opened(pilot)
        await pilot.press("E")
        await settle(pilot)
        assert asked(app, ComposeLetters) == [ComposeLetters(ALERT.key)]
        await answer(pilot, LETTERS)
        assert isinstance(app.screen, EscalateScreen)
        text = shown(app)
        assert "L1 on-call engineer → L2 senior engineer → L3 platform team" in text
        assert ALERT.alert in text
        await pilot.press("tab", "end", *"!!", "enter")
        await settle(pilot)
        (sent,) = asked(app, PlanLetter)
        assert sent.letter.subject.endswith("!!")
        assert "1 of 2 tasks run" in sent.letter.text
        screen.post_message(JobAnswered(sent, plan(type_name="topic", title="Escalate")))
        await settle(pilot)
        await pilot.press(*"topic", "enter")
        await settle(pilot)
        (act,) = asked(app, CarryOut)
        assert (act.key, act.typed) == (ALERT.key, "topic")


async def test_another_level_has_its_own_words() -> None:
    """L3 typed over L2 makes it a letter to the platform team; a level that is none is refused."""
    async with BoardConsole(allow_changes=True).run_test(size=LARGE) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        await opened(pilot)
        await pilot.press("E")
        await settle(pilot)
        await answer(pilot, LETTERS)
        await pilot.press("end", "backspace", "9", "enter")
        await settle(pilot)
        assert isinstance(app.screen, EscalateScreen)
        await pilot.press("backspace", "3", "enter")
        await settle(pilot)
        (sent,) = asked(app, PlanLetter)
        assert sent.letter == LETTERS[2]


async def test_read_only_copies_the_letter() -> None:
    """Without changes allowed the letter goes to the clipboard, and nothing is planned."""
    async with BoardConsole().run_test(size=LARGE) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        await opened(pilot)
        await pilot.press("E")
        await settle(pilot)
        await answer(pilot, LETTERS)
        assert "read-only" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert asked(app, PlanLetter) == []
        assert LETTERS[1].text in app.copied[0]


async def test_clock_of_the_ladder_is_on_every_screen() -> None:
    """How long until it is the next level's stands beside the alert in the list, and in the incident's heading."""
    board = replace(
        sample.BOARD, alerts=(replace(ALERT, severity="high", since=sample.NOW - timedelta(minutes=12)),)
    )
    async with BoardConsole(board).run_test(size=LARGE) as pilot:
        await settle(pilot)
        assert "L2 in 3m" in shown(pilot.app)  # type: ignore[arg-type]
        await opened(pilot, incident(alert=board.alerts[0]))
        assert "L2 in 3m" in shown(pilot.app)  # type: ignore[arg-type]


async def test_mutes_with_owner_end_and_reason() -> None:
    """M lists every silence; enter ends the console's own, and says whose CloudWatch's is."""
    until = sample.NOW + timedelta(minutes=30)
    mutes = (
        KnownMute("k1", "Lambda Errors", Mute("jm", until, "known deployment")),
        KnownMute("rule-7", "tradai-prod-x", Mute("rose", until, "night work", native=True)),
    )
    async with BoardConsole().run_test(size=LARGE, notifications=True) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        await settle(pilot)
        for keys, ended in ((("enter",), [Silence("k1", 0, "")]), (("j", "enter"), [Silence("k1", 0, "")])):
            await pilot.press("M")
            await settle(pilot)
            assert asked(app, ListMutes)
            await answer(pilot, mutes)
            assert isinstance(app.screen, ChooseScreen)
            for words in ("Lambda Errors", "jm", "30m", "known deployment", "rose", "CloudWatch"):
                assert words in shown(app), words
            await pilot.press(*keys)
            await settle(pilot)
            assert asked(app, Silence) == ended
        assert "is rose's" in shown(app)


async def test_from_one_incident_to_another() -> None:
    """i lists the open incidents with their places; enter goes to one, in the place of the other."""
    async with BoardConsole().run_test(size=LARGE) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        await opened(pilot)
        await pilot.press("i")
        await settle(pilot)
        assert asked(app, ListIncidents)
        await answer(pilot, (Opened(sample.ALERTS[2], "Tell people"), Opened(ALERT, "Replace")))
        assert "at: Tell people" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert asked(app, OpenIncident) == [OpenIncident(sample.ALERTS[2].key)]
        app.post_message(IncidentOpened(incident(alert=sample.ALERTS[2])))
        await settle(pilot)
        assert isinstance(app.screen, IncidentScreen)
        assert app.screen.key == sample.ALERTS[2].key
        assert len([one for one in app.screen_stack if isinstance(one, IncidentScreen)]) == 1


async def test_palette_opens_any_section() -> None:
    """`:` finds every section of every runbook by its words."""
    async with BoardConsole().run_test(size=LARGE) as pilot:
        app = pilot.app
        assert isinstance(app, BoardConsole)
        await settle(pilot)
        app.sections = (SectionName("infra", "nat", "Infrastructure [x] › NAT Instance Down"),)
        await pilot.press("colon", *"runbook nat")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await settle(pilot)
        if not asked(app, OpenSection):
            await pilot.press("enter")
            await settle(pilot)
    assert asked(app, OpenSection) == [OpenSection("infra", "nat")]
