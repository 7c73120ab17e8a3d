"""What a thing on the board leads to in the logs: how far back its log goes, which id of it has a story."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from textual.screen import Screen

from screens.widgets.ask import ask
from screens.widgets.question import Question
from tradai_console.messages import TrailRequested
from tradai_console.models.log_feed import LogsAbout

IDS: Final = ("JOB_ID", "EXECUTION", "TRACE_ID")
"""Variables of an alert that name a story."""


MOST_BACK_S: Final = 12 * 3_600.0
"""A log is read no further back by itself."""

BEFORE_S: Final = 60.0


def reaching_back(about: LogsAbout, item: Any, now: datetime) -> LogsAbout:
    """The log of something that has begun is read from a minute before that on, within reason."""
    began = getattr(item, "started_at", None)
    if began is None:
        return about
    back_s = (now - began).total_seconds() + BEFORE_S
    return replace(about, since_s=min(MOST_BACK_S, max(about.since_s, back_s)))


def id_of(item: Any) -> str:
    """The id of an execution, or the one that an alert names; empty where there is none."""
    variables: Mapping[str, str] = getattr(item, "variables", {})
    named = next((variables[name] for name in IDS if variables.get(name)), "")
    return named or (item.arn if hasattr(item, "machine_arn") else "")


def tell_story(screen: Screen[Any], wanted: str) -> None:
    """Open the story of that id; where there is none, ask for one."""
    if wanted:
        screen.post_message(TrailRequested(wanted))
        return
    question = Question("The story of which id?", (), "a correlation id, trace id, job, execution or task")
    ask(screen, question, lambda typed: screen.post_message(TrailRequested(typed)))
