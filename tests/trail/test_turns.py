"""Who is read when a trail is live, one call a second."""

from __future__ import annotations

from tradai_console.errors import Denied
from tradai_console.trail.search import Place
from tradai_console.trail.turns import LOOK_BACK_MS, WIDE_BACK_MS, WIDE_EVERY, Turns


def test_two_minutes_of_turns() -> None:
    """The services' group has most turns, functions with lines of the story some, the others one; nobody is forgotten, and a
    group that is refused waits as long as one without lines."""
    services = Place("services", 0)
    known = [Place(f"known {n}", n, hits=3) for n in range(1, 6)]
    far = [Place(f"far {n}", n) for n in range(6, 16)]
    refused = Place("refused", 16, hits=3, error=Denied("logs:FilterLogEvents"))
    places = [services, *known, *far, refused]
    turns = Turns(("services",), 100.0)
    read = [one.name for now in range(101, 221) if (one := turns.next(places, float(now))) is not None]
    counts = {place.name: read.count(place.name) for place in places}
    assert counts["services"] >= 35
    assert [n for n, name in enumerate(read) if name == "services"][1] <= 6
    assert all(8 <= counts[one.name] <= 15 for one in known)
    assert all(1 <= counts[one.name] <= 3 for one in [*far, refused])


def test_nobody_is_read_before_the_time() -> None:
    """Two groups need no call a second; now and then one looks further back, for lines that came late."""
    place = Place("services", 0)
    turns = Turns(("services",), 100.0)
    backs = []
    for now in range(101, 150):
        if turns.next([place], float(now)) is not None:
            backs.append(turns.look_back_ms(place))
    assert len(backs) == 24
    assert backs.count(WIDE_BACK_MS) == len(backs) // WIDE_EVERY
    assert set(backs) == {WIDE_BACK_MS, LOOK_BACK_MS}
    assert turns.is_due("own", 200.0)
    assert not turns.is_due("own", 203.0)
