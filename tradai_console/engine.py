"""The engine: the thread and the loop that all AWS and disk work lives on, and its one door to the interface.

A stalled terminal stops the interface's loop; polling and the journal must go on. So nothing here knows the
interface: what the engine has to say it hands to `tell` as frozen news, from its own thread; what the interface
wants done it submits.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

from tradai_console.aws.door import Door
from tradai_console.clock import Clock, SystemClock
from tradai_console.errors import AwsError, ConsoleError, SettingsError
from tradai_console.feed import Feed, Poller
from tradai_console.jobs import Job
from tradai_console.models.board import FIGURES, SOURCES, Board
from tradai_console.models.figure import Metric, Series
from tradai_console.models.identity import Meter
from tradai_console.models.snapshot import Snapshot
from tradai_console.news import EngineFailed, IdentityKnown, MeterRead, News, SnapshotTaken
from tradai_console.platform import Platform
from tradai_console.settings import Settings
from tradai_console.sources.alarms import AlarmSource
from tradai_console.sources.databases import DatabaseSource
from tradai_console.sources.figures import FigureSource, queries
from tradai_console.sources.nat import NatSource
from tradai_console.sources.reading import Source
from tradai_console.sources.services import ServiceSource
from tradai_console.sources.trading import TradingSource
from tradai_console.sources.workflows import WorkflowSource

if TYPE_CHECKING:
    from tradai_console.desk import Desk

T = TypeVar("T")

IDENTITY_RETRY_S: Final = 15.0
METER_S: Final = 1.0
FIRST_FIGURES_S: Final = 1.5
"""The metrics wait this long for the sources to say which they want."""
ONE_READING_S: Final = 3.0
"""In a single reading they wait longer: there is no next one soon that would bring what was left out."""
STOPPING_S: Final = 2.0
AGAIN_S: Final = 1.0
"""Before something that broke begins again."""
PREPARED: Final = ("stepfunctions", "ecs", "rds", "ec2", "autoscaling", "dynamodb", "cloudwatch")
"""In this order the clients are made, each a stretch of pure computing: first those whose sources ask question upon
question, so that the others are made while these wait for answers."""
MEASURED: Final = ("services", "databases", "nat", "workflows")
"""The sources whose items have metrics."""


class Watch:
    """One environment under observation: the six sources and the metrics over one door."""

    def __init__(
        self,
        door: Door,
        platform: Platform,
        settings: Settings,
        clock: Clock,
        tell: Callable[[News], None] = lambda _news: None,
    ) -> None:
        self.board = Board()
        self._door = door
        self._platform = platform
        self._settings = settings
        self._clock = clock
        self._tell = tell
        self.workflows = WorkflowSource(door, platform, clock)
        sources: dict[str, Source[Any]] = {
            "alarms": AlarmSource(door, platform, clock),
            "services": ServiceSource(door, platform, clock),
            "databases": DatabaseSource(door, platform, clock),
            "nat": NatSource(door, platform, clock),
            "workflows": self.workflows,
            "trading": TradingSource(door, platform, clock),
            FIGURES: FigureSource(door, clock, self._wanted),
        }
        self.feed = Feed(
            {
                name: Poller(
                    name,
                    source,
                    interval_s=getattr(settings.intervals, name),
                    publish=self._publish,
                    clock=clock,
                )
                for name, source in sources.items()
            }
        )
        self._asked: frozenset[Metric] = frozenset()
        self.spoken = asyncio.Event()
        """Set when every source whose items have metrics has had its first good reading."""

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for service in PREPARED:
                group.create_task(self._door.prepare(service), name=f"client {service}")
            for name in SOURCES:
                group.create_task(self._lasting(self.feed.pollers[name].run), name=f"poll {name}")
            group.create_task(self._lasting(self._run_figures), name="poll figures")
            group.create_task(self._lasting(self._identify), name="identify")
            group.create_task(self._lasting(self._mind), name="mind")

    async def _lasting(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do it, and begin again if it breaks: a defect in one part of the watch must not end the others."""
        while True:
            try:
                return await work()
            except Exception:  # noqa: BLE001  # whatever it is
                await self._clock.sleep(AGAIN_S)

    async def read_once(self) -> Board:
        """One reading of everything: the six sources and who we are at once, then their metrics.

        The metrics do not wait for a source that hangs; they are read again if it spoke after all.
        """
        figures = self.feed.pollers[FIGURES]
        async with asyncio.TaskGroup() as group:
            group.create_task(self._identify_once())
            readings = [group.create_task(self.feed.pollers[name].poll_once()) for name in SOURCES]
            await asyncio.wait(readings, timeout=ONE_READING_S)
            await figures.poll_once()
        if figures.snapshot.state.trusted and not self._asked.issuperset(self._queries()):
            await figures.poll_once()
        self.board = replace(self.board, meter=self._door.meter())
        return self.board

    def _publish(self, name: str, snapshot: Snapshot[Any]) -> None:
        if name == FIGURES:
            self.workflows.moved(_moved(self.board.series, snapshot.items))
        self.board = self.board.having(name, snapshot)
        self._tell(SnapshotTaken(name, snapshot))
        if all(getattr(self.board, source).taken_at for source in MEASURED):
            self.spoken.set()
        if name != FIGURES and self._asked and not self._asked.issuperset(self._queries()):
            self.feed.refresh(FIGURES)

    def _wanted(self) -> tuple[Metric, ...]:
        wanted = self._queries()
        self._asked = frozenset(wanted)
        return wanted

    def _queries(self) -> tuple[Metric, ...]:
        return queries(self.board, self._platform, [machine.arn for machine in self.workflows.machines])

    async def _run_figures(self) -> None:
        """The metrics are read when it is known which are wanted: when the sources have spoken, or soon."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_FIGURES_S):
                await self.spoken.wait()
        await self.feed.pollers[FIGURES].run()

    async def _identify(self) -> None:
        while not await self._identify_once():
            await self._clock.sleep(IDENTITY_RETRY_S)

    async def _identify_once(self) -> bool:
        with contextlib.suppress(AwsError):
            identity = await self._door.identity()
            self.board = replace(self.board, identity=identity)
            self._tell(IdentityKnown(identity))
            return True
        return False

    async def _mind(self) -> None:
        """Tell the meter, read everything anew when credentials are back, and keep to the shift's spending."""
        blocked = False
        while True:
            await self._clock.sleep(METER_S)
            meter = self._door.meter()
            if meter != self.board.meter:
                self.board = replace(self.board, meter=meter)
                self._tell(MeterRead(meter))
            if blocked and meter.credentials_error is None:
                self.feed.refresh()
            blocked = meter.credentials_error is not None
            self._hold_spending(meter)

    def _hold_spending(self, meter: Meter) -> None:
        figures, ceiling = self.feed.pollers[FIGURES], self._settings.spend_usd
        if ceiling and meter.spent_usd > ceiling:
            figures.attention = max(figures.attention, 4.0)
        if ceiling and meter.spent_usd > 2 * ceiling and not figures.snapshot.paused:
            figures.pause(True)


