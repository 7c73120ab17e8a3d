"""What may stand for a variable, and what is kept out of every command."""

from __future__ import annotations

import pytest

from tradai_console.runbook.catalogue import ACTIONS, ARGUMENTS, PROBES
from tradai_console.runbook.variables import ALIASES, PATTERNS, SURROUNDINGS, accepts

GOOD = [
    ("SERVICE", "backend-api"),
    ("FUNCTION", "trading-heartbeat-check"),
    ("STRATEGY_ID", "PascalStrategy"),
    ("STRATEGY_ID", "pascal.v2:live-1"),
    ("MODEL_NAME", "RadStrategy_2"),
    ("DB_INSTANCE", "tradai-prod"),
    ("NAT_INSTANCE_ID", "i-0123456789abcdef0"),
    ("MACHINE", "retraining"),
    ("EXECUTION", "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-1_a"),
    ("EXECUTION", "6f1c9d3e-0000-4000-8000-000000000000"),
    ("JOB_ID", "bt-20260101-abc"),
    ("ALARM", "tradai-prod-nat-unhealthy"),
    ("ALARM", "Orders are late (desk 3)"),
    ("ENV", "prod"),
    ("REGION", "eu-central-1"),
    ("REGION", "us-gov-west-1"),
    ("ACCOUNT", "123456789012"),
    ("CLUSTER", "tradai-prod"),
    ("TASK", "arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/0123456789abcdef0123456789abcdef"),
    ("TASK_DEFINITION", "tradai-backend-api-prod:41"),
    ("QUEUE", "tradai-backtest-dlq.fifo"),
    ("SECRET", "tradai/prod/exchange-keys"),
    ("ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
]

PAYLOADS = [
    "", " ", "-x", "--profile", "-", "@file", "@/etc/passwd", "file:///etc/passwd", "file://x", "fileb://x",
    "file:x", "a\nb", "a\n", "\na", "a\x00b", "a\rb", "a\x1b[0m", "a\x7f", "a\u2028b", "a\u202eb", "a;b;c",
    "$(id)", "`id`", "${HOME}", "a|b", "a&b", "a>b", "a<b", "a'b", 'a"b', "a\\b", "a b", "a*b", "a?b", "[a]", "{a,b}",
    "!a", "#a", "~a", "=a", "%0a", "a" * 10_000, "ä", "а", "１２", "a\tb",
]  # fmt: skip
"""What an attacker, or an accident, could put into the name of an alarm."""


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_real_values_are_accepted(name: str, value: str) -> None:
    """Names as the platform makes them pass."""
    assert accepts(name, value)


@pytest.mark.parametrize("name", sorted(set(PATTERNS) - {"TEXT", "ALARM"}))
def test_payloads_are_refused_for_every_variable(name: str) -> None:
    """No value that a shell, the AWS command line or a terminal could take for more than a name passes."""
    passed = [value for value in PAYLOADS if accepts(name, value)]
    assert passed == []


@pytest.mark.parametrize("name", ["TEXT", "ALARM"])
def test_free_text_is_one_line_and_no_option_or_file(name: str) -> None:
    """Free text may have spaces and signs; it is no option, no file, and has no control characters."""
    never = [value for value in PAYLOADS if value.startswith(("-", "@", "file")) or not value.isprintable()]
    assert [value for value in never if value != "ä" and accepts(name, value)] == []
    assert accepts(name, "Task timed out")


def test_unknown_variable_accepts_nothing() -> None:
    """A variable without a pattern can never be filled."""
    assert not accepts("NOTHING", "a")


def test_catalogue_is_whole() -> None:
    """Every argument has a kind, every default fits it, no name is both a probe and an action."""
    assert not PROBES.keys() & ACTIONS.keys()
    for spec in (*PROBES.values(), *ACTIONS.values()):
        assert spec.about.endswith((".", "?")), spec.name
        assert {ARGUMENTS[argument] for argument in spec.arguments} <= PATTERNS.keys(), spec.name
        assert all(accepts(ARGUMENTS[name], value) for name, value in spec.defaults.items()), spec.name
        assert len(set(spec.arguments)) == len(spec.arguments), spec.name
    assert set(ALIASES.values()) <= PATTERNS.keys()
    assert PATTERNS.keys() >= SURROUNDINGS
    assert PROBES["logs.search"].usage == (
        "logs.search text=... [service=...] [function=...] [group=...] [minutes=30] [limit=50]"
    )
