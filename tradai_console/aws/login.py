"""What to tell a person whose credentials are not good, and when a login ends."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from tradai_console.text import plain

SSO_CACHE: Final = "~/.aws/sso/cache"
"""Where every AWS tool keeps the tokens of SSO logins."""

CLOCK_S: Final = 240.0
"""Beyond this many seconds of skew the clock is to blame, not the keys: AWS refuses from five minutes on."""

NO_CREDENTIALS: Final = (
    "no credentials found: run aws sso login or aws configure, or name a profile with --profile"
)

_ADVICE: Final = {
    "sso": "login expired: run aws sso login --profile {profile}",
    "login": "login expired: run aws login --profile {profile}",
    "process": "the credential_process of profile {profile} gives no good credentials: {reason}",
    "role": "the role of profile {profile} cannot be assumed: {reason}",
    "env": "the keys in the environment are expired or not valid: leave, set new ones, and start again",
    "keys": "the keys of profile {profile} are expired or not valid: put new ones into the credentials file",
}


def advice(kind: str, profile: str, reason: str, skew_s: float | None) -> str:
    """One sentence: what is wrong with the credentials and what to do about it."""
    if skew_s is not None and abs(skew_s) > CLOCK_S:
        way = "behind" if skew_s > 0 else "ahead of"
        off = f"{abs(skew_s) / 60:.0f} min {way} AWS's"
        return f"this machine's clock is {off}, which refuses its signatures: set the clock"
    return plain(_ADVICE[kind].format(profile=profile, reason=reason), 300)


def sso_token_until(start_url: str, session_name: str | None, folder: Path) -> datetime | None:
    """When the cached login of an SSO profile ends; None if the cache does not say. Blocking."""
    digest = hashlib.sha1((session_name or start_url).encode(), usedforsecurity=False).hexdigest()
    with suppress(OSError, ValueError, KeyError, TypeError):
        cached = json.loads((folder / f"{digest}.json").read_text(encoding="utf-8"))
        until = datetime.fromisoformat(str(cached["expiresAt"]).replace("UTC", "+00:00"))
        return until if until.tzinfo else until.replace(tzinfo=UTC)
    return None


def fingerprint(files: list[Path]) -> tuple[tuple[str, int, int], ...]:
    """What tells that a file was written: its name, time and size. Blocking."""
    seen = []
    for file in files:
        with suppress(OSError):
            stat = file.stat()
            seen.append((str(file), stat.st_mtime_ns, stat.st_size))
    return tuple(seen)
