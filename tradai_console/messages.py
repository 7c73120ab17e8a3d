"""News that the engine brings to the app, as Textual messages, and what screens ask of the app."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.message import Message
from textual.message_pump import MessagePump

from tradai_console.models.board import Board
from tradai_console.models.figure import Metric, Series

if TYPE_CHECKING:  # the engine brings AWS's libraries with it: they are imported after the first paint
    from tradai_console.engine import News


class NewsArrived(Message):
    """The engine has news. Posted from its thread; Textual hands it over."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news

    def applied_to(self, board: Board) -> tuple[Board, str | None]:
        """The board with the news on it, and what to tell the operator if the engine has failed."""
        from tradai_console.engine import EngineFailed, IdentityKnown, MeterRead, SnapshotTaken

        match self.news:
            case SnapshotTaken(source, snapshot):
                return board.having(source, snapshot), None
            case IdentityKnown(identity):
                return replace(board, identity=identity), None
            case MeterRead(meter):
                return replace(board, meter=meter), None
            case EngineFailed(error):
                return board, error


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
    """Show everything about one thing: `kind` is its source, `key` its identity there."""

    def __init__(self, kind: str, key: str) -> None:
        super().__init__()
        self.kind = kind
        self.key = key


class WindowRequested(Message):
    """Read a metric over the last hours; the answer goes to `asker` as WindowRead."""

    def __init__(self, asker: MessagePump, metric: Metric, hours: float) -> None:
        super().__init__()
        self.asker = asker
        self.metric = metric
        self.hours = hours


class WindowRead(Message):
    """A metric over a window, or why there is none."""

    def __init__(self, metric: Metric, hours: float, series: Series | None, error: str | None = None) -> None:
        super().__init__()
        self.metric = metric
        self.hours = hours
        self.series = series
        self.error = error
