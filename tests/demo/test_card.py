"""The card of a drill: read from the journal and the alert's life, and kept for the next time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tradai_console.clock import SystemClock
from tradai_console.demo import drills
from tradai_console.demo.cast import draw_cast
from tradai_console.demo.drills.card import Life, Play, compared, draw_card
from tradai_console.demo.practice import Practice
from tradai_console.demo.room import DrillRoom
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.store import Store
from tradai_console.models.alert import Alert, Lifecycle
from tradai_console.models.drill import DrillCard
from tradai_console.runbook.library import Library, load_library

BEGAN = datetime(2026, 1, 1, 3, 0, tzinfo=UTC)
KEY = "nat-instance-down"
LIFE = Life((KEY,), BEGAN.timestamp() + 10, BEGAN.timestamp() + 200)
CAST = draw_cast("prod", 3)


@pytest.fixture(scope="module")
def library() -> Library:
    return load_library()


def play(
    name: str = "nat-blackhole", *, gone_s: float | None = 120.0, given_up_s: float | None = None
) -> Play:
    began = BEGAN.timestamp()
    return Play(
        drills.find(name),
        CAST,
        1.0,
        began,
        None if gone_s is None else began + gone_s,
        None if given_up_s is None else began + given_up_s,
    )


def entry(kind: Kind, at_s: float, step: str | None = None, text: str = "", **data: object) -> Entry:
    """An entry of the drill's own incident, so long after its beginning."""
    return Entry(
        kind,
        BEGAN + timedelta(seconds=at_s),
        "jm",
        KEY,
        runbook="infrastructure-issues",
        section="nat-instance-down",
        step=step,
        text=text,
        data=data,
    )


def change(at_s: float, action: str, text: str = "", *, verdict: str = "ok") -> list[Entry]:
    """A change and how it ended."""
    intent = entry(Kind.INTENT, at_s, "a-step", text or action, action=action, resource="rtb-1")
    return [intent, entry(Kind.RESULT, at_s + 1, "a-step", verdict, intent=intent.id, verdict=verdict)]


NIGHT = (
    entry(Kind.OPEN, 18, text="NAT Instance Down"),
    entry(Kind.ACKNOWLEDGE, 25),
    *change(40, "nat.reboot", "Reboot i-1"),
    entry(Kind.PLACE, 70, "where-does-the-way-out-lead"),
    *change(110, "nat.repair_route", "Point the route at i-1"),
    entry(Kind.DONE, 150, "does-the-route-lead-to-a-healthy-instance"),
)


def test_every_moment_is_read_from_what_happened(library: Library) -> None:
    """Seconds from the alert on screen: opened, acknowledged, looked, acted, cured, verified, resolved."""
    card = draw_card(play(), LIFE, NIGHT, library, "jm")
    assert {mark.name: mark.at_s for mark in card.marks} == {
        "noticed": 8, "acknowledged": 15, "right look": 60, "right action": 100,
        "cause gone": 110, "verified": 140, "resolved": 190,
    }  # fmt: skip
    assert card.alert_after_s == 10
    assert [(turn.at_s, turn.what) for turn in card.wrong] == [(30, "Reboot i-1")]
    assert card.over
    assert card.total_s == 190
    assert "chiara had taken ec2:ReplaceRoute" in card.truth[0]


def test_what_never_happened_is_not_guessed(library: Library) -> None:
    """Nothing in the journal: no moment but those that the platform itself knows; cured elsewhere is said so."""
    card = draw_card(play(), LIFE, (), library, "jm")
    came = {mark.name: mark.what for mark in card.marks if mark.at_s is not None}
    assert came == {"cause gone": "outside this console", "resolved": ""}
    assert card.wrong == ()


def test_an_alert_that_nobody_saw_has_no_times(library: Library) -> None:
    """Without the alert on screen there is no zero to count from."""
    card = draw_card(play(gone_s=None), Life(), NIGHT, library, "jm")
    assert all(mark.at_s is None for mark in card.marks)
    assert not card.over


def test_the_first_step_is_seen_by_opening(library: Library) -> None:
    """Where the first step's probes show the cause, opening the incident is the right look."""
    card = draw_card(play("nat-down"), LIFE, NIGHT, library, "jm")
    assert card.at_s("right look") == card.at_s("noticed") == 8


def test_a_symptom_may_lead_to_the_cause_before_its_alert_comes(library: Library) -> None:
    """Who cures it from another alert's incident has noticed it there, and the times run from that alert."""
    symptom = [replace(one, incident="service-unhealthy") for one in NIGHT]
    others = {"service-unhealthy": BEGAN.timestamp() + 4, "a herring": BEGAN.timestamp() + 1}
    late = Life((KEY,), BEGAN.timestamp() + 100, BEGAN.timestamp() + 130, others)
    card = draw_card(play(), late, symptom, library, "jm")
    assert [card.at_s(name) for name in ("noticed", "right look", "right action", "verified")] == [
        14,
        66,
        106,
        146,
    ]
    never = draw_card(play(), Life(others=others), symptom, library, "jm")
    assert (never.over, never.total_s) == (True, 146)
    assert [never.at_s(name) for name in ("noticed", "right action", "resolved")] == [14, 106, None]


def test_a_right_action_that_aws_refused_is_none(library: Library) -> None:
    """What was refused is not when it was done."""
    night = [*change(50, "nat.repair_route", verdict="bad"), *change(90, "nat.repair_route")]
    assert draw_card(play(), LIFE, night, library, "jm").at_s("right action") == 80