def _moved(before: Mapping[Metric, Series], now: Iterable[Series]) -> list[str]:
    """The state machines whose counts have new points above zero: worth listing before the others."""
    return [
        dict(series.metric.dimensions)["StateMachineArn"]
        for series in now
        if series.metric.namespace == "AWS/States"
        and series.latest
        and (series.metric not in before or before[series.metric].times[-1:] != series.times[-1:])
    ]


def _desk() -> type[Desk]:
    """Runbooks, probes and operations take longer to import than the first reading takes."""
    from tradai_console.desk import Desk

    return Desk


class Engine:
    """The thread with the loop. Every method may be called from the interface's thread."""

    def __init__(
        self, settings: Settings, platform: Platform, tell: Callable[[News], None], clock: Clock | None = None
    ) -> None:
        self._settings = settings
        self._platform = platform
        self._tell = tell
        self._clock = clock or SystemClock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._main: asyncio.Task[None] | None = None
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._door: Door
        self._watch: Watch
        self._desk: Desk | None = None
        self._desk_kept = asyncio.Event()

    def start(self) -> None:
        """Start watching. Returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """End all work; waits `STOPPING_S` at the most."""
        if self._thread.is_alive() and self._ready.wait(STOPPING_S):
            assert self._loop is not None
            assert self._main is not None
            with contextlib.suppress(RuntimeError):  # the loop ended by itself meanwhile
                self._loop.call_soon_threadsafe(self._main.cancel)
            self._thread.join(STOPPING_S)

    def submit(self, job: Callable[[Door], Awaitable[T]]) -> Future[T]:
        """Have a job done over the engine's door; its result or ConsoleError is the future's."""
        self._ready.wait(STOPPING_S)
        if self._loop is None or not self._thread.is_alive():
            failed: Future[T] = Future()
            failed.set_exception(ConsoleError("the engine has stopped: leave with ctrl+q and start again"))
            return failed

        async def run() -> T:
            return await job(self._door)

        return asyncio.run_coroutine_threadsafe(run(), self._loop)

    def carry(self, job: Job) -> Future[Any]:
        """Have a job done; its result or ConsoleError is the future's."""

        async def at_the_desk(door: Door) -> Any:
            await self._desk_kept.wait()
            assert self._desk is not None
            return await job.carry(door, self._desk)

        return self.submit(at_the_desk)

    def refresh(self, source: str | None = None) -> None:
        """Read one source now, or all."""
        self._do(lambda: self._watch.feed.refresh(source))

    def pause(self, paused: bool, source: str | None = None) -> None:
        """Stop the reading of one source, or of all; or let it go on."""
        self._do(lambda: self._watch.feed.pause(paused, source))

    def attend(self, stretch: float) -> None:
        """Stretch all intervals so many times: for when nobody looks."""
        self._do(lambda: self._watch.feed.attend(stretch))

    def focus_machine(self, arn: str | None) -> None:
        """The state machine that is looked at: listed first."""
        self._do(lambda: self._watch.workflows.focus(arn))

    def _do(self, act: Callable[[], None]) -> None:
        if self._ready.is_set() and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(act)

    def _run(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(self._live())

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._main = asyncio.current_task()
        try:
            async with Door(self._settings, self._clock) as self._door:
                self._watch = Watch(self._door, self._platform, self._settings, self._clock, self._spread)
                self._ready.set()
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._watch.run(), name="watch")
                    group.create_task(self._keep_desk(), name="desk")
        except SettingsError as error:
            self._tell(EngineFailed(str(error)))
        finally:
            self._ready.set()

    def _spread(self, news: News) -> None:
        """News of the watch, to the interface and to the desk."""
        self._tell(news)
        if isinstance(news, SnapshotTaken) and self._desk is not None:
            self._desk.look()

    async def _keep_desk(self) -> None:
        """Set the desk up when the sources have spoken first; the panes live on whatever happens at it."""
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_FIGURES_S):
                    await self._watch.spoken.wait()
            make = await asyncio.to_thread(_desk)
            self._desk = make(
                self._door, self._platform, self._settings, self._clock, lambda: self._watch.board, self._tell
            )
            self._desk_kept.set()
            await self._desk.run()
        except Exception as error:  # noqa: BLE001  # said aloud, and the watch goes on
            self._tell(
                EngineFailed(
                    f"alerts and incidents have stopped ({type(error).__name__}: {error}); start the console again"
                )
            )
