"""The Workflow screen under the keys of an engineer: cause first, everything else one key away."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from screens.executions import ExecutionsScreen
from screens.history import HistoryScreen
from screens.payload import PayloadScreen
from screens.shift import ShiftScreen
from screens.trail import TrailScreen
from screens.widgets.ask import AskScreen
from screens.widgets.choose import ChooseScreen
from screens.widgets.graph_view import GraphView
from screens.widgets.outline import OutlineView
from screens.workflow import WorkflowScreen
from tests import sample, sample_workflow
from tests.screens.console import BoardConsole, settle, shown
from tests.screens.opened import answer, asked, opened, told
from tradai_console.messages import OpenRequested
from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.models.workflow import Candidates, Outcome, StateVisit, Workflow
from tradai_console.models.workflow_joined import LogSlice
from tradai_console.operations.plan import Call, Confirm, Plan
from tradai_console.workflow_jobs import (
    ActOnWorkflow,
    CloseWorkflow,
    OpenWorkflow,
    PlanWorkflow,
    ReadEvents,
    ReadLog,
    ReadPayload,
    ReadStates,
    RefreshWorkflow,
)

LARGE, SMALL, HUGE = (120, 40), (80, 24), (200, 60)
FAILED, CAUGHT, STUCK, RUNNING = (
    sample_workflow.FAILED, sample_workflow.CAUGHT, sample_workflow.STUCK, sample_workflow.RUNNING,
)  # fmt: skip


def on_top(app: BoardConsole, kind: type[object]) -> bool:
    return isinstance(app.screen, kind)


def selected(app: BoardConsole) -> StateVisit:
    found = app.screen.query_one(OutlineView).current
    assert found is not None
    return found


@pytest.mark.parametrize("size", [SMALL, LARGE, HUGE], ids=str)
@pytest.mark.parametrize(
    ("workflow", "words"),
    [
        pytest.param(FAILED, "▲ RunBacktest failed: out of memory, exit 137", id="failed"),
        pytest.param(CAUGHT, "▲ RunRetraining failed: exit 1, ValueError: no candles", id="caught"),
        pytest.param(STUCK, "▲ bt-9001 has waited 2h as PENDING and no execution was started", id="stuck"),
        pytest.param(RUNNING, "✓ runs: RunBacktest for 1m20s, usually 5m40s", id="running"),
    ],
)
async def test_the_first_line_is_the_true_cause(
    workflow: Workflow, words: str, size: tuple[int, int]
) -> None:
    """Under the frame, before all else, stands why; at every size of the terminal."""
    async with opened(workflow, size) as (app, _):
        assert words in shown(app).splitlines()[1]


async def test_the_cause_is_selected_and_told_whole() -> None:
    """The cursor stands on the culprit; its attempts, error, task, log, row and way out are on the screen or below it."""
    async with opened(FAILED, HUGE) as (app, _):
        assert selected(app).name == "RunBacktest"
        text = shown(app)
        for words in (
            "◀ cause", "caught", "SpotInterruption", "killed for memory, exit 137", "by ECS",
            "MemoryError: cannot allocate 512 MiB", "by its stream", "Give the task definition more memory",
            "agrees with the execution", "usually 6m02s", "46 events",
        ):  # fmt: skip
            assert words in text, words


async def test_what_the_pane_knows_is_shown_before_the_engine_answers() -> None:
    """Until the history is read the first line is what the board has; an unknown id is named."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("5", "g", "enter")
        await settle(pilot)
        assert on_top(app, WorkflowScreen)
        assert "RunRetraining  OutOfMemoryError" in shown(app).splitlines()[1]
        assert "reading its history" in shown(app)
        assert asked(app, OpenWorkflow) == [OpenWorkflow(sample.EXECUTIONS[0].arn)]


