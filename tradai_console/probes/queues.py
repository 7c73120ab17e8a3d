"""Queues: `queue.depth`, `queue.dead_letters`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.models.figure import Series
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.courses import gone, metric, read_courses
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import counted, span, worst
from tradai_console.sources import fields
from tradai_console.sources.pages import every_word
from tradai_console.sources.reading import secondary, together

OLD_S: Final = 300.0
TOO_OLD_S: Final = 900.0
QUEUES: Final = 20
_WANTED: Final = [
    "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed",
    "RedrivePolicy", "QueueArn",
]  # fmt: skip


@dataclass(frozen=True)
class Queue:
    """One queue now (`sqs:GetQueueAttributes`); None for a count that was not told."""

    name: str
    waiting: int | None
    in_flight: int | None
    delayed: int | None = 0
    dead_letters_to: str | None = None
    """The name of its dead-letter queue."""
    oldest_s: float | None = None
    """Age of its oldest message, by CloudWatch; None if not known."""
    dead: bool = False
    """Whether it is itself a dead-letter queue."""

    @property
    def own(self) -> bool:
        """Whether a console reads its news from it: then it is no part of the platform."""
        return "-console-" in self.name


async def _queues(context: ProbeContext, wanted: str | None) -> list[Queue]:
    sqs = await context.client("sqs")
    prefix = context.platform.cluster.partition(context.env)[0]
    if wanted is not None:
        answer = await sqs.get_queue_url(QueueName=wanted)
        urls = [fields.text(answer, "QueueUrl", 500)]
    else:
        try:
            urls = await every_word(
                sqs.list_queues, "QueueUrls", cursor="NextToken", QueueNamePrefix=prefix, MaxResults=1000
            )
        except NotFound:
            urls = []
        urls = [url for url in urls if context.env in url.rpartition("/")[2]][:QUEUES]
    answers = await together(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_WANTED) for url in urls)
    raws = [
        (url.rpartition("/")[2], fields.inner(answer, "Attributes"))
        for url, answer in zip(urls, answers, strict=True)
    ]
    return parse_queues(raws)


def parse_queues(raws: Sequence[tuple[str, Any]]) -> list[Queue]:
    """The queues; a dead-letter queue is known by those that point to it, else by its name."""
    targets = {name: _target(fields.text(raw, "RedrivePolicy", 2000)) for name, raw in raws}
    return [
        Queue(
            name=name,
            waiting=fields.whole(raw.get("ApproximateNumberOfMessages")),
            in_flight=fields.whole(raw.get("ApproximateNumberOfMessagesNotVisible")),
            delayed=fields.whole(raw.get("ApproximateNumberOfMessagesDelayed")),
            dead_letters_to=targets[name],
            dead=name in targets.values() or "dlq" in name.lower() or "dead" in name.lower(),
        )
        for name, raw in raws
    ]


def _target(policy: str) -> str | None:
    try:
        return str(json.loads(policy)["deadLetterTargetArn"]).rpartition(":")[2]
    except (ValueError, KeyError, TypeError):
        return None


async def _ages(context: ProbeContext, queues: Sequence[Queue]) -> list[Series]:
    names = [
        metric("AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", {"QueueName": one.name})
        for one in queues
    ]
    return await read_courses(context, names, 30)


async def read_queues(context: ProbeContext) -> list[Queue]:
    """Every queue of the platform now, with the age of its oldest message. Raises AwsError."""
    return await _with_ages(context, await _queues(context, None))


async def _with_ages(context: ProbeContext, queues: list[Queue]) -> list[Queue]:
    filled = [one for one in queues if one.waiting or one.in_flight]
    nothing: list[Series] = []
    series = await secondary(_ages(context, filled), nothing, [], "ages") if filled else nothing
    ages = {
        one.name: course.values[-1]
        for one, course in zip(filled, series, strict=False)
        if not gone(course, context.now)
    }
    return [Queue(**{**one.__dict__, "oldest_s": ages.get(one.name)}) for one in queues]


@probe("queue.depth")
async def depth(context: ProbeContext, given: Given) -> Evidence:
    """`sqs:GetQueueAttributes` of the platform's queues, or of one."""
    queues = await _queues(context, given.get("queue"))
    return judge_depth(await _with_ages(context, queues), context.now)


