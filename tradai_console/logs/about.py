"""Where the log of a thing on the board is: its groups and the streams in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tradai_console.logs.places import service_sources
from tradai_console.logs.source import TailSource
from tradai_console.models.alarm import Alarm
from tradai_console.models.alert import Alert
from tradai_console.models.board import Board
from tradai_console.models.execution import Execution
from tradai_console.models.log_feed import LogsAbout
from tradai_console.models.service import Service
from tradai_console.platform import Platform
from tradai_console.runbook.loggroups import resolve
from tradai_console.runbook.model import AlertRule, LogSource, Section
from tradai_console.runbook.model import Tail as TailBlock

FUNCTIONS_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "backtest": (
        "backtest-consumer", "validate-strategy", "data-collection-proxy", "update-status", "cleanup-resources",
        "notify-completion",
    ),
    "retraining": ("check-retraining-needed", "compare-models", "promote-model", "notify-completion"),
}  # fmt: skip
"""The functions that a machine of the platform calls; of another machine nothing is known."""

_SESSIONS: Final = ("live-trading", "dry-run-trading")
_CONSUMER_OF_DATABASE: Final = "mlflow"
_KEEPER_OF_ROUTES: Final = "update-nat-routes"
_HOST: Final = "host"
"""What the board calls the instance that runs every service of dev and staging."""

_RUNS_TASKS: Final = "strategy-container"


def sources_about(
    about: LogsAbout,
    platform: Platform,
    board: Board,
    rules: Sequence[AlertRule],
    groups: Sequence[str],
) -> tuple[TailSource, ...]:
    """The sources among these groups, which are there. Empty: there is no log of it, or it is not on the board."""
    found = dict.fromkeys(_sources(about, platform, board, rules, groups))
    return tuple(source for source in found if source.group in groups or about.kind == "group")


def incident_sources(
    rules: Iterable[AlertRule],
    alert: str,
    section: Section | None,
    platform: Platform,
    variables: Mapping[str, str],
) -> tuple[TailSource, ...]:
    """What an alert's rule names, and the `tail` blocks of its section."""
    rule = next((rule for rule in rules if rule.name == alert), None)
    wanted: list[LogSource] = list(rule.logs) if rule else []
    steps = section.steps if section else ()
    wanted += [source for step in steps for block in step.of(TailBlock) for source in block.sources]
    named = (resolve(source, platform, variables) for source in wanted)
    return tuple(dict.fromkeys(TailSource(found[0], found[1] or "") for found in named if found is not None))


def _sources(
    about: LogsAbout, platform: Platform, board: Board, rules: Sequence[AlertRule], groups: Sequence[str]
) -> Iterator[TailSource]:
    match about.kind:
        case "":
            yield from map(TailSource, groups)
        case "group":
            yield TailSource(about.key)
        case "service":
            yield from _of_service(about.key, platform, groups)
        case "services":
            yield from _of_service(_service_of(about.key, board, platform), platform, groups)
        case "trading":
            yield TailSource(platform.log_groups.tasks)
            for name in _SESSIONS:
                yield from _of_service(name, platform, groups)
        case "databases":
            yield from _of_service(_CONSUMER_OF_DATABASE, platform, groups)
        case "nat":
            yield TailSource(platform.lambda_group(_KEEPER_OF_ROUTES))
            yield TailSource(platform.log_groups.services)
        case "workflows":
            yield from _of_execution(about.key, board, platform)
        case "alarms":
            yield from _of_alarm(about.key, platform, board, rules, groups)
        case "alerts":
            alert = next((one for one in board.alerts if one.key == about.key), None)
            if alert is not None:
                yield from _of_alert(alert, rules, platform)


def _service_of(key: str, board: Board, platform: Platform) -> str:
    """The short name of a service that is known by its ARN or its name."""
    items: tuple[Service, ...] = board.services.items
    known = next((one.service for one in items if key in (one.arn, one.name, one.service)), None)
    return known or platform.service_of(key.rpartition("/")[2])


def _of_service(service: str, platform: Platform, groups: Sequence[str]) -> Iterator[TailSource]:
    """A service's own streams; groups that are not named after it are left to those who want everything."""
    if service == _HOST:
        yield TailSource(platform.host.log_group)
        yield TailSource(platform.log_groups.services)
        return
    names = (service, *(alias for alias, name in platform.service_aliases.items() if name == service))
    for source in service_sources(platform, service, groups):
        if source.group == platform.log_groups.tasks:
            if service == _RUNS_TASKS:
                yield source
        elif source.stream_prefix or any(name in source.group for name in names):
            yield source


def _of_execution(arn: str, board: Board, platform: Platform) -> Iterator[TailSource]:
    items: tuple[Execution, ...] = board.workflows.items
    machine = next((one.machine for one in items if one.arn == arn), None)
    yield TailSource(platform.log_groups.tasks)
    for name in FUNCTIONS_OF.get(machine or "", ("update-status", "notify-completion")):
        yield TailSource(platform.lambda_group(name))


def _of_alarm(
    name: str, platform: Platform, board: Board, rules: Sequence[AlertRule], groups: Sequence[str]
) -> Iterator[TailSource]:
    """By the alert that it raised, else by what its metric is about, else everything."""
    alert = next((one for one in board.alerts if name in one.alarms), None)
    found = tuple(_of_alert(alert, rules, platform)) if alert is not None else ()
    items: tuple[Alarm, ...] = board.alarms.items
    alarm = next((one for one in items if one.name == name), None)
    about = dict(alarm.dimensions) if alarm is not None else {}
    if not found and "FunctionName" in about:
        found = (TailSource(f"/aws/lambda/{about['FunctionName']}"),)
    if not found and "ServiceName" in about:
        found = tuple(_of_service(platform.service_of(about["ServiceName"]), platform, groups))
    yield from found or map(TailSource, groups)


def _of_alert(alert: Alert, rules: Sequence[AlertRule], platform: Platform) -> Iterator[TailSource]:
    yield from incident_sources(rules, alert.alert, None, platform, alert.variables)
