"""What AWS's own tools publish as outputs is read and drawn without loss."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import awscli
import botocore
import pytest

from tests.workflow.test_events import leaves
from tradai_console.models.execution import Machine
from tradai_console.sources.workflows import parse_execution
from tradai_console.workflow.events import parse_events
from tradai_console.workflow.outline import Marks, Outline
from tradai_console.workflow.rawevents import event_of
from tradai_console.workflow.tree import Tree

MACHINE = Machine("arn:aws:states:eu-central-1:123456789012:stateMachine:m", "m", "m")
FOLDERS = (Path(awscli.__file__).parent / "examples" / "stepfunctions", Path(botocore.__file__).parent)


OPERATIONS = ("get-execution-history", "describe-execution", "list-executions")


@pytest.fixture(scope="module")
def skeletons() -> dict[str, dict[str, Any]]:
    """The output that the `aws` command line itself gives as a pattern, by operation."""
    env = {**{key: value for key, value in os.environ.items() if not key.startswith("AWS_")}, "AWS_PAGER": ""}
    env |= {"AWS_DEFAULT_REGION": "eu-central-1", "AWS_CONFIG_FILE": os.devnull}
    asked = {}
    for name in OPERATIONS:
        given = "--state-machine-arn" if name == "list-executions" else "--execution-arn"
        words = [sys.executable, "-m", "awscli", "stepfunctions", name, given, MACHINE.arn]
        words += ["--generate-cli-skeleton", "output"]
        asked[name] = subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True)
    return {name: json.loads(process.communicate(timeout=60)[0]) for name, process in asked.items()}


def test_the_history_is_shown_whole(skeletons: dict[str, dict[str, Any]]) -> None:
    """The pattern's event carries every structure of details at once: each field of each of them is shown."""
    (raw,) = skeletons["get-execution-history"]["events"]
    (event,) = parse_events([raw])
    tree = Tree()
    tree.add([event])
    shown = event_of(event, [tree])
    rest = {
        key: value for key, value in raw.items() if key not in ("id", "previousEventId", "timestamp", "type")
    }
    first = next(iter(rest))
    wanted = [path.removeprefix(f"{first}.") for path in leaves(rest)]
    assert [path for path, _ in shown.details] == wanted
    assert len(wanted) > 90
    Outline(Marks()).of(tree.roots)


@pytest.mark.parametrize("operation", ["describe-execution", "list-executions"])
def test_an_execution_is_read(skeletons: dict[str, dict[str, Any]], operation: str) -> None:
    """Name, status and ARN come out as they stand; times as the command line prints them are read."""
    answer = skeletons[operation]
    raw = answer["executions"][0] if "executions" in answer else answer
    found = parse_execution(raw, MACHINE)
    assert found is not None
    assert (found.arn, found.name, found.status) == (raw["executionArn"], raw["name"], raw["status"])
    assert found.started_at.year == 1970


def test_examples_that_the_tools_carry_are_read() -> None:
    """Where an installed tool carries examples of histories, each of their events is shown with all that it has."""
    texts = [path.read_text(encoding="utf-8") for path in FOLDERS[0].glob("*.rst")]
    texts += [path.read_text() for path in FOLDERS[1].glob("data/stepfunctions/*/examples-1.json")]
    assert texts, "neither botocore nor the command line has its folder of examples any more"
    for raw in _events_in(texts):
        (event,) = parse_events([raw])
        shown = dict(event_of(event, [Tree()]).details)
        assert len(shown) >= sum(isinstance(value, dict) for value in raw.values())


def _events_in(texts: list[str]) -> list[dict[str, Any]]:
    """Every event of a history that stands in one of the texts, as JSON."""
    found: list[dict[str, Any]] = []
    for text in texts:
        for part in text.split("\n\n"):
            start = part.find("{")
            if start < 0:
                continue
            try:
                value, _ = json.JSONDecoder().raw_decode(part[start:])
            except ValueError:
                continue
            found += _histories(value)
    return found


def _histories(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = [one for one in value.get("events", []) if isinstance(one, dict)]
        return own + [event for inner in value.values() for event in _histories(inner)]
    return [event for inner in value for event in _histories(inner)] if isinstance(value, list) else []
