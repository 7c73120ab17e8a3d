"""What the user has chosen: defaults, under `config.toml`, under environment variables, under options."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any

from tradai_console.checked import Between, Checked, Like, WrongValueError
from tradai_console.errors import SettingsError
from tradai_console.paths import NAME, config_dir

PREFIX = "TRADAI_CONSOLE_"
DEFAULT_REGION = "eu-central-1"

Word = Annotated[str, Like(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}")]
Region = Annotated[str, Like(r"[a-z]{2}(-[a-z]+)+-\d")]
Seconds = Annotated[float, Between(0, 86_400)]


@dataclass(frozen=True)
class Intervals(Checked):
    """Seconds between two readings of a source. Faster buys nothing: CloudWatch's metrics are a minute apart."""

    alarms: Seconds = 15
    services: Seconds = 30
    databases: Seconds = 60
    nat: Seconds = 60
    workflows: Seconds = 60
    trading: Seconds = 30
    figures: Seconds = 60


@dataclass(frozen=True)
class Notices(Checked):
    """How a new alert makes itself known beyond the screen."""

    bell: bool = True
    title: bool = True
    desktop: bool = True


@dataclass(frozen=True)
class Settings(Checked):
    """One run's settings, checked."""

    env: Word
    """The environment: fills `{env}` in every name of the platform."""
    region: Region | None = None
    """None: the profile's own region, else `DEFAULT_REGION`."""
    profile: str | None = None
    """A profile of the AWS configuration; None: the standard chain."""
    endpoint_url: str | None = None
    """Another AWS than AWS: http only to this machine."""
    allow_changes: bool = False
    runbooks: Path | None = None
    """A directory of runbooks laid over the shipped ones."""
    alert_queue: str | None = None
    """URL of an SQS queue of your own, subscribed to the alerts topic."""
    operator: str | None = None
    """Who is on call; by default the name of the login."""
    journal: Path | None = None
    """Another file for the journal than the environment's own."""
    theme: str = "tradai"
    local_time: bool = False
    """Times in the local zone instead of UTC."""
    intervals: Intervals = Intervals()
    notices: Notices = Notices()
    quota_share: Annotated[float, Between(0, 1)] = 0.04
    """The part of the account's API quotas that this console may use."""
    spend_usd: Annotated[float, Between(0, closed=True)] = 1.0
    """What a shift of watching may cost before metrics are read more slowly."""
    platform: Mapping[str, Any] = field(default_factory=dict)
    """Names that differ from `platform.toml`."""


def load_settings(
    options: Mapping[str, Any],
    *,
    config: Path | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Settings:
    """Join defaults, file, environment and options (None in options: not given).

    Raises SettingsError: the key, its value, where it came from, and what is allowed.
    """
    path = config or _path(environ)
    layers = [
        (str(path), _read_file(path, must_exist=config is not None or "TRADAI_CONSOLE_CONFIG" in environ)),
        ("the environment", _read_environ(environ)),
        ("the command line", {key: value for key, value in options.items() if value is not None}),
    ]
    merged: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for name, layer in layers:
        for key, value in layer.items():
            old = merged.get(key)
            merged[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
            origin[key] = name
    if "env" not in merged:
        raise SettingsError(
            "no environment is named: give --env prod (or dev, staging, ...), set ENVIRONMENT, "
            f'or write env = "prod" into {path}'
        )
    try:
        settings = Settings.of(merged)
    except WrongValueError as error:
        raise SettingsError(_sentence(error, origin)) from None
    _check_endpoint(settings.endpoint_url)
    return settings


def _path(environ: Mapping[str, str]) -> Path:
    named = environ.get(PREFIX + "CONFIG")
    return Path(named).expanduser() if named else config_dir() / "config.toml"


def _read_file(path: Path, *, must_exist: bool) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise SettingsError(f"the configuration file {path} does not exist") from None
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the configuration file {path} cannot be read: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"the configuration file {path} is not TOML: {error}") from None


_ENVIRON = {
    "ENVIRONMENT": "env",
    "AWS_DEFAULT_REGION": "region",
    "AWS_REGION": "region",
    "AWS_PROFILE": "profile",
    "AWS_ENDPOINT_URL": "endpoint_url",
}
"""Variables that other tools use too; ours, `TRADAI_CONSOLE_<KEY>`, win over them."""

_SCALARS = ("env", "region", "profile", "endpoint_url", "allow_changes", "runbooks", "journal", "alert_queue", "operator",
            "theme", "local_time", "quota_share", "spend_usd")  # fmt: skip


def _read_environ(environ: Mapping[str, str]) -> dict[str, Any]:
    found = {key: environ[name] for name, key in _ENVIRON.items() if environ.get(name)}
    found |= {key: environ[PREFIX + key.upper()] for key in _SCALARS if environ.get(PREFIX + key.upper())}
    return found


def _check_endpoint(url: str | None) -> None:
    """Plain http would send signed requests in the clear: it is for this machine only."""
    if url is None:
        return
    match = re.fullmatch(r"(https?)://(\[[0-9a-f:]+\]|[^/:@\s]+)(:\d+)?(/\S*)?", url)
    if match is None:
        raise SettingsError(
            f"endpoint_url = {url!r} is not a URL such as https://host or http://127.0.0.1:5000"
        )
    if match[1] == "http" and not re.fullmatch(r"localhost|\[::1\]|127(\.\d{1,3}){3}", match[2]):
        raise SettingsError(f"endpoint_url = {url!r}: plain http is allowed to this machine only; use https")


def _sentence(error: WrongValueError, origin: Mapping[str, str]) -> str:
    key, top = ".".join(error.path), error.path[0]
    source = origin.get(top, "the defaults")
    if error.unknown:
        known = ", ".join(names_of(_PARTS.get(top, Settings)))
        return f"{key} (from {source}) is no setting of {NAME}; known: {known}"
    return f"{key} = {error.value!r} (from {source}): {_ALLOWED.get(top, error.why)}"


def names_of(kind: type[Checked]) -> tuple[str, ...]:
    """The names of the settings in a group of them."""
    return tuple(one.name for one in fields(kind))


_PARTS: dict[str, type[Checked]] = {"intervals": Intervals, "notices": Notices}

_ALLOWED: dict[str, str] = {
    "env": "allowed is one word of letters, digits, - and _, such as prod",
    "region": "allowed is a region such as eu-central-1",
    "quota_share": "allowed is a number above 0 and up to 1",
    "spend_usd": "allowed is a number of dollars, 0 or more",
    "intervals": "allowed are seconds, above 0 and up to 86400, for " + ", ".join(names_of(Intervals)),
}
