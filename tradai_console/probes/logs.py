"""What the logs say: `logs.errors`, `logs.search`, `logs.silence`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.loglines import Line, Place, Read, read_lines
from tradai_console.probes.places import find_service, function_names, judge_on_host, read_host
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, at, counted, span
from tradai_console.sources import fields
from tradai_console.sources.reading import secondary

ERRORS: Final = ("ERROR", "CRITICAL", "FATAL", "Exception", "Error", "Traceback", "Task timed out")
"""A line with any of these may tell an error."""

MANY: Final = 10
"""So many errors in a window are no accident."""
OFTEN: Final = 3
OFTEN_S: Final = 60.0
"""So many warnings in a minute are no accident."""
SILENT_S: Final = 300.0
"""No group that is at rest for less is called silent; one that is asked for a text may be, after a quarter of the window."""

_TRADING: Final = frozenset({"live-trading", "dry-run-trading", "strategy-container"})

_LEVEL: Final = re.compile(
    r"^\[[^\]]*\]\[(?P<logger>[^\]]*)\]\[(?P<level>[A-Z]+)\] - (?P<message>.*)"
    r"|^\S+ \S+ - (?P<logger2>\S+) - (?P<level2>[A-Z]+) - (?P<message2>.*)"
    r"|^(?P<level3>DEBUG|INFO|WARNING|ERROR|CRITICAL):?\s+(?P<message3>.*)"
    r"|^\d{4}/\d\d/\d\d \S+ (?P<level4>[A-Z]+) (?P<logger4>[\w.]+): (?P<message4>.*)"
)
_EXCEPTION: Final = re.compile(
    r"^(?:\[ERROR\] )?(?P<kind>(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Timeout|Exit|Interrupt))\b:?"
)
_VARYING: Final = re.compile(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b|\b[0-9a-f]{12,}\b|\b\d[\d.:/,-]*\b")
_GRAVE: Final = frozenset({"ERROR", "CRITICAL", "FATAL"})


async def place_of(context: ProbeContext, given: Given) -> Place:
    """The groups and the stream prefix that the arguments mean; without any of them the services' group."""
    groups = context.platform.log_groups
    if (group := given.get("group")) is not None:
        return Place((group,))
    if (function := given.get("function")) is not None:
        template = groups.lambda_
        folder = template.partition(context.platform.functions.name)[0] or "/aws/lambda/"
        named = [context.platform.lambda_group(function)] if "{name}" in template else []
        names = function_names(context.platform, function)
        whole = [f"{folder}{name}" for name in names]
        return Place(tuple(dict.fromkeys([*(named if len(names) > 1 else []), *whole])))
    service = given.get("service")
    if service is None:
        return Place((groups.services,))
    short = context.platform.service_of(service)
    if context.runs_on_host:
        return Place((context.platform.host.log_group,))
    if short in _TRADING:
        found = await secondary(_configured(context, short), None, [], "log configuration")
        return found or Place((groups.tasks,), "strategy")
    return Place((groups.services,), short)


async def _configured(context: ProbeContext, service: str) -> Place | None:
    """Where the running revision says that it writes: strategy tasks share a group and a prefix."""
    found = await find_service(context, service)
    if found is None:
        return None
    ecs = await context.client("ecs")
    answer = await ecs.describe_task_definition(taskDefinition=found.service.task_definition)
    for container in fields.rows(fields.inner(answer, "taskDefinition"), "containerDefinitions"):
        options = fields.inner(fields.inner(container, "logConfiguration"), "options")
        group, prefix = fields.name(options, "awslogs-group"), fields.name(options, "awslogs-stream-prefix")
        if group is not None:
            return Place((group,), f"{prefix}/{fields.text(container, 'name', 80)}" if prefix else None)
    return None


def _about(given: Given) -> str:
    return given.get("service") or given.get("function") or given.get("group") or "the services"


async def _absent(context: ProbeContext, given: Given, error: NotFound) -> Evidence:
    """The group is not there: on a host its containers' logs are only on the host itself."""
    if given.get("service") is not None and context.runs_on_host:
        instance, checks = await read_host(context)
        if instance is not None:
            return judge_on_host(f"{given['service']}, log included,", instance, checks, context)
    return Evidence(Verdict.UNKNOWN, f"The log of {_about(given)} could not be read: {error}")


@probe("logs.errors")
async def errors(context: ProbeContext, given: Given) -> Evidence:
    """Lines of errors in the window."""
    place = await place_of(context, given)
    try:
        read = await read_lines(context, place, given.minutes, ERRORS)
    except NotFound as error:
        return await _absent(context, given, error)
    return judge_errors(_about(given), read, given.minutes, context.now)