async def test_an_id_that_leads_nowhere_says_so_in_the_first_line() -> None:
    """The engine's sentence stands where the cause would."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.post_message(OpenRequested("workflows", "bt-nobody"))
        await settle(pilot)
        assert "opening bt-nobody" in shown(app)
        await answer(pilot, OpenWorkflow("bt-nobody"), error="no execution and no job is called bt-nobody")
        assert "no execution and no job is called bt-nobody" in shown(app).splitlines()[1]
        await pilot.press("escape")
        assert on_top(app, ShiftScreen)


async def test_an_id_of_several_is_asked_about() -> None:
    """Several executions of one name are listed; the one chosen is opened."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        app.post_message(OpenRequested("workflows", "rt"))
        await settle(pilot)
        found = Candidates("rt", sample.EXECUTIONS[:2], ("bt-9001",))
        await answer(pilot, OpenWorkflow("rt"), found)
        assert on_top(app, ChooseScreen)
        assert "rt-RadStrategy-0300" in shown(app)
        await pilot.press("j", "enter")
        await settle(pilot)
        assert asked(app, OpenWorkflow)[-1] == OpenWorkflow(sample.EXECUTIONS[1].arn)


async def test_leaving_ends_the_reading() -> None:
    """esc goes back, and the engine is told that nobody looks any more."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("escape")
        await settle(pilot)
        assert on_top(app, ShiftScreen)
        assert asked(app, CloseWorkflow) == [CloseWorkflow(FAILED.key)]


# Live


async def test_a_running_one_is_followed_until_somebody_moves_the_cursor() -> None:
    """The selection goes on with the execution; moved by hand it stays where it is."""
    async with opened(RUNNING) as (app, pilot):
        assert selected(app).outcome is Outcome.RUNNING
        assert "followed live" in shown(app)
        on = sample_workflow.visit(6, "UpdateStatusCompleted", outcome=Outcome.RUNNING, left_at=None)
        done = replace(RUNNING.states[-1], outcome=Outcome.SUCCEEDED, left_at=sample.NOW)
        await told(pilot, replace(RUNNING, states=(*RUNNING.states[:-1], done, on)))
        assert selected(app).name == "UpdateStatusCompleted"
        await pilot.press("g")
        await told(pilot, RUNNING)
        assert selected(app).name == "ValidateStrategy"


async def test_an_older_answer_does_not_take_back_what_was_told() -> None:
    """After a dialog the execution is opened again: its first screen comes once more, and changes nothing."""
    told_since = replace(FAILED, taken_at=sample.NOW + timedelta(seconds=9))
    async with opened(FAILED) as (app, pilot):
        await told(pilot, replace(told_since, cause=replace(FAILED.cause, line="RunBacktest failed: exit 2")))
        await answer(pilot, OpenWorkflow(FAILED.key), FAILED)
        assert "RunBacktest failed: exit 2" in shown(app).splitlines()[1]


async def test_its_duration_grows_without_news() -> None:
    """Only the clock moves: the state that runs has run longer."""
    async with opened(RUNNING) as (app, pilot):
        assert "took so far       1m20s" in shown(app)
        app.standing.passed_s = 45
        await settle(pilot)
        assert "took so far       2m05s" in shown(app)
        assert shown(app).count("2m05s") == 2, "in the path and among the facts"


async def test_news_of_another_execution_change_nothing() -> None:
    """Each screen takes its own news only."""
    async with opened(FAILED) as (app, pilot):
        await told(pilot, CAUGHT)
        assert "out of memory" in shown(app).splitlines()[1]


# Moving about


async def test_the_graph_follows_the_path_and_the_path_the_graph() -> None:
    """Both mark the same state, whichever has the keys; a state that was not reached says so."""
    async with opened(FAILED) as (app, pilot):
        graph = app.screen.query_one(GraphView)
        await pilot.press("j")
        assert graph.selected == "CleanupResources"
        await pilot.press("v", "k", "k")
        await settle(pilot)
        assert graph.selected == "HandleTimeout"
        assert "HandleTimeout was not reached" in shown(app)
        await pilot.press("k", "k")
        assert selected(app).name == graph.selected == "RunBacktest"


async def test_on_a_small_screen_one_key_shows_the_graph_and_back() -> None:
    """At 80x24 `v` gives the drawing the room, again the path; `l` the log under the path; esc takes a step back."""
    async with opened(FAILED, SMALL) as (app, pilot):
        assert "Machine" not in shown(app)
        await pilot.press("v")
        await settle(pilot)
        assert "· HandleTimeout" in shown(app)
        assert "Path  9 rows" not in shown(app)
        await pilot.press("v", "l")
        await settle(pilot)
        assert "MemoryError: cannot allocate" in shown(app)
        assert "Path  9 rows" in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "Facts" in shown(app)
        assert on_top(app, WorkflowScreen)


async def test_tab_visits_all_parts_and_zoom_gives_one_the_screen() -> None:
    """tab goes path, facts, graph, the lines of the log and round; `z` shows the part with the keys alone, esc all again."""
    async with opened(FAILED) as (app, pilot):
        seen = []
        for _ in range(4):
            await pilot.press("tab")
            seen.append(app.focused.id if app.focused else None)
        assert seen == ["facts", "graph", "lines", "outline"]
        await pilot.press("z")
        await settle(pilot)
        assert "Machine" not in shown(app)
        await pilot.press("escape")
        await settle(pilot)
        assert "Machine" in shown(app)


async def test_failures_and_the_difference_are_one_key_away() -> None:
    """`e` goes to the next state that failed, `E` back, `d` to where the path left the good run's."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("g", "e")
        assert selected(app).name == "RunBacktest"
        await pilot.press("e")
        assert selected(app).name == "BacktestFailed"
        await pilot.press("E")
        assert selected(app).name == "RunBacktest"
        await pilot.press("d")
        await settle(pilot)
        assert selected(app).id == 30
        assert "the good run went on to UpdateStatusCompleted" in shown(app)


