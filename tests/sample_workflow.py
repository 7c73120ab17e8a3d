"""Executions as the engine tells them, made of plain values: for screens that are tested without AWS."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

from tests import sample
from tradai_console.models.evidence import Verdict
from tradai_console.models.log import LogLine, milliseconds
from tradai_console.models.machine_graph import Edge, Graph, Node
from tradai_console.models.workflow import (
    Attempt,
    CauseKind,
    Difference,
    Event,
    GoodRun,
    Outcome,
    Payload,
    PayloadText,
    Progress,
    StateVisit,
    TrueCause,
    Workflow,
)
from tradai_console.models.workflow_joined import (
    Joined,
    LogSlice,
    Offer,
    QueueState,
    StateRow,
    Stuck,
    StuckForm,
    TaskJoined,
)

_BACKTEST = """
ValidateStrategy Task next CheckValidation, catch UpdateStatusFailed
CheckValidation Choice choice UpdateStatusFailed, default EnsureData
EnsureData Task next UpdateStatusRunning, catch UpdateStatusFailed
UpdateStatusRunning Task next RunBacktest, catch UpdateStatusFailed
RunBacktest Task next UpdateStatusCompleted, catch HandleTimeout, catch CleanupResources
UpdateStatusCompleted Task next NotifyCompletion, catch UpdateStatusFailed
NotifyCompletion Task
HandleTimeout Pass next CleanupResources
CleanupResources Task next UpdateStatusFailed, catch UpdateStatusFailed
UpdateStatusFailed Task next NotifyFailure, catch NotifyFailure
NotifyFailure Task next BacktestFailed, catch BacktestFailed
BacktestFailed Fail
"""
_RETRAINING = """
NormalizeInput Pass next CheckRetrainingNeeded
CheckRetrainingNeeded Task next EvaluateRetrainingNeed, catch NotifyFailure
EvaluateRetrainingNeed Choice choice RunRetraining, choice HandleInvalidModel, default SkipRetraining
RunRetraining Task next CompareModels, catch NotifyFailure
CompareModels Task next DecidePromotion, catch NotifyFailure
DecidePromotion Choice choice PromoteModel, default KeepCurrentModel
PromoteModel Task next UpdateRetrainingState, catch NotifyFailure
KeepCurrentModel Pass next UpdateRetrainingState
UpdateRetrainingState Task next NotifyCompletion
NotifyCompletion Task
HandleInvalidModel Pass next NotifyFailure
NotifyFailure Task
SkipRetraining Succeed
"""
"""The platform's two machines: a state a line, its type, and where it leads."""

FAILED_PATH = (
    "ValidateStrategy", "CheckValidation", "EnsureData", "UpdateStatusRunning", "RunBacktest",
    "CleanupResources", "UpdateStatusFailed", "NotifyFailure", "BacktestFailed",
)  # fmt: skip
GOOD_PATH = (*FAILED_PATH[:5], "UpdateStatusCompleted", "NotifyCompletion")
TRAINING_PATH = (
    "NormalizeInput",
    "CheckRetrainingNeeded",
    "EvaluateRetrainingNeed",
    "RunRetraining",
    "NotifyFailure",
)


def graph(text: str, path: tuple[str, ...], bad: tuple[str, ...] = ()) -> Graph:
    """A machine that was gone through on that path."""
    nodes: list[Node] = []
    edges: list[Edge] = []
    ways = set(pairwise(path))
    for rank, line in enumerate(text.strip().splitlines()):
        name, kind, *rest = line.replace(",", "").split()
        for word, target in zip(rest[::2], rest[1::2], strict=True):
            edges.append(Edge(name, target, word, taken=(name, target) in ways))  # type: ignore[arg-type]
        nodes.append(
            Node(
                name, kind, rank, start=not nodes, end=not rest, taken=path.count(name), bad=name in bad,
                culprit=name in bad, current=False, resource="lambda:invoke" if kind == "Task" else "",
            )
        )  # fmt: skip
    return Graph(tuple(nodes), tuple(edges), comment="Backtest workflow v11", timeout_s=7200.0)


def payload(part: str, preview: str, event_id: int = 1, size: int = 0) -> Payload:
    return Payload(event_id, part, size or len(preview), preview)


def visit(number: int, name: str, kind: str = "Task", took: float = 1.0, **more: Any) -> StateVisit:
    entered = sample.ago(minutes=6) + timedelta(seconds=20 * number)
    base = StateVisit(
        id=number * 5,
        name=name,
        type=kind,
        depth=0,
        parent=None,
        outcome=Outcome.SUCCEEDED,
        entered_at=entered,
        left_at=entered + timedelta(seconds=took),
        input=payload("input", '{"job_id": "bt-7f3a", "strategy_name": "PascalStrategy"}', number * 5),
        output=payload("output", '{"job_id": "bt-7f3a", "valid": true}', number * 5 + 4),
        usual_s=took,
    )
    return replace(base, **more)


