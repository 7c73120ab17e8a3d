"""Changes of a Lambda function's limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradai_console.models.evidence import Evidence, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.sources import fields

Arguments = Mapping[str, str]

_LONGEST_S = 900
_MEMORY = range(128, 10_241)


async def set_timeout(arguments: Arguments, context: ActionContext) -> Draft:
    """`lambda:UpdateFunctionConfiguration`, timeout in seconds."""
    found = await find_function(context, arguments["function"])
    name, now, wanted = (
        str(found["FunctionName"]),
        fields.whole(found.get("Timeout")),
        int(arguments["seconds"]),
    )
    if not 1 <= wanted <= _LONGEST_S:
        raise Cannot(f"a function's timeout is 1 to {_LONGEST_S} s, not {wanted}", name)
    warnings = ["A longer timeout hides a slow dependency and does not mend it: is one of them down?"]
    if now is not None and wanted < now:
        warnings = [f"Shorter than the {now} s of now: what takes longer will be cut off."]
    if name.endswith(f"consumer-{context.settings.env}"):
        warnings.append("Its queue must hide a message at least six times as long, or it is delivered twice.")
    return _draft(name, "Timeout", now, wanted, "s", (*warnings, _DRIFT))


async def set_memory(arguments: Arguments, context: ActionContext) -> Draft:
    """`lambda:UpdateFunctionConfiguration`, memory in MiB; CPU grows with it."""
    found = await find_function(context, arguments["function"])
    name, now, wanted = (
        str(found["FunctionName"]),
        fields.whole(found.get("MemorySize")),
        int(arguments["memory"]),
    )
    if wanted not in _MEMORY:
        raise Cannot(f"a function's memory is {_MEMORY[0]} to {_MEMORY[-1]} MiB, not {wanted}", name)
    warnings = ["Its price a second grows with its memory."] if now is None or wanted > now else []
    return _draft(name, "MemorySize", now, wanted, "MiB", (*warnings, _DRIFT))


_DRIFT = "The next deployment from the infrastructure's code brings the old value back: change it there too."


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The configuration as it is now (`lambda:GetFunctionConfiguration`)."""
    del answers
    found = await find_function(context, plan.resource)
    key, wanted = plan.expects["key"], plan.expects["value"]
    now, status = found.get(key), fields.name(found, "LastUpdateStatus") or "unknown"
    good = str(now) == wanted and status != "Failed"
    return Evidence(Verdict.OK if good else Verdict.BAD, f"{plan.resource}: {key} is {now}, update {status}")


async def find_function(context: ActionContext, name: str) -> Raw:
    """The function of this name, short or whole (`lambda:GetFunctionConfiguration`). Raises NotFound."""
    client = await context.door.client("lambda")
    prefix, _, suffix = context.platform.functions.name.partition("{name}")
    whole = name if name.startswith(prefix) and name.endswith(suffix) else context.platform.function(name)
    found: Raw = await client.get_function_configuration(FunctionName=whole)
    return found


def _draft(name: str, key: str, now: int | None, wanted: int, unit: str, warnings: tuple[str, ...]) -> Draft:
    if now == wanted:
        raise Cannot(f"{name} has {key} {now} {unit} already", name)
    return Draft(
        title=f"Set {key} of {name} to {wanted} {unit} (now {now})",
        resource=name,
        calls=(Call("lambda", "UpdateFunctionConfiguration", {"FunctionName": name, key: wanted}),),
        cost="Holds for the next invocation; those under way end as they began.",
        warnings=warnings,
        expects={"key": key, "value": str(wanted)},
    )
