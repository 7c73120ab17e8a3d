"""The closure of an id on the played platform: every piece once, the same from wherever it is begun."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, only
from tests.trail.conftest import Played, Teller
from tradai_console.demo.behaviour import logs as levers
from tradai_console.models.log import LogLine
from tradai_console.models.trail import TrailEvent, summarise
from tradai_console.trail.ids import UnusableIdError

pytestmark = pytest.mark.xdist_group("trail")  # one platform for all of them

SERVICES = "/ecs/tradai/prod/services"
TASKS = "/ecs/tradai/prod"


def expected_lines(played: Played, job: dict[str, str]) -> Counter[tuple[str, str, int]]:
    """What is written about the job, found by reading everything: lines with one of its ids, its task's whole log, and
    each run of a function with such a line in it, from START to REPORT."""
    task = job["ecs_task_arn"].rpartition("/")[2]
    ids = [job["job_id"], job["trace_id"], job["correlation_id"], job["mlflow_run_id"], task]
    found: Counter[tuple[str, str, int]] = Counter()
    run: list[tuple[str, str, int]] = []
    for group, stream, at, text in played.written():
        mine = any(value in text for value in ids) or stream.endswith(task)
        if not group.startswith("/aws/lambda/"):
            found.update([(stream, text, at)] if mine else [])
            continue
        if text.startswith("START "):
            run = []
        run.append((stream, text, at))
        if text.startswith("REPORT ") and any(value in one[1] for value in ids for one in run):
            found.update(run)
    return found


async def test_every_piece_once_from_every_id(played: Played, tell: Teller) -> None:
    """A job, its trace, the request that submitted it, its execution, its task, a run of a function and its MLflow run all
    lead to the same pieces; lines, events, row and task are all there, and nothing twice. No second has two calls."""
    job = played.job()
    told = await tell(job["job_id"])
    assert len(told.names) == len(set(told.names))

    lines = Counter((one.stream, one.text, one.time_ms) for one in told.pieces if isinstance(one, LogLine))
    wanted = Counter(
        {(stream, text.replace("\t", "    "), at): 1 for stream, text, at in expected_lines(played, job)}
    )
    assert lines == wanted

    events = [one for one in told.pieces if isinstance(one, TrailEvent)]
    history = played.client("stepfunctions").get_execution_history(
        executionArn=job["execution_arn"], maxResults=1000
    )["events"]
    assert [one.event_id for one in events if one.kind == "execution"] == [
        f"{job['execution_arn']}/{one['id']}" for one in history
    ]
    assert [one.status for one in events if one.kind == "state"] == ["pending", "running", "completed"]
    assert [one.status for one in events if one.kind == "task"] == ["PROVISIONING", "RUNNING", "STOPPED"]
    assert {one.table for one in events if one.kind == "state"} == {"tradai-workflow-state-prod"}

    summary = summarise(told.pieces)
    assert {
        "backend-api",
        "strategy-service",
        "data-collection",
        "update-status",
        "backtest",
        "strategy",
    } <= {*summary.services}
    assert summary.first_error is None
    assert told.trail.whole
    assert told.trail.unread == ()
    assert told.seconds < 40
    assert told.known_after_s < told.seconds / 2, "where most of it stands is read first"

    run = next(
        one for one in told.pieces if isinstance(one, LogLine) and one.text.startswith("START RequestId")
    )
    request = re.search(r"[0-9a-f-]{36}", run.text)
    assert request is not None
    others = (
        job["trace_id"], job["correlation_id"], job["execution_arn"], job["ecs_task_arn"], job["mlflow_run_id"], request[0],
    )  # fmt: skip
    for value in others:
        again = await tell(value)
        assert again.names == told.names, value


async def test_a_failure_is_marked_where_it_began(played: Played, tell: Teller) -> None:
    """A job whose task failed: the first error is what the task itself said, with its traceback; not the state that failed
    then, nor the execution's end, nor the row's word."""
    states = played.client("stepfunctions")
    machine = "arn:aws:states:eu-central-1:123456789012:stateMachine:tradai-backtest-workflow-prod"
    failed = states.list_executions(stateMachineArn=machine, statusFilter="FAILED")["executions"][0]
    told = await tell(failed["executionArn"])
    summary = summarise(told.pieces)
    assert isinstance(summary.first_error, LogLine)
    assert "run failed" in summary.first_error.text
    parts = [one.text for one in told.pieces if getattr(one, "part_of", None) == summary.first_error.event_id]
    assert parts[0] == "Traceback (most recent call last):"
    after = [one for one in told.pieces if isinstance(one, TrailEvent) and one.level == "ERROR"]
    assert after[0].time_ms >= summary.first_error.time_ms
    assert {"RunBacktest"} <= {one.state_name for one in after}
    ended = [one for one in told.pieces if isinstance(one, TrailEvent) and one.kind == "state"]
    assert (ended[-1].status, ended[-1].level) == ("failed", "ERROR")
    assert ended[-1].row is not None
    assert ended[-1].row["job_id"] == failed["name"]


async def test_a_traceback_comes_along(played: Played, tell: Teller) -> None:
    """Its lines do not hold the id; they are joined to the line that does, which is the first error."""
    now, mine = played.story.time.time(), "bt-cafe00000009"
    said = [
        f"[2026-01-01 03:12:00,000][backend.BacktestService][ERROR] - refused job_id={mine}",
        "Traceback (most recent call last):",
        '  File "/app/backend/a.py", line 87, in submit',
        "ValueError: no",
    ]
    for number, text in enumerate(said):
        levers.write(SERVICES, "backend-api/backend-api/9", [text], at=now - 70 + number / 1000)
    told = await tell(mine, groups=[SERVICES])
    lines = [one for one in told.pieces if isinstance(one, LogLine)]
    assert [one.text for one in lines] == said
    assert [one.part_of for one in lines] == [None, *[lines[0].event_id] * 3]
    assert summarise(told.pieces).first_error == lines[0]


async def test_what_is_on_a_thousand_lines_does_not_lead_on(played: Played, tell: Teller) -> None:
    """An id that everybody's lines hold is left out, and said; a list of ids leads nowhere; an id inside a longer one is none."""
    now = played.story.time.time()
    common, mine = "job-00000000", "bt-cafe00000001"
    many = [
        f"[x][backend.Pool][INFO] - worker of {common} has nothing to do, turn {turn}"
        for turn in range(1_200)
    ]
    levers.write(SERVICES, "backend-api/backend-api/7", many, at=now - 50)
    said = [
        f"[x][backend.A][INFO] - begun job_id={mine} pool={common}",
        f"[x][backend.A][INFO] - waiting: {mine}, " + ", ".join([f"bt-feed0000000{n:x}" for n in range(12)]),
        f"[x][backend.A][INFO] - of another: {mine}2 and x-{mine}",
        "[x][backend.A][INFO] - bt-feed00000001 is not of it",
    ]
    for number, text in enumerate(said):
        levers.write(SERVICES, "backend-api/backend-api/8", [text], at=now - 40 + number)
    told = await tell(mine)
    assert [one.text for one in told.pieces] == said[:2]
    assert any(common in words and "not followed" in words for words in told.trail.unread)
    assert common not in told.trail.ids


