"""The pure parts: the order of time over groups, what has been seen, and which questions are asked together."""

from __future__ import annotations

import random

from tradai_console.logs.event import Event
from tradai_console.logs.merge import Lateness, Merge
from tradai_console.logs.seen import Seen
from tradai_console.logs.source import Ask, TailSource, asks_of, quoted


def event(time_ms: int, number: int, group: str = "g", message: str = "m") -> Event:
    """An event with this number."""
    return Event(f"id{number}", group, "s", time_ms, time_ms, message)


def test_groups_come_in_one_order() -> None:
    """Pages of many groups, read furthest behind first, come out in the order of time; little is held."""
    rng = random.Random(1)
    pages = {}
    for group in "abcde":
        events = [
            event(time_ms, number, group)
            for number, time_ms in enumerate(sorted(rng.choices(range(9_000), k=2_000)))
        ]
        pages[group] = [events[place : place + 100] for place in range(0, 2_000, 100)]
    merge, out, most = Merge(pages), [], 0
    while (laggard := merge.laggard()) is not None:
        group = str(laggard)
        merge.push(group, pages[group].pop(0))
        if not pages[group]:
            merge.close(group)
        out += merge.release()
        most = max(most, merge.held)
    assert [one.time_ms for one in out] == sorted(one.time_ms for one in out)
    assert len(out) == 10_000
    assert most <= 5 * 100 + 200


def test_a_group_that_fails_holds_nothing_back() -> None:
    """What waits for a group comes out once that group is given up."""
    merge = Merge(["a", "b"])
    merge.push("a", [event(5, 1), event(6, 2)])
    assert merge.release() == []
    merge.close("b")
    assert [one.time_ms for one in merge.release()] == [5]
    merge.close("a")
    assert [one.time_ms for one in merge.release()] == [6]


def test_late_is_what_comes_behind_newer_lines_of_its_group() -> None:
    """Only the same group counts, and streams may be a little out of order."""
    lateness = Lateness()
    lateness.delivered([event(10_000, 1, "a")])
    assert lateness.bound("a") == 8_000
    assert lateness.bound("b") == 0


def test_seen_is_bounded_and_forgets_the_oldest() -> None:
    """Never more than the bound; what is older than all that is known is never taken for new."""
    seen = Seen(0, most=1_000)
    for start in range(0, 10_000, 100):
        events = [event((start + number) * 100, start + number) for number in range(100)]
        assert seen.take_read(events) == events
        assert seen.take_read(events) == []
        assert len(seen) <= 1_100
    assert seen.floor_ms > 0
    assert seen.take_read([event(0, 0)]) == []
    assert seen.since(990_000) == 100


def test_equal_lines_by_both_roads_come_as_often_as_there_are_of_them() -> None:
    """Three equal lines of one millisecond: the live tail brings two, reading all three; three are delivered."""
    seen = Seen(0, live=True)
    same = [event(5, number) for number in range(3)]
    assert len(seen.take_live(same[:2])) == 2
    assert len(seen.take_read(same)) == 1
    assert seen.take_live(same[2:]) == []
    assert seen.take_read(same) == []


def test_one_question_a_group_and_pattern() -> None:
    """Sources of one group are asked for together, by the prefix that they share."""
    services = [TailSource("g", prefix) for prefix in ("backend-api", "backend", "mlflow")]
    assert list(asks_of(services)) == [Ask("g", "")]
    assert list(asks_of(services[:2])) == [Ask("g", "", "backend")]
    assert len(asks_of([TailSource("g", terms=("a",)), TailSource("g"), TailSource("h")])) == 3


def test_terms_are_quoted() -> None:
    """A text is looked for as it is, whatever signs are in it."""
    assert quoted('say "hi" \\') == '"say \\"hi\\" \\\\"'
    assert TailSource("g", terms=("a b", "c")).pattern == '"a b" "c"'
