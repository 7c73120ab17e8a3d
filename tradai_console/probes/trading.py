"""Sessions: `trading.heartbeat`, `trading.sessions`, `trading.state`, `trading.tasks`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.service import Task
from tradai_console.models.trading import HEARTBEAT_STALE_S, WATCHED, Session
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.ecs_stops import HARMLESS, cause_of
from tradai_console.probes.places import judge_on_host, read_host
from tradai_console.probes.registry import probe
from tradai_console.probes.rows import get_row, shown, shown_rows
from tradai_console.probes.wording import ago, counted, listed, short, span, worst
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, every_word, in_lots
from tradai_console.sources.reading import together
from tradai_console.sources.tasks import parse_task
from tradai_console.sources.trading import TradingSource, parse_moment, parse_session

LATE_S: Final = 60.0
"""A heartbeat moves within a minute."""
TASKS: Final = 500
_TAGS: Final = frozenset({"strategy_id", "strategy_name", "strategy", "model_name"})
_VARIABLES: Final = frozenset({"STRATEGY", "STRATEGY_ID", "STRATEGY_NAME"})
_SERVICES: Final = ("live-trading", "dry-run-trading")


async def _sessions(context: ProbeContext) -> tuple[Session, ...]:
    return (await TradingSource(context.door, context.platform, context.clock).read()).items


@probe("trading.heartbeat")
async def heartbeat(context: ProbeContext, given: Given) -> Evidence:
    """The row of trading state (`dynamodb:GetItem`)."""
    strategy = given["strategy"]
    row = await get_row(context, context.platform.tables.trading_state, "strategy_id", strategy)
    return judge_heartbeat(strategy, None if row is None else parse_session(row, {}), context.now)


def judge_heartbeat(strategy: str, session: Session | None, now: datetime) -> Evidence:
    """Does it beat, and must it?"""
    if session is None:
        return Evidence(Verdict.UNKNOWN, f"There is no trading session {strategy} in the table.")
    verdict, told = _beat(session, now)
    rows = (
        Row("status", session.status, Verdict.BAD if session.status == "failed" else Verdict.OK),
        Row("last heartbeat", ago(session.last_heartbeat, now), verdict),
        Row("watched", "yes" if session.watched else f"no: only {' and '.join(sorted(WATCHED))} are"),
    )
    return Evidence(verdict, f"{strategy} is {session.status}; {told}.", rows)


def _beat(session: Session, now: datetime) -> tuple[Verdict, str]:
    age = session.heartbeat_age_s(now)
    if session.status == "failed":
        return Verdict.BAD, f"it failed, its last heartbeat was {ago(session.last_heartbeat, now)}"
    if not session.watched:
        if session.status == "unknown":
            return Verdict.UNKNOWN, "its row has no status, so nobody watches its heartbeat"
        return Verdict.OK, f"its heartbeat need not move, the last was {ago(session.last_heartbeat, now)}"
    if age is None:
        return Verdict.BAD, "its heartbeat is missing or unreadable, which counts as stale"
    if session.stale(now):
        return Verdict.BAD, f"its heartbeat is {span(age)} old, the limit is {span(HEARTBEAT_STALE_S)}"
    if age < -LATE_S:
        return Verdict.WARN, f"its heartbeat lies {span(age)} in the future: whose clock is wrong?"
    return (Verdict.WARN if age > LATE_S else Verdict.OK), f"its heartbeat is {span(max(0.0, age))} old"


@probe("trading.sessions")
async def sessions(context: ProbeContext, given: Given) -> Evidence:
    """Every row of trading state (`dynamodb:Scan`)."""
    del given
    return judge_sessions(await _sessions(context), context.now)


def judge_sessions(found: Sequence[Session], now: datetime) -> Evidence:
    """Which sessions do not beat as they should?"""
    if not found:
        return Evidence(Verdict.UNKNOWN, "The trading table has no session.")
    judged = [(one, *_beat(one, now)) for one in found]
    order = (Verdict.BAD, Verdict.WARN, Verdict.UNKNOWN, Verdict.OK)
    judged.sort(key=lambda one: (order.index(one[1]), one[0].strategy_id))
    rows = tuple([_session_row(one, verdict, now) for one, verdict, _ in judged])
    wrong = [
        f"{one.strategy_id} ({told})"
        for one, verdict, told in judged
        if verdict in (Verdict.BAD, Verdict.WARN)
    ]
    watched = sum(one.watched for one in found)
    verdict = worst(verdict for _, verdict, _ in judged)
    if wrong:
        return Evidence(
            verdict, f"{len(wrong)} of {counted(len(found), 'session')} in trouble: {listed(wrong, 2)}.", rows
        )
    rest = len(found) - watched
    others = f"; {rest} paused or stopped" if rest else ""
    return Evidence(
        verdict, f"{watched} of {counted(len(found), 'session')} must beat, and do{others}.", rows
    )


def _session_row(one: Session, verdict: Verdict, now: datetime) -> Row:
    psi = f"psi {short(one.psi)}" if one.psi is not None else "psi unknown"
    model = f"model {one.model_name}, " if one.model_name else ""
    return Row(
        one.strategy_id, f"{one.status}, heartbeat {ago(one.last_heartbeat, now)}, {model}{psi}", verdict
    )


@probe("trading.state")
async def state(context: ProbeContext, given: Given) -> Evidence:
    """The whole row of trading state (`dynamodb:GetItem`)."""
    strategy = given["strategy"]
    row = await get_row(context, context.platform.tables.trading_state, "strategy_id", strategy)
    return judge_state(strategy, row, context.now)


def judge_state(strategy: str, row: Mapping[str, Any] | None, now: datetime) -> Evidence:
    """What the row says, and what its status means."""
    session = None if row is None else parse_session(row, {})
    if row is None or session is None:
        return Evidence(Verdict.UNKNOWN, f"There is no trading session {strategy} in the table.")
    verdict, told = _beat(session, now)
    facts = dict(session.attributes)
    trades = next(
        (facts[key] for key in ("open_trades", "open_positions", "positions") if key in facts), None
    )
    mode = f" in {facts['mode']} mode" if "mode" in facts else ""
    positions = f"; open trades: {trades}" if trades is not None else "; the row tells no open trades"
    late = _past_exit(row.get("open_position"), now)
    if late and verdict is Verdict.OK:
        verdict = Verdict.WARN
    return Evidence(
        verdict, f"{strategy} is {session.status}{mode}; {told}{positions}{late}.", shown_rows(row)
    )


def _past_exit(position: Any, now: datetime) -> str:
    """A position that the row still holds after its exit was due, as words; empty where there is none."""
    if not isinstance(position, Mapping):
        return ""
    due = parse_moment(position.get("exit_due"))
    if due is None or due > now:
        return ""
    what = " ".join(shown(position[key]) for key in ("side", "amount", "pair") if key in position)
    return f"; {what or 'a position'} is open, its exit was due {ago(due, now)}"


@probe("trading.tasks")
async def tasks(context: ProbeContext, given: Given) -> Evidence:
    """The cluster's tasks with their tags (`ecs:ListTasks`, `ecs:DescribeTasks`), beside the session's row."""
    strategy, table = given["strategy"], context.platform.tables.trading_state
    cluster = next(
        (one.cluster for one in context.board().services.items if one.cluster), context.platform.cluster
    )
    row, raws = await asyncio.gather(
        get_row(context, table, "strategy_id", strategy), _raw_tasks(context, cluster)
    )
    if raws is None or (not raws and context.runs_on_host):
        instance, checks = await read_host(context)
        if instance is not None:
            return judge_on_host(f"the trading of {strategy}", instance, checks, context)
    session = None if row is None else parse_session(row, {})
    services = [context.platform.service_name.replace("{service}", one) for one in _trading_services(row)]
    own, shared = tasks_of(strategy, raws or [], services)
    if not _running(own) and _running(shared):
        own = []  # a backtest that has ended carries the strategy's name too, and is not its session
    evidence = judge_tasks(strategy, session, own, shared, context.now)
    return replace(evidence, found=_pointed_at(own or shared, context))


def _pointed_at(tasks: Sequence[Task], context: ProbeContext) -> dict[str, str]:
    """The one task that trades it, and its service; nothing where there are several."""
    running = _running(tasks)
    if len(running) != 1:
        return {}
    group = running[0].group
    service = context.platform.service_of(group.removeprefix("service:")) if "service:" in group else ""
    return {"TASK": running[0].id} | ({"SERVICE": service} if service else {})


def _running(tasks: Sequence[Task]) -> list[Task]:
    return [task for task in tasks if task.status == "RUNNING" and task.stopped_at is None]


async def _raw_tasks(context: ProbeContext, cluster: str) -> list[Raw] | None:
    ecs = await context.client("ecs")
    try:
        lists = await together(
            every_word(ecs.list_tasks, "taskArns", cluster=cluster, desiredStatus=status, maxResults=100)
            for status in ("RUNNING", "STOPPED")
        )
    except NotFound:
        return None
    arns = list(dict.fromkeys([arn for some in lists for arn in some]))[:TASKS]
    answers = await together(
        ecs.describe_tasks(cluster=cluster, tasks=list(lot), include=["TAGS"]) for lot in in_lots(arns, 100)
    )
    return [raw for answer in answers for raw in fields.rows(answer, "tasks")]


def _trading_services(row: Mapping[str, Any] | None) -> tuple[str, ...]:
    """Which services can trade this strategy, by the mode that its row names."""
    mode = str((row or {}).get("mode", "")).lower()
    if "dry" in mode:
        return ("dry-run-trading",)
    return ("live-trading",) if "live" in mode else _SERVICES


def tasks_of(strategy: str, raws: Sequence[Raw], services: Sequence[str]) -> tuple[list[Task], list[Task]]:
    """The tasks that name the strategy in a tag or a variable, and those of the trading services.

    Backtests and trainings name it too: a job's task is no session.
    """
    own: list[Task] = []
    shared: list[Task] = []
    for raw in raws:
        task = parse_task(raw)
        if task is None or _is_job(raw):
            continue
        if _names(raw, strategy):
            own.append(task)
        elif task.group.removeprefix("service:") in services:
            shared.append(task)
    return own, shared


def _names(raw: Raw, strategy: str) -> bool:
    if any(_tags(raw).get(key) == strategy for key in _TAGS):
        return True
    return any(value == strategy for name, value in _variables(raw) if name in _VARIABLES)


def _is_job(raw: Raw) -> bool:
    """Whether it belongs to a job: it carries a job's id, or a workflow started it."""
    started_by = fields.text(raw, "startedBy", 80)
    ids = [name for name, _ in _variables(raw) if name == "JOB_ID"]
    return bool(ids) or "job_id" in _tags(raw) or started_by == "AWS Step Functions"


