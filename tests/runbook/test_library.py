"""The shipped runbooks with a user's laid over them."""

from __future__ import annotations

from pathlib import Path

from tests.runbook.documents import NATIVE
from tradai_console.runbook.library import load_library
from tradai_console.runbook.matrix import MATRIX
from tradai_console.runbook.model import Severity

DOCUMENT = "# {title}\n\n## Section\n\n### Step\n\n- [ ] do\n"


def test_shipped_library_answers_the_whole_matrix() -> None:
    """Each of the sixteen alerts leads to the runbook that the matrix names, and to a section with steps."""
    library = load_library()
    assert library.faults == ()
    assert {alert.name: alert.runbook for alert in library.alerts()} == dict(MATRIX)
    for alert in library.alerts():
        section = library.section(alert.runbook, alert.section)
        assert section is not None
        assert section.anchor == alert.section
        assert section.steps
        assert alert.first_response
        assert alert.logs
    ranks = [alert.severity.rank for alert in library.alerts()]
    assert ranks == sorted(ranks)
    assert library.alerts()[0].severity is Severity.CRITICAL
    assert library.find("general-triage.md") is library.find("General-Triage")


def test_user_runbooks_replace_and_add(tmp_path: Path) -> None:
    """The same name replaces, another name adds, and the shipped alerts still lead to what replaced them."""
    (tmp_path / "trading-issues.md").write_text(DOCUMENT.format(title="Ours"))
    (tmp_path / "orders.md").write_text(NATIVE)
    (tmp_path / "README.md").write_text("# not a runbook")
    library = load_library(tmp_path)
    ours = library.find("trading-issues")
    assert ours is not None
    assert (ours.title, ours.shipped) == ("Ours", False)
    stuck = next(alert for alert in library.alerts() if alert.name == "Position Stuck")
    assert (stuck.runbook, stuck.section) == ("trading-issues", None)
    assert library.section(stuck.runbook, stuck.section) is ours.sections[0]
    assert any(alert.name == "Orders Late" for alert in library.alerts())
    assert library.find("readme") is None
    kept = library.find("service-recovery")
    assert kept is not None
    assert kept.shipped


def test_a_broken_file_hides_no_other(tmp_path: Path) -> None:
    """A user's broken file is a fault; the shipped runbook of its name stays."""
    (tmp_path / "trading-issues.md").write_text("---\nalerts: 3\n---\n")
    (tmp_path / "good.md").write_text(DOCUMENT.format(title="Good"))
    library = load_library(tmp_path)
    (fault,) = library.faults
    assert (fault.path.name, fault.line) == ("trading-issues.md", 2)
    found = library.find("trading-issues")
    assert found is not None
    assert found.shipped
    assert library.find("good") is not None


def test_same_stem_twice_is_a_fault(tmp_path: Path) -> None:
    """Two files of one name in one directory: the first counts, the second is named."""
    (tmp_path / "a.markdown").write_text(DOCUMENT.format(title="First"))
    (tmp_path / "a.md").write_text(DOCUMENT.format(title="Second"))
    library = load_library(tmp_path, shipped=None)
    assert [book.title for book in library.runbooks.values()] == ["First"]
    assert "same name" in library.faults[0].message


def test_missing_directory_is_a_fault(tmp_path: Path) -> None:
    """A mistyped directory is said aloud; the shipped runbooks are there."""
    library = load_library(tmp_path / "nowhere")
    assert "cannot be read" in library.faults[0].message
    assert library.find("service-recovery") is not None


def test_reread_brings_changes_and_keeps_the_rest(tmp_path: Path) -> None:
    """Nothing changed: the very same library. An edit, an addition, a removal, a new mode: seen."""
    path = tmp_path / "a.md"
    path.write_text(DOCUMENT.format(title="Old"))
    (tmp_path / "b.md").write_text(DOCUMENT.format(title="B"))
    library = load_library(tmp_path)
    assert library.reread() is library
    path.write_text(DOCUMENT.format(title="New"))
    newer = library.reread()
    assert newer.runbooks["a"].title == "New"
    assert newer.runbooks["b"] is library.runbooks["b"]
    assert newer.runbooks["service-recovery"] is library.runbooks["service-recovery"]
    path.chmod(0o666)
    assert newer.reread().runbooks["a"].untrusted is not None
    path.unlink()
    assert "a" not in newer.reread().runbooks


def test_no_disk_work_at_import() -> None:
    """Importing the engine of runbooks reads no runbook."""
    import subprocess
    import sys

    code = (
        "import builtins, os, sys\n"
        "opened = []\n"
        "sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == 'open' else None)\n"
        "import tradai_console.runbook.library, tradai_console.runbook.match, tradai_console.runbook.lint\n"
        "print([name for name in opened if name.endswith(('.md', '.toml'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
