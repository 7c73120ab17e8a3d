"""What stands beside an execution's path: why, what to do, its row, its queues, the last good run, what can be done."""

from __future__ import annotations

from itertools import zip_longest
from typing import Final

from screens.facts.facts import Section, pair
from screens.widgets.line import Line
from screens.widgets.pane import Moment
from screens.widgets.walk import VERDICT
from screens.widgets.words import ago, day_stamp, exact_span, number, span_of
from tradai_console.models.execution import Execution
from tradai_console.models.workflow import GoodRun, Workflow
from tradai_console.models.workflow_joined import Offer, QueueState, StateRow

AROUND: Final = 3
"""States shown before and after the first difference."""

STATUS_STYLE: Final = {
    "RUNNING": "info", "PENDING_REDRIVE": "info", "SUCCEEDED": "good", "FAILED": "bad", "TIMED_OUT": "bad", "ABORTED": "warn",
}  # fmt: skip


def cause_line(workflow: Workflow) -> Line:
    """The true cause, in words: the first line of the screen."""
    cause = workflow.cause
    sign, style = VERDICT[cause.verdict]
    return Line.of((f"{sign} ", style), (cause.line, "strong" if style == "good" else style))


def way_out_line(workflow: Workflow) -> Line:
    """The first thing to do now; empty if nothing has to be done."""
    way = workflow.cause.way_out or tuple(step for one in workflow.joined.stuck[:1] for step in one.way_out)
    return Line.of(("→ ", "accent"), way[0]) if way else Line()


def early_lines(known: Execution | None, wanted: str, moment: Moment) -> tuple[Line, ...]:
    """Before anything is read: what the pane knows of the execution, else what it was asked for by."""
    if known is None:
        return (Line.of(("… ", "dim"), ("opening ", "dim"), (wanted, "strong")),)
    style = "bad" if known.failed else STATUS_STYLE.get(known.status, "warn")
    what = known.failed_state or known.current_state or known.status
    why = known.cause or known.error or ""
    return (
        Line.of(("… ", "dim"), (what, style), f"  {why}" if why else ""),
        Line.of(
            (f"{known.machine} {known.name}", "strong"),
            "   ",
            (known.status, style),
            (f"   {ago(known.started_at, moment.now)} ago   reading its history …", "dim"),
        ),
    )


def identity_line(workflow: Workflow, moment: Moment) -> Line:
    """Which execution, how it ended, how long it took and takes usually, how much of it has been read."""
    execution = workflow.execution
    if execution is None:
        return Line.of((workflow.title, "strong"), ("   a job without an execution", "dim"))
    status = Line.of((execution.status, STATUS_STYLE.get(execution.status, "warn")))
    took = exact_span(execution.duration_s(moment.now))
    usual = f", usually {exact_span(workflow.usual_s)}" if workflow.usual_s is not None else ""
    limit = f", limit {exact_span(workflow.limit_s)}" if workflow.limit_s and not execution.stopped_at else ""
    word = "runs for" if execution.stopped_at is None else "took"
    redrives = f"   redriven {workflow.redrives}×" if workflow.redrives else ""
    return Line.of(
        (workflow.title, "strong"),
        "   ",
        status,
        ("  though a failure was caught" if workflow.cause.caught and execution.status == "SUCCEEDED" else "", "warn"),
        (f"   {word} {took}{usual}{limit}", "dim"),
        (f"   {ago(execution.started_at, moment.now)} ago", "dim"),
        (redrives, "accent"),
    )  # fmt: skip


def told_sections(workflow: Workflow, moment: Moment) -> tuple[Section, ...]:
    """All of it, what matters most first; what there is nothing of is left out."""
    joined = workflow.joined
    sections = (
        Section("What to do", tuple(_numbered(workflow.cause.way_out))),
        *(
            Section(f"Stuck: {one.form}", (Line.of((one.line, "bad")), *_numbered(one.way_out)))
            for one in joined.stuck
        ),
        Section("Because", tuple(Line.of(line) for line in workflow.cause.because)),
        Section(
            "Survived by a retry", tuple(Line.of((line, "warn")) for line in workflow.cause.survived)
        ),
        Section("Its row", tuple(_row(joined.row, moment)) if joined.row else ()),
        Section("Queues", tuple(_queue(queue) for queue in joined.queues)),
        Section("Last good run", tuple(_good(workflow.good, workflow, moment)) if workflow.good else ()),
        Section("Can be done", tuple(_offer(offer) for offer in workflow.offers)),
        Section("Known by", tuple(pair(name, value) for name, value in workflow.ids)),
        Section("Links", tuple(pair(what, Line.of((where, "info"))) for what, where in _links(workflow))),
        Section("Could not be read", tuple(Line.of((note, "warn")) for note in _notes(workflow))),
    )  # fmt: skip
    return tuple(section for section in sections if section.lines)