def _tags(raw: Raw) -> dict[str, str]:
    return {fields.text(one, "key", 80): fields.text(one, "value", 200) for one in fields.rows(raw, "tags")}


def _variables(raw: Raw) -> list[tuple[str, str]]:
    """The environment that its containers were started with."""
    overrides = fields.rows(fields.inner(raw, "overrides"), "containerOverrides")
    pairs = [pair for one in overrides for pair in fields.rows(one, "environment")]
    return [(fields.text(pair, "name", 80), fields.text(pair, "value", 200)) for pair in pairs]


def judge_tasks(
    strategy: str, session: Session | None, own: Sequence[Task], shared: Sequence[Task], now: datetime
) -> Evidence:
    """Does a task trade it, and did tasks of it stop? Without a task of its own those of its service count."""
    found = list(own or shared)
    running = [task for task in found if task.status == "RUNNING" and task.stopped_at is None]
    stopped = [task for task in found if task.stopped_at is not None or task.status == "STOPPED"]
    faults = [task for task in stopped if cause_of(task) not in HARMLESS]
    rows = tuple([_task_row(task, now) for task in [*running, *stopped]])
    whose = f"of {strategy}" if own else f"of the service that trades {strategy} (none carries its name)"
    noun = counted(len(running), "task")
    causes = (
        f", {len(faults)} stopped lately ({listed(dict.fromkeys(cause_of(task) for task in faults))})"
        if faults
        else ""
    )
    sick = [task for task in running if task.health == "UNHEALTHY"]
    unhealthy = f", {len(sick)} of them unhealthy" if sick else ""
    verb = "runs" if len(running) == 1 else "run"
    line = f"{noun} {whose} {verb}{unhealthy}{causes}."
    must_run = session is not None and session.watched
    if not running:
        if must_run:
            return Evidence(Verdict.BAD, f"{strategy} should trade, and no task of it runs{causes}.", rows)
        status = session.status if session is not None else "in no row of the table"
        return Evidence(
            Verdict.OK if session else Verdict.UNKNOWN,
            f"No task of {strategy} runs; it is {status}{causes}.",
            rows,
        )
    verdict = Verdict.BAD if sick else Verdict.WARN if faults else Verdict.OK
    return Evidence(verdict, line, rows)


def _task_row(task: Task, now: datetime) -> Row:
    ended = task.stopped_at is not None or task.status == "STOPPED"
    since = (
        f"stopped {ago(task.stopped_at, now)}, {cause_of(task)}"
        if ended
        else f"started {ago(task.started_at, now)}"
    )
    bad = task.health == "UNHEALTHY" or (ended and cause_of(task) not in HARMLESS)
    words = (task.status, "" if ended else task.health, since, task.task_definition, task.capacity or "")
    return Row(task.id, "  ".join([word for word in words if word]), Verdict.BAD if bad else Verdict.OK)