def judge_errors(about: str, read: Read, minutes: int, now: datetime) -> Evidence:
    """How many errors of which kinds?"""
    kinds: dict[str, list[Line]] = {}
    for line in read.lines:
        kind = kind_of(line.text)
        if kind is not None:
            kinds.setdefault(kind, []).append(line)
    window = span(minutes * 60)
    note = f" (searched: {read.searched})" if not read.whole else ""
    if not kinds:
        verdict = Verdict.OK if read.whole else Verdict.UNKNOWN
        return Evidence(verdict, f"No error line of {about} in {window}{note}.", (Row("group", read.group),))
    ordered = sorted(kinds.items(), key=lambda pair: (-len(pair[1]), -pair[1][-1].at.timestamp()))
    number = sum(len(lines) for lines in kinds.values())
    rows = [_kind_row(kind, lines, now) for kind, lines in ordered]
    top, lines = ordered[0]
    latest, found = max(kinds.items(), key=lambda pair: pair[1][-1].at)
    others = f", {counted(len(kinds) - 1, 'other kind')}" if len(kinds) > 1 else ""
    which = f", {latest}" if latest != top else ""
    told = (
        f"{read.at_least}{counted(number, 'error line')} of {about} in {window}{note}: {len(lines)} x {top}{others}; "
        f"newest {ago(found[-1].at, now)}{which}."
    )
    verdict = Verdict.BAD if number >= MANY else Verdict.WARN
    return Evidence(verdict, told[:1].upper() + told[1:], (*rows, Row("group", read.group)))


def _kind_row(kind: str, lines: Sequence[Line], now: datetime) -> Row:
    newest = lines[-1]
    told = f"{len(lines)} x, newest {ago(newest.at, now)}: {newest.text[:240]}"
    return Row(kind, told, Verdict.BAD if len(lines) >= MANY else Verdict.WARN)


def kind_of(text: str) -> str | None:
    """What kind of error a line tells: an exception's name, or its words without what varies. None: no error."""
    if "Task timed out" in text:
        return "Task timed out"
    told = _LEVEL.match(text)
    if told is not None:
        level = level_of(text)
        message = next(
            (told[name] for name in ("message", "message2", "message3", "message4") if told[name]), ""
        )
        if level not in _GRAVE:
            return "HTTP 5xx answered" if re.search(r'HTTP/[\d.]+" 5\d\d', message) else None
        logger = logger_of(text)
        return f"{logger}: {_same(message)}" if logger else _same(message)
    exception = _EXCEPTION.match(text)
    if exception is not None:
        return exception["kind"].rpartition(".")[2]
    if text.startswith(("Traceback", "  File", "    ", "START ", "END ", "REPORT ")):
        return None
    if re.search(r'"\s*level"\s*:\s*"(ERROR|CRITICAL)"', text) or re.search(
        r"\b(ERROR|CRITICAL|FATAL)\b", text
    ):
        return _same(text)
    return None


def level_of(text: str) -> str:
    """The level that a line names; empty if it names none."""
    told = _LEVEL.match(text)
    names = ("level", "level2", "level3", "level4")
    return next((told[name] for name in names if told[name]), "") if told is not None else ""


def logger_of(text: str) -> str:
    """The last part of the logger's name that a line begins with; empty if it names none."""
    told = _LEVEL.match(text)
    names = ("logger", "logger2", "logger4")
    logger = next((told[name] for name in names if told[name]), "") if told is not None else ""
    return logger.rpartition(".")[2]


def _same(message: str) -> str:
    """Equal for two lines that differ in ids and numbers only."""
    return _VARYING.sub("#", message)[:100].strip() or "(no words)"


@probe("logs.search")
async def search(context: ProbeContext, given: Given) -> Evidence:
    """Lines with the text, newest first."""
    place = await place_of(context, given)
    try:
        read = await read_lines(context, place, given.minutes, spellings(given["text"]))
    except NotFound as error:
        return await _absent(context, given, error)
    return judge_search(given["text"], _about(given), read, given.minutes, given.limit, context.now)


def spellings(text: str) -> tuple[str, ...]:
    """The text, and as a word's beginning: AWS tells `timeout` from `Timeout`, as `RequestTimeout` has it."""
    return tuple(dict.fromkeys((text, text[:1].upper() + text[1:]))) if text.islower() else (text,)