async def test_both_ways_stand_side_by_side_where_they_part() -> None:
    """The last good run's states beside this run's, the first difference marked."""
    async with opened(FAILED, HUGE) as (app, pilot):
        await pilot.press("tab", "ctrl+d")
        await settle(pilot)
        lines = shown(app).splitlines()
        parting = next(line for line in lines if "UpdateStatusCompleted" in line and "≠ Cleanup" in line)
        assert parting.index("CleanupResources") < parting.index("UpdateStatusCompleted")


async def test_a_fold_is_opened_where_it_stands() -> None:
    """enter on a fold asks for its rows; they come in its place, further in as they are."""
    fold = replace(
        sample_workflow.visit(3, "41 items, all succeeded", "Fold"), id=-7, depth=1, folded=41, culprit=False
    )
    workflow = replace(FAILED, states=(*FAILED.states[:2], fold, *FAILED.states[2:]))
    async with opened(workflow) as (app, pilot):
        await pilot.press("g", "j", "j", "enter")
        await settle(pilot)
        assert asked(app, ReadStates) == [ReadStates(FAILED.key, -7)]
        rows = tuple(replace(sample_workflow.visit(40 + n, f"item {n}", "Item"), depth=1) for n in range(3))
        await answer(pilot, ReadStates(FAILED.key, -7), rows)
        assert "41 items" not in shown(app)
        assert "item 2" in shown(app)


async def test_a_child_execution_opens_by_itself() -> None:
    """enter on what was started and waited for opens that execution; esc comes back, and it is read on."""
    child = "arn:aws:states:eu-central-1:123456789012:execution:child:c-1"
    row = replace(sample_workflow.visit(4, "c-1", "Child"), child_arn=child, depth=1)
    async with opened(replace(FAILED, states=(*FAILED.states, row))) as (app, pilot):
        await pilot.press("G", "enter")
        await settle(pilot)
        assert asked(app, OpenWorkflow)[-1] == OpenWorkflow(child)
        await pilot.press("escape")
        await settle(pilot)
        assert asked(app, OpenWorkflow)[-1] == OpenWorkflow(FAILED.key)


