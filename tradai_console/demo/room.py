"""The interface's side of drills: asks the demo's server in a thread of its own, and knows when a drill is over."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tradai_console.errors import ConsoleError
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.drill import Answered, DrillCard, Rehearsal

MISSED_S: Final = 90.0
"""An alert that has not come so long after its cause was gone will not come any more: the trainee was faster."""

LOOK_S: Final = 1.0
"""How often it is looked whether a drill is over, while one is played."""

VERIFY_S: Final = 300.0
"""After the alert has resolved the card waits so long for somebody to verify it."""

_BROKEN_BEFORE: Final = timedelta(minutes=5)

Order = Callable[[Mapping[str, Any]], Mapping[str, Any]]
_Work = Callable[[], None]


class DrillRoom:
    """Drills of one console on one demo. No method waits; answers come on the room's own thread."""

    def __init__(
        self,
        order: Order,
        *,
        night: Path,
        book: Path,
        operator: str,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`order` asks the server (`orders`); `night` is this console's journal, `book` that of all nights' drills.

        `now`: the stamp of this moment, seconds since 1970, by the clock that the journal is written by.
        """
        self._order_server = order
        self._now = now
        self._about = {"night": str(night), "book": str(book), "operator": operator}
        self._work: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._ended: Answered = lambda _card, _error: None
        self._report: Mapping[str, Any] = {}
        self._life: dict[str, Any] = {}
        self._open: frozenset[str] = frozenset()
        """Keys of the alerts that were open at the last look."""
        self._before: frozenset[str] = frozenset()
        """Those that were open when the drill was begun: none of them is its own."""
        self._told = False

    def listen(self, ended: Answered) -> None:
        """Begin; `ended` gets the card of each drill that is over, on the room's thread."""
        self._ended = ended
        threading.Thread(target=self._run, name="drill room", daemon=True).start()

    def stop(self) -> None:
        """Ask nothing any more."""
        self._work.put(None)

    def heed(self, alerts: tuple[Alert, ...]) -> None:
        """The console's list of alerts is new: the life of the drill's own is kept."""
        now = self._now()
        self._work.put(lambda: self._follow(alerts, now))

    def rehearsals(self, answered: Answered) -> None:
        """Every drill that can be begun (`Rehearsal`)."""
        self._ask(
            lambda: tuple([Rehearsal(**one) for one in self._order("rehearsals")["rehearsals"]]), answered
        )

    def begin(self, name: str, answered: Answered) -> None:
        """Begin a drill, or `random`; the answer is a sentence."""
        self._ask(lambda: self._begin(name), answered)

    def give_up(self, answered: Answered) -> None:
        """Let the trainer cure it; the answer is a sentence."""
        self._ask(self._give_up, answered)

    def card(self, answered: Answered) -> None:
        """The card of the drill that was begun last (`DrillCard`)."""
        self._ask(lambda: self._card(keep=False), answered)

    # On the room's thread

    def _run(self) -> None:
        try:
            self._report = self._order("practice", **self._about)
        except ConsoleError:
            return  # the server is gone: so is the demo
        while True:
            try:
                work = self._work.get(timeout=LOOK_S if self._playing else None)
            except queue.Empty:
                work = self._look
            if work is None:
                return
            work()

    @property
    def _playing(self) -> bool:
        return bool(self._report) and not self._told

    def _ask(self, ask: Callable[[], Any], answered: Answered) -> None:
        def work() -> None:
            try:
                result = ask()
            except ConsoleError as error:
                answered(None, str(error))
            else:
                answered(result, None)

        self._work.put(work)

    def _order(self, ask: str, **more: Any) -> dict[str, Any]:
        return dict(self._order_server({"ask": ask, **more}))

    def _begin(self, name: str) -> str:
        self._report, self._life, self._told = self._order("drill", name=name), {}, False
        self._before = self._open
        return f"The drill has begun: {self._report['alert']}." if name != "random" else "A drill has begun."

    def _give_up(self) -> str:
        self._report = self._order("give up")
        return "The trainer mends it now: watch what is done, and wait for the card."

    def _card(self, *, keep: bool) -> DrillCard:
        return DrillCard.of(self._order("card", life=self._life, keep=keep))

    def _follow(self, alerts: tuple[Alert, ...], now: float) -> None:
        """Keep when the drill's alert was first listed, and since when it has been over; and when others came.

        An alert that first knows only its alarm, and then what it is about, has two keys, one after the other.
        """
        self._open = frozenset([one.key for one in alerts if one.open])
        if not self._report:
            return
        began, others = datetime.fromisoformat(str(self._report["began_at"])), self._life.get("others", {})
        fresh = [one.key for one in alerts if one.open and one.since is not None and one.since >= began]
        if fresh:
            self._life["others"] = {**dict.fromkeys(fresh, now), **others}
        keys = list(dict.fromkeys([*self._life.get("keys", ()), *(one.key for one in self._own(alerts))]))
        if not keys:
            return
        listed_at = self._life.get("listed_at", now)
        over_at = (
            None
            if any(one.open and one.key in keys for one in alerts)
            else self._life.get("resolved_at") or now
        )
        self._life |= {"keys": keys, "listed_at": listed_at, "resolved_at": over_at}

    def _own(self, alerts: Iterable[Alert]) -> Iterable[Alert]:
        """The drill's alert: of its kind, and with what it announced, or new since it began.

        What it breaks may have been so for some minutes: a session is silent before anybody can see it.
        """
        began = datetime.fromisoformat(str(self._report["began_at"])) - _BROKEN_BEFORE
        announced = str(self._report["announced"])
        for alert in alerts:
            if alert.alert != self._report["alert"] or alert.state is Lifecycle.RESOLVED:
                continue
            by_message = not announced.startswith("tradai-") and "sns" in alert.found_by
            fresh = alert.since is not None and alert.since >= began and alert.key not in self._before
            if announced in alert.alarms or by_message or fresh:
                yield alert

    def _ended_at(self) -> float | None:
        """When the cause was gone and the alert over, or only gone where the alert stays; None: not yet."""
        if self._report["gone_at"] is None:
            return None
        gone_at = datetime.fromisoformat(self._report["gone_at"]).timestamp()
        if "listed_at" not in self._life:
            return gone_at if self._now() - gone_at > MISSED_S else None
        resolved_at: float | None = self._life["resolved_at"]
        return gone_at if self._report["event"] else resolved_at

    def _look(self) -> None:
        """Tell of the end once: the cause is gone, the alert has resolved, and it was verified, or was not."""
        try:
            self._report = self._order("report")
            ended_at = self._ended_at()
            if ended_at is None:
                return
            waited = self._now() - ended_at > VERIFY_S or self._report["given_up_at"] is not None
            if not waited and self._card(keep=False).at_s("verified") is None:
                return
            self._told = True
            card = self._card(keep=True)
        except ConsoleError as error:
            self._told = True
            self._ended(None, str(error))
            return
        self._ended(card, None)