async def test_a_service_task_brings_its_own_log_and_nobody_elses(played: Played, tell: Teller) -> None:
    """The task of a service: its start and its log, but not the stories of all the requests that it served."""
    task = next(one for one in played.story.facts.tasks["strategy-service"])
    told = await tell(task)
    lines = [one for one in told.pieces if isinstance(one, LogLine)]
    assert len(lines) > 100
    assert {one.stream for one in lines} == {f"strategy-service/strategy-service/{task}"}
    assert {one.status for one in told.pieces if isinstance(one, TrailEvent)} == {"PROVISIONING", "RUNNING"}
    assert told.trail.ids == (task,)


@pytest.mark.parametrize("text", ["", "ab", "x" * 600, "bt-1\nbt-2", "bt-\x1b[31m", "\u202e1234"])
async def test_what_is_no_id_is_refused(tell: Teller, text: str) -> None:
    """Nothing is asked of AWS for it."""
    with pytest.raises(UnusableIdError, match="id"):
        tell.run(text)


async def test_hostile_ids_are_texts(played: Played, tell: Teller) -> None:
    """Quotes, patterns, expressions, shell and JSON are looked for as they stand, and find nothing but themselves."""
    now = played.story.time.time()
    hostile = [
        "?ERROR ?INFO",
        '"',
        '""" -x',
        '{ $.level = "ERROR" }',
        "%.*%",
        "$(touch /tmp/x)",
        "'; DROP TABLE",
        'a\\"b',
    ]
    for value in hostile:
        levers.write(TASKS, "strategy/strategy/hostile", [f"said <{value}> aloud"], at=now - 30)
    for value in hostile[3:]:
        told = await tell(value, groups=[TASKS])
        assert [one.text for one in told.pieces] == [f"said <{value}> aloud"], value
    told = await tell(hostile[0], groups=[TASKS])
    assert [one.text for one in told.pieces] == [f"said <{hostile[0]}> aloud"]


async def test_the_rest_stands_where_a_part_is_denied(
    played: Played, tell: Teller, tell_over: Teller, wire: FaultProxy
) -> None:
    """Without one group, one table and the executions the other pieces are all there, and each gap is said once."""
    job = played.job()
    whole = await tell(job["job_id"])
    wire.inject(only(deny(), "/aws/lambda/tradai-update-status-prod"), service="logs")
    wire.inject(only(deny(), "tradai-workflow-state-prod"), service="dynamodb")
    wire.inject(deny(), service="states", operation="GetExecutionHistory")
    told = await tell_over(job["job_id"])
    gone = {
        one.event_id
        for one in whole.pieces
        if (isinstance(one, LogLine) and "update-status" in one.group)
        or (isinstance(one, TrailEvent) and one.kind in ("state", "execution"))
    }
    # Without row and history nobody tells which task it was but the task itself, by the stream of its lines.
    assert {*told.names} == {*whole.names} - gone
    said = "\n".join(told.trail.unread)
    assert said.count("/aws/lambda/tradai-update-status-prod could not be read") == 1
    assert said.count("dynamodb:GetItem") == 1
    assert said.count("states:GetExecutionHistory") == 1
    assert told.trail.whole


async def test_a_named_group_that_is_not_there(tell: Teller) -> None:
    """It is refused with a sentence; without a name nothing is."""
    told = await tell("bt-0123456789ab", groups=["/no/such/group"])
    assert told.run.refusal() == "the log group /no/such/group does not exist in this account and region"
    assert told.pieces == []
