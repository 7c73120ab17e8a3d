"""A night on the simulated platform: server, story and the console's engine in this process, in a time that tests move.

What the engine says and what it is asked still goes through pickle and parcels, as between the two processes.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import shutil
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import Context
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest
import textual.screen

from tests.incidents.on_call import PATIENCE_S, OnCall
from tests.kit.fault_proxy import FaultProxy
from tests.watching import until
from tradai_console.app import ConsoleApp
from tradai_console.demo import behaviour, drills
from tradai_console.demo.behaviour import cloudwatch
from tradai_console.demo.clients import ACCOUNT, REGION, Clients
from tradai_console.demo.drills import Plot
from tradai_console.demo.drills.trainer import Trainer
from tradai_console.demo.server import environ, serve_in_thread
from tradai_console.demo.story import Story
from tradai_console.demo.world import World, build
from tradai_console.engine import Engine
from tradai_console.engine_link import Answered, EngineLink
from tradai_console.errors import ConsoleError
from tradai_console.jobs import Job
from tradai_console.journal.base import Entry
from tradai_console.journal.sqlite import SqliteJournal
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.drill import Drills
from tradai_console.news import AlertsListed, IdentityKnown, MeterRead, News, SnapshotTaken
from tradai_console.parcels import Packer, Unpacker
from tradai_console.platform import load_platform
from tradai_console.settings import Settings

INTERVALS: Final = {
    "alarms": 5, "services": 10, "databases": 20, "nat": 20, "workflows": 15, "trading": 10, "figures": 30,
}  # fmt: skip
"""Seconds of the night's time: whenever it is moved, everything is read anew in any case."""

FRAME_S: Final = 0.1
"""Between two pictures of a console: a terminal gets sixty a second, and an engineer who waits looks at few of them."""

SLICE_S: Final = 0.02
STEP_S: Final = 5.0
FORGOTTEN_S: Final = 3 * 3600.0
"""No rule and no probe that calls something bad looks further back than this."""

AFTERWARDS_S: Final = 120.0


class NightClock:
    """The platform's own time for stamps; what is waited for comes by the machine's time, or when the night is moved."""

    def now(self) -> datetime:
        """As the platform's clock has it."""
        return behaviour.clock().now()

    def monotonic(self) -> float:
        """Real seconds, and those by which the night was moved."""
        return time.monotonic() + behaviour.clock().elapsed()

    async def sleep(self, seconds: float) -> None:
        """Wait that long; moving the night counts."""
        ends = self.monotonic() + seconds
        while (left := ends - self.monotonic()) > 0:  # noqa: ASYNC110  # it is moved from another thread
            await asyncio.sleep(min(SLICE_S, left))


class LinkInside(EngineLink):
    """The link of one console to the engine that is in this process: it can be dropped and another one made."""

    def __init__(self, engine: Engine, known: Mapping[object, News], turn: threading.RLock) -> None:
        """`known`: the newest news of each kind, which a console that comes later has missed; `turn` guards it."""
        super().__init__(Settings(env="prod"))
        self._engine = engine
        self._known = known
        self._turn = turn
        self._over = Packer()
        self._arriving = Unpacker()

    def start(self) -> None:
        """The engine runs already."""

    def listen(self, tell: Callable[[News], None]) -> None:
        """What is known is told at once."""
        with self._turn:
            self._tell = tell
            for news in self._known.values():
                self.hear(news)

    def stop(self) -> None:
        """This console hears no more; the engine goes on."""
        self._tell = None

    def hear(self, news: News) -> None:
        """Hand the news over as the wire would."""
        if self._tell is None:
            return
        for part in self._over.pack(news):
            arrived = self._arriving.unpack(pickle.loads(pickle.dumps(part)))
            if arrived is not None:
                self._tell(arrived)

    def ask(self, job: Job, answered: Answered) -> None:
        """Have it done on the engine's loop."""
        # In a context of its own: the engine's tasks outlive this console, and Textual finds its app by the context.
        asked = Context().run(self._engine.carry, pickle.loads(pickle.dumps(job)))
        asked.add_done_callback(lambda done: answered(*_outcome(done)))

    def _post(self, *what: Any) -> bool:
        kind, *given = what
        getattr(self._engine, kind)(*given)
        return True


