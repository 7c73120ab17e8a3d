"""News that the engine brings to the app, as Textual messages, and what screens ask of the app."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.message_pump import MessagePump
from textual.screen import Screen

from tradai_console.models.board import Board

if TYPE_CHECKING:  # imported when the first news come: the first paint does not wait for it
    from tradai_console.incident import Incident
    from tradai_console.jobs import Job
    from tradai_console.models.log_feed import LogsAbout
    from tradai_console.news import News


class NewsArrived(Message):
    """The engine has news. Posted from the link's thread; Textual hands it over."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news

    def applied_to(self, board: Board) -> tuple[Board, str | None]:
        """The board with the news on it, and what to tell the operator if something has failed."""
        from tradai_console.news import AlertsListed, EngineFailed, IdentityKnown, MeterRead, SnapshotTaken

        match self.news:
            case SnapshotTaken(source, snapshot):
                return board.having(source, snapshot), None
            case IdentityKnown(identity):
                return replace(board, identity=identity), None
            case MeterRead(meter):
                return replace(board, meter=meter), None
            case AlertsListed(alerts, _loud):
                return replace(board, alerts=alerts), None
            case EngineFailed(error):
                return board, error
            case _:
                return board, None


class RefreshRequested(Message):
    """Read this source now; None: all."""

    def __init__(self, source: str | None) -> None:
        super().__init__()
        self.source = source


class PauseRequested(Message):
    """Stop reading this source or go on; None: all."""

    def __init__(self, source: str | None, paused: bool) -> None:
        super().__init__()
        self.source = source
        self.paused = paused


class OpenRequested(Message):
    """Show everything about one thing: `kind` is its source, `key` its identity there.

    An execution is also opened by whatever else names it: a job, a trace, a task, an alert. Kind `executions` is all of
    them together, without a key.
    """

    def __init__(self, kind: str, key: str) -> None:
        super().__init__()
        self.kind = kind
        self.key = key


class LogsRequested(Message):
    """Follow the log of something on a screen of its own."""

    def __init__(self, about: LogsAbout) -> None:
        super().__init__()
        self.about = about


class TrailRequested(Message):
    """Tell the whole story of an id: a correlation id, a trace id, a job, an execution, a task."""

    def __init__(self, wanted: str) -> None:
        super().__init__()
        self.wanted = wanted


class ScreenRequested(Message):
    """Show this screen over the one that asks, bound to the board as all are; `then` gets what it is left with."""

    def __init__(self, screen: Screen[Any], then: Callable[[Any], None] | None = None) -> None:
        super().__init__()
        self.screen = screen
        self.then = then


class JobRequested(Message):
    """Something asked of the engine. The answer goes back to `asker` as JobAnswered."""

    def __init__(self, asker: MessagePump, job: Job) -> None:
        super().__init__()
        self.asker = asker
        self.job = job


class JobAnswered(Message, bubble=False):
    """What came of a job: its result, or one sentence saying why there is none."""

    def __init__(self, job: Job, result: Any = None, error: str | None = None) -> None:
        super().__init__()
        self.job = job
        self.result = result
        self.error = error


class DrillAnswered(Message):
    """News of drills: every one there is, a sentence, or a card; or one sentence saying why there is none."""

    def __init__(self, result: Any = None, error: str | None = None) -> None:
        super().__init__()
        self.result = result
        self.error = error


class IncidentOpened(Message):
    """The incident that was asked for, ready to be shown."""

    def __init__(self, incident: Incident) -> None:
        super().__init__()
        self.incident = incident