async def test_the_log_of_any_state_is_read_when_it_is_asked_for() -> None:
    """`l` on a state without known lines asks for them; they are shown beside it, or why there are none."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("g", "l")
        await settle(pilot)
        assert asked(app, ReadLog) == [ReadLog(FAILED.key, 5)]
        assert "reading its log" in shown(app)
        line = sample_workflow.log_line(300, "WARNING", "strategy has no stop loss")
        found = LogSlice("validate-strategy, invocation 6c1d", "/aws/lambda/x", None, "request id", (line,))
        await answer(pilot, ReadLog(FAILED.key, 5), found)
        assert "strategy has no stop loss" in shown(app)
        assert "by request id" in shown(app)
        await pilot.press("tab", "j", "l")
        await settle(pilot)
        assert "only what runs a task or a function writes a log" in shown(app)


# Texts, events, copies


async def test_input_output_and_cause_open_whole() -> None:
    """`i`, `o`, `c` and enter open the state's texts; tab goes through them; each is asked for once."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("i")
        await settle(pilot)
        assert on_top(app, PayloadScreen)
        first = asked(app, ReadPayload)[-1]
        assert first.payload.part == "input"
        await answer(pilot, first, sample_workflow.text(first.payload, "{", '  "job_id": "bt-7f3a"', "}"))
        assert '"job_id": "bt-7f3a"' in shown(app)
        await pilot.press("tab", "shift+tab")
        await settle(pilot)
        assert [job.payload.part for job in asked(app, ReadPayload)] == ["input", "parameters"]
        await pilot.press("escape", "o")
        await settle(pilot)
        assert "This state has no output" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert asked(app, ReadPayload)[-1].payload.part == "cause"
        await pilot.press("escape", "g", "c")
        await settle(pilot)
        assert "ValidateStrategy" in shown(app).splitlines()[1]
        assert "ExitCode" in asked(app, ReadPayload)[-1].payload.preview


async def test_every_event_of_the_history_can_be_looked_at() -> None:
    """`h` lists the events as AWS tells them, page by page; `s` goes back to the event's state."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("g", "h")
        await settle(pilot)
        assert on_top(app, HistoryScreen)
        assert asked(app, ReadEvents) == [ReadEvents(FAILED.key, 0, 100)]
        await answer(pilot, ReadEvents(FAILED.key, 0, 100), sample_workflow.EVENTS)
        assert "TaskScheduled" in shown(app)
        await pilot.press("j", "j")
        await settle(pilot)
        assert "States.TaskFailed: OutOfMemoryError" in shown(app)
        assert "runTask.sync" in shown(app)
        await pilot.press("y", "s")
        await settle(pilot)
        assert "resource: runTask.sync" in app.copied[0]
        assert on_top(app, WorkflowScreen)
        assert selected(app).name == "RunBacktest"


async def test_only_the_events_that_are_seen_are_asked_for() -> None:
    """Of 25,000 events the last page is asked for when the end is looked at, nothing between."""
    long = replace(FAILED, progress=replace(FAILED.progress, read=25_000, total=25_000))
    async with opened(long) as (app, pilot):
        await pilot.press("h", "G")
        await settle(pilot)
        pages = {job.start for job in asked(app, ReadEvents)}
        assert pages <= {0, 24_900, 24_800}
        assert "25,000 events" in shown(app)


async def test_the_jobs_story_is_one_key_away() -> None:
    """`x` tells the story of the job, across all services."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("x")
        await settle(pilot)
        assert on_top(app, TrailScreen)
        assert "bt-7f3a" in shown(app)


