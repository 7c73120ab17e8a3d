"""The documents say what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.readme import README, renewed

ROOT = README.parent


def test_readme_tables_are_the_programs_own() -> None:
    """Every action and every setting stands in the README as it is."""
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "write them anew: python -m tests.readme"


def test_readme_opens_with_the_two_commands() -> None:
    """The first thing a reader sees is how to run it and how to test it."""
    head = README.read_text(encoding="utf-8").splitlines()[:6]
    assert any(line.startswith("make demo") for line in head)
    assert any(line.startswith("make test") for line in head)


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name: str) -> None:
    """A link to a file of the project leads to a file that is there."""
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [
        target for target in targets if target and "://" not in target and not (ROOT / target).exists()
    ]
    assert not missing


def test_every_command_is_in_the_readme() -> None:
    """Each command of the command line has its row."""
    from tradai_console.cli import cli

    text = README.read_text(encoding="utf-8")
    names = [
        command.name or (command.callback.__name__ if command.callback else "")
        for command in cli.registered_commands
    ]
    assert names
    assert [name for name in names if f"tradai-console {name}" not in text] == []


def test_paths_and_hosts_of_a_machine_are_in_no_file() -> None:
    """Nothing that is shipped holds an absolute path of the machine it was written on."""
    home = str(Path(__file__).resolve().parent.parent)
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/*"),
        *ROOT.glob("*.toml"),
        *ROOT.glob("*.txt"),
        ROOT / "Makefile",
    ):
        if path.is_file():
            assert home not in path.read_text(encoding="utf-8"), path
