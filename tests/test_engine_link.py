"""The engine in a process of its own: its news arrive whole, its jobs are answered, its death is survived."""

from __future__ import annotations

import os
import queue
import signal
from collections.abc import Iterator
from dataclasses import replace

import psutil
import pytest

from tests import sample
from tradai_console.engine_link import EngineLink
from tradai_console.jobs import CheckNow
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import State
from tradai_console.news import EngineFailed, News, SnapshotTaken
from tradai_console.parcels import Delta, Packer, Portion, Unpacker
from tradai_console.settings import Settings

WAIT_S = 60.0
UNREACHABLE = "http://127.0.0.1:9"
"""A port of this machine where nobody listens."""


def through(packer: Packer, unpacker: Unpacker, news: News) -> tuple[list[object], News | None]:
    """What is sent for the news, and what arrives."""
    sent = list(packer.pack(news))
    arrived = [unpacker.unpack(part) for part in sent]
    assert all(part is None for part in arrived[:-1]), "only the last part brings news"
    return sent, arrived[-1]


def test_snapshots_arrive_as_they_were() -> None:
    """Whatever changes between two readings, what arrives equals what was sent."""
    packer, unpacker = Packer(), Unpacker()
    many = tuple(sample.alarm(f"alarm-{number:04}") for number in range(500))
    for items in (
        many,
        many,
        many[::-1],
        (replace(many[3], reason="new"), *many[10:]),
        (),
        many[:1],
        sample.ALARMS,
    ):
        news = SnapshotTaken("alarms", sample.snapshot(items))
        _, arrived = through(packer, unpacker, news)
        assert arrived == news


def test_only_what_changed_is_sent() -> None:
    """Of five hundred alarms of which one changed, one travels; of none, none; new ones travel in portions."""
    packer, unpacker = Packer(), Unpacker()
    many = tuple(sample.alarm(f"alarm-{number:04}") for number in range(500))
    first, _ = through(packer, unpacker, SnapshotTaken("alarms", sample.snapshot(many)))
    assert [len(part.items) for part in first if isinstance(part, Portion)] == [100] * 5
    again, _ = through(packer, unpacker, SnapshotTaken("alarms", sample.snapshot(many, 9)))
    assert [part.places for part in again if isinstance(part, Delta)] == [None]
    reread = tuple(replace(alarm) for alarm in many)
    same, _ = through(packer, unpacker, SnapshotTaken("alarms", sample.snapshot(reread, 9)))
    assert [part.places for part in same if isinstance(part, Delta)] == [None]
    changed = (*many[:7], replace(many[7], reason="new"), *many[8:])
    sent, _ = through(packer, unpacker, SnapshotTaken("alarms", sample.snapshot(changed)))
    assert [part.items for part in sent if isinstance(part, Portion)] == [(changed[7],)]


def test_what_did_not_change_is_the_same_object() -> None:
    """An item that was there before is not made anew: panes tell by identity that nothing has to be done."""
    packer, unpacker = Packer(), Unpacker()
    _, first = through(packer, unpacker, SnapshotTaken("services", sample.snapshot(sample.SERVICES)))
    equal = tuple(replace(service) for service in sample.SERVICES)
    _, second = through(packer, unpacker, SnapshotTaken("services", sample.snapshot(equal)))
    assert isinstance(first, SnapshotTaken)
    assert isinstance(second, SnapshotTaken)
    assert first.snapshot.items is second.snapshot.items


@pytest.fixture
def link(no_keys: None) -> Iterator[tuple[EngineLink, queue.Queue[News]]]:
    """A running engine without credentials, and what it says."""
    heard: queue.Queue[News] = queue.Queue()
    engine = EngineLink(Settings(env="prod", endpoint_url=UNREACHABLE))
    engine.start()
    engine.listen(heard.put)
    yield engine, heard
    engine.stop()


def board_when(heard: queue.Queue[News], *, all_in: State) -> Board:
    """The board as soon as every source is in this state."""
    board = Board()
    while any(getattr(board, name).state is not all_in for name in SOURCES):
        news = heard.get(timeout=WAIT_S)
        if isinstance(news, SnapshotTaken):
            board = board.having(news.source, news.snapshot)
    return board


def test_news_come_over_and_jobs_are_answered(link: tuple[EngineLink, queue.Queue[News]]) -> None:
    """Every source says that nobody has logged in; a job for an incident that is not open gets its sentence."""
    engine, heard = link
    board_when(heard, all_in=State.EXPIRED)
    answers: queue.Queue[tuple[object, str | None]] = queue.Queue()
    engine.ask(CheckNow("nothing"), lambda result, error: answers.put((result, error)))
    result, error = answers.get(timeout=WAIT_S)
    assert result is None
    assert error is not None
    assert "not open" in error


def test_an_engine_that_dies_is_started_again(link: tuple[EngineLink, queue.Queue[News]]) -> None:
    """kill -9 on the engine is said in a sentence; another one takes over and reads again."""
    engine, heard = link
    first = engine.pid
    assert first is not None
    heard.get(timeout=WAIT_S)
    os.kill(first, signal.SIGKILL)
    while not isinstance(news := heard.get(timeout=WAIT_S), EngineFailed):
        pass
    assert "started again" in news.error
    while not isinstance(heard.get(timeout=WAIT_S), SnapshotTaken):
        pass
    assert engine.pid != first


def test_stopping_leaves_no_process(no_keys: None) -> None:
    """After stop the engine's process is gone, and stopping again does nothing."""
    engine = EngineLink(Settings(env="prod", endpoint_url=UNREACHABLE))
    engine.start()
    pid = engine.pid
    assert pid is not None
    engine.listen(lambda _news: None)
    engine.stop()
    engine.stop()
    assert not psutil.pid_exists(pid)
