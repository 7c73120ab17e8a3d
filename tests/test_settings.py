"""Settings: defaults, under the file, under the environment, under options; and a sentence for what is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tradai_console.errors import SettingsError
from tradai_console.settings import Settings, load_settings


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


def load(
    options: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
    config: Path | None = None,
) -> Settings:
    return load_settings(options or {}, config=config, environ=environ or {})


def test_the_later_layer_wins(config: Path) -> None:
    """Command line over environment over file over defaults."""
    config.write_text('env = "dev"\nregion = "eu-west-1"\ntheme = "tradai-light"\n[intervals]\nalarms = 20\n')
    environ = {"ENVIRONMENT": "staging", "AWS_REGION": "us-east-1"}
    found = load({"env": "prod", "region": None}, environ, config)
    assert (found.env, found.region, found.theme) == ("prod", "us-east-1", "tradai-light")
    assert (found.intervals.alarms, found.intervals.nat) == (20, 60)


@pytest.mark.parametrize(
    ("environ", "key", "value"),
    [
        ({"AWS_REGION": "us-east-1"}, "region", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "region", "us-east-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "eu-west-1"}, "region", "eu-west-1"),
        ({"AWS_REGION": "us-east-1", "TRADAI_CONSOLE_REGION": "eu-west-1"}, "region", "eu-west-1"),
        ({"AWS_PROFILE": "night"}, "profile", "night"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, "endpoint_url", "http://127.0.0.1:5000"),
        ({"TRADAI_CONSOLE_ALLOW_CHANGES": "true"}, "allow_changes", True),
        ({"TRADAI_CONSOLE_SPEND_USD": "0.5"}, "spend_usd", 0.5),
        ({"AWS_REGION": ""}, "region", None),
    ],
)
def test_the_environment_is_honoured(environ: dict[str, str], key: str, value: object) -> None:
    """As every AWS tool does it; our own variables win over the shared ones; an empty one is none."""
    assert getattr(load({"env": "prod"}, environ), key) == value


@pytest.mark.parametrize("word", ["prod", "staging", "dev", "qa-2", "MyEnv_3", "x"])
def test_any_word_is_an_environment(word: str) -> None:
    """It fills `{env}` in every name."""
    assert load({"env": word}).env == word
    assert load({}, {"ENVIRONMENT": word}).env == word


def test_no_environment_is_asked_for() -> None:
    """The sentence says the three ways to name one."""
    with pytest.raises(SettingsError, match=r"--env prod.*ENVIRONMENT.*config\.toml"):
        load()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('env = "a b"', ["env", "'a b'", "one word"], id="env"),
        pytest.param(
            'env = "prod"\nregion = "Frankfurt"', ["region", "Frankfurt", "eu-central-1"], id="region"
        ),
        pytest.param('env = "prod"\nquota_share = 2', ["quota_share", "2", "up to 1"], id="share"),
        pytest.param('env = "prod"\nspend_usd = -1', ["spend_usd", "-1", "dollars"], id="spend"),
        pytest.param('env = "prod"\nregoin = "x"', ["regoin", "known", "region"], id="a typing error"),
        pytest.param(
            'env = "prod"\n[intervals]\nalarms = 0', ["intervals.alarms", "0", "above 0"], id="interval"
        ),
        pytest.param(
            'env = "prod"\n[intervals]\nalarm = 5', ["intervals.alarm", "known", "alarms"], id="part"
        ),
        pytest.param('env = "prod"\nintervals = 5', ["intervals", "5", "seconds"], id="no table"),
        pytest.param('env = "prod"\n[notices]\nbel = true', ["notices.bel", "known", "bell"], id="notice"),
        pytest.param('env = "prod"\nplatform = "x"', ["platform", "'x'"], id="platform"),
        pytest.param(
            'env = "prod"\nendpoint_url = "ftp://x"', ["endpoint_url", "ftp://x", "https"], id="url"
        ),
        pytest.param('env = "prod"\nendpoint_url = "http://10.0.0.1"', ["plain http", "https"], id="http"),
        pytest.param("env = ", ["config.toml", "not TOML"], id="no TOML"),
        pytest.param("env = 'pr\udcffod'", ["config.toml", "cannot be read"], id="no UTF-8"),
    ],
)
def test_a_wrong_value_gets_a_sentence(config: Path, text: str, said: list[str]) -> None:
    """It names the key, the value, where it came from, and what is allowed."""
    config.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(SettingsError) as caught:
        load(config=config)
    for word in said:
        assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_where_a_wrong_value_came_from_is_said(config: Path) -> None:
    """The file by its path, the environment and the command line by their names."""
    config.write_text('env = "prod"\n')
    with pytest.raises(SettingsError, match="from the environment"):
        load({}, {"TRADAI_CONSOLE_ALLOW_CHANGES": "perhaps"}, config)
    with pytest.raises(SettingsError, match="from the command line"):
        load({"region": "x"}, {}, config)


def test_a_named_file_must_be_there_and_the_usual_one_need_not(config: Path) -> None:
    """A typing error in --config is no empty configuration."""
    with pytest.raises(SettingsError, match="does not exist"):
        load({"env": "prod"}, config=config)
    with pytest.raises(SettingsError, match="does not exist"):
        load({"env": "prod"}, {"TRADAI_CONSOLE_CONFIG": str(config)})
    assert load({"env": "prod"}).allow_changes is False


def test_a_directory_in_place_of_the_file_is_said(tmp_path: Path) -> None:
    """Whatever the file system answers is a sentence."""
    with pytest.raises(SettingsError, match="cannot be read"):
        load({"env": "prod"}, config=tmp_path)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:5000", "http://localhost:1", "http://[::1]:9", "https://aws.test"]
)
def test_other_endpoints(url: str) -> None:
    """https anywhere, plain http to this machine."""
    assert load({"env": "prod", "endpoint_url": url}).endpoint_url == url


@pytest.mark.parametrize(
    "url", ["http://127.evil.test", "http://user@127.0.0.1:1", "http://localhost.evil.test/"]
)
def test_endpoints_that_only_look_local(url: str) -> None:
    """Signed requests go in the clear to this machine only."""
    with pytest.raises(SettingsError):
        load({"env": "prod", "endpoint_url": url})
