"""What a text tries to say to the terminal never gets there: a pseudo-terminal's bytes are read for it."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.hostile import payloads
from tests.kit.hostile_app import A_PAGE, PLACES
from tests.kit.terminal import Terminal
from tradai_console.text import plain

pytestmark = pytest.mark.xdist_group("terminal-bytes")  # one drawing of all texts for all of them

ROOT = Path(__file__).resolve().parents[1]
APP = ROOT / "tests" / "kit" / "hostile_app.py"
ESCAPES = re.compile(
    r"\x1b\[(?P<private>[<-?]?)[0-9:;]*(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b(?P<kind>[]P_^X])(?P<string>[^\x07\x1b\x9c]*)(?:\x07|\x1b\\|\x9c)"
    r"|\x1b(?P<short>[ -/]*[0-~])"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f-\x9f])"
    r"|(?P<broken>\x1b)"
)
DRAWING = frozenset({"CSI m", "CSI H", "CSI K", "CSI ?h", "CSI ?l", "control 0d", "control 0a"})
"""How often these come depends on what is drawn, and on timing; all others come as often in every run."""


def draw(texts: list[str], mode: str, folder: Path) -> str:
    """All that the app writes while it draws these texts, decoded."""
    file = folder / f"{mode}.json"
    file.write_text(json.dumps(texts), "utf-8")
    env = {"PYTHONPATH": str(ROOT), "TEXTUAL_ANIMATIONS": "none", "PYTHONUTF8": "1"}
    with Terminal([sys.executable, str(APP), str(file), mode], columns=200, rows=140, env=env) as terminal:
        terminal.wait_for_bytes(b"shown", timeout=20)
        for page in range(-(-len(texts) // A_PAGE)):
            terminal.press("n")
            terminal.wait_for_bytes(f"page {page} shown".encode(), timeout=20)
        terminal.press("q")
        assert terminal.wait_for_exit() == 0
        return terminal.raw.decode("utf-8", "surrogateescape")


def kinds(written: str) -> Counter[str]:
    """Every control and every sequence in the bytes, by its kind, strings with all they say."""
    found: Counter[str] = Counter()
    for match in ESCAPES.finditer(written):
        if match["final"]:
            found[f"CSI {match['private']}{match['between']}{match['final']}"] += 1
        elif match["kind"]:
            found[f"string {match['kind']}{match['string']}"] += 1
        elif match["control"]:
            found[f"control {ord(match['control']):02x}"] += 1
        else:
            found[f"escape {match['short'] or 'broken'}"] += 1
    return found


def never_drawable(written: str) -> set[str]:
    """What is in the drawn text and must be in none: direction marks, invisible and half characters."""
    text = ESCAPES.sub("", written)
    return {f"{ord(c):04X}" for c in set(text) if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bytes")


@pytest.fixture(scope="module")
def hostile() -> list[str]:
    return [f"p{number:03}<{text}>q{number:03}" for number, text in enumerate(payloads())]


@pytest.fixture(scope="module")
def written(hostile: list[str], folder: Path) -> str:
    return draw(hostile, "plain", folder)


def test_there_are_enough_payloads() -> None:
    """Four hundred and more, all different."""
    assert len(set(payloads())) > 400


def test_hostile_texts_write_what_benign_texts_write(written: str, folder: Path) -> None:
    """No control and no sequence comes that calm texts do not bring about, and none more often."""
    calm = kinds(draw([f"calm {number}" for number in range(len(payloads()))], "plain", folder))
    wild = kinds(written)
    assert set(wild) - set(calm) == set()
    assert {kind: wild[kind] for kind in wild if kind not in DRAWING and wild[kind] > calm[kind]} == {}
    assert never_drawable(written) == set()


def test_every_text_is_drawn_whole_in_every_place(written: str, hostile: list[str]) -> None:
    """No text is swallowed by the one before it: each is there as `plain` has it, in all four places."""
    missing = [text for text in hostile if written.count(plain(text)) < PLACES]
    assert missing == []


def test_lines_of_a_log_write_what_benign_lines_write(hostile: list[str], folder: Path) -> None:
    """Messages, streams and groups of hostile events bring no control and no sequence that calm ones do not."""
    calm = kinds(draw([f"calm {number}" for number in range(len(payloads()))], "log", folder))
    written = draw(hostile, "log", folder)
    wild = kinds(written)
    assert set(wild) - set(calm) == set()
    assert {kind: wild[kind] for kind in wild if kind not in DRAWING and wild[kind] > calm[kind]} == {}
    assert never_drawable(written) == set()
    # What is looked for is painted apart: p000 and the rest of its text.
    assert [text for text in hostile if plain(text)[4:] not in written] == []


def test_the_reading_finds_what_comes_through(folder: Path) -> None:
    """The same app without `plain` is caught: questions, clipboard, 8-bit controls and direction marks."""
    unsafe = draw(["a\x1b[6nb", "a\x1b]52;c;aGk=\x1b\\b", "a\x9bb", "a\u202eb"], "raw", folder)
    found = kinds(unsafe)
    assert found["CSI n"] > 0
    assert found["string ]52;c;aGk="] > 0
    assert found["control 9b"] > 0
    assert never_drawable(unsafe) == {"202E"}