async def test_copies() -> None:
    """`y` copies the cause in words, `Y` the ARN."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("y", "Y")
        assert app.copied[0].startswith("backtest bt-7f3a: RunBacktest failed: out of memory")
        assert app.copied[1] == FAILED.key


# Acting

PLAN = Plan(
    action="workflow.redrive", title="Run bt-7f3a on from the state that failed", account="123456789012",
    region="eu-central-1", environment="prod", resource="bt-7f3a",
    calls=(Call("stepfunctions", "RedriveExecution", {"executionArn": "arn"}),), aws_line="aws stepfunctions redrive-execution",
    cost="The failed state runs again.", warnings=(), confirm=Confirm.TYPE_NAME, type_name="bt-7f3a", made_at=sample.NOW,
)  # fmt: skip


async def test_an_action_is_chosen_planned_shown_confirmed_and_its_outcome_said() -> None:
    """`A`, enter: the plan is asked for; the name is typed; only then is it carried out, and what came of it is said."""
    async with opened(FAILED, allow_changes=True) as (app, pilot):
        await pilot.press("A")
        await settle(pilot)
        assert "stop it: not now, it is FAILED already" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        planned = asked(app, PlanWorkflow)
        assert [job.action for job in planned] == ["workflow.redrive"]
        await answer(pilot, planned[0], PLAN)
        assert on_top(app, AskScreen)
        assert "RedriveExecution" in shown(app)
        await pilot.press("enter")
        assert not asked(app, ActOnWorkflow)
        await pilot.press(*"bt-7f3a", "enter")
        await settle(pilot)
        carried = asked(app, ActOnWorkflow)
        assert [(job.plan, job.typed) for job in carried] == [(PLAN, "bt-7f3a")]
        await answer(pilot, carried[0], Evidence(Verdict.OK, "bt-7f3a is RUNNING"))
        assert "bt-7f3a is RUNNING" in shown(app)


async def test_what_cannot_be_done_is_not_planned() -> None:
    """An offer that is not possible says why and asks for nothing."""
    async with opened(FAILED, allow_changes=True) as (app, pilot):
        await pilot.press("A", "k", "enter")
        await settle(pilot)
        assert "Not now: it is FAILED already." in shown(app)
        assert not asked(app, PlanWorkflow)


async def test_read_only_asks_for_no_change() -> None:
    """Without --allow-changes the choice is told, and nothing is planned."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("A", "enter")
        await settle(pilot)
        assert "Read-only: nothing is changed" in shown(app)
        assert not asked(app, PlanWorkflow)


async def test_a_refused_reading_is_said_and_what_was_known_stays() -> None:
    """An error of a later answer is a notice; the path stays."""
    async with opened(FAILED) as (app, pilot):
        await pilot.press("r")
        await answer(pilot, RefreshWorkflow(FAILED.key), error="states:GetExecutionHistory is not allowed")
        assert "states:GetExecutionHistory is not allowed" in shown(app)
        assert "RunBacktest" in shown(app)


# Ways in


async def test_the_alerts_execution_is_one_key_away() -> None:
    """`w` on an alert with an execution opens it by the alert's key; on another line the list of all."""
    alert = replace(sample.ALERTS[0], variables={"MACHINE": "backtest", "EXECUTION": "bt-7f3a"})
    app = BoardConsole(replace(sample.BOARD, alerts=(alert, *sample.ALERTS[1:])))
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("w")
        await settle(pilot)
        assert asked(app, OpenWorkflow) == [OpenWorkflow(alert.key)]
        await pilot.press("escape", "2", "w")
        await settle(pilot)
        assert on_top(app, ExecutionsScreen)


@pytest.mark.parametrize("typed", ["job bt-7f3a", "bt-7f3a"], ids=["with its word", "the id alone"])
async def test_the_palette_opens_a_job(typed: str) -> None:
    """`:job ID` opens the workflow of whatever the id names."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await settle(pilot)
        await pilot.press("colon")
        await pilot.pause(0.2)
        await pilot.press(*typed.replace(" ", "\0").replace("\0", " ").split(" ")[0])
        for word in typed.split(" ")[1:]:
            await pilot.press("space", *word)
        await pilot.pause(0.5)
        await pilot.press("enter")
        await pilot.pause(0.2)
        assert asked(app, OpenWorkflow) == [OpenWorkflow("bt-7f3a")]
