"""Where our files live, and whose they are. `TRADAI_CONSOLE_HOME` moves all of them under one folder."""

from __future__ import annotations

import getpass
import os
from pathlib import Path

from platformdirs import PlatformDirs

NAME = "tradai-console"

SHIPPED_RUNBOOKS = Path(__file__).resolve().parent.parent / "runbooks"
"""The runbooks that come with the program; in a wheel they stand beside the package, as in the repository."""


def config_dir() -> Path:
    """Where `config.toml` and `keys.toml` are looked for."""
    return _under_home("config") or Path(_dirs().user_config_path)


def state_dir() -> Path:
    """Where the journal and the log of errors are kept."""
    return _under_home("state") or Path(_dirs().user_state_path)


def login() -> str:
    """Who is at this machine; `operator` where the system does not say, as in a container."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "operator"


def _under_home(kind: str) -> Path | None:
    home = os.environ.get("TRADAI_CONSOLE_HOME")
    return Path(home).expanduser() / kind if home else None


def _dirs() -> PlatformDirs:
    return PlatformDirs(NAME, appauthor=False)
