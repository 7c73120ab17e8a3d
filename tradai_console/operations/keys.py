"""Keys: a new pair for the exchange, typed unseen, and an access key of AWS turned off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Ask, Call, Cannot, Draft, Hidden, HiddenJson, Plan
from tradai_console.sources import fields
from tradai_console.sources.pages import everything

Arguments = Mapping[str, str]


async def put_exchange_keys(arguments: Arguments, context: ActionContext) -> Draft:
    """`secretsmanager:PutSecretValue`: a new version. What is typed is in no plan, line, journal or answer."""
    del arguments
    name = context.platform.secrets.exchange_keys
    secrets = await context.door.client("secretsmanager")
    found = await secrets.describe_secret(SecretId=name)
    if found.get("DeletedDate"):
        raise Cannot(f"{name} is marked for deletion: restore it first", name)
    pair = HiddenJson((("api_key", Hidden("API_KEY")), ("api_secret", Hidden("API_SECRET"))))
    return Draft(
        title=f"Write a new key pair into {name}",
        resource=name,
        calls=(Call("secretsmanager", "PutSecretValue", {"SecretId": name, "SecretString": pair}),),
        cost="Tasks that run keep the old pair until they are replaced.",
        warnings=(
            "Make the new pair at the exchange first, with the same rights and addresses as the old one.",
            "Afterwards: ecs.force_deployment of strategy-service and live-trading, then revoke the old pair there.",
        ),
        asks=(Ask("API_KEY", "the new key of the exchange"), Ask("API_SECRET", "its secret")),
        destroys=True,
        expects={"before": _current(found)},
    )


async def look_secret(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """Which version is current now; values are never read."""
    secrets = await context.door.client("secretsmanager")
    found = await secrets.describe_secret(SecretId=plan.resource)
    current, written = _current(found), str(answers[-1].get("VersionId", "")) if answers else ""
    changed = fields.moment(found.get("LastChangedDate"))
    rows = (Row("changed", changed.strftime("%Y-%m-%dT%H:%M:%SZ") if changed else "not known"),)
    if current and current != plan.expects["before"] and written in ("", current):
        return Evidence(
            Verdict.OK, f"{plan.resource}: a new version is current; tasks take it when replaced", rows
        )
    return Evidence(Verdict.BAD, f"{plan.resource}: the current version is still the one from before", rows)


async def deactivate_key(arguments: Arguments, context: ActionContext) -> Draft:
    """`iam:UpdateAccessKey` to Inactive: it can be turned on again, a deleted one cannot."""
    user, key = arguments["user"], arguments["key"]
    found = await _key(context, user, key)
    if fields.name(found, "Status") == "Inactive":
        raise Cannot(f"the key {key} of {user} is Inactive already", user)
    own = (await context.door.identity()).arn.endswith(f":user/{user}")
    warnings = ["Whatever uses this key stops at once: see iam.last_use first."]
    if own:
        warnings.append(
            "This is a key of your own: if it is the one in use this console loses its access too."
        )
    warnings.append(
        "Sessions that were made with it live on until they end: look for them with cloudtrail.events."
    )
    parameters = {"UserName": user, "AccessKeyId": key, "Status": "Inactive"}
    return Draft(
        title=f"Turn off the access key {key} of {user}",
        resource=user,
        calls=(Call("iam", "UpdateAccessKey", parameters),),
        cost="At once, everywhere.",
        warnings=tuple(warnings),
        destroys=True,
        expects={"key": key},
    )


async def look_key(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The key's status now."""
    del answers
    status = fields.name(await _key(context, plan.resource, plan.expects["key"]), "Status")
    verdict = Verdict.OK if status == "Inactive" else Verdict.BAD
    return Evidence(verdict, f"the key …{plan.expects['key'][-4:]} of {plan.resource} is {status}")


async def _key(context: ActionContext, user: str, key: str) -> Raw:
    iam = await context.door.client("iam")
    keys = await everything(iam.list_access_keys, "AccessKeyMetadata", cursor="Marker", UserName=user)
    for found in keys:
        if fields.name(found, "AccessKeyId") == key:
            return found
    known = ", ".join(str(one.get("AccessKeyId")) for one in keys) or "none"
    raise Cannot(f"{user} has no access key {key}; it has: {known}", user)


def _current(found: Raw) -> str:
    stages = fields.inner(found, "VersionIdsToStages")
    return next((version for version, words in stages.items() if "AWSCURRENT" in words), "")
