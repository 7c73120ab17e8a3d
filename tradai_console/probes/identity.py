"""Access keys: `iam.keys`, `iam.key`, `iam.last_use`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradai_console.errors import AwsError, NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.probes.context import Given, ProbeContext
from tradai_console.probes.registry import probe
from tradai_console.probes.wording import ago, counted, listed, worst
from tradai_console.sources import fields
from tradai_console.sources.pages import everything
from tradai_console.sources.reading import together

OLD_S: Final = 90 * 86_400.0
USERS: Final = 12
"""Users whose keys are read at once: IAM's quota is small, and unpublished."""
IN_USE_S: Final = 86_400.0


@dataclass(frozen=True)
class Key:
    """One access key (`iam:ListAccessKeys`)."""

    user: str
    id: str
    status: str
    created_at: datetime | None
    used_at: datetime | None = None
    used_for: str = ""
    use_known: bool = False


@probe("iam.keys")
async def keys(context: ProbeContext, given: Given) -> Evidence:
    """The keys of one user or of all; of one user also their last use (`iam:GetAccessKeyLastUsed`)."""
    iam = await context.client("iam")
    user = given.get("user")
    if user is not None:
        found = await _keys(iam, user)
        used = await together(_with_use(iam, key) for key in found)
        return judge_keys(user, used, 0, context.now)
    raws = await everything(iam.list_users, "Users", cursor="Marker", MaxItems=1000)
    names = [name for raw in raws if (name := fields.name(raw, "UserName")) is not None]
    lists = await together(_keys(iam, name) for name in names[:USERS])
    return judge_keys(None, [key for some in lists for key in some], max(0, len(names) - USERS), context.now)


async def _keys(iam: Any, user: str) -> list[Key]:
    raws = await everything(iam.list_access_keys, "AccessKeyMetadata", cursor="Marker", UserName=user)
    return [
        Key(
            user,
            fields.text(raw, "AccessKeyId", 128),
            fields.text(raw, "Status", 20),
            fields.moment(raw.get("CreateDate")),
        )
        for raw in raws
    ]


async def _with_use(iam: Any, key: Key) -> Key:
    try:
        answer = await iam.get_access_key_last_used(AccessKeyId=key.id)
    except AwsError:
        return key
    used_at, used_for = parse_use(answer)
    return Key(key.user, key.id, key.status, key.created_at, used_at, used_for, use_known=True)


def parse_use(answer: Mapping[str, Any]) -> tuple[datetime | None, str]:
    """When and for what a key was last used; None for a key that never was."""
    raw = fields.inner(answer, "AccessKeyLastUsed")
    where = [fields.text(raw, name, 60) for name in ("ServiceName", "Region")]
    return fields.moment(raw.get("LastUsedDate")), " in ".join(
        [word for word in where if word and word != "N/A"]
    )


def judge_keys(user: str | None, found: Sequence[Key], unread: int, now: datetime) -> Evidence:
    """Which keys are active, and which of them are old?"""
    whose = f" of {user}" if user else ""
    active = [key for key in found if key.status == "Active"]
    judged = [(key, _key_verdict(key, now)) for key in found]
    rows = tuple([_key_row(key, grade, now) for key, grade in judged])
    if unread:
        rows += (Row("not read", counted(unread, "more user"), Verdict.UNKNOWN),)
    if not found:
        verdict = Verdict.UNKNOWN if unread else Verdict.OK
        return Evidence(
            verdict, f"There is no access key{whose or ' of any IAM user that was looked at'}.", rows
        )
    old = [key for key, grade in judged if grade is Verdict.WARN]
    line = f"{counted(len(active), 'active access key')}{whose}, {len(found) - len(active)} inactive"
    line += f"; older than 90 days: {listed(f'{key.id} of {key.user}' for key in old)}" if old else ""
    line += f"; {counted(unread, 'user')} more not read" if unread else ""
    verdict = worst([grade for _, grade in judged] + ([Verdict.UNKNOWN] if unread else []))
    only = {"ACCESS_KEY_ID": active[0].id} if user is not None and len(active) == 1 else {}
    return Evidence(verdict, f"{line[:1].upper()}{line[1:]}.", rows, found=only)


