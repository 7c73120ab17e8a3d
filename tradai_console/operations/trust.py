"""Whose runbooks' commands may run: the shipped ones, and every other file once somebody trusts it as it is."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from tradai_console.errors import ChangeRefused
from tradai_console.paths import state_dir
from tradai_console.runbook.model import Runbook


class Trust:
    """A file of digests. One that cannot be read trusts nobody."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or state_dir() / "trusted.json"

    def trusts(self, runbook: Runbook) -> bool:
        """Whether the commands of this very file may run."""
        return runbook.untrusted is None and (runbook.shipped or runbook.sha256 in self._read())

    def grant(self, runbook: Runbook, operator: str, at: datetime) -> None:
        """Trust the file as it is now; a changed one has to be trusted again.

        Raises ChangeRefused for one that nobody may trust, OSError where it cannot be written down.
        """
        if runbook.untrusted is not None:
            raise ChangeRefused(runbook.untrusted)
        known = {
            **self._read(),
            runbook.sha256: {"path": str(runbook.path), "by": operator, "at": at.isoformat()},
        }
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=self._path.parent, prefix=self._path.name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        Path(name).replace(self._path)

    def _read(self) -> Mapping[str, Any]:
        try:
            if self._path.stat().st_mode & 0o022:
                return {}  # others could have written it
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}
