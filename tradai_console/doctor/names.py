"""Whether the platform's names are there, and under which other names its documents may have left things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from tradai_console.aws.door import Door
from tradai_console.doctor.finding import Finding, bad, note, some, well
from tradai_console.errors import AwsError, ConsoleError, Denied, NotFound
from tradai_console.models.board import Board
from tradai_console.models.execution import Machine
from tradai_console.models.snapshot import State
from tradai_console.platform import Platform
from tradai_console.settings import Settings
from tradai_console.sources.pages import every_word, everything
from tradai_console.sources.reading import together
from tradai_console.text import plain

_SET: Final = "Set {key} in config.toml, under [platform], to the name that is there."


def look_at_board(board: Board, platform: Platform, machines: tuple[Machine, ...]) -> Iterator[Finding]:
    """What one reading of the six sources brought."""
    yield from _unread(board)
    yield from _services(board, platform)
    if board.databases.state.trusted:
        there = [one.id for one in board.databases.items]
        yield _found("database", platform.database, there, "database")
    if board.nat.state.trusted:
        yield from _nat(board, platform)
    if board.workflows.state.trusted:
        for full in platform.machines.values():
            yield _found("state machine", full, [one.name for one in machines], "machines")
    if board.alarms.state.trusted and not board.alarms.items:
        yield note("there is not one alarm in this region", "Is it the right account, and the right region?")


def _unread(board: Board) -> Iterator[Finding]:
    for name in ("alarms", "services", "databases", "nat", "workflows", "trading"):
        snapshot = getattr(board, name)
        if snapshot.state.trusted:
            continue
        word = State.UNREACHABLE if snapshot.state is State.LOADING else snapshot.state
        why = snapshot.error or "no answer in time"
        yield bad(f"the {name} pane would say {word.value}: {why}", "See what is denied or missing below.")


def _services(board: Board, platform: Platform) -> Iterator[Finding]:
    items = board.services.items
    if not board.services.state.trusted:
        return
    hosts = [one.host for one in items if one.host]
    for host in hosts:
        yield well(f"host {plain(host.name, 100)} is {host.instance_id}, {host.state}")
    there = {one.service: one for one in items if not one.host}
    cluster = next((one.cluster for one in there.values()), None)
    if cluster and cluster != platform.cluster:
        yield note(f"the cluster is {cluster}, not {platform.cluster}", _SET.format(key="cluster"))
    elif cluster:
        yield well(f"cluster {cluster}")
    missing = [name for name in platform.services if name not in there]
    if there:
        yield well(f"{len(there)} services: {some(there, 12)}")
    if missing and not hosts:
        yield note(f"no service is called {some(missing, 12)}",
                   "Well if they only run as single tasks; else set service_name or services in config.toml.")  # fmt: skip
    backend = platform.service_name.replace("{service}", "backend")
    if any(one.name == backend for one in items):
        yield note(f"the documents call it backend-api, ECS calls it {backend}; it is taken for the same")


def _nat(board: Board, platform: Platform) -> Iterator[Finding]:
    for nat in board.nat.items:
        if nat.instance_id:
            yield well(f"NAT instance {platform.nat.tag_name} is {nat.instance_id}: {nat.verdict.value}")
        elif nat.gateway_id:
            yield note(f"the way out is the NAT gateway {nat.gateway_id}")
        else:
            yield note(
                f"no instance has the tag Name={platform.nat.tag_name}", _SET.format(key="nat.tag_name")
            )
        if nat.route_table:
            yield well(f"private route table {platform.nat.route_table_tag_name} is {nat.route_table}")
        else:
            yield note(f"no route table has the tag Name={platform.nat.route_table_tag_name}",
                       _SET.format(key="nat.route_table_tag_name"))  # fmt: skip


async def look_at_names(door: Door, platform: Platform, settings: Settings) -> list[Finding]:
    """Tables, log groups, functions, topics, the exchange keys and the alert queue."""
    questions: list[tuple[str, Callable[[], Awaitable[list[Finding]]]]] = [
        ("tables", lambda: _tables(door, platform)),
        ("log groups", lambda: _log_groups(door, platform)),
        ("functions", lambda: _functions(door, platform)),
        ("topics", lambda: _topics(door, platform)),
        ("exchange keys", lambda: _secret(door, platform)),
    ]
    if settings.alert_queue:
        queue = settings.alert_queue
        questions.append(("alert queue", lambda: _queue(door, queue)))
    lots = await together(_tolerant(about, ask) for about, ask in questions)
    return [finding for lot in lots for finding in lot]


async def _tolerant(about: str, ask: Callable[[], Awaitable[list[Finding]]]) -> list[Finding]:
    try:
        return await ask()
    except Denied as error:
        return [note(f"{about}: not known, {error}", f"Grant {error.action} to have them looked for.")]
    except ConsoleError as error:
        return [note(f"{about}: not known, {error}")]


async def _tables(door: Door, platform: Platform) -> list[Finding]:
    dynamodb = await door.client("dynamodb")
    there = await every_word_from(dynamodb.list_tables, "TableNames", "LastEvaluatedTableName")
    wanted = {f"tables.{key}": str(name) for key, name in asdict(platform.tables).items()}
    other = {platform.tables.workflow_state: [f"tradai-{platform.env}-workflow-state"]}
    return _compared("table", wanted, there, other)


async def every_word_from(call: Callable[..., Awaitable[Any]], key: str, cursor: str) -> list[str]:
    """The strings on all pages of `dynamodb:ListTables`, which has a cursor of its own kind."""

    async def page(**request: Any) -> Any:
        answer = await call(**request)
        return {**answer, "ExclusiveStartTableName": answer.get(cursor)}

    return await every_word(page, key, cursor="ExclusiveStartTableName")


async def _log_groups(door: Door, platform: Platform) -> list[Finding]:
    logs = await door.client("logs")
    groups = platform.log_groups
    wanted = {
        "log_groups.services": groups.services,
        "log_groups.tasks": groups.tasks,
        "log_groups.flow": groups.flow,
        "log_groups.cloudtrail": groups.cloudtrail,
    }
    older = {
        groups.services: [f"/ecs/tradai-{name}-{platform.env}" for name in ("backend", *platform.services)],
        groups.flow: [f"/aws/vpc/flowlogs/tradai-{platform.env}"],
        groups.cloudtrail: [f"/aws/cloudtrail/tradai-{platform.env}"],
    }
    there: set[str] = set()
    for prefix in dict.fromkeys((*wanted.values(), "/ecs/tradai-", "/aws/vpc/", "/aws/cloudtrail/")):
        rows = await everything(
            logs.describe_log_groups, "logGroups", cursor="nextToken", logGroupNamePrefix=prefix
        )
        there |= {plain(row.get("logGroupName"), 512) for row in rows}
    return _compared("log group", wanted, there, older)


async def _functions(door: Door, platform: Platform) -> list[Finding]:
    client = await door.client("lambda")
    rows = await everything(client.list_functions, "Functions", cursor="Marker", answer_cursor="NextMarker")
    there = {plain(row.get("FunctionName"), 140) for row in rows}
    full = [platform.function(short) for short in platform.functions.all]
    missing = [name for name in full if name not in there]
    found = [well(f"{len(full) - len(missing)} of {len(full)} functions")] if len(missing) < len(full) else []
    if missing:
        found.append(note(f"no function is called {some(missing)}", _SET.format(key="functions.all")))
    older = [platform.function(old) for old in ("heartbeat-check", "data-proxy")]
    if both := [name for name in older if name in there]:
        found.append(note(f"{some(both)}: older names of the documents", _SET.format(key="functions.all")))
    return found


async def _topics(door: Door, platform: Platform) -> list[Finding]:
    sns = await door.client("sns")
    rows = await everything(sns.list_topics, "Topics")
    there = {plain(row.get("TopicArn"), 300).rpartition(":")[2] for row in rows}
    wanted = {"topics.alerts": platform.topics.alerts, "topics.registration": platform.topics.registration}
    older = {
        platform.topics.alerts: [f"tradai-{platform.env}-alerts", f"tradai-{platform.env}-notifications"]
    }
    return _compared("topic", wanted, there, older)


async def _secret(door: Door, platform: Platform) -> list[Finding]:
    client = await door.client("secretsmanager")
    name = platform.secrets.exchange_keys
    try:
        await client.describe_secret(SecretId=name)
    except NotFound:
        return [note(f"no secret is called {name}", _SET.format(key="secrets.exchange_keys"))]
    return [well(f"secret {name} (its value is never read)")]


async def _queue(door: Door, url: str) -> list[Finding]:
    sqs = await door.client("sqs")
    shown = plain(url, 200)
    try:
        await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    except Denied:
        raise
    except AwsError as error:
        return [
            bad(
                f"the alert queue {shown} cannot be read: {error}",
                "Set alert_queue to its URL, or leave it out.",
            )
        ]
    return [well(f"alert queue {shown}")]


def _compared(
    kind: str, wanted: Mapping[str, str], there: set[str] | list[str], older: Mapping[str, list[str]]
) -> list[Finding]:
    """One line for all that are there, one for each that is not, with its older name where that is there."""
    known = set(there)
    found = [name for name in wanted.values() if name in known]
    told = [well(f"{len(found)} of {len(wanted)} {kind}s: {some(found)}")] if found else []
    for key, name in wanted.items():
        others = [old for old in older.get(name, ()) if old in known and old != name]
        if others:
            also = "also" if name in known else "instead"
            told.append(
                note(f"{kind} {some(others)} is there {also}: an older name of {name}", _SET.format(key=key))
            )
        elif name not in known:
            told.append(note(f"no {kind} is called {name}", _SET.format(key=key)))
    return told


def _found(kind: str, name: str, there: list[str], key: str) -> Finding:
    if name in there:
        return well(f"{kind} {name}")
    return note(f"no {kind} is called {name}; there are: {some(there) or 'none'}", _SET.format(key=key))
