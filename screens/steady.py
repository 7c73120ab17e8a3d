"""Textual's App with our ways around it: what keeps the console going while keys come faster than screens are made."""

from __future__ import annotations

from typing import Any

from textual.app import App, ScreenStackError
from textual.css.query import NoMatches
from textual.message import Message
from textual.notifications import Notify, SeverityLevel
from textual.screen import Screen
from textual.widget import AwaitMount

from screens.covered import seen_through
from screens.stacking import TOO_DEEP, asks_twice, too_deep
from screens.standing import stands_soon
from screens.toasts import Note


class SteadyApp(App[None]):
    """See `covered`, `stacking`, `standing` and `toasts` for each of the ways."""

    def __init__(self) -> None:
        super().__init__()
        self._ending = False
        """Whether everything is being taken down."""
        self._covered_at = 0.0
        """When a screen was last put in front, by the clock of messages."""

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        return seen_through(self)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        shown_s = self.NOTIFICATION_TIMEOUT if timeout is None else timeout
        self.post_message(Notify(Note(message, title, severity, shown_s, markup)))

    def push_screen(self, screen: Any, *args: Any, **given: Any) -> Any:
        """As Textual's; what would only be in the way is not opened."""
        if asks_twice(self, screen):
            return AwaitMount(self.screen, ())
        if too_deep(self):
            self.notify(TOO_DEEP, severity="warning", markup=False, timeout=4)
            return AwaitMount(self.screen, ())
        self._covered_at = Message().time
        return super().push_screen(screen, *args, **given)

    def comes_too_late(self, message: Message) -> bool:
        """Whether a screen has been put in front since this was asked for."""
        return message.time < self._covered_at

    async def _check_bindings(self, key: str, priority: bool = False) -> bool:
        """A key waits for the screen that it is for, and is of no use any more when all are gone."""
        return await stands_soon(self) and await super()._check_bindings(key, priority)

    async def _shutdown(self) -> None:
        self._ending = True
        await super()._shutdown()

    def is_no_defect(self, error: Exception) -> bool:
        """Whether it is but a key or news that came while everything is taken down, and missed a screen or a widget."""
        return self._ending and isinstance(error, NoMatches | ScreenStackError)
