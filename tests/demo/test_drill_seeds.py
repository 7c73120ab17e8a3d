"""A drill of a kind is no replay: another seed is another night, and the same seed is the same to the line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import empty_moto
from tradai_console.demo import behaviour, drills
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.cast import draw_cast
from tradai_console.demo.server import serve_in_thread
from tradai_console.demo.story import Story
from tradai_console.demo.story.stage import Stream
from tradai_console.demo.world import build
from tradai_console.runbook.library import load_library

BEGAN = 1_767_236_400.0
"""The stamp at which each of these nights begins."""

WATCHED_S = 18.0

KINDS = {drills.find(name).alert: name for name in reversed(drills.names())}
"""One drill of each kind."""

pytestmark = pytest.mark.xdist_group("demo-drill-seeds")


@dataclass(frozen=True)
class Opening:
    """The first half minute of a drill."""

    tasks: dict[str, tuple[str, ...]]
    lines: list[tuple[float, Stream, str]]
    """Stamp, stream and text, in the order in which they were written."""


Night = dict[str, Opening]


def night(url: str, seed: int) -> Night:
    """The platform of this seed, and on it the beginning of one drill of each kind."""
    behaviour.install(Clock(running=False, start=BEGAN))
    empty_moto(url)
    build(url, env="prod", seed=seed)
    story = Story(url, env="prod", seed=seed, hushed=True)
    written: list[tuple[float, Stream, str]] = []
    say = story.stage.say

    def overhear(stream: Stream, line: str, at: float) -> None:
        written.append((round(at, 3), stream, line))
        say(stream, line, at)

    setattr(story.stage, "say", overhear)  # noqa: B010 - mypy holds methods to be constant
    found = {}
    for kind, name in KINDS.items():
        written.clear()
        drills.begin(name, story)
        story.step(WATCHED_S)
        found[kind] = Opening(dict(story.facts.tasks), list(written))
    story.stop()
    return found


@pytest.fixture(scope="module")
def nights() -> Iterator[tuple[Night, Night, Night]]:
    url, stop = serve_in_thread(Clock(running=False, start=BEGAN))
    yield night(url, 5), night(url, 5), night(url, 6)
    stop()


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_same_seed_is_the_same_night(nights: tuple[Night, Night, Night], kind: str) -> None:
    """Tasks by their ids, lines to the millisecond."""
    one, again, _ = nights
    assert again[kind] == one[kind]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_another_seed_is_another_night(nights: tuple[Night, Night, Night], kind: str) -> None:
    """No task has the same id; something is written, at other times, in other words."""
    one, _, other = nights[0][kind], nights[1], nights[2][kind]
    ids = [{task for tasks in opening.tasks.values() for task in tasks} for opening in (one, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    assert {at for at, _, _ in one.lines} != {at for at, _, _ in other.lines}
    assert len({text for _, _, text in one.lines} & {text for _, _, text in other.lines}) < len(one.lines) / 2


def test_every_kind_of_the_matrix_is_here() -> None:
    """Sixteen, and no other."""
    assert set(KINDS) == {alert.name for alert in load_library().alerts()}


@pytest.mark.parametrize("name", drills.names())
def test_what_is_ill_comes_from_the_seed(name: str) -> None:
    """Which service, strategy, model or key, and whose hand it was: twelve seeds draw it again the same, and not all alike."""
    found = drills.find(name)
    drawn: list[Any] = [found.drawn(draw_cast("prod", seed)) for seed in range(12)]
    assert drawn == [found.drawn(draw_cast("prod", seed)) for seed in range(12)]
    if len(drawn[0]) > 1:  # more than the environment's name
        assert any(one != drawn[0] for one in drawn)
