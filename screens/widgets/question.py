"""What is asked of the operator before something is done."""

from __future__ import annotations

from dataclasses import dataclass

from screens.facts.facts import Section


@dataclass(frozen=True)
class Question:
    """What is asked."""

    title: str
    sections: tuple[Section, ...]
    """What the operator must see before answering."""
    label: str
    """What the field is for."""
    must_be: str | None = None
    """The only answer that is accepted, typed by hand; None: any that is not empty."""
    may_be_empty: bool = False
    given: str = ""
    """What stands in the field at first."""
    secret: bool = False
