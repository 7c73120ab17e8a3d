"""The keys that mean an alert, on whatever screen it stands: acknowledge, mute, note, escalate; mutes, incidents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from textual.screen import Screen

from screens.changes import Changes
from screens.choose import Choice, ChooseScreen
from screens.escalate import EscalateScreen
from screens.facts.ladder import next_level
from screens.panes.alerts import SIGNS, about
from screens.widgets.ask import ask, say
from screens.widgets.line import Line
from screens.widgets.question import Question
from screens.widgets.words import span_of
from tradai_console.jobs import Acknowledge, Job, OpenIncident, Silence, WriteNote
from tradai_console.messages import JobAnswered, JobRequested
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.oncall import KnownMute, Letter
from tradai_console.models.oncall import OpenIncident as Opened
from tradai_console.oncall_jobs import ComposeLetters, ListIncidents, ListMutes, PlanLetter

MUTE_MOST_MIN: Final = 24 * 60


class AlertKeys:
    """What one screen asks about alerts. The screen hands it the answers of its jobs."""

    def __init__(self, screen: Screen[Any], changes: Changes) -> None:
        self._screen = screen
        self.changes = changes
        """What the letters are sent through."""
        self._asked: Alert | None = None
        self._step = ""
        self._level: str | None = None

    def acknowledge(self, alert: Alert) -> None:
        """Take it, with a note; taken already: give it back."""
        if alert.state is Lifecycle.ACKNOWLEDGED:
            self._request(Acknowledge(alert.key, release=True))
            return
        question = Question(f"Acknowledge {_named(alert)}", (), "a note, or nothing", may_be_empty=True)
        ask(self._screen, question, lambda note: self._request(Acknowledge(alert.key, note)))

    def mute(self, alert: Alert) -> None:
        """Silence it, with an end and a reason; muted already: end that."""
        if alert.state is Lifecycle.MUTED:
            self._request(Silence(alert.key, 0, ""))
            return
        question = Question(f"Mute {_named(alert)}", (), "minutes and why, such as: 30 known deployment")
        ask(self._screen, question, lambda text: self._mute(alert.key, text))

    def _mute(self, key: str, text: str) -> None:
        minutes, _, reason = text.partition(" ")
        if not minutes.isdecimal() or not reason.strip() or not 0 < int(minutes) <= MUTE_MOST_MIN:
            say(
                self._screen,
                f"A mute needs minutes from 1 to {MUTE_MOST_MIN} and a reason: 30 known deployment",
            )
            return
        self._request(Silence(key, float(minutes), reason.strip()))

    def note(self, alert: Alert) -> None:
        """Write something down for the next engineer."""
        question = Question(f"Note on {_named(alert)}", (), "what should the next engineer know")
        ask(self._screen, question, lambda text: self._request(WriteNote(alert.key, text)))

    def escalate(self, alert: Alert, step: str = "", level: str | None = None) -> None:
        """Compose a letter to the next level, or to this one; it may be changed, and is sent once it is confirmed."""
        self._asked, self._step, self._level = alert, step, level
        self._request(ComposeLetters(alert.key))

    def mutes(self) -> None:
        """Every silence that holds, with owner, end and reason; enter ends one."""
        self._request(ListMutes())

    def incidents(self) -> None:
        """Every incident that was opened in this run; enter goes there."""
        self._request(ListIncidents())

    def answered(self, message: JobAnswered) -> bool:
        """Go on with what the engine says. False if the answer is to no question of these keys."""
        match message.job:
            case _ if message.error is not None:
                return False
            case ComposeLetters():
                self._write(message.result)
            case PlanLetter(key, _, step):
                self.changes.confirm(message.result, key, step)
            case ListMutes():
                self._show_mutes(message.result)
            case ListIncidents():
                self._show_incidents(message.result)
            case _:
                return False
        return True

    def _write(self, letters: Sequence[Letter]) -> None:
        alert = self._asked
        if alert is None:
            return
        now = self._screen.app.moment.now  # type: ignore[attr-defined]

        def written(letter: Letter | None) -> None:
            if letter is not None and self.changes.allowed:
                self._request(PlanLetter(alert.key, letter, self._step))
            elif letter is not None:
                self.changes.copy(f"{letter.subject}\n\n{letter.text}")

        wanted = self._level or next_level(alert, now) or "L2"
        screen = EscalateScreen(alert, letters, wanted, now, sends=self.changes.allowed)
        self._screen.app.push_screen(screen, written)

    def _show_mutes(self, mutes: Sequence[KnownMute]) -> None:
        if not mutes:
            say(self._screen, "Nothing is muted.")
            return
        now = self._screen.app.moment.now  # type: ignore[attr-defined]
        by_key = {mute.key: mute for mute in mutes}
        choices = [Choice(mute.key, _mute_line(mute, now)) for mute in mutes]

        def chosen(key: str | None) -> None:
            if key is not None and by_key[key].mute.native:
                say(
                    self._screen, f"CloudWatch's rule {key} is {by_key[key].mute.owner}'s: it ends by itself."
                )
            elif key is not None:
                self._request(Silence(key, 0, ""))

        self._screen.app.push_screen(ChooseScreen("Mutes", "ends it", choices), chosen)

    def _show_incidents(self, incidents: Sequence[Opened]) -> None:
        if not incidents:
            say(self._screen, "No incident is open yet: enter on an alert opens one.")
            return
        choices = [Choice(one.alert.key, _incident_line(one)) for one in incidents]

        def chosen(key: str | None) -> None:
            if key is not None:
                self._request(OpenIncident(key))

        self._screen.app.push_screen(ChooseScreen("Incidents", "goes there", choices), chosen)

    def _request(self, job: Job) -> None:
        self._screen.post_message(JobRequested(self._screen, job))


def _named(alert: Alert) -> str:
    return f"{alert.alert} {about(alert)}".strip()


def _mute_line(known: KnownMute, now: Any) -> Line:
    mute = known.mute
    left = span_of((mute.until - now).total_seconds())
    where = "CloudWatch" if mute.native else "console"
    return Line.of(
        (known.about.ljust(30)[:40], "strong"), f"  {mute.owner:<10}", (f"  {left:>6} left  {where:<10}  ", "dim"), mute.reason,
    )  # fmt: skip


def _incident_line(one: Opened) -> Line:
    sign, style = SIGNS.get(one.alert.severity, ("? ", "warn"))
    over = one.alert.state is Lifecycle.RESOLVED
    return Line.of(
        ("✓ ", "good") if over else (sign, style), " ", (one.alert.alert, "strong"), "  ", (about(one.alert), "accent"),
        (f"  {one.alert.state}", "dim"), f"  at: {one.place}" if one.place else "",
    )  # fmt: skip