def _key_verdict(key: Key, now: datetime) -> Verdict:
    if key.status != "Active":
        return Verdict.OK
    if key.created_at is None:
        return Verdict.UNKNOWN
    return Verdict.WARN if (now - key.created_at).total_seconds() > OLD_S else Verdict.OK


def _key_row(key: Key, grade: Verdict, now: datetime) -> Row:
    use = f", used {ago(key.used_at, now)} {key.used_for}".rstrip() if key.use_known else ""
    return Row(key.id, f"{key.status}, {key.user}, made {ago(key.created_at, now)}{use}", grade)


@probe("iam.last_use")
async def last_use(context: ProbeContext, given: Given) -> Evidence:
    """`iam:GetAccessKeyLastUsed`, and the key's status (`iam:ListAccessKeys` of its owner)."""
    iam = await context.client("iam")
    answer = await _last_used(iam, given["key"])
    if answer is None:
        return _not_known(given["key"])
    used_at, used_for = parse_use(answer)
    owner = fields.name(answer, "UserName")
    status = await _status(iam, given["key"], owner)
    return judge_last_use(given["key"], owner, status, used_at, used_for, context.now)


@probe("iam.key")
async def one_key(context: ProbeContext, given: Given) -> Evidence:
    """Its owner (`iam:GetAccessKeyLastUsed`), and its status among the owner's keys (`iam:ListAccessKeys`)."""
    iam = await context.client("iam")
    answer = await _last_used(iam, given["key"])
    if answer is None:
        return _not_known(given["key"])
    owner = fields.name(answer, "UserName")
    return judge_key(given["key"], owner, await _status(iam, given["key"], owner))


_LIVE_ON: Final = "it is answered no more; sessions that were made with it live on until they end"


def judge_key(key: str, owner: str | None, status: str) -> Evidence:
    """Is it off? One that is not opens whatever it opened before."""
    whose = f"{key} of {owner or 'an unknown owner'}"
    if status == "gone":
        return Evidence(Verdict.OK, f"{whose} is deleted; {_LIVE_ON}.")
    if status == "Inactive":
        return Evidence(Verdict.OK, f"{whose} is off; {_LIVE_ON}.")
    if status == "unknown":
        return Evidence(Verdict.UNKNOWN, f"Whether {whose} is off could not be read.")
    return Evidence(Verdict.BAD, f"{whose} is {status}: it still opens what it opened before.")


async def _last_used(iam: Any, key: str) -> Mapping[str, Any] | None:
    """`iam:GetAccessKeyLastUsed`; None where IAM does not know the key."""
    try:
        answer: Mapping[str, Any] = await iam.get_access_key_last_used(AccessKeyId=key)
    except NotFound:
        return None
    return answer


def _not_known(key: str) -> Evidence:
    return Evidence(Verdict.UNKNOWN, f"IAM does not know the key {key}: it is deleted, or another account's.")


async def _status(iam: Any, key: str, owner: str | None) -> str:
    """`Active`, `Inactive`, `gone`, or `unknown` where it could not be read."""
    if owner is None:
        return "unknown"
    try:
        return next((one.status for one in await _keys(iam, owner) if one.id == key), "gone")
    except AwsError:
        return "unknown"


def judge_last_use(
    key: str, owner: str | None, status: str, used_at: datetime | None, used_for: str, now: datetime
) -> Evidence:
    """Is somebody using it? IAM is some hours late with this."""
    rows = (
        Row("owner", owner or "not told"),
        Row("status", status, Verdict.UNKNOWN if status == "unknown" else Verdict.OK),
        Row("last used", f"{ago(used_at, now)} {used_for}".strip()),
    )
    told = f"{key} of {owner or 'an unknown owner'} is {status}"
    if used_at is None:
        return Evidence(
            Verdict.OK if status != "unknown" else Verdict.UNKNOWN, f"{told}; it was never used.", rows
        )
    line = f"{told}; last used {ago(used_at, now)}{' for ' + used_for if used_for else ''} (IAM learns of it hours late)."
    if status == "Inactive":
        return Evidence(Verdict.OK, line, rows)
    recent = (now - used_at).total_seconds() <= IN_USE_S
    return Evidence(
        Verdict.WARN if recent else Verdict.UNKNOWN if status == "unknown" else Verdict.OK, line, rows
    )
