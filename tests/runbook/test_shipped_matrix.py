"""runbooks/README.md and the runbooks' heads say the same, word for word."""

from __future__ import annotations

import re

import pytest

from tradai_console.paths import SHIPPED_RUNBOOKS
from tradai_console.runbook.frontmatter import _Alert, _Match, _Message, _Metric
from tradai_console.runbook.library import load_library
from tradai_console.runbook.matrix import MATRIX
from tradai_console.runbook.model import Severity
from tradai_console.runbook.parse import parse_runbook
from tradai_console.runbook.variables import PATTERNS

README = SHIPPED_RUNBOOKS / "README.md"
TEXT = README.read_text(encoding="utf-8")
LIBRARY = load_library()

PLATFORMS_OWN = [
    ("Service Unhealthy", "high", "service-recovery"),
    ("Lambda Errors", "medium", "service-recovery"),
    ("Model Drift Detected", "medium", "model-drift-response"),
    ("Significant Drift", "high", "model-drift-response"),
    ("Stale Heartbeat", "high", "trading-issues"),
    ("Position Stuck", "critical", "trading-issues"),
    ("NAT Instance Down", "high", "infrastructure-issues"),
    ("RDS Connectivity", "high", "infrastructure-issues"),
    ("Database Failover", "high", "database-operations"),
    ("Connection Pool Exhausted", "high", "database-operations"),
    ("Credential Exposure", "critical", "security-incidents"),
    ("Unauthorized Access", "critical", "security-incidents"),
    ("High API Latency", "medium", "performance-degradation"),
    ("ECS Memory High", "medium", "performance-degradation"),
    ("Lambda Timeouts", "medium", "performance-degradation"),
    ("Workflow Stuck/Failed", "high", "debug-workflows"),
]
"""The platform's response matrix: alert, severity, runbook, in its order."""


def _rows() -> list[list[str]]:
    part = TEXT.partition("## Alert response matrix")[2].partition("\n## ")[0]
    rows = [line for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row.strip("|").split(" | ")] for row in rows[2:]]


def test_the_sixteen_of_the_platform_are_all_there() -> None:
    """Alert, severity and runbook are the platform's, in its order; the lint knows the same sixteen."""
    shown = [(row[0], row[1], row[3]) for row in _rows()]
    named = [
        (alert, severity, re.sub(r"\[.*\]\((.*)\.md#.*\)", r"\1", link)) for alert, severity, link in shown
    ]
    assert named == PLATFORMS_OWN
    assert list(MATRIX.items()) == [(alert, runbook) for alert, _, runbook in PLATFORMS_OWN]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row[0])
def test_the_matrix_says_what_the_head_says(row: list[str]) -> None:
    """Name, severity, first response, runbook and section of each row are those of the runbook's head."""
    name, severity, first_response, link = row
    (alert,) = [alert for alert in LIBRARY.alerts() if alert.name == name]
    book = LIBRARY.runbooks[alert.runbook]
    assert (alert.severity, alert.first_response) == (Severity(severity), first_response)
    assert link == f"[{book.title}]({alert.runbook}.md#{alert.section})"
    section = book.section(alert.section)
    assert section is not None
    assert section.steps


def test_links_of_the_readme_lead_somewhere() -> None:
    """Each link to a runbook leads to a file and an anchor that are there, and every runbook is linked."""
    targets = [link.target for link in parse_runbook(TEXT.encode(), README).links if "://" not in link.target]
    assert len(targets) > len(MATRIX)
    for target in targets:
        path, _, anchor = target.partition("#")
        book = LIBRARY.find(path)
        assert book is not None, target
        assert not anchor or anchor in dict(book.anchors), target
    assert {target.partition(".md")[0] for target in targets} == set(LIBRARY.runbooks)


def test_the_readme_names_every_key_and_variable() -> None:
    """Whoever writes a runbook finds each key of the head, and each variable that an alert may fill."""
    guide = TEXT.partition("## How to write a runbook")[2]
    for model in (_Match, _Message, _Metric):
        for key in model.model_fields:
            assert re.search(rf"`{key}:?`", guide), key
    assert {"name", "severity"} < set(_Alert.model_fields)
    for name in list(PATTERNS)[: list(PATTERNS).index("TASK")]:
        assert f"`{name}`" in TEXT or name == "ALARM", name
