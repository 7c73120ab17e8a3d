"""Ids as texts: what mentions one, what leads on, and how CloudWatch is asked."""

from __future__ import annotations

import pytest

from tradai_console.trail.ids import MOST_PATTERN, in_logs, leads_on, mentions, patterns

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-0123456789ab"
TASK = "arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/17cedd2d2e944d759945974a59b90119"


@pytest.mark.parametrize(
    ("text", "value", "held"),
    [
        pytest.param("job_id=bt-12 done", "bt-12", True, id="a word"),
        pytest.param('{"job_id":"bt-12"}', "bt-12", True, id="in JSON"),
        pytest.param(f"started {EXECUTION}", "bt-0123456789ab", True, id="at the end of an ARN"),
        pytest.param("results/bt-12_trades.json", "bt-12", True, id="before another word"),
        pytest.param("job_id=bt-123", "bt-12", False, id="a longer number"),
        pytest.param("job_id=bt-12-3", "bt-12", False, id="a longer name"),
        pytest.param("job_id=x-bt-12", "bt-12", False, id="the end of another name"),
        pytest.param("bt-123 and bt-12", "bt-12", True, id="both"),
        pytest.param('said "a\\b" aloud', '"a\\b"', True, id="signs"),
        pytest.param("a.c", "a.c", True, id="a dot is a dot"),
        pytest.param("abc", "a.c", False, id="and nothing else"),
    ],
)
def test_what_mentions_an_id(text: str, value: str, held: bool) -> None:
    """The whole of it, wherever it stands, and no part of a longer one."""
    assert mentions(text, value) is held


@pytest.mark.parametrize(
    ("value", "leads"),
    [
        ("848f533d-fb94-4ebe-a7cc-27ed5c000536", True),
        ("bt-0123456789ab", True),
        (EXECUTION, True),
        ("retrain-pascalstrategy-1795766315", True),
        ("PascalStrategy", False),
        ("default", False),
        ("12", False),
        ("v3", False),
        ("a b 1 c d e f", False),
    ],
)
def test_what_leads_on(value: str, leads: bool) -> None:
    """What a machine has made up; a word, a stage or a number belongs to everybody."""
    assert leads_on(value) is leads


def test_how_logs_name_it() -> None:
    """An ARN by its last part; anything else as it stands."""
    assert in_logs(EXECUTION) == "bt-0123456789ab"
    assert in_logs(TASK) == "17cedd2d2e944d759945974a59b90119"
    assert in_logs("a/b:c") == "a/b:c"


def test_patterns_are_few_and_within_the_limit() -> None:
    """One term alone is needed; several are alternatives, in as many patterns as the limit makes; all ids are in one."""
    assert [*patterns(["bt-1"])] == [('"bt-1"', ("bt-1",))]
    assert [*patterns(["a", 'b"c\\'])] == [('?"a" ?"b\\"c\\\\"', ("a", 'b"c\\'))]
    many = [f"848f533d-fb94-4ebe-a7cc-{number:012x}" for number in range(60)]
    found = [*patterns(many)]
    assert [value for _, values in found for value in values] == many
    assert len(found) == 3
    assert all(len(pattern) <= MOST_PATTERN + 20 for pattern, _ in found)
    assert [*patterns(["x" * 1_100])] == [("", ("x" * 1_100,))]
