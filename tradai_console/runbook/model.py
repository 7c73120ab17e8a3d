"""A runbook as frozen values: sections, steps, their blocks, and the alerts that lead to them.

Every value knows the line of the file (from 1) on which it stands, so that a fault can be named where it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

UNMATCHED: Final = "Unmatched alarm"
"""The alert's name of an alarm that no rule knows."""

GENERAL: Final = "general-triage"
"""The runbook for it."""


class Severity(StrEnum):
    """How much an alert matters."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 is the most severe: for sorting."""
        return list(Severity).index(self)


@dataclass(frozen=True)
class LogSource:
    """A log group that belongs to an alert or a step; its variables are still in it."""

    group: str
    """A group's name, or a word of the platform's `log_groups`: `services`, `tasks`, `flow`, `cloudtrail`."""
    streams: str | None = None
    """Prefix of the stream names, None for all of them."""
    line: int = 0


@dataclass(frozen=True)
class NameRule:
    """`alarm: "tradai-{env}-{SERVICE}-unhealthy"`: anchored at both ends; `*` stands for anything."""

    pattern: str
    line: int = 0


@dataclass(frozen=True)
class MetricRule:
    """`metric: {...}`: what an alarm watches."""

    name: str
    namespace: str | None = None
    """A pattern, `*` allowed; None: any."""
    comparison: str | None = None
    """`above` or `below`; None: either."""
    threshold: str | None = None
    """A condition on the alarm's threshold, such as `>= 0.25`."""
    dimensions: tuple[tuple[str, str], ...] = ()
    """Name and pattern. One without a variable must be there; one that captures must fit if it is there."""
    line: int = 0
    words: tuple[str, ...] = ()
    """Each must occur in the alarm's name or description, as `MessageRule.words` do."""
    without: tuple[str, ...] = ()
    """None of these may occur there."""
    not_env: str | None = None
    """Environments, parted by `|`, where the metric says too little to lead anywhere."""


@dataclass(frozen=True)
class MessageRule:
    """`message: {...}`: what a notification says. Everything that is given must hold."""

    subject: str | None = None
    """A pattern for the whole subject, `*` and variables allowed, case ignored."""
    type: str | None = None
    """`notification_type`."""
    severity: str | None = None
    """Alternatives parted by `|`: `significant|severe`."""
    words: tuple[str, ...] = ()
    """Each must occur in subject or text as whole words; alternatives are parted by `|`, a last `*` is any
    ending."""
    without: tuple[str, ...] = ()
    """None of these may occur."""
    numbers: tuple[tuple[str, str], ...] = ()
    """Conditions on numbers that the message names: `psi` with `>= 0.25`."""
    line: int = 0


MatchRule: TypeAlias = NameRule | MetricRule | MessageRule


@dataclass(frozen=True)
class AlertRule:
    """One alert of the response matrix: what it is called, what it matters, what leads to it."""

    name: str
    severity: Severity
    first_response: str
    runbook: str
    """Name of the runbook."""
    section: str | None
    """Anchor of its section; None: the runbook's top."""
    match: tuple[MatchRule, ...] = ()
    logs: tuple[LogSource, ...] = ()
    line: int = 0


@dataclass(frozen=True)
class Option:
    """One way on from a decision."""

    label: str
    target: str
    """`#anchor`, `other-runbook` or `other-runbook#anchor`."""
    line: int
    note: str = ""
    """What stands behind the link."""


@dataclass(frozen=True)
class Text:
    """Words to read: one paragraph, list, quote, table or piece of code. May have several lines."""

    text: str
    line: int
    kind: str = "paragraph"
    """`paragraph`, `list`, `quote`, `table`, `code` or `html`."""
    ways: tuple[Option, ...] = ()
    """The steps and sections that a paragraph's sentences link to."""


@dataclass(frozen=True)
class Tick:
    """`- [ ] something a person does`."""

    text: str
    line: int


