"""Every kind of planted fault is found, at its own line, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runbook.documents import line_of
from tradai_console.platform import load_platform
from tradai_console.runbook.catalogue import ACTIONS, PROBES
from tradai_console.runbook.library import load_library
from tradai_console.runbook.lint import lint
from tradai_console.runbook.model import Fault

PLATFORM = load_platform("prod")

GOOD = """\
---
title: Orders
alerts:
  - name: Orders Late
    severity: high
    first_response: Look at the queue.
    section: orders-late
    match:
      - alarm: "tradai-{env}-{SERVICE}-late"
    logs:
      - {group: "/ecs/tradai/{env}/services", streams: "{SERVICE}"}
      - {group: "/aws/lambda/tradai-{FUNCTION}-{env}"}
---
# Orders

## Orders Late

See [the other](other.md#there) and [the web](https://example.com/).

### Look at it

```probe
ecs.service service=${SERVICE}
```

### Choose

- [Mend it](#mend-it)
- [Elsewhere](other.md#there)

### Mend it

```action
ecs.scale service=${SERVICE} desired=2
```

```tail
services/${SERVICE}
```

```sh
export COUNT=2
for NAME in a b; do echo "$NAME ${COUNT} ${SERVICE} $HOME ${AWS_REGION}"; done
aws ecs list-tasks --cluster "tradai-${ENV}"
```
"""
OTHER = "# Other\n\n## There\n\n### Do\n\n- [ ] it\n"


def _faults(folder: Path, text: str) -> list[Fault]:
    """The faults of this document beside a good one, without those of alerts that this library lacks."""
    (folder / "orders.md").write_text(text)
    (folder / "other.md").write_text(OTHER)
    library = load_library(folder, shipped=None)
    found = lint(library, PLATFORM, PROBES, ACTIONS)
    return [
        fault for fault in found if not fault.message.startswith(("no runbook has", "the runbook general"))
    ]


def test_a_good_document_has_no_fault(tmp_path: Path) -> None:
    """Lint does not cry wolf."""
    assert _faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "at", "words"),
    [
        pytest.param("ecs.service service", "ecs.servise service", None, "is no probe", id="unknown probe"),
        pytest.param("ecs.scale", "ecs.scael", None, "is no action", id="unknown action"),
        pytest.param(
            "ecs.service service=${SERVICE}",
            "ecs.force_deployment service=${SERVICE}",
            None,
            "changes AWS",
            id="a change inside a probe",
        ),
        pytest.param(
            "ecs.scale service=${SERVICE} desired=2",
            "ecs.tasks service=${SERVICE}",
            None,
            "only reads",
            id="a probe inside an action",
        ),
        pytest.param(
            "ecs.service service=${SERVICE}",
            "ecs.service service=${SERVICE} colour=red",
            None,
            "no argument colour",
            id="unknown argument",
        ),
        pytest.param(
            "ecs.service service=${SERVICE}", "ecs.service", None, "needs the argument", id="missing argument"
        ),
        pytest.param("desired=2", "desired=two", None, "not a value", id="wrong value"),
        pytest.param(
            "ecs.service service=${SERVICE}",
            "ecs.service service=${SERVCE}",
            None,
            "${SERVCE} is no variable",
            id="unknown variable in a probe",
        ),
        pytest.param(
            "tradai-${ENV}", "tradai-${STAGE}", None, "${STAGE} is no variable", id="unknown variable in sh"
        ),
        pytest.param(
            "{env}-{SERVICE}-late",
            "{env}-{SERVIZE}-late",
            None,
            "{SERVIZE} is no variable",
            id="unknown in a rule",
        ),
        pytest.param("(#mend-it)", "(#mend-them)", None, "#mend-them", id="decision target missing"),
        pytest.param("(other.md#there)\n", "(other.md#here)\n", "(other.md#here)\n", "#here", id="other's anchor"),
        pytest.param("(other.md#there) and", "(gone.md) and", None, "gone.md", id="broken link"),
        pytest.param("https://example.com/", "javascript:alert(1)", None, "never opened", id="script link"),
        pytest.param("https://example.com/", "http://example.com/", None, "never opened", id="http link"),
        pytest.param("https://example.com/", "https://a@example.com/", None, "hides", id="user in a link"),
        pytest.param("### Mend it", "### Mend it {#look-at-it}", None, "already", id="doubled anchor"),
        pytest.param(
            "    section: orders-late", "    section: orders-lost", "  - name", "no section", id="alert's section"
        ),
        pytest.param("services/${SERVICE}", "/ecs/elsewhere", None, "no log group", id="log group of a tail"),
        pytest.param(
            "/aws/lambda/tradai-{FUNCTION}-{env}",
            "/aws/lambda/tradai-nothing-{env}",
            None,
            "no log group",
            id="log group of an alert",
        ),
        pytest.param("list-tasks", "list-tasks {{ x }}", "export", "never runs", id="braces in sh"),
        pytest.param(
            "```probe\necs.service service=${SERVICE}\n```",
            "Just look.",
            "### Look",
            "nothing to do",
            id="a step with nothing to do",
        ),
        pytest.param("```probe\necs.service service=${SERVICE}\n", "```probe\n", "```probe", "empty", id="empty"),
        pytest.param("title: Orders", "title: [Orders", None, "broken", id="bad yaml"),
        pytest.param("severity: high", "severity: loud", None, "severity", id="bad head"),
        pytest.param("# Orders\n", "# Orders\n\n## Nobody\n\n### Do\n\n- [ ] it\n", "## Nobody", "no alert leads",
                     id="a section without an alert"),
    ],
)  # fmt: skip
def test_planted_fault(old: str, new: str, at: str | None, words: str, tmp_path: Path) -> None:
    """The fault is found at the line on which it was planted."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    faults = _faults(tmp_path, text)
    line = line_of(text, at or new)
    found = [fault for fault in faults if words in fault.message]
    assert found, faults
    assert [fault.path.name for fault in found] == ["orders.md"] * len(found)
    assert line in {fault.line for fault in found} or words == "broken", (line, found)


def test_alerts_without_a_section_are_named(tmp_path: Path) -> None:
    """A library that lacks alerts of the matrix is told which, and that unmatched alarms lead nowhere."""
    (tmp_path / "orders.md").write_text(GOOD)
    (tmp_path / "other.md").write_text(OTHER)
    found = lint(load_library(tmp_path, shipped=None), PLATFORM, PROBES, ACTIONS)
    assert sum("has a section for the alert" in fault.message for fault in found) == 16
    assert any("general-triage is missing" in fault.message for fault in found)


def test_shipped_library_is_clean() -> None:
    """What we ship has no fault and no warning."""
    assert lint(load_library(), PLATFORM, PROBES, ACTIONS) == ()


def test_foreign_documents_have_warnings_only(tmp_path: Path) -> None:
    """A team's own documents are not scolded for knowing nothing of us."""
    folder = Path(__file__).parent / "data" / "foreign"
    for path in folder.glob("*.md"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "security-incidents.md").write_text("# Security\n\n## A\n\ntext\n")
    faults = lint(load_library(tmp_path), PLATFORM, PROBES, ACTIONS)
    assert [str(fault) for fault in faults if not fault.warning and fault.path.parent == tmp_path] == []


def test_fault_reads_as_file_line_message() -> None:
    """The form that editors and `grep -n` know."""
    assert str(Fault(Path("a.md"), 3, "x")) == "a.md:3: x"
