"""From an action's name and arguments to its plan. Reads, and changes nothing."""

from __future__ import annotations

from collections.abc import Mapping

from tradai_console.errors import AwsError, ChangeRefused
from tradai_console.operations.command_line import command_lines
from tradai_console.operations.context import ActionContext, is_production
from tradai_console.operations.plan import Cannot, Confirm, Draft, Plan
from tradai_console.operations.registry import OPERATIONS
from tradai_console.runbook.catalogue import ACTIONS, ARGUMENTS
from tradai_console.runbook.variables import accepts
from tradai_console.text import plain


async def plan_action(name: str, arguments: Mapping[str, str], context: ActionContext) -> Plan:
    """The plan of a change, with the account that the credentials are of.

    Raises ChangeRefused for an unknown action or an argument that is none, before anything is read; AwsError
    where the account is not known. What speaks against the change now is `Plan.refused`.
    """
    given = checked(name, arguments)
    identity = await context.door.identity()
    title = f"{name} {' '.join(f'{key}={value}' for key, value in given.items())}".strip()
    refused: str | None = None
    try:
        draft = await OPERATIONS[name].draft(given, context)
    except Cannot as cannot:
        draft, refused = Draft(title, cannot.resource, (), ""), str(cannot)
    except AwsError as error:
        draft, refused = Draft(title, "", (), ""), f"it could not be looked at first: {error}"
    typed = draft.type_name or draft.resource
    ask_name = draft.destroys or is_production(context.settings.env)
    return Plan(
        action=name,
        title=plain(draft.title, 300),
        account=identity.account,
        region=context.door.region,
        environment=context.settings.env,
        resource=plain(draft.resource, 600),
        calls=draft.calls,
        aws_line=command_lines(draft.calls, context.door.region, context.settings.profile),
        cost=draft.cost,
        warnings=tuple(plain(warning, 600) for warning in draft.warnings),
        confirm=Confirm.TYPE_NAME if ask_name else Confirm.PLAIN,
        type_name=typed if ask_name else "",
        made_at=context.clock.now(),
        asks=draft.asks,
        refused=None if refused is None else plain(refused, 1_000),
        expects=draft.expects,
    )


def checked(name: str, arguments: Mapping[str, str]) -> dict[str, str]:
    """The arguments with the defaults of those left out. Raises ChangeRefused naming what is wrong."""
    spec = ACTIONS.get(name)
    if spec is None or name not in OPERATIONS:
        raise ChangeRefused(f"{plain(name, 80)} is no action; see the catalogue for their names")
    for key, value in arguments.items():
        if key not in spec.arguments:
            raise ChangeRefused(f"{name} takes no {plain(key, 80)}: {spec.usage}")
        if not accepts(ARGUMENTS[key], value):
            raise ChangeRefused(f"{name}: {key} = {plain(value, 80)!r} is no {ARGUMENTS[key]}")
    lacking = [key for key in spec.required if key not in arguments]
    if lacking:
        raise ChangeRefused(f"{name} lacks {', '.join(lacking)}: {spec.usage}")
    return {**spec.defaults, **arguments}
