"""Variables become arguments and environment, and never anything more."""

from __future__ import annotations

import pytest

from tradai_console.runbook.arguments import fill, with_aliases
from tradai_console.runbook.catalogue import ACTIONS, PROBES

PAYLOADS = ["a;b", "$(id)", "-x", "@f", "file:x", "a\nb", "a b", "'", "${SERVICE}"]


def test_arguments_are_filled() -> None:
    """Known variables fill, literals stay, missing ones are named once."""
    filled = fill(
        [
            ("service", "${SERVICE}"),
            ("minutes", "60"),
            ("model", "${MODEL_NAME}"),
            ("version", "${MODEL_NAME}"),
        ],
        {"SERVICE": "mlflow"},
    )
    assert dict(filled.values) == {"service": "mlflow", "minutes": "60"}
    assert (filled.missing, filled.refused, filled.complete) == (("MODEL_NAME",), (), False)


def test_a_value_must_fit_the_argument_it_fills() -> None:
    """A good value in the wrong place is refused as much as a bad one."""
    assert fill([("minutes", "${SERVICE}")], {"SERVICE": "mlflow"}).refused == ("minutes",)
    assert fill([("nothing", "x")], {}).refused == ("nothing",)
    assert fill([("service", "a-${SERVICE}")], {"SERVICE": "b"}).values == {"service": "a-b"}


@pytest.mark.parametrize("value", PAYLOADS)
def test_hostile_values_reach_neither_arguments_nor_environment(value: str) -> None:
    """A value that its pattern refuses counts as missing."""
    filled = fill([("service", "${SERVICE}")], {"SERVICE": value})
    assert (dict(filled.values), filled.missing) == ({}, ("SERVICE",))
    assert with_aliases({"SERVICE": value}) == {}


def test_commands_get_the_other_words_too() -> None:
    """The team's own documents say `SERVICE_NAME` and `ENVIRONMENT`: both are in the environment."""
    known = with_aliases({"SERVICE": "mlflow", "ENV": "prod", "ODD": "x"})
    assert known == {"SERVICE": "mlflow", "SERVICE_NAME": "mlflow", "ENV": "prod", "ENVIRONMENT": "prod"}


def test_an_optional_argument_falls_back_to_its_default() -> None:
    """Without the variable it is left to its default, fixed or the platform's own, and that is told."""
    given = [("database", "${DB_INSTANCE}"), ("minutes", "${LIMIT}")]
    filled = fill(given, {}, PROBES["rds.events"])
    assert (dict(filled.values), filled.missing, filled.complete) == ({"minutes": "1440"}, (), True)
    assert filled.defaulted == ("database", "minutes")
    known = fill(given[:1], {"DB_INSTANCE": "tradai-prod"}, PROBES["rds.events"])
    assert (dict(known.values), known.defaulted) == ({"database": "tradai-prod"}, ())


def test_a_required_argument_falls_back_to_nothing() -> None:
    """What must be known is missing, with its usage as without it."""
    filled = fill([("service", "${SERVICE}"), ("desired", "2")], {}, ACTIONS["ecs.scale"])
    assert (filled.missing, filled.defaulted, filled.complete) == (("SERVICE",), (), False)
    assert fill([("database", "${DB_INSTANCE}")], {}).missing == ("DB_INSTANCE",)


@pytest.mark.parametrize("value", PAYLOADS)
def test_a_refused_value_is_not_replaced_by_the_default(value: str) -> None:
    """Somebody named a database: looking at another one instead would be a lie."""
    filled = fill([("database", "${DB_INSTANCE}")], {"DB_INSTANCE": value}, PROBES["rds.instance"])
    assert (dict(filled.values), filled.missing, filled.defaulted) == ({}, ("DB_INSTANCE",), ())
