"""What to tail: a group, the beginning of its streams' names, and what a line has to hold."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class TailSource:
    """One log to follow. Several sources of one group are read together where that is possible."""

    group: str
    stream_prefix: str = ""
    """Only streams whose name begins so; empty: all."""
    terms: tuple[str, ...] = ()
    """Texts that all have to stand in the line, as they are: upper and lower case differ."""
    filter: str = ""
    """A filter pattern of CloudWatch's own, beside the terms; a pattern in braces can have no terms beside it."""

    @property
    def pattern(self) -> str:
        """The filter pattern to send; empty lets everything through."""
        return " ".join([self.filter, *(quoted(term) for term in self.terms)]).strip()


@dataclass(frozen=True)
class Ask:
    """What one reading asks CloudWatch for: a group, a pattern, and at most one prefix."""

    group: str
    pattern: str
    prefix: str = ""

    def covers(self, other: Ask) -> bool:
        """Whether the answer to this holds all that the other asks for."""
        same = (self.group, self.pattern) == (other.group, other.pattern)
        return same and other.prefix.startswith(self.prefix)


def quoted(term: str) -> str:
    """A text as a term of a CloudWatch filter pattern."""
    return '"' + term.replace("\\", "\\\\").replace('"', '\\"') + '"'


def asks_of(sources: Iterable[TailSource]) -> dict[Ask, tuple[TailSource, ...]]:
    """As few questions as the sources allow: one a group and pattern, by the prefix that all its sources share."""
    together: dict[tuple[str, str], list[TailSource]] = {}
    for source in dict.fromkeys(sources):
        together.setdefault((source.group, source.pattern), []).append(source)
    return {
        Ask(group, pattern, _shared([one.stream_prefix for one in found])): tuple(found)
        for (group, pattern), found in together.items()
    }


def _shared(prefixes: list[str]) -> str:
    """What all of these begin with."""
    first, last = min(prefixes), max(prefixes)
    length = next(
        (place for place, pair in enumerate(zip(first, last, strict=False)) if pair[0] != pair[1]), len(first)
    )
    return first[:length]
