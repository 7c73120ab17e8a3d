"""A change before it is made, as the question that the operator answers."""

from __future__ import annotations

from screens.facts.facts import Section, pair
from screens.widgets.ask import Question
from screens.widgets.line import Line
from tradai_console.operations.plan import Confirm, Plan


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
