"""The terminal of the tests shows, sends and ends what it says."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.kit.terminal import Terminal

ECHO = """
import os, sys, shutil, termios, tty
tty.setraw(0)
print("ready", flush=True)
while True:
    typed = os.read(0, 64)
    if typed == b"s":
        print("size", *shutil.get_terminal_size(), flush=True)
    elif typed == b"q":
        sys.exit(7)
    elif typed == b"?":
        sys.stdout.write("\\x1b[6n"); sys.stdout.flush()
    else:
        print("typed", typed.hex(), flush=True)
"""


def test_keys_reach_the_program_and_its_screen_is_read() -> None:
    """Named keys arrive as a terminal sends them, and what is drawn can be waited for."""
    with Terminal([sys.executable, "-c", ECHO]) as terminal:
        terminal.wait_for("ready")
        terminal.press("<down>")
        terminal.wait_for("typed 1b5b42")
        terminal.press("q")
        assert terminal.wait_for_exit() == 7


def test_the_program_knows_the_size_and_its_change() -> None:
    """The size given at the start, and another one after `resize`."""
    with Terminal(
        [sys.executable, "-c", ECHO], columns=100, rows=30, env={"COLUMNS": "", "LINES": ""}
    ) as terminal:
        terminal.wait_for("ready")
        terminal.press("s")
        terminal.wait_for("size 100 30")
        terminal.resize(60, 16)
        terminal.press("s")
        terminal.wait_for("size 60 16")


@pytest.mark.parametrize(("answers", "sent"), [({}, []), ({b"\x1b[6n": b"\x1b[1;1R"}, [b"\x1b[1;1R"])])
def test_queries_are_answered_only_if_asked_for(answers: dict[bytes, bytes], sent: list[bytes]) -> None:
    """A program's question to the terminal stays open, unless the test says what to answer."""
    with Terminal([sys.executable, "-c", ECHO], answers=answers) as terminal:
        terminal.wait_for("ready")
        terminal.press("?")
        terminal.wait_for_bytes(b"\x1b[6n")
        if sent:
            terminal.wait_for("typed 1b5b313b3152")
        assert terminal.sent == sent
        assert ("typed" in terminal.text) is bool(sent)


def test_what_does_not_come_fails_with_the_screen() -> None:
    """A wait that ends in nothing says what was on the screen instead."""
    with Terminal([sys.executable, "-c", ECHO]) as terminal:
        terminal.wait_for("ready")
        with pytest.raises(AssertionError, match="ready"):
            terminal.wait_for("never drawn", timeout=0.2)


def test_close_ends_the_whole_process_group(tmp_path: Path) -> None:
    """A child that ignores the polite signal is gone too once the terminal is closed."""
    script = (
        "trap '' TERM; (trap '' TERM; echo $BASHPID > child; while :; do sleep 0.05; done) & echo up; wait"
    )
    terminal = Terminal(["bash", "-c", script], cwd=tmp_path)
    terminal.wait_for("up")
    terminal.wait_for(lambda _: (tmp_path / "child").exists() and (tmp_path / "child").read_text() != "")
    child = int((tmp_path / "child").read_text())
    terminal.close()
    assert terminal.process.poll() is not None
    end = time.monotonic() + 3
    while _alive(child):
        assert time.monotonic() < end
        time.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z" and Path(f"/proc/{pid}").exists()