def _numbered(steps: tuple[str, ...]) -> list[Line]:
    return [Line.of((f"{n} ", "key"), step) for n, step in enumerate(steps, start=1)]


def _row(row: StateRow, moment: Moment) -> list[Line]:
    sign, style = VERDICT[row.verdict]
    lines = [
        pair("status", Line.of((f"{sign} ", style), (row.status, "strong"), f"  {row.told}")),
        pair("job", row.job_id),
    ]
    if row.created_at is not None:
        lines.append(
            pair(
                "accepted",
                f"{day_stamp(row.created_at, local=moment.local)}  ({ago(row.created_at, moment.now)} ago)",
            )
        )
    if row.error:
        lines.append(pair("error", row.error))
    lines += [Line.of(("refused  ", "warn"), line.message) for line in row.refusals[-3:]]
    return lines


def _queue(queue: QueueState) -> Line:
    sign, style = VERDICT[queue.verdict]
    oldest = f", the oldest {span_of(queue.oldest_s)}" if queue.oldest_s else ""
    counts = f"{number(queue.waiting)} waiting, {number(queue.in_flight)} in flight{oldest}"
    return Line.of((f"{sign} ", style), (queue.name, "strong"), f"  {counts}", (f"  {queue.told}", "dim"))


def _good(good: GoodRun, workflow: Workflow, moment: Moment) -> list[Line]:
    lines = [
        Line.of(
            (good.name, "strong"),
            (f"  {ago(good.started_at, moment.now)} ago, took {exact_span(good.duration_s)}", "dim"),
        )
    ]
    if workflow.difference is not None:
        lines.append(Line.of(("≠ ", "accent"), workflow.difference.line))
    return [*lines, *_paths(_own_path(workflow), good.path)]


def _own_path(workflow: Workflow) -> tuple[str, ...]:
    return tuple(visit.name for visit in workflow.states if visit.depth == 0 and visit.type != "Fold")


def _paths(own: tuple[str, ...], good: tuple[str, ...]) -> list[Line]:
    """Both ways side by side around the place where they part."""
    pairs = list(zip_longest(own, good, fillvalue=""))
    apart = next((n for n, (one, other) in enumerate(pairs) if one != other), None)
    if apart is None:
        return [Line.of(("the same way, state by state", "dim"))]
    width = min(30, max((len(one) for one, _ in pairs), default=0))
    lines = [Line.of(("  this run".ljust(width + 4), "dim"), ("the good run", "dim"))]
    for n, (one, other) in list(enumerate(pairs))[max(0, apart - AROUND) : apart + AROUND]:
        sign, style = ("≠", "accent") if n == apart else (" ", "plain")
        mine = Line.of(one or "—").fit(width)
        lines.append(
            Line.of(
                (f"{sign} ", style),
                mine if n != apart else Line.of((mine.plain, "warn")),
                "  ",
                (other or "—", "good" if n == apart else "dim"),
            )
        )
    return lines


def _offer(offer: Offer) -> Line:
    if not offer.possible:
        return Line.of(("– ", "dim"), (f"{offer.label}: not now, {offer.why_not}", "dim"))
    return Line.of(
        ("A ", "key"), (offer.label, "strong"), ("  the way out of this" if offer.advised else "", "good")
    )


def _links(workflow: Workflow) -> tuple[tuple[str, str], ...]:
    tracking = workflow.joined.tracking
    return (*workflow.links, *(tracking.links if tracking else ()))


def _notes(workflow: Workflow) -> tuple[str, ...]:
    error = workflow.progress.error
    return (*((error,) if error else ()), *workflow.notes)


def progress_words(workflow: Workflow) -> tuple[str, str]:
    """How much has been read, in a few words, with its style."""
    progress = workflow.progress
    if progress.error:
        return ("READING FAILED, this is what was last known", "bad")
    if progress.live:
        return ("followed live", "info")
    if progress.whole:
        return (f"{number(progress.read)} events", "dim")
    total = "?" if progress.total is None else number(progress.total)
    return (f"reading: {number(progress.read)} of {total} events", "warn")
