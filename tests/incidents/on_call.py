"""The engineer on call: presses keys, reads the screen, and waits for what must come."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Final

from textual.pilot import Pilot

from screens.escalate import EscalateScreen
from screens.incident import IncidentScreen
from screens.log.ring import LogRing
from screens.panes.alerts import AlertsPane
from screens.shift import ShiftScreen
from screens.widgets.ask import AskScreen
from tests.screens.console import shown
from tradai_console.app import ConsoleApp
from tradai_console.incident import Incident, options_of, runnable
from tradai_console.journal.base import Entry, Kind
from tradai_console.models.alert import Alert
from tradai_console.models.evidence import Evidence
from tradai_console.models.log import LogLine
from tradai_console.runbook.model import Action, Probe, Shell, Step

if TYPE_CHECKING:
    from tests.incidents.night import Night

PATIENCE_S: Final = 30.0
"""Real seconds for what needs none to speak of; a machine under load may take its time."""

MOVE_S: Final = 20.0
MOST_BACK: Final = 12

_NAMED: Final = {
    "=": "equals_sign",
    "-": "minus",
    "_": "underscore",
    "/": "slash",
    ":": "colon",
    ".": "full_stop",
    " ": "space",
}


def keys_of(text: str) -> list[str]:
    """The keys that type this text."""
    return [_NAMED.get(sign, sign) for sign in text]


class OnCall:
    """One engineer at one console. Everything is done by keys; what is read is what the screens were given to draw."""

    def __init__(self, night: Night, app: ConsoleApp, size: tuple[int, int]) -> None:
        self.night = night
        self.app = app
        self._size = size
        self._open = AsyncExitStack()
        self._pilot: Pilot[None]

    async def __aenter__(self) -> OnCall:
        self._pilot = await self._open.enter_async_context(
            self.app.run_test(size=self._size, notifications=True)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.night.hang_up()
        await self._open.__aexit__(kind, error, trace)

    # Hands

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.press(*keys_of(text))

    async def open(self, kind: str, about: str = "") -> Incident:
        """From the Shift screen: find the alert in the list, go to it, and open its runbook with enter."""
        assert isinstance(self.app.screen, ShiftScreen)
        pane = self.app.screen.query_one(AlertsPane)
        for _ in range(MOST_BACK):
            # The list is the platform's: an alert may join another, or be known by more, while we go to it.
            alert = await self.sees(kind, about)
            await self.press("1", "g")
            for _ in range(len(pane.items)):
                if pane.current is not None and pane.current.key == alert.key:
                    break
                await self.press("j")
            if pane.current is not None and pane.current.key == alert.key:
                break
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, IncidentScreen), f"the incident of {kind}")
        return self.incident

    async def go_to(self, step: str) -> Step:
        """Walk with j and k to the step whose title begins so."""
        steps = self.incident.section.steps
        wanted = next((one for one in steps if one.title.startswith(step)), None)
        assert wanted is not None, f"{step!r} is none of {[one.title for one in steps]}"
        away = wanted.number - self.step.number
        if away:
            await self.press(*["j" if away > 0 else "k"] * abs(away))
        assert self.step.anchor == wanted.anchor, self.text
        return self.step

    async def take(self, words: str) -> None:
        """Press the digit of the choice whose text holds these words; wait for the section that it leads to."""
        options = options_of(self.step)
        number = next((n for n, one in enumerate(options, 1) if words in one.label), None)
        assert number is not None, f"{words!r} is none of {[one.label for one in options]}"
        book, _, anchor = options[number - 1].target.partition("#")
        await self.press(str(number))
        await self.until(
            lambda: (
                (not book or self.incident.runbook.name == book)
                and self.incident.section.anchor in (anchor, self._section_of(book, anchor))
            ),
            f"the section of {words}",
        )

    def _section_of(self, book: str, anchor: str) -> str:
        """The section that holds this anchor, once its runbook is open."""
        section = self.incident.runbook.section(anchor) if book in ("", self.incident.runbook.name) else None
        return section.anchor if section else ""

    async def fill_in(self, name: str, value: str) -> None:
        """v, and the variable's value."""
        await self.press("v")
        await self.asked()
        await self.type(f"{name}={value}")
        await self.press("enter")
        await self.until(lambda: self.incident.variables.get(name) == value, f"{name} is known")

    async def run(self, action: str = "", *, secrets: tuple[str, ...] = ()) -> Entry:
        """Carry an action of the step out: enter, what is typed unseen, the name that is asked for, enter.

        `action`: what it begins with, if the step has several (`ecs.resize service=${SERVICE} memory=2048`).
        Returns what the journal has of its end: `text` is what AWS showed, `data["verdict"]` how that is.
        AssertionError with the screen if it is refused.
        """
        await self._mark(action)
        before = len(self._results())
        await self.press("enter")
        await self.until(lambda: isinstance(self.app.screen, AskScreen | EscalateScreen), "a question")
        if isinstance(self.app.screen, EscalateScreen):
            await self.press("enter")
        await self.asked()
        for secret in secrets:
            await self.type(secret)
            await self.press("enter")
            await self.asked()
        screen = self.app.screen
        assert isinstance(screen, AskScreen)
        assert screen.question.must_be is not None, self.text
        await self.type(screen.question.must_be)
        await self.press("enter")
        await self.until(
            lambda: isinstance(self.app.screen, IncidentScreen) and len(self._results()) > before,
            "the result",
        )
        return self._results()[-1]

    async def _mark(self, action: str) -> None:
        """Press o until it is marked."""
        for _ in runnable(self.step):
            if _words(self.screen.chosen).startswith(action):
                return
            await self.press("o")
        raise AssertionError(f"{action!r} is not among {[_words(one) for one in runnable(self.step)]}")

    async def back(self) -> None:
        """esc, to the Shift screen."""
        for _ in range(MOST_BACK):
            if isinstance(self.app.screen, ShiftScreen):
                return
            await self.press("escape")
        raise AssertionError(f"esc does not lead back\n{self.text}")

    # Eyes

    @property
    def text(self) -> str:
        """What is on the screen."""
        return shown(self.app)

    @property
    def screen(self) -> IncidentScreen:
        """The Incident screen, which is in front."""
        assert isinstance(self.app.screen, IncidentScreen), self.text
        return self.app.screen

    @property
    def incident(self) -> Incident:
        """As the screen draws it."""
        return self.screen.incident

    @property
    def step(self) -> Step:
        """The step that is open."""
        found = self.screen.step
        assert found is not None
        return found

    @property
    def log(self) -> LogRing:
        """The rows beside the runbook."""
        return self.screen.ring

    @property
    def lines(self) -> list[LogLine]:
        """The lines among them, those of tracebacks too."""
        heads = [row for row in [*self.log.rows] if isinstance(row, LogLine)]
        return [*heads, *(part for parts in [*self.log.parts.values()] for part in parts)]

    @property
    def line_ids(self) -> set[str]:
        """Their ids, as CloudWatch Logs gives them."""
        return {line.event_id for line in self.lines}

    def alert(self, kind: str, about: str = "") -> Alert | None:
        """The alert in the list that is not over, if there is one: by kind, and by a value of its variables."""
        return next(
            (
                one
                for one in self.app.board.alerts
                if one.alert == kind and one.open and (not about or about in one.variables.values())
            ),
            None,
        )

    async def sees(self, kind: str, about: str = "") -> Alert:
        """Wait until it is in the list, as it stands when everything has been read since the night was moved."""
        await self.until(self.night.caught_up, "everything read")
        await self.until(lambda: self.alert(kind, about), f"{kind} {about} in the list")
        found = self.alert(kind, about)
        assert found is not None
        return found

    async def resolved(self, kind: str, limit_s: float = 900.0) -> None:
        """Let the night go on until no alert of this kind is open any more."""
        await self.until(lambda: self.alert(kind) is None, f"{kind} is over", limit_s=limit_s)

    async def asked(self) -> str:
        """Wait for a question; what it shows."""
        await self.until(lambda: isinstance(self.app.screen, AskScreen), "a question")
        await self._pilot.pause()
        return self.text

    async def evidence(self) -> Mapping[Probe, Evidence]:
        """Wait until every probe of the section has answered; what each says."""
        probes = [probe for step in self.incident.section.steps for probe in step.of(Probe)]
        await self.until(
            lambda: all(probe.line in self.incident.evidence for probe in probes), "every probe's answer"
        )
        return {probe: self.incident.evidence[probe.line] for probe in probes}

    async def until(self, true: Callable[[], object], what: str, *, limit_s: float = 0.0) -> float:
        """Wait until it is so; the night's seconds that went by meanwhile.

        `limit_s`: for so long the night may go on, twenty seconds at a time; 0: it stands still.
        """
        began, gone = time.monotonic(), 0.0
        while not true():
            if gone < limit_s:
                self.night.pass_time(MOVE_S)
                gone += MOVE_S
                await self.until(self.night.caught_up, "everything read anew")
                began = time.monotonic()
                continue
            assert time.monotonic() - began < PATIENCE_S, (
                f"{what}: not within {PATIENCE_S:.0f} s\n{self.text}"
            )
            await self._pilot.pause(0.02)
        return gone

    def _results(self) -> list[Entry]:
        """What came of the actions of this step so far."""
        outputs = self.incident.progress.outputs.get(self.incident.place(self.step), ())
        return [entry for entry in outputs if entry.kind is Kind.RESULT]


def _words(block: Action | Shell | None) -> str:
    """An action as the runbook writes it; a command as its text."""
    if isinstance(block, Action):
        return " ".join((block.name, *(f"{name}={value}" for name, value in block.arguments)))
    return block.text if block is not None else ""
