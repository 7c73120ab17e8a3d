"""Which id of a thing has a story, and the question for one where none is at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from textual.screen import Screen

from screens.widgets.ask import ask
from screens.widgets.question import Question
from tradai_console.messages import TrailRequested

IDS: Final = ("JOB_ID", "EXECUTION", "TRACE_ID")
"""Variables of an alert that name a story."""


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
