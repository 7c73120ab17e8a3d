"""A new alert beyond the screen: the bytes that ring, title the window and put a note on the desktop, read from a terminal."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from screens.notices import note_sequence, title_sequence
from tests.kit.hostile import payloads
from tests.kit.terminal import Terminal

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "tests" / "kit" / "notices_app.py"
STRING = re.compile(r"\x1b\](?P<number>\d+);(?P<said>[^\x1b\x07\x9c]*)(?P<end>\x1b\\|\x07|\x9c)")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
ALL_ON = {"bell": True, "title": True, "desktop": True}


def told(texts: list[str], notices: dict[str, bool], folder: Path, **environ: str) -> str:
    """All that the console writes while it hears of these alerts."""
    file = folder / "given.json"
    file.write_text(json.dumps({"texts": texts, "notices": notices}), "utf-8")
    env = {
        "PYTHONPATH": str(ROOT),
        "TEXTUAL_ANIMATIONS": "none",
        "PYTHONUTF8": "1",
        "TERM": "xterm-256color",
        **environ,
    }
    with Terminal([sys.executable, str(APP), str(file)], columns=120, rows=40, env=env) as terminal:
        terminal.wait_for_bytes(b"Alerts", timeout=30)
        for number in range(len(texts)):
            terminal.press("n")
            terminal.wait_for_bytes(f"told {number};".encode(), timeout=30)
        terminal.press("<ctrl+q>")
        assert terminal.wait_for_exit() == 0
        return terminal.raw.decode("utf-8", "surrogateescape")


def strings(written: str) -> list[tuple[str, str]]:
    """Every OSC string: its number and what it says."""
    return [(match["number"], match["said"]) for match in STRING.finditer(written)]


def test_new_alert_titles_notes_and_rings(tmp_path: Path) -> None:
    """Title, note and bell once for each; the title that was there comes back at the end."""
    written = told(["Position Stuck", "Stale Heartbeat"], ALL_ON, tmp_path)
    found = strings(written)
    assert ("2", "TradAI prod: 1 firing: Position Stuck") in found
    assert [said for number, said in found if number == "9"] == [
        "TradAI prod: critical: Position Stuck Position Stuck",
        "TradAI prod: critical: Stale Heartbeat Stale Heartbeat",
    ]
    assert STRING.sub("", written).count("\x07") == 2
    assert written.count("\x1b[22;2t") == 1
    assert written.index("\x1b[23;2t") > written.index("Stale Heartbeat")


@pytest.mark.parametrize("off", ["bell", "title", "desktop"])
def test_each_can_be_switched_off(off: str, tmp_path: Path) -> None:
    """What is switched off writes not a byte, and the other two stay."""
    written = told(["Position Stuck"], {**ALL_ON, off: False}, tmp_path)
    numbers = {number for number, _ in strings(written)}
    assert ("2" in numbers) is (off != "title")
    assert ("9" in numbers) is (off != "desktop")
    assert ("\x07" in STRING.sub("", written)) is (off != "bell")
    assert ("\x1b[22;2t" in written) is (off != "title")


def test_hostile_alerts_say_nothing_to_the_terminal(tmp_path: Path) -> None:
    """No byte of the alert ends the string, begins another or stands in it as a control; all stay short."""
    calm = {number for number, _ in strings(told(["calm"], ALL_ON, tmp_path))}
    texts = [f"a{payload}b" for payload in payloads()[::16]]
    found = strings(told(texts, ALL_ON, tmp_path))
    assert {number for number, _ in found} <= calm
    assert len([number for number, _ in found if number == "9"]) == len(texts)
    assert not [said for _, said in found if CONTROL.search(said) or len(said) > 400]


def test_every_payload_in_every_sequence() -> None:
    """Whatever the words: one string, ended where we end it."""
    for text in payloads():
        for sequence in (
            title_sequence(text),
            note_sequence(text, text, {}),
            note_sequence(text, text, {"TERM": "foot"}),
        ):
            assert sequence.startswith("\x1b]")
            assert sequence.endswith("\x1b\\")
            assert not CONTROL.search(sequence[2:-2]), repr(text)
        wrapped = note_sequence(text, text, {"TMUX": "x"})
        assert wrapped.startswith("\x1bPtmux;\x1b\x1b]9;")
        assert not CONTROL.search(
            wrapped.removeprefix("\x1bPtmux;\x1b\x1b]").removesuffix("\x1b\x1b\\\x1b\\")
        ), repr(text)


def test_a_note_is_no_command() -> None:
    """OSC 9 with a number in front is progress or a sleep to some terminals; a semicolon parts title and words."""
    assert note_sequence("4;3", "x", {}).startswith("\x1b]9;· 4;3: x")
    assert note_sequence("a;b", "c;d", {"VTE_VERSION": "7600"}) == "\x1b]777;notify;a,b;c,d\x1b\\"
