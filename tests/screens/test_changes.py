"""Changes asked for by a screen that has no incident: planned, shown, confirmed by the name, and told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from textual import on
from textual.events import Key
from textual.pilot import Pilot
from textual.screen import Screen

from screens.changes import Changes
from screens.widgets.ask import AskScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.jobs import CarryOut, PlanAction
from tradai_console.messages import JobAnswered
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.operations.plan import Ask, Call, Confirm, Plan
from tradai_console.runbook.model import Action, Shell
from tradai_console.settings import Settings

REDRIVE = Action("workflow.redrive", (("execution", "rt-1"),), line=0)
PLAN = Plan(
    action="workflow.redrive", title="Redrive rt-1", account="123456789012", region="eu-central-1",
    environment="prod", resource="rt-1", calls=(Call("stepfunctions", "RedriveExecution", {"executionArn": "rt-1"}),),
    aws_line="aws stepfunctions redrive-execution", cost="it runs again", warnings=(), confirm=Confirm.TYPE_NAME,
    type_name="rt-1", made_at=sample.NOW,
)  # fmt: skip


class Asker(Screen[None]):
    """Any screen with something to change."""

    def __init__(self, *, allow_changes: bool) -> None:
        super().__init__()
        self.changes = Changes(self, Settings(env="prod", allow_changes=allow_changes))
        self.not_ours = 0

    @on(JobAnswered)
    def _answered(self, message: JobAnswered) -> None:
        self.not_ours += not self.changes.answered(message)


async def asker(pilot: Pilot[None], *, allow_changes: bool = True) -> tuple[BoardConsole, Asker]:
    app = pilot.app
    assert isinstance(app, BoardConsole)
    await settle(pilot)
    screen = Asker(allow_changes=allow_changes)
    await app.push_screen(screen)
    return app, screen


async def answered(pilot: Pilot[None], screen: Asker, result: Any) -> None:
    """The engine answers what was asked last."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    screen.post_message(JobAnswered(app.asked[-1], result))
    await settle(pilot)


async def test_asked_confirmed_and_told() -> None:
    """The plan is shown; its name, typed, sends it with no incident; what AWS shows then is said."""
    async with BoardConsole().run_test(size=(120, 40), notifications=True) as pilot:
        app, screen = await asker(pilot)
        screen.changes.ask(REDRIVE)
        await settle(pilot)
        assert app.asked == [PlanAction(None, REDRIVE, "")]
        await answered(pilot, screen, PLAN)
        assert "stepfunctions:RedriveExecution" in shown(app)
        await pilot.press("enter", *"rt", "minus", "1", "enter")
        await settle(pilot)
        assert app.asked[1:] == [CarryOut(None, PLAN, "", "rt-1", {})]
        await answered(pilot, screen, Evidence(Verdict.OK, "it runs again since 3 s"))
        assert "it runs again since 3 s" in shown(app)
        assert screen.not_ours == 0


async def test_enter_hit_twice_acts_once() -> None:
    """The second enter of a hasty hand neither sends the change again nor closes the screen below."""
    async with BoardConsole().run_test(size=(120, 40)) as pilot:
        app, screen = await asker(pilot)
        screen.changes.ask(REDRIVE)
        await settle(pilot)
        await answered(pilot, screen, PLAN)
        await pilot.press(*"rt", "minus", "1")
        app.post_message(Key("enter", "\r"))
        app.post_message(Key("enter", "\r"))
        await settle(pilot)
        assert len([job for job in app.asked if isinstance(job, CarryOut)]) == 1
        assert app.screen is screen


async def test_enter_and_escape_in_one_breath_close_one_question() -> None:
    """Whichever comes first counts; the screen below stays."""
    async with BoardConsole().run_test(size=(120, 40)) as pilot:
        app, screen = await asker(pilot)
        screen.changes.ask(REDRIVE)
        await settle(pilot)
        await answered(pilot, screen, PLAN)
        await pilot.press(*"rt", "minus", "1")
        app.post_message(Key("enter", "\r"))
        app.post_message(Key("escape", None))
        await settle(pilot)
        assert app.screen is screen
        assert len([job for job in app.asked if isinstance(job, CarryOut)]) <= 1


async def test_what_is_typed_unseen_comes_first() -> None:
    """A secret is asked for before the name, is not drawn, and travels beside the plan."""
    asks = (Ask("API_KEY", "the new key"),)
    async with BoardConsole().run_test(size=(120, 40)) as pilot:
        app, screen = await asker(pilot)
        screen.changes.ask(REDRIVE)
        await settle(pilot)
        await answered(pilot, screen, Plan(**{**vars(PLAN), "asks": asks}))
        await pilot.press(*"s3cr3tkey")
        assert "s3cr3tkey" not in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert "type rt-1" in shown(app)
        await pilot.press(*"rt", "minus", "1", "enter")
        await settle(pilot)
    (sent,) = [job for job in app.asked if isinstance(job, CarryOut)]
    assert sent.answers == {"API_KEY": "s3cr3tkey"}
    assert "s3cr3tkey" not in repr(sent)


@pytest.mark.parametrize(
    "try_it",
    [
        pytest.param(lambda changes: changes.ask(REDRIVE), id="action"),
        pytest.param(lambda changes: changes.run(Shell("date", (), 1), "a.md", "s"), id="command"),
    ],
)
async def test_read_only_asks_for_nothing(try_it: Callable[[Changes], None]) -> None:
    """Without changes allowed nothing is asked of the engine, and no question opens."""
    async with BoardConsole().run_test(size=(120, 40)) as pilot:
        app, screen = await asker(pilot, allow_changes=False)
        try_it(screen.changes)
        await settle(pilot)
        assert app.asked == []
        assert not isinstance(app.screen, AskScreen)


async def test_what_confirms_is_seen_on_a_small_terminal() -> None:
    """At 80x24 what must be typed and the field stand on the screen, however much there is to say; the rest scrolls."""
    name = "tradai-strategy-service-prod"
    plan = Plan(
        **{
            **vars(PLAN),
            "title": f"Roll {name} back from {name}:3 to {name}:2",
            "type_name": name,
            "warnings": tuple(f"a thing to know, number {number}" for number in range(9)),
        }
    )
    async with BoardConsole().run_test(size=(80, 24)) as pilot:
        app, screen = await asker(pilot)
        screen.changes.ask(REDRIVE)
        await settle(pilot)
        await answered(pilot, screen, plan)
        await pilot.press(*"nearly")
        assert f"type {name} and press enter" in shown(app)
        assert "nearly" in shown(app)
        assert f"{name}:2" in shown(app)
        assert "number 8" not in shown(app)
        await pilot.press("pagedown", "pagedown")
        assert "number 8" in shown(app)