def attempt(number: int, outcome: Outcome, **more: Any) -> Attempt:
    base = Attempt(
        number=number,
        event_id=22,
        scheduled_at=sample.ago(minutes=4),
        ended_at=sample.ago(minutes=2),
        outcome=outcome,
        resource="ecs:runTask.sync",
        target="tradai-strategy-generic-prod",
        parameters=payload("parameters", '{"Cluster": "tradai-prod"}', 22),
    )
    return replace(base, **more)


def log_line(seconds: float, level: str, message: str) -> LogLine:
    at = milliseconds(sample.ago(seconds=seconds))
    return LogLine(
        event_id=f"{at}-{level}", time_ms=at, ingested_ms=at, group="/ecs/tradai/prod/strategies", stream="strategy/1",
        service="strategy", level=level, logger="tradai.backtest", message=message, text=message,
    )  # fmt: skip


_CAUSE = payload("cause", '{"Containers":[{"ExitCode":137,"Reason":"OutOfMemoryError"}]}', 26, size=4_812)

FAILED = Workflow(
    key=sample.EXECUTIONS[2].arn,
    title="backtest bt-7f3a",
    cause=TrueCause(
        verdict=Verdict.BAD,
        kind=CauseKind.MEMORY,
        line="RunBacktest failed: out of memory, exit 137, attempt 2 of 2; caught, then BacktestFailed ended it",
        state="RunBacktest",
        visit=25,
        error="States.TaskFailed",
        cause="OutOfMemoryError: container killed due to memory usage",
        whole_cause=_CAUSE,
        tries=2,
        caught=True,
        survived=("EnsureData: Lambda.TooManyRequestsException, attempt 1 of 2",),
        because=("the task's container stopped: OutOfMemoryError, exit 137", "memory was at 99 % a minute before"),
        way_out=("Give the task definition more memory: ecs.resize.", "Then start it again with the same input."),
    ),
    execution=replace(
        sample.EXECUTIONS[2], status="FAILED", stopped_at=sample.ago(minutes=1), failed_state="RunBacktest"
    ),
    limit_s=7200.0,
    usual_s=362.0,
    redrivable="REDRIVABLE",
    input=payload("input", '{"job_id": "bt-7f3a", "strategy_name": "PascalStrategy"}', 0),
    ids=(("job", "bt-7f3a"), ("trace", "6b1c9f2e-0001-4c1a-9a51-7f3a00000001")),
    states=(
        visit(1, "ValidateStrategy"),
        visit(2, "CheckValidation", "Choice", 0.1),
        visit(3, "EnsureData", took=9.0, tries=2, usual_s=3.0,
              attempts=(attempt(1, Outcome.FAILED, error="Lambda.TooManyRequestsException"), attempt(2, Outcome.SUCCEEDED))),
        visit(4, "UpdateStatusRunning"),
        visit(5, "RunBacktest", took=118.0, tries=2, usual_s=340.0, outcome=Outcome.CAUGHT, culprit=True, different=True,
              error="States.TaskFailed", cause="OutOfMemoryError: container killed due to memory usage",
              attempts=(attempt(1, Outcome.FAILED, cause="SpotInterruption: capacity taken back"),
                        attempt(2, Outcome.FAILED, cause="OutOfMemoryError, exit 137", whole_cause=_CAUSE,
                                task_arn="arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/0ab1c4d5e6f7")),
              output=None),
        visit(6, "CleanupResources", after_failure=True),
        visit(7, "UpdateStatusFailed", after_failure=True),
        visit(8, "NotifyFailure", after_failure=True),
        visit(9, "BacktestFailed", "Fail", 0.0, outcome=Outcome.FAILED, after_failure=True, error="States.TaskFailed"),
    ),
    graph=graph(_BACKTEST, FAILED_PATH, bad=("RunBacktest",)),
    good=GoodRun(sample.EXECUTIONS[3].arn, "bt-7f39", sample.ago(minutes=22), 360.0, GOOD_PATH),
    difference=Difference(30, "the good run went on to UpdateStatusCompleted; this one to CleanupResources"),
    joined=Joined(
        row=StateRow(
            table="tradai-workflow-state-prod", job_id="bt-7f3a", status="failed", state="FAILED",
            created_at=sample.ago(minutes=7), started_at=sample.ago(minutes=6), completed_at=sample.ago(minutes=1),
            error="States.TaskFailed", attributes=(("status", "failed"),), told="agrees with the execution",
        ),
        queues=(QueueState("tradai-backtest-queue-prod.fifo", False, 0, 0, None, "nothing waits", Verdict.OK),),
        tasks=(
            TaskJoined(
                visit=25, arn="arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/0ab1c4d5e6f7",
                task=sample.stopped("0ab1c4d5e6f7", 1.0), source="ECS", told="killed for memory, exit 137", verdict=Verdict.BAD,
                log=LogSlice(
                    title="task 0ab1c4d5, strategy", group="/ecs/tradai/prod/strategies", stream="strategy/1",
                    matched_by="its stream",
                    lines=(
                        log_line(300, "INFO", "loading 41 pairs of BTC/USDT:5m"),
                        log_line(290, "INFO", "backtest from 2025-01-01 to 2025-12-31"),
                        log_line(120, "WARNING", "memory at 96 % of 4096 MiB"),
                        log_line(90, "ERROR", "MemoryError: cannot allocate 512 MiB for the candle frame"),
                    ),
                ),
            ),
        ),
    ),
    offers=(
        Offer("workflow.stop", "stop it", False, "it is FAILED already"),
        Offer("workflow.redrive", "run it on from the state that failed", True, arguments=(("execution", "arn"),)),
        Offer("workflow.start_again", "start it again with the same input", True, "", (("execution", "arn"),), advised=True),
    ),
    progress=Progress(46, 46, whole=True),
    taken_at=sample.NOW,
)  # fmt: skip
"""A backtest whose task ran out of memory; the failure was caught, cleaned up and notified."""

