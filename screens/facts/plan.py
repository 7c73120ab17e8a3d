"""A change before it is made, as the question that the operator answers."""

from __future__ import annotations

from screens.facts.facts import Section, pair
from screens.widgets.line import Line
from screens.widgets.question import Question
from tradai_console.operations.plan import Confirm, Plan
from tradai_console.operations.shell import Command


def plan_question(plan: Plan) -> Question:
    """Account, region, resource, call and the same as a command line; then what must be typed."""
    where = Section(
        "Where",
        (
            pair("environment", Line.of((plan.environment, "bad"))),
            pair("account", f"{plan.account}  {plan.region}"),
            pair("resource", Line.of((plan.resource or "?", "strong"))),
        ),
    )
    if plan.refused is not None:
        refused = Section("It cannot be done now", (Line.of((plan.refused, "warn")),))
        return Question(plan.title, (where, refused), "enter goes back", may_be_empty=True)
    what = Section(
        "What is called", tuple(Line.of((f"{call.service}:{call.operation}", "key")) for call in plan.calls)
    )
    costs = Section(
        "What it costs",
        (Line.of(plan.cost), *(Line.of((f"! {warning}", "warn")) for warning in plan.warnings)),
    )
    same = Section("The same by hand", tuple(Line.of((line, "dim")) for line in plan.aws_line.splitlines()))
    typed = plan.confirm is Confirm.TYPE_NAME
    return Question(
        plan.title,
        (where, what, costs, same),
        "confirm" if typed else "enter does it, esc does not",
        must_be=plan.type_name if typed else None,
        may_be_empty=not typed,
    )


def command_question(command: Command, file: str) -> Question:
    """A `sh` block of this file as it will be run, with the values it gets; or why it can only be copied."""
    text = Section("What is run", tuple(Line.of((line, "key")) for line in command.shown))
    values = Section("With", tuple(pair(name, value) for name, value in command.variables.items()))
    sections = (text, *((values,) if values.lines else ()))
    if command.refused is None:
        return Question(
            "Run this on this machine", sections, "enter runs it, esc does not", may_be_empty=True
        )
    why = Section(
        "Not yet" if command.asks_trust else "It can only be copied", (Line.of((command.refused, "warn")),)
    )
    label = f"enter trusts {file} as it is now, esc does not" if command.asks_trust else "enter copies it"
    return Question("A command of the runbook", (*sections, why), label, may_be_empty=True)
