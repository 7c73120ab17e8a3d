"""What people do about alerts beyond the alert itself: letters to the next level, silences, incidents that are open."""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.models.alert import Alert, Mute


@dataclass(frozen=True)
class Letter:
    """An escalation as it would be sent; the operator may change its words."""

    level: str
    """L1, L2 or L3."""
    who: str
    """Who that is."""
    subject: str
    """One line of fewer than 100 ASCII characters, as SNS wants it."""
    text: str


@dataclass(frozen=True)
class KnownMute:
    """One silence, whoever made it."""

    key: str
    """An alert's key, or the name of a CloudWatch mute rule."""
    about: str
    """What is silent, in words."""
    mute: Mute


@dataclass(frozen=True)
class OpenIncident:
    """An incident that was opened in this run."""

    alert: Alert
    place: str
    """Where its walk stands."""


@dataclass(frozen=True)
class SectionName:
    """A section of the library."""

    runbook: str
    anchor: str
    title: str
    """Of the runbook and of the section."""