CAUGHT = replace(
    FAILED,
    key=sample.EXECUTIONS[1].arn,
    title="retraining rt-RadStrategy-0300",
    execution=sample.EXECUTIONS[1],
    cause=replace(
        FAILED.cause,
        line="RunRetraining failed: exit 1, ValueError: no candles; it was caught, so SUCCEEDED is no success",
        state="RunRetraining", visit=20, kind=CauseKind.TASK,
    ),
    states=(
        visit(1, "NormalizeInput", "Pass", 0.0), visit(2, "CheckRetrainingNeeded"),
        visit(3, "EvaluateRetrainingNeed", "Choice", 0.0),
        visit(4, "RunRetraining", took=118.0, outcome=Outcome.CAUGHT, culprit=True, error="States.TaskFailed", cause="exit 1"),
        visit(5, "NotifyFailure", after_failure=True),
    ),
    graph=replace(graph(_RETRAINING, TRAINING_PATH, bad=("RunRetraining",)), comment="Retraining workflow"),
    good=None,
    difference=None,
)  # fmt: skip
"""A training that failed and was notified: the execution SUCCEEDED all the same."""

STUCK = Workflow(
    key="job:bt-9001",
    title="job bt-9001",
    cause=TrueCause(
        verdict=Verdict.BAD,
        kind=CauseKind.STUCK,
        line="bt-9001 has waited 2h as PENDING and no execution was started: its message is in the dead-letter queue",
    ),
    joined=Joined(
        stuck=(
            Stuck(
                StuckForm.DEAD_LETTER,
                "its message lies in tradai-backtest-dlq-prod after three tries",
                ("Mend what made the consumer fail.", "Move the dead letters back."),
                "queue.redrive",
            ),
        ),
    ),
    offers=(
        Offer("queue.redrive", "move the dead letters back", True, "", (("queue", "dlq"),), advised=True),
    ),
    progress=Progress(0, 0, whole=True),
)
"""A job that no execution moves on."""

RUNNING = replace(
    FAILED,
    key=sample.EXECUTIONS[2].arn,
    execution=sample.EXECUTIONS[2],
    cause=TrueCause(Verdict.OK, CauseKind.RUNNING, "runs: RunBacktest for 1m20s, usually 5m40s", "RunBacktest", None),
    states=(*FAILED.states[:4], visit(5, "RunBacktest", outcome=Outcome.RUNNING, left_at=None, output=None, usual_s=340.0,
                                      entered_at=sample.ago(seconds=80), attempts=(attempt(1, Outcome.RUNNING, ended_at=None),))),
    graph=graph(_BACKTEST, FAILED_PATH[:5]),
    difference=None,
    joined=Joined(),
    progress=Progress(22, 22, whole=True, live=True),
)  # fmt: skip
"""The same, while it still ran."""

EVENTS = tuple(
    Event(
        id=n,
        previous_id=n - 1,
        at=sample.ago(minutes=6) + timedelta(seconds=n),
        type=("TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskFailed", "TaskStateExited")[n % 5],
        known=True,
        visit=25,
        state="RunBacktest",
        line="States.TaskFailed: OutOfMemoryError" if n % 5 == 3 else "",
        details=(("resource", "runTask.sync"), ("resourceType", "ecs")),
        payloads=(_CAUSE,) if n % 5 == 3 else (),
    )
    for n in range(1, 47)
)


def text(payload: Payload, *lines: str) -> PayloadText:
    """A payload as it is read."""
    return PayloadText(payload, lines, "\n".join(lines))