def judge_search(text: str, about: str, read: Read, minutes: int, limit: int, now: datetime) -> Evidence:
    """What was found. A search has no good or bad answer of its own: an error among the lines is a warning, and so are
    warnings that recur. Services warn now and then on a good day; a function, whose stream is its run's, does not.
    """
    window = span(minutes * 60)
    note = f" (searched: {read.searched})" if not read.whole else ""
    if not read.lines:
        verdict = Verdict.OK if read.whole else Verdict.UNKNOWN
        return Evidence(
            verdict, f'No line of {about} has "{text}" in {window}{note}.', (Row("group", read.group),)
        )
    newest = [*reversed(read.lines)][:limit]
    warned = [line for line in newest if level_of(line.text) == "WARNING"]
    lately = [line for line in warned if (now - line.at).total_seconds() <= OFTEN_S]
    recur = len(lately) >= OFTEN or not all(_of_container(line) for line in warned)
    grave = [kind_of(line.text) is not None or (recur and line in warned) for line in newest]
    rows = [
        Row(at(line.at, now), line.text[:400], Verdict.WARN if wrong else Verdict.OK)
        for line, wrong in zip(newest, grave, strict=True)
    ]
    count = f"{read.at_least}{counted(len(read.lines), 'line')}"
    what = f'{about} in {window} with "{text}"{note}{_one_task(about, read)}'
    # Not the newest of all: a single line of something else would stand for a flood.
    loggers = [logger_of(line.text) for line in newest]
    writer, number = Counter(loggers).most_common(1)[0]
    one = newest[loggers.index(writer)]
    part = number if len(newest) == len(read.lines) else "most"
    most = f", {part} of {writer}" if writer and number < len(newest) else ""
    told = f"{count} of {what}{most}; newest {ago(one.at, now)}: {one.text[:160]}"
    verdict = Verdict.WARN if any(grave) else Verdict.OK
    return Evidence(verdict, told[:1].upper() + told[1:], tuple(rows))


def _of_container(line: Line) -> bool:
    """Whether a container wrote it: `prefix/container/task`, where a function's stream has a date and an instance."""
    return line.stream.count("/") == 2


def _one_task(service: str, read: Read) -> str:
    """Whether one task of the service that was asked about writes them all: a container's stream ends in its id."""
    streams = {line.stream for line in read.lines}
    parts = streams.pop().split("/") if len(streams) == 1 else []
    own = len(parts) == 3 and parts[1] == service
    return f", all of task {parts[2]}" if own and len(read.lines) > 1 else ""


@probe("logs.silence")
async def silence(context: ProbeContext, given: Given) -> Evidence:
    """The newest line: asked for in the last minutes first, in the whole window only if there is none.

    With a text it is the newest line that has it: a stream that several write to is never silent as a whole.
    """
    place, text = await place_of(context, given), given.get("text")
    words = (text,) if text else ()
    try:
        read = await read_lines(context, place, min(2, given.minutes), words)
        if not read.lines and given.minutes > 2:
            read = await read_lines(context, place, given.minutes, words)
    except NotFound as error:
        return await _absent(context, given, error)
    return judge_silence(_about(given), read, given.minutes, context.now, text)


def judge_silence(about: str, read: Read, minutes: int, now: datetime, text: str | None = None) -> Evidence:
    """Does it still write? A quarter of the window without a line (with this text) is silence."""
    window, quiet_s = span(minutes * 60), minutes * 60 / 4
    if text is None:
        quiet_s = max(SILENT_S, quiet_s)
    else:
        about = f'"{text}" in {about}'
    if not read.lines:
        if not read.whole:
            return Evidence(
                Verdict.UNKNOWN, f"No line of {about} in the part that was searched ({read.searched})."
            )
        line = f"{about} has not written a line in {window}: it is frozen, gone, or writes elsewhere."
        if text is not None:
            line = f"No line of {about} in {window}: it is frozen, gone, or writes elsewhere."
        return Evidence(Verdict.BAD, line[:1].upper() + line[1:], (Row("group", read.group),))
    newest = read.lines[-1]
    age_s = (now - newest.at).total_seconds()
    rows = (
        Row(at(newest.at, now), newest.text[:400]),
        Row("stream", newest.stream),
        Row("group", read.group),
    )
    quiet = age_s > quiet_s
    word = "silent since then" if quiet else "it writes"
    return Evidence(
        Verdict.WARN if quiet else Verdict.OK,
        f"The newest line of {about} is {span(age_s)} old: {word}.",
        rows,
    )
