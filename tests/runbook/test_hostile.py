"""Sixty files that no one should open: refused or harmless, fast, nothing executed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tradai_console.runbook.library import load_library
from tradai_console.runbook.model import Shell

KIB = 1024
CANARY = "{canary}"


def _head(text: str) -> bytes:
    return f"---\n{text}\n---\n# T\n".encode()


def _bomb(depth: int) -> str:
    rows = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    rows += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, depth)]
    return "\n".join(rows)


TAGS = [
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    f"!!python/object/new:os.system ['touch {CANARY}']",
    f"!!python/object/apply:subprocess.check_output [[touch, {CANARY}]]",
    "!!python/name:os.system x",
    "!!python/module:os x",
    "!!python/tuple [1]",
    "!!python/dict {a: b}",
    "!!python/bytes aGk=",
    "!!binary aGk=",
    "!!set {a}",
    "!!omap [a: b]",
    "!custom x",
    "!<tag:example.com,2000:x> x",
    "!!javax.script.ScriptEngineManager [x]",
]

REFUSED: list[tuple[str, bytes]] = [
    *((f"tag {number}", _head(f"title: {tag}")) for number, tag in enumerate(TAGS)),
    *((f"bomb {depth}", _head(_bomb(depth))) for depth in (2, 5, 9, 30)),
    ("anchor to itself", _head("a: &a [*a]")),
    ("merge key", _head("a: &a {b: c}\nd:\n  <<: *a")),
    *((f"deep list {depth}", _head("a: " + "[" * depth)) for depth in (33, 200, 5_000, 60_000)),
    *((f"deep map {depth}", _head("a: " + "{a: " * depth)) for depth in (33, 200, 5_000)),
    ("deep dashes", _head("a:\n  " + "- " * 200 + "x")),
    ("deep indent", _head("\n".join(" " * n + "a:" for n in range(300)))),
    ("many values", _head("\n".join(f"k{n}: v" for n in range(6_000)))),
    ("long head", _head("title: " + "x" * (70 * KIB))),
    ("key is a list", _head("? [a, b]\n: c")),
    ("tabs", _head("title:\n\t- x")),
    ("half a character", b"# T \xff\xfe\n"),
    ("utf-16", "# Title".encode("utf-16")),
    ("zero byte", b"# T\x00\n"),
    ("escape", b"# \x1b]52;c;aGk=\x07\n"),
    ("an executable", b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 40),
    ("gzip", b"\x1f\x8b\x08\x00" + bytes(range(256)) * 40),
    ("too large", b"# T\n" + b"x\n" * (600 * KIB)),
    ("one byte too large", b"#" * (1024 * KIB + 1)),
    ("long line", b"# T\n" + b"x" * (17 * KIB)),
    ("long line of brackets", b"[" * (64 * KIB)),
    ("many lines", b"\n" * 30_000),
    ("deep quotes", b">" * 40 + b" x"),
    ("deep quotes with spaces", b"> " * 4_000),
    ("deep lists", b"- " * 100 + b"x"),
    ("deep numbers", b"1. " * 100 + b"x"),
    ("mixed nesting", b"> - 1. " * 30 + b"x"),
]

HARMLESS: list[tuple[str, bytes]] = [
    ("empty", b""),
    ("only a byte order mark", b"\xef\xbb\xbf"),
    ("open head", b"---\ntitle: x\n"),
    ("open fence", b"## A\n```sh\nrm -rf /\n"),
    ("brackets", (b"[" * 4_000 + b"\n") * 20),
    ("half links", (b"[a](" * 2_000 + b"\n\n") * 10),
    ("stars", (b"*a **b " * 1_000 + b"\n\n") * 20),
    ("backticks", b"\n\n".join(b"`" * n for n in range(1, 900))),
    ("rows", b"| a | b |\n|---|---|\n" + b"| x | y |\n" * 5_000),
    ("rules of references", b"\n".join(b"[r%d]: <" % n for n in range(3_000))),
    ("list that goes on", b"\n".join(b" " * (2 * (n % 14)) + b"- x" for n in range(5_000))),
    ("quotes by turns", b"\n".join(b"> " * (n % 30) + b"x" for n in range(2_000))),
    ("lazy quotes", b"> " * 30 + b"x\n" + b"y\n" * 5_000),
    ("html that stays open", b"<div>\n" * 5_000),
    ("headings", b"\n".join(b"## same" for _ in range(5_000))),
    ("boxes in boxes", b"\n".join(b"    " * n + b'!!! note "x"' for n in range(25))),
    ("prompt in the name", b"## A\n\n1. $(touch {canary})\n\n```sh\n$(touch {canary})\n```\n"),
]


def test_there_are_sixty() -> None:
    """The promise says sixty files."""
    assert len(REFUSED) + len(HARMLESS) >= 60


@pytest.mark.parametrize(("name", "data"), REFUSED, ids=[name for name, _ in REFUSED])
def test_refused_at_once(name: str, data: bytes, tmp_path: Path) -> None:
    """A hostile file is a fault with its path and line at once; its neighbour opens; nothing runs."""
    _check(data, tmp_path, opens=False)


@pytest.mark.parametrize(("name", "data"), HARMLESS, ids=[name for name, _ in HARMLESS])
def test_harmless_in_bounded_time(name: str, data: bytes, tmp_path: Path) -> None:
    """An odd file opens, or is refused, in bounded time, and runs nothing."""
    _check(data, tmp_path, opens=True)


def _check(data: bytes, folder: Path, *, opens: bool) -> None:
    canary = folder / "canary"
    (folder / "hostile.md").write_bytes(data.replace(CANARY.encode(), str(canary).encode()))
    (folder / "good.md").write_text("## A\n\n### Do it\n\n- [ ] now\n")
    began = time.process_time()
    library = load_library(folder, shipped=None)
    took = time.process_time() - began
    assert library.find("good") is not None
    assert not canary.exists()
    assert took < 5.0, took  # alone it is 0.2; what does not end is what must not be
    if opens:
        return
    assert library.find("hostile") is None
    (fault,) = library.faults
    assert (fault.path, fault.line >= 1) == (folder / "hostile.md", True)


def test_files_that_are_none(tmp_path: Path) -> None:
    """A pipe, a directory and a dangling link with the ending of a document do not hold anything up."""
    import os

    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "dangling.md").symlink_to(tmp_path / "nowhere")
    (tmp_path / "good.md").write_text("## A\n\n### B\n\n```sh\ntrue\n```\n")
    library = load_library(tmp_path, shipped=None)
    assert sorted(fault.path.name for fault in library.faults) == ["dangling.md", "folder.md", "pipe.md"]
    assert list(library.runbooks) == ["good"]


@pytest.mark.parametrize(("mode", "trusted"), [(0o644, True), (0o600, True), (0o664, False), (0o646, False)])
def test_commands_of_files_that_others_can_write(mode: int, trusted: bool, tmp_path: Path) -> None:
    """A user's file that a group or everyone can write opens, but its commands are barred from running."""
    path = tmp_path / "mine.md"
    path.write_text("## A\n\n### B\n\n```sh\ntrue\n```\n")
    path.chmod(mode)
    book = load_library(tmp_path, shipped=None).find("mine")
    assert book is not None
    assert (book.untrusted is None) is trusted
    assert book.sections[0].steps[0].of(Shell)[0].text == "true"
