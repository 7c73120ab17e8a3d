"""News that the engine brings to the app, as Textual messages, and what screens ask of the app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual.message import Message
from textual.message_pump import MessagePump

from tradai_console.models.board import Board
from tradai_console.models.figure import Metric, Series

if TYPE_CHECKING:  # the engine brings AWS's libraries with it: they are imported after the first paint
    from tradai_console.desk import Desk
    from tradai_console.engine import News
    from tradai_console.incident import Incident
    from tradai_console.operations.plan import Plan
    from tradai_console.operations.shell import Command
    from tradai_console.runbook.model import Action, Shell, Step


class NewsArrived(Message):
    """The engine has news. Posted from its thread; Textual hands it over."""

    def __init__(self, news: News) -> None:
        super().__init__()
        self.news = news

    def applied_to(self, board: Board) -> tuple[Board, str | None]:
        """The board with the news on it, and what to tell the operator if the engine has failed."""
        from tradai_console.desk import AlertsListed
        from tradai_console.engine import EngineFailed, IdentityKnown, MeterRead, SnapshotTaken

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


class DeskRequest(Message):
    """Something asked of the desk. The answer goes back to `asker` as DeskAnswered."""

    def __init__(self, asker: MessagePump, key: str) -> None:
        super().__init__()
        self.asker = asker
        self.key = key
        """The alert's."""

    async def carry(self, desk: Desk) -> Any:
        """Runs on the engine's loop. Raises ConsoleError."""
        raise NotImplementedError


class DeskAnswered(Message, bubble=False):
    """What came of a request: its result, or why nothing did."""

    def __init__(self, request: DeskRequest, result: Any = None, error: str | None = None) -> None:
        super().__init__()
        self.request = request
        self.result = result
        self.error = error


class IncidentOpened(Message):
    """The incident that was asked for, ready to be shown."""

    def __init__(self, incident: Incident) -> None:
        super().__init__()
        self.incident = incident


class IncidentRequested(DeskRequest):
    """Open the alert's incident."""

    async def carry(self, desk: Desk) -> Any:
        return await desk.open(self.key)


class AcknowledgeRequested(DeskRequest):
    """I have it; with a note. Again: I do not."""

    def __init__(self, asker: MessagePump, key: str, note: str, *, release: bool = False) -> None:
        super().__init__(asker, key)
        self.note = note
        self.release = release

    async def carry(self, desk: Desk) -> Any:
        await (desk.release(self.key) if self.release else desk.acknowledge(self.key, self.note))
        return (
            "Acknowledgement taken back." if self.release else "Acknowledged: it is yours until it resolves."
        )


class MuteRequested(DeskRequest):
    """Silence with an end and a reason; zero minutes end it."""

    def __init__(self, asker: MessagePump, key: str, minutes: float, reason: str) -> None:
        super().__init__(asker, key)
        self.minutes = minutes
        self.reason = reason

    async def carry(self, desk: Desk) -> Any:
        if self.minutes <= 0:
            await desk.unmute(self.key)
            return "No longer muted."
        await desk.mute(self.key, self.minutes, self.reason)
        return f"Muted for {self.minutes:.0f} minutes."


class NoteRequested(DeskRequest):
    """A note on the alert."""

    def __init__(self, asker: MessagePump, key: str, text: str) -> None:
        super().__init__(asker, key)
        self.text = text

    async def carry(self, desk: Desk) -> Any:
        await desk.note(self.key, self.text)
        return "Noted."


class WalkRequested(DeskRequest):
    """Keep an entry of the walk: a place, a tick, a skip, a step done."""

    def __init__(
        self, asker: MessagePump, key: str, kind: str, step: Step | None, text: str = "", **data: Any
    ) -> None:
        super().__init__(asker, key)
        self.kind = kind
        self.step = step
        self.text = text
        self.data = data

    async def carry(self, desk: Desk) -> Any:
        from tradai_console.journal.base import Kind

        await desk.at(self.key).write(Kind(self.kind), self.step, self.text, **self.data)


class VariableRequested(DeskRequest):
    """Fill a variable in."""

    def __init__(self, asker: MessagePump, key: str, name: str, value: str) -> None:
        super().__init__(asker, key)
        self.name = name
        self.value = value

    async def carry(self, desk: Desk) -> Any:
        await desk.at(self.key).fill_in(self.name, self.value)
        return f"{self.name} is {self.value} now."


class CheckRequested(DeskRequest):
    """Ask the section's probes now."""

    async def carry(self, desk: Desk) -> Any:
        desk.at(self.key).check_now()


class PlanRequested(DeskRequest):
    """What would this action do? Changes nothing."""

    def __init__(self, asker: MessagePump, key: str, action: Action, step: str) -> None:
        super().__init__(asker, key)
        self.action = action
        self.step = step

    async def carry(self, desk: Desk) -> Any:
        return await desk.plan(self.key, self.action, self.step)


class CommandRequested(DeskRequest):
    """What would this command be? With `trust` the operator trusts its file first."""

    def __init__(self, asker: MessagePump, key: str, block: Shell, step: str, *, trust: bool = False) -> None:
        super().__init__(asker, key)
        self.block = block
        self.step = step
        self.trust = trust

    async def carry(self, desk: Desk) -> Any:
        return await (desk.trust(self.key, self.block) if self.trust else desk.command(self.key, self.block))


class ExecuteRequested(DeskRequest):
    """Run a command that was shown and confirmed."""

    def __init__(self, asker: MessagePump, key: str, command: Command, step: str) -> None:
        super().__init__(asker, key)
        self.command = command
        self.step = step

    async def carry(self, desk: Desk) -> Any:
        return await desk.execute(self.key, self.command, self.step)


class ActRequested(DeskRequest):
    """Carry out a plan that was shown and confirmed."""

    def __init__(
        self,
        asker: MessagePump,
        key: str,
        plan: Plan,
        step: str,
        typed: str | None,
        answers: Mapping[str, str],
    ) -> None:
        super().__init__(asker, key)
        self.plan = plan
        self.step = step
        self.typed = typed
        self.answers = answers

    async def carry(self, desk: Desk) -> Any:
        return await desk.act(self.key, self.plan, self.step, self.typed, self.answers)
