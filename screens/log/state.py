"""The log lines of one state of an execution, in place: beside the state that wrote them."""

from __future__ import annotations

from textual.content import Content

from screens.log.panel import LogPanel
from screens.log.ring import LogRing
from screens.standing import stands
from tradai_console.models.workflow_joined import LogSlice


class StateLog(LogPanel):
    """Each state has a log of its own; its first error is in view when it comes."""

    def __init__(self) -> None:
        super().__init__(LogRing(), name="state")
        self._slices: dict[int, tuple[LogRing, LogSlice]] = {}
        """What has been shown, by the state's row."""
        self._slice: LogSlice | None = None

    def show_slice(self, visit: int, found: LogSlice | None, words: str) -> None:
        """Show these lines of this state; without any, the words that say why."""
        self._slice = found
        if found is None:
            if self.ring.count:
                self.use(LogRing(), "", "state")
            self.explain_empty(words)
            self.status()
            return
        ring, known = self._slices.get(visit, (LogRing(), None))
        if self.ring is not ring:
            self.use(ring, "", found.title)
        if known != found:
            self._slices[visit] = (ring, found)
            self.explain_empty(found.note or words or "it wrote no line")
            self.take(found.lines)
            if known is None and self.shown.errors:
                self.view.move_to(self.shown.index_of(self.shown.errors[0]))
        self.status()

    def status(self) -> None:
        """What the lines are of, and how it is known that they belong here, stand in the border."""
        super().status()
        found = self._slice
        if found is None or not stands(self):
            return
        self.border_title = Content.assemble(("Log", "bold"), f"  {found.title}")
        count = f"{len(found.lines)} line{'' if len(found.lines) == 1 else 's'} by {found.matched_by}"
        more = f"{found.more} left out" if found.more else ""
        words = (found.note or "", more, count, "local" if self.moment.local else "UTC")
        self.border_subtitle = Content(" · ".join(filter(None, words)))
