"""For each way in which work fails on the demo platform the first line names the true cause."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.probes.conftest import Platform
from tests.workflow.conftest import Opened
from tradai_console.models.evidence import Verdict
from tradai_console.models.workflow import CauseKind, Outcome, Workflow
from tradai_console.models.workflow_joined import StuckForm

pytestmark = pytest.mark.xdist_group("workflow")

Finder = Callable[[Platform], str]
PREFIX = "arn:aws:states:eu-central-1:123456789012:stateMachine:tradai-"


def execution(machine: str, which: Callable[[list[str]], bool], status: str | None = None) -> Finder:
    """The newest execution of a machine whose states entered fit."""

    def find(platform: Platform) -> str:
        states = platform.client("stepfunctions")
        given: dict[str, Any] = {"statusFilter": status} if status else {}
        found = states.list_executions(stateMachineArn=f"{PREFIX}{machine}-workflow-prod", **given)
        for one in found["executions"]:
            events = states.get_execution_history(executionArn=one["executionArn"], maxResults=1000)["events"]
            if which(_words(events)):
                return str(one["executionArn"])
        raise AssertionError(f"no execution of {machine} went so")

    return find


def _words(events: list[dict[str, Any]]) -> list[str]:
    """Types of events, names of states, and errors."""
    found = []
    for event in events:
        details: Any = next((value for key, value in event.items() if key.endswith("Details")), {})
        found += [event["type"], *[details[key] for key in ("name", "error") if key in details]]
    return found


def holding(*words: str) -> Callable[[list[str]], bool]:
    return lambda found: set(words) <= set(found)


def row(status: str) -> Finder:
    """The job with this status whose row names no execution."""

    def find(platform: Platform) -> str:
        items = platform.client("dynamodb").scan(TableName="tradai-workflow-state-prod")["Items"]
        return next(
            str(one["job_id"]["S"])
            for one in items
            if one["status"]["S"] == status and "S" not in one.get("execution_arn", {})
        )

    return find


@dataclass(frozen=True)
class Case:
    """What went wrong, and what the first line has to say of it."""

    find: Finder
    says: tuple[str, ...]
    kind: CauseKind
    state: str | None
    status: str | None
    caught: bool = False
    stuck: StuckForm | None = None


CASES = {
    "a failed training step": Case(
        execution("retraining", holding("RunRetraining", "TaskFailed", "NotifyFailure")),
        ("RunRetraining failed: exit 1", "ValueError: Input X contains NaN", "SUCCEEDED is no success"),
        CauseKind.TASK,
        "RunRetraining",
        "SUCCEEDED",
        caught=True,
    ),
    "a validation failure, caught and notified": Case(
        execution("retraining", holding("ValidationError", "NotifyFailure")),
        (
            "CheckRetrainingNeeded failed",
            "config_version_id does not fit the model",
            "SUCCEEDED is no success",
        ),
        CauseKind.VALIDATION,
        "CheckRetrainingNeeded",
        "SUCCEEDED",
        caught=True,
    ),
    "a model that is none, decided and notified": Case(
        execution("retraining", holding("HandleInvalidModel")),
        ("CheckRetrainingNeeded refused it", "not in ALLOWED_MODELS", "SUCCEEDED is no success"),
        CauseKind.VALIDATION,
        "CheckRetrainingNeeded",
        "SUCCEEDED",
        caught=True,
    ),
    "a time-out": Case(
        execution("backtest", holding("HandleTimeout")),
        ("RunBacktest ran into its time limit of 1 h 30 m", "HandleTimeout took over"),
        CauseKind.TIMEOUT,
        "RunBacktest",
        "FAILED",
        caught=True,
    ),
    "a task killed for its memory": Case(
        execution("backtest", lambda found: "TaskFailed" in found, "FAILED"),
        ("RunBacktest failed: out of memory",),
        CauseKind.MEMORY,
        "RunBacktest",
        "FAILED",
        caught=True,
    ),
    "a stuck job without an execution": Case(
        row("pending"),
        ("still PENDING", "no execution was ever started"),
        CauseKind.STUCK,
        None,
        None,
        stuck=StuckForm.NOT_PICKED_UP,
    ),
    "a running row whose task died": Case(
        row("running"),
        ("RUNNING for", "its task stopped", "out of memory"),
        CauseKind.STUCK,
        None,
        None,
        stuck=StuckForm.TASK_DIED,
    ),
    "a Map with one failed item": Case(
        execution("data-sync", holding("DataNotAvailableError")),
        ("FetchCandles (in SyncPairs, item 4, DOT/USDT) failed", "no candles for DOT/USDT"),
        CauseKind.DATA,
        "FetchCandles",
        "FAILED",
        caught=True,
    ),
    "a retry survived, and another not": Case(
        execution("data-sync", holding("ExchangeRateLimited")),
        ("FetchCandles (in SyncPairs, item 4, DOT/USDT) failed on each of 4 attempts", "429 for DOT/USDT"),
        CauseKind.THROTTLED,
        "FetchCandles",
        "FAILED",
        caught=True,
    ),
}


@pytest.fixture(params=CASES, ids=lambda name: name.replace(" ", "-"))
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


async def test_the_first_line_names_the_true_cause(platform: Platform, opened: Opened, case: Case) -> None:
    """Which state, why, and what its status hides; the row of that state is marked, and there is a way out."""
    told = await opened.whole(case.find(platform))
    for words in case.says:
        assert words in told.cause.line
    assert (told.cause.kind, told.cause.state, told.cause.caught) == (case.kind, case.state, case.caught)
    assert told.cause.verdict is Verdict.BAD
    assert told.cause.way_out
    assert (told.execution.status if told.execution else None) == case.status
    if case.state is not None:
        (marked,) = [one for one in told.states if one.culprit]
        assert (marked.id, marked.name) == (told.cause.visit, case.state)
    assert [one.form for one in told.joined.stuck][:1] == ([case.stuck] if case.stuck else [])


async def test_the_survived_retry_is_told_apart(platform: Platform, opened: Opened) -> None:
    """The pair that was let through at the second try is no cause: it is told as outlived."""
    told = await opened.whole(CASES["a retry survived, and another not"].find(platform))
    assert told.cause.tries == 4
    (survived,) = told.cause.survived
    assert survived.startswith("FetchCandles (in SyncPairs, item 1, ETH/USDT) failed 1 time, then succeeded")
    failed = next(one for one in told.states if one.culprit)
    assert [one.outcome for one in failed.attempts] == [Outcome.FAILED] * 4
    assert failed.attempts[0].target == "tradai-data-collection-proxy-prod"


async def test_a_failed_item_stands_open_among_folded_ones(platform: Platform, opened: Opened) -> None:
    """The item that failed is in view with what was inside; those that went well are folded and can be opened."""
    told = await opened.whole(CASES["a Map with one failed item"].find(platform))
    loop = next(one for one in told.states if one.type == "Map")
    assert loop.items is not None
    assert (loop.items.total, loop.items.failed) == (8, 1)
    assert loop.items.aborted > 0
    inside = [one for one in told.states if one.parent == loop.id]
    assert "item 4, DOT/USDT" in [one.name for one in inside]
    folds = [one for one in inside if one.type == "Fold"]
    behind = [row for one in folds for row in opened.desk.at(told.key).unfolded(one.id)]
    names = [one.name for one in [*inside, *behind] if one.type == "Item"]
    begun = loop.items.succeeded + loop.items.failed + loop.items.aborted
    assert sorted(name[:6] for name in names) == [f"item {number}" for number in range(begun)]


async def test_the_log_of_the_very_invocation_is_found(platform: Platform, opened: Opened) -> None:
    """Of eight calls of one function at one time, by its request id: the failed one's own lines and no other."""
    told = await opened.whole(CASES["a retry survived, and another not"].find(platform))
    (one,) = told.joined.invocations
    assert one.log.matched_by == "request id"
    assert one.request_id is not None
    assert any(f"START RequestId: {one.request_id}" in line.text for line in one.log.lines)
    assert sum("START RequestId" in line.text for line in one.log.lines) == 1
    assert any("429 for DOT/USDT" in line.text for line in one.log.lines)


async def test_the_stuck_rows_are_offered_their_way_out(platform: Platform, opened: Opened) -> None:
    """What mends a stuck row is offered, and named as the way out."""
    for name in ("a stuck job without an execution", "a running row whose task died"):
        told: Workflow = await opened.whole(CASES[name].find(platform))
        (offer,) = [one for one in told.offers if one.action == "workflow.set_row"]
        assert (offer.possible, offer.advised) == (True, True)
        assert dict(offer.arguments)["status"] == "FAILED"
