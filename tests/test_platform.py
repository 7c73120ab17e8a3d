"""The platform's names: filled for an environment, overridden by the user, and short again on the screen."""

from __future__ import annotations

from typing import Any

import pytest

from tradai_console.errors import SettingsError
from tradai_console.platform import load_platform


@pytest.mark.parametrize("env", ["dev", "staging", "prod", "qa-2"])
def test_every_name_is_filled(env: str) -> None:
    """No name keeps a hole for the environment."""
    platform = load_platform(env)
    assert platform.cluster == f"tradai-{env}"
    assert platform.tables.trading_state == f"tradai-trading-state-{env}"
    assert "{env}" not in repr(platform)


def test_one_name_can_be_changed_alone() -> None:
    """The others stay the shipped ones; `{env}` works in the user's name, too."""
    platform = load_platform(
        "prod", {"topics": {"alerts": "pager-{env}"}, "log_groups": {"lambda": "/l/{name}"}}
    )
    assert platform.topics.alerts == "pager-prod"
    assert platform.topics.registration == "tradai-registration-prod"
    assert platform.lambda_group("drift-monitor") == "/l/drift-monitor"
    assert platform.log_groups.services == "/ecs/tradai/prod/services"


@pytest.mark.parametrize(
    ("overrides", "key"),
    [
        pytest.param({"clutser": "x"}, "clutser", id="a typing error"),
        pytest.param({"cluster": 5}, "cluster", id="no text"),
        pytest.param({"tables": {"trading_stat": "x"}}, "tables.trading_stat", id="a typing error in a part"),
        pytest.param({"tables": 5}, "tables", id="no table"),
        pytest.param({"log_groups": 5}, "log_groups", id="log groups that are none"),
        pytest.param({"log_groups": {"lambda": 5}}, "log_groups.lambda", id="a name spelt otherwise inside"),
        pytest.param({"services": "backend-api"}, "services", id="no list"),
        pytest.param({"max_connections": {"db.x": "many"}}, "max_connections.db.x", id="no number"),
    ],
)
def test_a_wrong_name_gets_a_sentence(overrides: dict[str, Any], key: str) -> None:
    """It names the key as the user wrote it."""
    with pytest.raises(SettingsError) as caught:
        load_platform("prod", overrides)
    assert f"platform.{key}" in str(caught.value)
    assert "lambda_" not in str(caught.value)


@pytest.mark.parametrize(
    ("full", "short"),
    [
        ("tradai-backend-api-prod", "backend-api"),
        ("tradai-backend-prod", "backend-api"),
        ("tradai-mlflow-prod", "mlflow"),
        ("tradai-mlflow-dev", "tradai-mlflow-dev"),
        ("billing", "billing"),
        ("tradai--prod", "tradai--prod"),
        ("tradai-prod", "tradai-prod"),
    ],
)
def test_a_service_has_its_short_name(full: str, short: str) -> None:
    """Both spellings of the documents are one service; a foreign name is itself."""
    assert load_platform("prod").service_of(full) == short


def test_machines_and_functions_have_theirs() -> None:
    """There and back."""
    platform = load_platform("prod")
    assert platform.machine_of("tradai-backtest-workflow-prod") == "backtest"
    assert platform.machine_of("nightly") == "nightly"
    assert platform.function("drift-monitor") == "tradai-drift-monitor-prod"