@dataclass(frozen=True)
class Probe:
    """A read-only check of the catalogue."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    """Name and value; a value may be or hold `${SERVICE}`."""
    line: int


@dataclass(frozen=True)
class Action:
    """A gated change of the catalogue."""

    name: str
    arguments: tuple[tuple[str, str], ...]
    line: int


@dataclass(frozen=True)
class Tail:
    """What the log pane follows: `services/${SERVICE}`, `/aws/lambda/tradai-${FUNCTION}-${ENV}`."""

    sources: tuple[LogSource, ...]
    line: int
    filter: str | None = None
    """Text that a line must contain."""


@dataclass(frozen=True)
class Insights:
    """A CloudWatch Logs Insights query for the log pane."""

    query: str
    groups: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Shell:
    """A command line. Its text is run as it stands: variables reach it as environment variables."""

    text: str
    variables: tuple[str, ...]
    """The names that stand in it as `${NAME}` or `$NAME`, in upper case, in their order."""
    line: int
    refused: str | None = None
    """Why it can only be read and copied: one sentence; None if it may be run."""


@dataclass(frozen=True)
class Decision:
    """A list of links to steps or sections: the keys 1, 2, 3 jump."""

    options: tuple[Option, ...]
    line: int


Block: TypeAlias = Text | Tick | Probe | Action | Tail | Insights | Shell | Decision
_B = TypeVar("_B", Text, Tick, Probe, Action, Tail, Insights, Shell, Decision)


@dataclass(frozen=True)
class Step:
    """One thing to do or to find out."""

    number: int
    """From 1, within its section."""
    title: str
    anchor: str
    blocks: tuple[Block, ...]
    line: int

    def of(self, kind: type[_B]) -> tuple[_B, ...]:
        """Its blocks of one kind."""
        return tuple(block for block in self.blocks if isinstance(block, kind))


@dataclass(frozen=True)
class Section:
    """One alert's part of a runbook, or a chapter of a document that knows nothing of us."""

    anchor: str
    title: str
    steps: tuple[Step, ...]
    intro: tuple[Block, ...]
    """What stands before the first step."""
    line: int
    background: tuple[Block, ...] = ()
    """What stands under a heading that begins with `Background`: to read, not to do."""


@dataclass(frozen=True)
class Link:
    """A link anywhere in the text."""

    target: str
    line: int


@dataclass(frozen=True, order=True)
class Fault:
    """Something wrong in a runbook file, at its own line."""

    path: Path
    line: int
    message: str
    warning: bool = False
    """Worth knowing, but the runbook works."""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {'warning: ' if self.warning else ''}{self.message}"


@dataclass(frozen=True)
class Runbook:
    """One document."""

    name: str
    """The file's name without its ending."""
    title: str
    path: Path
    sections: tuple[Section, ...]
    alerts: tuple[AlertRule, ...]
    sha256: str
    """Of the file's bytes: what trust in its commands is bound to."""
    shipped: bool
    links: tuple[Link, ...] = ()
    anchors: tuple[tuple[str, int], ...] = ()
    """Every anchor with its line, in the order of the file, doubles included."""
    untrusted: str | None = None
    """Why none of its commands may run, whoever trusts it: one sentence; None if they may."""
    intro: tuple[Block, ...] = ()
    """What stands before the first section."""
    faults: tuple[Fault, ...] = ()
    """What is wrong in it without keeping it from opening."""
    native: bool = True
    """Written for this console. False for a document that knows nothing of us."""

    def section(self, anchor: str | None) -> Section | None:
        """The section with this anchor, or the one that holds a step with it; the first one for None."""
        if anchor is None:
            return self.sections[0] if self.sections else None
        for section in self.sections:
            if section.anchor == anchor or any(step.anchor == anchor for step in section.steps):
                return section
        return None

    def steps(self) -> Iterator[tuple[Section, Step]]:
        """Every step with its section, in the order of the file."""
        return ((section, step) for section in self.sections for step in section.steps)