def judge_depth(queues: Sequence[Queue], now: datetime) -> Evidence:
    """Do messages wait, and since when?"""
    del now
    working = [one for one in queues if not one.dead and not one.own]
    if not working:
        return Evidence(Verdict.UNKNOWN, "No queue of the platform was found.")
    judged = [(one, _depth_verdict(one)) for one in working]
    rows = tuple([Row(one.name, _told(one), grade) for one, grade in judged])
    rows += tuple([Row(one.name, _told(one)) for one in queues if one.dead or one.own])
    verdict = worst(grade for _, grade in judged)
    one = max(working, key=lambda found: (found.oldest_s or 0.0, found.waiting or 0))
    waiting = sum(found.waiting or 0 for found in working)
    if verdict is Verdict.UNKNOWN:
        return Evidence(verdict, f"SQS does not tell how many messages wait in {one.name}.", rows)
    if not waiting:
        flying = sum(found.in_flight or 0 for found in working)
        return Evidence(
            verdict, f"No message waits in {counted(len(working), 'queue')}, {flying} in flight.", rows
        )
    oldest = (
        f", the oldest for {span(one.oldest_s)}" if one.oldest_s is not None else ", since when is not known"
    )
    return Evidence(
        verdict, f"{counted(waiting, 'message')} waiting; {one.name} has {_told(one)}{oldest}.", rows
    )


def _depth_verdict(one: Queue) -> Verdict:
    if one.waiting is None:
        return Verdict.UNKNOWN
    if one.waiting and one.oldest_s is not None:
        return (
            Verdict.BAD if one.oldest_s > TOO_OLD_S else Verdict.WARN if one.oldest_s > OLD_S else Verdict.OK
        )
    # Waiting while nobody takes any: the consumer may be dead, or a second late.
    return Verdict.WARN if one.waiting and not one.in_flight else Verdict.OK


def _told(one: Queue) -> str:
    counts = f"{'?' if one.waiting is None else one.waiting} waiting, {'?' if one.in_flight is None else one.in_flight} in flight"
    return f"{counts}, {one.delayed} delayed" if one.delayed else counts


@probe("queue.dead_letters")
async def dead_letters(context: ProbeContext, given: Given) -> Evidence:
    """`sqs:GetQueueAttributes` of the dead-letter queues."""
    wanted = given.get("queue")
    queues = await _queues(context, None)
    chosen = [
        one
        for one in queues
        if wanted in (None, one.name, *[s.name for s in queues if s.dead_letters_to == one.name])
    ]
    if wanted is not None and not any(one.dead for one in chosen):
        chosen = [Queue(**{**one.__dict__, "dead": True}) for one in await _queues(context, wanted)]
    sources = {one.dead_letters_to: one.name for one in queues if one.dead_letters_to}
    return judge_dead_letters(await _with_ages(context, [one for one in chosen if one.dead]), sources)


def judge_dead_letters(queues: Sequence[Queue], sources: dict[str, str]) -> Evidence:
    """Did requests fail for good?"""
    if not queues:
        return Evidence(Verdict.UNKNOWN, "No dead-letter queue of the platform was found.")
    rows = tuple([
        Row(one.name, f"{_told(one)}, of {sources.get(one.name, 'an unknown queue')}", _dead_verdict(one)) for one in queues
    ])  # fmt: skip
    filled = [one for one in queues if (one.waiting or 0) + (one.in_flight or 0) > 0]
    if filled:
        one = max(filled, key=lambda found: found.waiting or 0)
        age = f", the oldest for {span(one.oldest_s)}" if one.oldest_s is not None else ""
        number = sum((found.waiting or 0) + (found.in_flight or 0) for found in filled)
        line = f"{counted(number, 'message')} could not be delivered: {one.name} holds {one.waiting}{age}; kept for 14 days."
        return Evidence(Verdict.BAD, line, rows)
    verdict = worst(_dead_verdict(one) for one in queues)
    if verdict is Verdict.UNKNOWN:
        return Evidence(verdict, "SQS does not tell how many messages the dead-letter queues hold.", rows)
    return Evidence(
        verdict, f"{counted(len(queues), 'dead-letter queue')} looked at, none holds a message.", rows
    )


def _dead_verdict(one: Queue) -> Verdict:
    if one.waiting is None:
        return Verdict.UNKNOWN
    return Verdict.BAD if one.waiting or one.in_flight else Verdict.OK