def _outcome(done: Future[Any]) -> tuple[Any, str | None]:
    if done.cancelled():
        return None, "it was given up"
    error = done.exception()
    if isinstance(error, ConsoleError):
        return None, str(error)
    return pickle.loads(pickle.dumps(done.result())), None


class Night:
    """One platform with one engine. Consoles come and go on it."""

    def __init__(
        self, url: str, *, seed: int = 5, env: str = "prod", line: str | None = None, **settings: Any
    ) -> None:
        """`line`: another address of the same server, by which the engine is to speak to it; what it asks is seen there."""
        self.world: World = build(url, env=env, seed=seed)
        self.story = Story(url, env=env, seed=seed, hushed=True)
        self.aws = Clients(url)
        self.hand = Trainer(self.aws, self.world.cast)
        self.story.step(10)
        given = {
            "env": env, "region": REGION, "endpoint_url": line or url, "allow_changes": True, "quota_share": 1.0,
            "spend_usd": 0.0, "operator": "jm", "intervals": INTERVALS,
            "journal": Path(os.environ["TRADAI_CONSOLE_HOME"], "night.sqlite3"),
            "alert_queue": f"{line or url}/{ACCOUNT}/{self.world.cast.console_queue}",
        }  # fmt: skip
        self.settings = Settings.of(given | settings)
        self.clock = NightClock()
        self._known: dict[object, News] = {}
        self._turn = threading.RLock()
        self.moved_at = self.clock.monotonic()
        """When the night was last moved, by `clock.monotonic`."""
        self.line: FaultProxy | None = None
        """Where the engine's calls are seen, if a wire was put there."""
        self._link: LinkInside | None = None
        self.platform = load_platform(env)
        self.engine = Engine(self.settings, self.platform, self._tell, self.clock)
        self.engine.start()
        self.calm_down()  # so that nobody sees how the platform was built

    def _tell(self, news: News) -> None:
        """Called on the engine's loop."""
        with self._turn:
            if isinstance(news, SnapshotTaken):
                self._known[news.source] = news
            elif isinstance(news, AlertsListed):
                self._known[AlertsListed] = AlertsListed(news.alerts, ())
            elif isinstance(news, IdentityKnown | MeterRead):
                self._known[type(news)] = news
            if self._link is not None:
                self._link.hear(news)

    def hang_up(self) -> None:
        """Nobody listens to the engine any more."""
        with self._turn:
            self._link = None

    def on_call(self, size: tuple[int, int] = (120, 40), drills: Drills | None = None) -> OnCall:
        """An engineer at a console of this night: `async with night.on_call() as engineer`."""
        self._link = LinkInside(self.engine, self._known, self._turn)
        app = ConsoleApp(self.settings, clock=self.clock, engine=self._link, drills=drills)
        return OnCall(self, app, size)

    @property
    def board(self) -> Board:
        """What the engine has told last, as a console would have it."""
        board = Board()
        for news in list(self._known.values()):
            if isinstance(news, SnapshotTaken):
                board = board.having(news.source, news.snapshot)
            elif isinstance(news, IdentityKnown):
                board = replace(board, identity=news.identity)
        return board

    def pass_time(self, seconds: float) -> None:
        """Let the night go on; then everything is read anew. Nothing is read meanwhile."""
        self.pass_until(lambda: False, seconds)

    def pass_until(self, true: Callable[[], object], limit_s: float, what: str = "") -> float:
        """Let the night go on until it is so, or for `limit_s`; the seconds that went by.

        With `what` it is an AssertionError if it is not so by then.
        """
        self.engine.pause(True)
        gone = 0.0
        while gone < limit_s and not true():
            self.story.step(min(STEP_S, limit_s - gone))
            gone += STEP_S
        assert not what or true(), f"{what}: not within {limit_s:.0f} s"
        self.moved_at = self.clock.monotonic()
        self.engine.pause(False)
        return gone

    def begin(self, drill: str, limit_s: float = 300.0) -> Plot:
        """Let a drill begin, and let the night go on until its alarm fires or its message is out."""
        plot = drills.begin(drill, self.story)
        announced = plot.drill.told(plot.drill.announced, self.world.cast)
        if announced.startswith("tradai-"):
            self.pass_until(
                lambda: cloudwatch.state_of(announced) == "ALARM", limit_s, f"the alarm of {drill}"
            )
        else:
            self.pass_time(10)
        return plot

    @contextmanager
    def drill(self, name: str, after_s: float = 0.0) -> Iterator[Plot]:
        """A drill, `after_s` beyond its alarm; in the end whatever is left of it is mended and forgotten."""
        plot = self.begin(name)
        try:
            self.pass_time(after_s)
            yield plot
        finally:
            if plot.cured_at is None:
                self.cure(plot)
            self.calm_down()

    def cure(self, plot: Plot, limit_s: float = 900.0) -> None:
        """Let a trainer mend it who knows the cause."""
        self.story.enter("trainer", plot.remedy())
        self.pass_until(lambda: plot.cured_at is not None, limit_s, f"the cure of {plot.drill.name}")

    def calm_down(self, limit_s: float = 900.0) -> None:
        """After the cure: let everything come to rest, and let so much time go by that the probes have forgotten it."""
        self.pass_until(self.quiet, limit_s, "every alarm at rest")
        self.engine.pause(True)
        clock = behaviour.clock()
        clock.set_stamp(
            clock.time() + FORGOTTEN_S
        )  # nothing happens in these hours: they are not lived through
        self.story.step(AFTERWARDS_S)
        self.pass_until(self.quiet, limit_s, "every alarm at rest again")
        until(
            lambda: self.caught_up() and not self.firing,
            PATIENCE_S,
            lambda: f"still in the list: {self.firing}",
        )

    def caught_up(self) -> bool:
        """Whether the engine has read every source, and heard every message, since the night was moved last."""
        board = [one.snapshot for one in self._known.values() if isinstance(one, SnapshotTaken)]
        read = len(board) > len(SOURCES) and all(
            (one.taken_monotonic or 0.0) > self.moved_at for one in board
        )
        return read and self._channel_is_empty()

    def _channel_is_empty(self) -> bool:
        """Whether the engine has heard, and deleted, every message of the alerts topic."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.aws("sqs").get_queue_attributes(QueueUrl=self.world.queue_url, AttributeNames=names)
        return all(int(told["Attributes"][name]) == 0 for name in names)

    @property
    def firing(self) -> tuple[str, ...]:
        """The alerts that the engine listed last and that are not over, by their keys."""
        listed = self._known.get(AlertsListed)
        return tuple(one.key for one in listed.alerts if one.open) if isinstance(listed, AlertsListed) else ()

    def quiet(self) -> bool:
        """Whether no alarm of the platform fires."""
        return not any(cloudwatch.state_of(name) == "ALARM" for name in self.world.alarms)

    async def journal(self) -> tuple[Entry, ...]:
        """What the journal has of this night, read from its file."""
        assert self.settings.journal is not None
        async with SqliteJournal(self.settings.journal, self.clock) as journal:
            return await journal.recent()

    def end(self) -> None:
        """Send everybody home."""
        self.engine.stop()
        self.story.stop()
        self.aws.close()


@contextmanager
def a_night(
    line: Callable[[str], AbstractContextManager[FaultProxy]] | None = None, **given: Any
) -> Iterator[Night]:
    """A night for as long as the block lasts: for a fixture of a module. One at a time in a process.

    `line` puts a wire between the engine and the server (`FaultProxy.in_thread`), found as `night.line`.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            patch.delenv(name, raising=False)
        for name, value in environ("").items():
            patch.setenv(name, value)
        home = tempfile.mkdtemp()
        patch.setenv("TRADAI_CONSOLE_HOME", home)
        patch.setattr(textual.screen, "UPDATE_PERIOD", FRAME_S)
        url, stop = serve_in_thread()
        reset = urllib.request.Request(f"{url}/moto-api/reset", method="POST")
        urllib.request.urlopen(reset, timeout=10).close()
        with line(url) if line else nullcontext() as wire:
            night = Night(url, line=wire.url if wire else None, **given)
            night.line = wire
            try:
                yield night
            finally:
                night.end()
        stop()
        shutil.rmtree(home, ignore_errors=True)
