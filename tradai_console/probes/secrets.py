"""The exchange keys: `secrets.rotation`. Only dates are read, never a value."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, until
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw

AT_ONCE_S: Final = 2.0
"""A secret gets its first value so soon after it is made."""
OLD_S: Final = 90 * 86_400.0
"""A key that has not been changed for so long should be."""


@probe("secrets.rotation")
async def rotation(context: ProbeContext, given: Given) -> Evidence:
    """`secretsmanager:DescribeSecret`."""
    name = given.get("secret") or context.platform.secrets.exchange_keys
    client = await context.client("secretsmanager")
    suspect = given.minutes * 60.0 if given.get("minutes") is not None else 0.0
    return judge_rotation(name, await client.describe_secret(SecretId=name), context.now, suspect)


def judge_rotation(name: str, raw: Raw, now: datetime, suspect_s: float = 0.0) -> Evidence:
    """When was it changed, rotated and read? A change in the last `suspect_s` may be what broke its readers."""
    moments = {
        key: fields.moment(raw.get(f"{key}Date"))
        for key in ("LastChanged", "LastRotated", "LastAccessed", "Deleted", "NextRotation", "Created")
    }
    rotates = raw.get("RotationEnabled") is True
    changed, rotated, deleted, due = (
        moments[key] for key in ("LastChanged", "LastRotated", "Deleted", "NextRotation")
    )
    accessed = moments["LastAccessed"]
    read_told = f"{accessed:%Y-%m-%d} (the day is all that is kept)" if accessed else "not told"
    rows = (
        Row("changed", ago(changed, now) if changed else "not told"),
        Row("rotated", ago(rotated, now) if rotated else "never by itself"),
        Row("read", read_told),
        Row(
            "rotates by itself",
            f"yes, next {until(due, now)}" if rotates and due else "yes" if rotates else "no",
        ),
        Row("made", ago(moments["Created"], now) if moments["Created"] else "not told"),
    )
    if deleted is not None:
        return Evidence(
            Verdict.BAD, f"{name} is marked to be deleted ({until(deleted, now)}): nobody can read it.", rows
        )
    if changed is None:
        return Evidence(Verdict.UNKNOWN, f"Secrets Manager does not tell when {name} was changed.", rows)
    made = moments["Created"]
    first = made is not None and (changed - made).total_seconds() < AT_ONCE_S
    told = "has not been changed since it was made" if first else "was changed"
    line = f"{name} {told} {ago(changed, now)}, last read {read_told}"
    if (now - changed).total_seconds() < suspect_s and not first:
        return Evidence(Verdict.WARN, f"{line}: compare that with the first error.", rows)
    if rotates and due is not None and due < now:
        return Evidence(Verdict.WARN, f"{line}; its own rotation is overdue since {ago(due, now)}.", rows)
    if (now - changed).total_seconds() > OLD_S:
        return Evidence(Verdict.WARN, f"{line}: that is older than 90 days.", rows)
    return Evidence(Verdict.OK, f"{line}.", rows)
