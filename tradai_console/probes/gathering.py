"""Questions to one log group that come together, asked as one (`logs:FilterLogEvents`).

A console takes one such call a second, and the probes of a section ask at once: five of them about one group would
wait for each other. So what comes within a moment is gathered: the patterns are joined by or, the longest window is
read, and each gets his part of it. Where the answer is not whole, or AWS does not like the joined pattern, everybody
asks for himself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tradai_console.errors import AwsError, NotFound, Throttled
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

MOMENT_S: Final = 0.05
LONGEST_PATTERN: Final = 1_024
"""Signs, as AWS takes them."""

Filter = Callable[..., Awaitable[Raw]]
"""FilterLogEvents."""


@dataclass(frozen=True)
class Question:
    """One question to a group: any of these terms, or one condition on fields, since a moment."""

    group: str
    start_ms: int
    terms: tuple[str, ...] = ()
    """Texts of which one must stand in the line; none: every line, if there is no condition either."""
    condition: str = ""
    """`$.errorCode = "*Denied*"`. Lines that fit another one's may come along: who asks looks again."""
    prefix: str | None = None
    """Of the streams' names."""

    @property
    def pattern(self) -> str:
        """As FilterLogEvents takes it; empty: every line."""
        if self.condition:
            return f"{{ {self.condition} }}"
        if len(self.terms) == 1:
            return quoted(self.terms[0])
        return " ".join(f"?{quoted(term)}" for term in self.terms)

    @property
    def request(self) -> dict[str, Any]:
        """The parameters of the call."""
        given: dict[str, Any] = {"logGroupName": self.group, "startTime": self.start_ms}
        given |= {"filterPattern": self.pattern} if self.pattern else {}
        return given | ({"logStreamNamePrefix": self.prefix} if self.prefix else {})

    @property
    def kind(self) -> tuple[str, str]:
        """Only questions of one kind can be joined."""
        return self.group, "fields" if self.condition else "terms" if self.terms else "all"

    def fits(self, event: Raw) -> bool:
        """Whether an event of a joined answer is one of this question's; of a condition only the time is looked at."""
        message = str(event.get("message") or "")
        return (
            (fields.number(event.get("timestamp")) or 0) >= self.start_ms
            and str(event.get("logStreamName") or "").startswith(self.prefix or "")
            and (not self.terms or any(term in message for term in self.terms))
        )


def joined(questions: Sequence[Question]) -> Question:
    """One question whose answer has the answers to all of them in it. They are of one kind."""
    conditions = dict.fromkeys(one.condition for one in questions if one.condition)
    prefixes = {one.prefix for one in questions}
    return Question(
        questions[0].group,
        min(one.start_ms for one in questions),
        tuple(dict.fromkeys(term for one in questions for term in one.terms)),
        " || ".join(f"({one})" for one in conditions) if len(conditions) > 1 else "".join(conditions),
        prefixes.pop() if len(prefixes) == 1 else None,
    )


@dataclass
class Gathering:
    """The questions that are waiting for others of their kind. One for the probes of one incident."""

    _waiting: dict[tuple[str, str], list[tuple[Question, asyncio.Future[Raw | None]]]] = field(
        default_factory=dict
    )

    async def ask(self, question: Question, call: Filter) -> Raw:
        """The first page of the answer, as FilterLogEvents gives it. Raises AwsError."""
        answer: asyncio.Future[Raw | None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(question.kind, [])
        waiting.append((question, answer))
        if len(waiting) > 1:
            together = await answer
            return together if together is not None else await call(**question.request)
        try:
            await asyncio.sleep(MOMENT_S)
            del self._waiting[question.kind]
            part = await self._ask_together([one for one, _ in waiting], call)
        except NotFound as error:
            for _, other in waiting[1:]:
                _settle(other, error)
            raise
        except BaseException:
            if self._waiting.get(question.kind) is waiting:
                del self._waiting[question.kind]
            for _, other in waiting[1:]:
                _settle(other, None)
            raise
        for one, other in waiting[1:]:
            _settle(other, None if part is None else _part(one, part))
        return _part(question, part) if part is not None else await call(**question.request)

    async def _ask_together(self, questions: list[Question], call: Filter) -> list[Raw] | None:
        """The events for all; None if each has to ask for himself."""
        shared = joined(questions)
        if len(questions) == 1 or len(shared.pattern) > LONGEST_PATTERN:
            return None
        try:
            answer = await call(**shared.request)
        except (NotFound, Throttled):
            raise
        except AwsError:
            return None
        return None if answer.get("nextToken") else fields.rows(answer, "events")


def _part(question: Question, events: list[Raw]) -> Raw:
    return {"events": [one for one in events if question.fits(one)]}


def _settle(waiting: asyncio.Future[Raw | None], part: Raw | AwsError | None) -> None:
    if waiting.done():  # whoever asked has gone away
        return
    if isinstance(part, AwsError):
        waiting.set_exception(part)
    else:
        waiting.set_result(part)


def quoted(text: str) -> str:
    """A term that means this text and nothing else."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