def test_done_before_the_cause_was_gone_verifies_nothing(library: Library) -> None:
    """A tick by hand while it is still broken is no verification."""
    night = [entry(Kind.DONE, 60, "does-the-route-lead-to-a-healthy-instance")]
    assert draw_card(play(), LIFE, night, library, "jm").at_s("verified") is None


def test_neither_words_nor_rehearsals_are_wrong_turns(library: Library) -> None:
    """Escalating says something, rehearsing tries something, and after the cure there is none any more."""
    night = [
        *change(30, "alerts.escalate"),
        *change(40, "model.roll_back", "Rehearse rolling RadStrategy back"),
        *change(180, "ecs.scale", "Scale backend-api from 3 to 2"),
    ]
    assert draw_card(play(), LIFE, night, library, "jm").wrong == ()


def test_another_service_of_the_right_action_is_a_wrong_turn(library: Library) -> None:
    """The action alone is not enough: it must be done to what is ill."""
    night = change(50, "ecs.force_deployment", "Replace every task of tradai-backend-api-prod")
    card = draw_card(play("lambda-dependency"), LIFE, night, library, "jm")
    assert card.at_s("right action") is None
    assert len(card.wrong) == 1


def run(total_s: float, at: str, **more: object) -> DrillCard:
    life = replace(LIFE, resolved_at=(LIFE.listed_at or 0) + total_s)
    card = draw_card(play(), life, NIGHT, load_library(), "jm")
    return replace(card, began_at=at, **more)  # type: ignore[arg-type]


def test_a_run_stands_beside_the_last_and_the_best() -> None:
    """Only this person's, only this drill's at this speed; a run that was given up is never the best."""
    earlier = [run(90, "1"), run(40, "2", given_up=True), run(150, "3"), run(10, "4", operator="am"),
               run(11, "5", drill="nat-down"), run(12, "6", speed=10.0)]  # fmt: skip
    card = compared(run(100, "7"), earlier)
    resolved = next(mark for mark in card.marks if mark.name == "resolved")
    assert (resolved.at_s, resolved.last_s, resolved.best_s) == (100, 150, 90)
    assert card.runs == 3


def test_an_alert_that_only_went_quiet_ends_nothing() -> None:
    """A pause resolves the alert at once; the drill has taken until its cause was gone."""
    card = run(50, "2026-01-01T03:00:00+00:00")
    gone = card.at_s("cause gone")
    assert gone is not None
    quiet = replace(
        card,
        marks=tuple(
            [replace(mark, at_s=gone - 30) if mark.name == "resolved" else mark for mark in card.marks]
        ),
    )
    assert quiet.total_s == gone


def test_cards_outlive_the_night(tmp_path: Path) -> None:
    """What was kept is read by the next night's practice, once for each run; another person sees none of it."""
    night, book = tmp_path / "night.sqlite3", tmp_path / "drills.sqlite3"
    store = Store(night, SystemClock())
    store.append(list(NIGHT))
    store.close()
    first = Practice(night, book, "jm")
    card = first.card(play(), LIFE, keep=True)
    assert card.at_s("right action") == 100
    assert first.card(play(), LIFE, keep=True).runs == 0
    rehearsal = next(one for one in Practice(tmp_path / "none", book, "jm").rehearsals() if one["runs"])
    assert rehearsal == {
        "name": "nat-blackhole", "alert": "NAT Instance Down", "line": drills.find("nat-blackhole").line,
        "runs": 1, "best_s": 190.0,
    }  # fmt: skip
    assert not any(one["runs"] for one in Practice(night, book, "am").rehearsals())


def test_a_card_survives_its_journal(library: Library) -> None:
    """As data and back it is the same card."""
    card = draw_card(play(), LIFE, NIGHT, library, "jm")
    assert DrillCard.of(card.as_data()) == card


def test_who_is_faster_than_the_alert_gets_a_card() -> None:
    """Where the drill's own alert never comes the card does, once it is too late for the alert."""
    now, asked, cards = [BEGAN.timestamp()], [], []
    report = {
        "alert": "RDS Connectivity", "announced": "tradai-prod-rds-connectivity", "event": False,
        "began_at": BEGAN.isoformat(), "gone_at": None, "given_up_at": None,
    }  # fmt: skip

    def order(what: Mapping[str, Any]) -> Mapping[str, Any]:
        asked.append(what)
        return (
            draw_card(play(), Life(others=what["life"]["others"]), NIGHT, load_library(), "jm").as_data()
            if what["ask"] == "card"
            else report
        )

    room = DrillRoom(order, night=Path("n"), book=Path("b"), operator="jm", now=lambda: now[0])
    room._ended = lambda card, error: cards.append((card, error))
    room._report = report
    unhealthy = Alert(
        "k",
        "Service Unhealthy",
        "high",
        Lifecycle.FIRING,
        BEGAN + timedelta(seconds=5),
        "",
        "service-recovery",
        None,
    )
    room._follow((unhealthy,), now[0] + 6)
    report["gone_at"] = (BEGAN + timedelta(seconds=60)).isoformat()
    now[0] += 100
    room._look()
    assert not cards
    now[0] += 60
    room._look()
    assert [card.over for card, _ in cards] == [True]
    assert asked[-1]["life"]["others"] == {"k": BEGAN.timestamp() + 6}
