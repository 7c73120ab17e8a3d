"""docs/runbooks.md says what the console does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.runbook.guide import GUIDE, renewed
from tradai_console.platform import load_platform
from tradai_console.runbook.catalogue import ACTIONS, PROBES
from tradai_console.runbook.fences import OURS
from tradai_console.runbook.frontmatter import _Alert, _Message, _Metric
from tradai_console.runbook.library import load_library
from tradai_console.runbook.lint import lint
from tradai_console.runbook.match import match_message, match_name
from tradai_console.runbook.variables import PATTERNS

TEXT = GUIDE.read_text(encoding="utf-8")
PLATFORM = load_platform("prod")
ONLY_WRITTEN = {"TEXT", "NUMBER", "YES_NO", "JOB_STATUS", "LEVEL"}
"""Kinds of arguments that no alert and nobody fills in."""


def test_tables_are_the_catalogues_own() -> None:
    """Every probe and every action stands there as the console knows it."""
    assert renewed(TEXT) == TEXT, "write them anew: python -m tests.runbook.guide"
    for usage in (*PROBES.values(), *ACTIONS.values()):
        assert f"| `{usage.usage}` | {usage.about} |" in TEXT


def test_the_example_is_a_good_runbook(tmp_path: Path) -> None:
    """What a reader copies is led to as it says, and lint finds nothing wrong in it."""
    (example,) = re.findall(r"^````markdown\n(.*?)^````$", TEXT, re.S | re.M)
    (tmp_path / "order-delays.md").write_text(example, encoding="utf-8")
    library = load_library(tmp_path)
    assert [str(fault) for fault in lint(library, PLATFORM, PROBES, ACTIONS)] == []
    book = library.runbooks["order-delays"]
    blocks = {type(block).__name__ for _, step in book.steps() for block in step.blocks}
    assert {"Probe", "Action", "Tail", "Decision", "Tick"} <= blocks
    rules = library.alerts()
    found = match_name("tradai-prod-mlflow-orders-late", rules, "prod", platform=PLATFORM)
    assert (found.alert, dict(found.variables)) == ("Orders Late", {"SERVICE": "mlflow"})
    assert match_message("Orders", "they are delayed", None, rules).alert == "Orders Late"
    assert not match_message("Orders", "they are delayed as planned", None, rules).matched


@pytest.mark.parametrize("model", [_Alert, _Metric, _Message])
def test_every_key_of_the_head_is_explained(model: type[_Alert | _Metric | _Message]) -> None:
    """Each key has its row."""
    rows = [line.split(" | ")[0] for line in TEXT.splitlines() if line.startswith("| `")]
    for key in model.model_fields:
        assert any(f"`{key}`" in row for row in rows), key


def test_every_variable_and_block_is_explained() -> None:
    """Each variable has its row, none that is unknown does; each block of ours has one."""
    part = TEXT.partition("## Variables")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([A-Z_]+)` \|", part, re.M)) == set(PATTERNS) - ONLY_WRITTEN
    for block in (*OURS, "sh"):
        assert f"| `{block}` |" in TEXT


def test_links_lead_somewhere() -> None:
    """A link to a file of the project leads to a file that is there."""
    outside = re.sub(r"^````markdown\n.*?^````$", "", TEXT, flags=re.S | re.M)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", outside)]
    for target in filter(None, targets):
        assert "://" in target or (GUIDE.parent / target).exists(), target
