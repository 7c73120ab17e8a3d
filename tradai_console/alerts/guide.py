"""Where alarms and messages lead, asked once for each: the rules of the library with what they are asked against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tradai_console.models.alarm import Alarm
from tradai_console.platform import Platform
from tradai_console.runbook.lead import NOTHING, Documents, Match
from tradai_console.runbook.library import Library
from tradai_console.runbook.match import match_alarm, match_notice
from tradai_console.runbook.model import AlertRule
from tradai_console.runbook.notice import Notice

_MOST_REMEMBERED: Final = 10_000


@dataclass(frozen=True)
class Guide:
    """The library's rules for one environment. Remembers its answers: an alarm's lead is asked at each look."""

    rules: tuple[AlertRule, ...]
    platform: Platform
    documents: Documents = field(default_factory=lambda: NOTHING)
    env: str | None = None
    _known: dict[Any, Match] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, library: Library, platform: Platform) -> Guide:
        """The guide to this library in the platform's environment."""
        return cls(library.alerts(), platform, library.documents(), platform.env)

    def alarm(self, alarm: Alarm) -> Match:
        """Where an alarm leads, by what does not change with its state."""
        question = (
            alarm.name,
            alarm.description,
            alarm.namespace,
            alarm.metric,
            alarm.dimensions,
            alarm.threshold,
            alarm.comparison,
        )
        found = self._known.get(question)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[question] = match_alarm(
                alarm, self.rules, self.env, platform=self.platform, documents=self.documents
            )
        return found

    def notice(self, notice: Notice) -> Match:
        """Where a message leads."""
        return match_notice(notice, self.rules, self.env, platform=self.platform, documents=self.documents)

    def rule(self, kind: str) -> AlertRule | None:
        """The rule of that kind; None where the user's library has none."""
        return self.by_name.get(kind)

    @property
    def by_name(self) -> Mapping[str, AlertRule]:
        return {rule.name: rule for rule in self.rules}
