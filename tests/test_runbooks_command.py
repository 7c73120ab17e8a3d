"""`runbooks list`, `show` and `lint`, on the shipped library and on a user's own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.runbook.documents import NATIVE, line_of
from tradai_console.errors import ConsoleError, SettingsError
from tradai_console.runbook.matrix import MATRIX
from tradai_console.runbooks_command import run_runbooks_lint, run_runbooks_list, run_runbooks_show

SHIPPED = sorted({*MATRIX.values(), "general-triage", "log-investigation"})
BROKEN = "# A\n\n## B\n\n### C\n\n```probe\necs.serv service=${SERVICE}\n```\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A user's directory: one runbook more, and one that replaces a shipped one."""
    folder = tmp_path / "books"
    folder.mkdir()
    (folder / "orders.md").write_text(NATIVE.replace("- [Elsewhere](other.md#there)\n", ""))
    (folder / "trading-issues.md").write_text("# Ours\n\n## Section\n\n### Step\n\n- [ ] do\n")
    return folder


def test_list_has_a_line_a_runbook(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its title, the alerts that lead to it, its sections and where it comes from."""
    assert run_runbooks_list() == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == ["RUNBOOK", "TITLE", "ALERTS", "SECTIONS", "ORIGIN"]
    assert [row.split()[0] for row in rows] == SHIPPED
    row = next(row for row in rows if row.startswith("service-recovery"))
    assert "Service recovery " in row
    assert "Service Unhealthy, Lambda Errors" in row
    assert row.split()[-2:] == ["2", "shipped"]


def test_list_fits_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the lines are too long the alerts stand below each other."""
    monkeypatch.setenv("COLUMNS", "100")
    assert run_runbooks_list() == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(any(alert in line for alert in MATRIX) for line in lines) == len(MATRIX)


def test_list_shows_what_is_laid_over(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A user's runbook is there with its directory; the one that it replaces is not."""
    assert run_runbooks_list(runbooks=own, as_json=True) == 0
    books = {book["runbook"]: book for book in json.loads(capsys.readouterr().out)}
    assert sorted(books) == sorted({*SHIPPED, "orders"})
    assert books["orders"] == {
        "runbook": "orders",
        "title": "Orders",
        "alerts": ["Orders Late"],
        "sections": ["orders-late"],
        "origin": str(own),
    }
    assert (books["trading-issues"]["title"], books["trading-issues"]["origin"]) == ("Ours", str(own))
    assert set(books["trading-issues"]["alerts"]) == {"Stale Heartbeat", "Position Stuck"}
    assert books["service-recovery"]["origin"] == "shipped"


def test_a_broken_file_is_mentioned_and_hides_nothing(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The list is there; standard error says that something is wrong, and how to find it."""
    (own / "bad.md").write_text("---\nalerts: 3\n---\n")
    assert run_runbooks_list(runbooks=own) == 0
    printed = capsys.readouterr()
    assert "orders" in printed.out
    assert printed.err.count("\n") == 1
    assert "bad.md" in printed.err
    assert "lint" in printed.err


@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("service-recovery", "lambda-errors"),
        ("Service-Recovery.md", "#Lambda-Errors"),
        ("service-recovery#lambda-errors", None),
        ("runbooks/service-recovery.md#lambda-errors", None),
        ("service-recovery", "Lambda Errors"),
        ("lambda errors", None),
    ],
)
def test_show_one_section(name: str, section: str | None, capsys: pytest.CaptureFixture[str]) -> None:
    """As a person or a link writes it, or by the alert's name: this section and no other."""
    assert run_runbooks_show(name, section) == 0
    text = capsys.readouterr().out
    assert text.startswith("Service recovery\n")
    assert "(#lambda-errors)" in text
    assert "(#service-unhealthy)" not in text


def test_show_the_whole(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every section of it, of the user's file where there is one."""
    assert run_runbooks_show("service-recovery") == 0
    text = capsys.readouterr().out
    assert "(#lambda-errors)" in text
    assert "(#service-unhealthy)" in text
    assert run_runbooks_show("trading-issues", runbooks=own) == 0
    assert capsys.readouterr().out.startswith("Ours\n")


@pytest.mark.parametrize(
    ("name", "section", "words"),
    [
        ("service", None, "no runbook called service; near it: .*service-recovery"),
        ("general_triage", None, "near it: general-triage"),
        ("nat", None, "NAT Instance Down"),
        ("zzz", None, "known: database-operations, .*trading-issues"),
        ("", None, "called nothing; known"),
        (
            "service-recovery",
            "lambda",
            "no section of service-recovery called lambda; near it: lambda-errors",
        ),
        ("service-recovery", "zzz", "known: lambda-errors, service-unhealthy"),
        ("x\x1b[2Jy", None, "no runbook"),
    ],
)
def test_unknown_names_are_one_sentence(name: str, section: str | None, words: str) -> None:
    """With the names that are near, all of them where none is."""
    with pytest.raises(ConsoleError, match=words) as caught:
        run_runbooks_show(name, section)
    assert not {"\n", "\x1b"} & set(str(caught.value))


def test_lint_of_the_shipped_library_is_silent(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing on standard output, exit 0."""
    assert run_runbooks_lint() == 0
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "nothing is wrong" in printed.err


@pytest.mark.parametrize("by_option", [False, True])
def test_lint_names_file_and_line(
    by_option: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`file:line: what is wrong`, the file as it was given, and exit 1; as an argument or as an option."""
    (tmp_path / "books").mkdir()
    (tmp_path / "books" / "a.md").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    folder = Path("books")
    assert (run_runbooks_lint(runbooks=folder) if by_option else run_runbooks_lint(folder)) == 1
    printed = capsys.readouterr()
    assert printed.out == f"books/a.md:{line_of(BROKEN, 'ecs.serv')}: ecs.serv is no probe\n"
    assert printed.err == ""


def test_lint_counts_warnings(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A section that no alert leads to is something, too."""
    orders = own / "orders.md"
    orders.write_text(f"{orders.read_text()}\n## Nobody\n\n### Do\n\n- [ ] it\n")
    assert run_runbooks_lint(own) == 1
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "no alert leads" in line]
    assert line.startswith(f"{orders}:{line_of(orders.read_text(), '## Nobody')}: warning: no alert leads")


def test_lint_says_a_line_a_fault_whatever_is_in_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Names of files and words of documents are shown, never obeyed."""
    (tmp_path / "a\x1b[2J\nb.md").write_text(BROKEN.replace("ecs.serv", "ecs.\u202eserv"))
    assert run_runbooks_lint(tmp_path) == 1
    text = capsys.readouterr().out
    assert text.count("\n") == 1
    assert not {"\x1b", "\u202e"} & set(text)


def test_directories_that_cannot_be_meant(tmp_path: Path) -> None:
    """One that is not there, a file, or two different ones: a sentence."""
    file = tmp_path / "a.md"
    file.write_text(BROKEN)
    for wrong in (tmp_path / "none", file):
        with pytest.raises(SettingsError, match="no such directory"):
            run_runbooks_lint(wrong)
    with pytest.raises(SettingsError, match="two directories"):
        run_runbooks_lint(tmp_path, runbooks=tmp_path / "x")
