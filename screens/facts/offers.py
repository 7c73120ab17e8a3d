"""Lists to choose from: what can be done about an execution, and which one an id means."""

from __future__ import annotations

from collections.abc import Sequence

from screens.facts.told import STATUS_STYLE
from screens.widgets.choose import Choice
from screens.widgets.line import Line
from tradai_console.models.workflow import Candidates
from tradai_console.models.workflow_joined import Offer


def offer_choices(offers: Sequence[Offer]) -> tuple[Choice, ...]:
    """The offers by their places; what cannot be done now is there too, with the reason."""
    return tuple(Choice(str(n), _offered(one), _refused(one)) for n, one in enumerate(offers))


def candidate_choices(found: Candidates) -> tuple[Choice, ...]:
    """The executions and jobs that an id leads to, by what opens each."""
    runs = [
        Choice(
            one.arn,
            Line.of(
                (f"{one.status:<10} ", STATUS_STYLE.get(one.status, "warn")),
                (f"{one.machine}  ", "strong"),
                one.name,
                (f"  {one.started_at:%Y-%m-%d %H:%M:%S}Z", "dim"),
            ),
        )
        for one in found.executions
    ]
    jobs = [
        Choice(f"job:{job}", Line.of(("job        ", "dim"), (job, "strong"), "  without an execution"))
        for job in found.jobs
    ]
    return (*runs, *jobs)


def _offered(offer: Offer) -> Line:
    if not offer.possible:
        return Line.of(("–  ", "dim"), (f"{offer.label}: not now, {offer.why_not}", "dim"))
    return Line.of(
        ("▸  ", "key"), (offer.label, "strong"), ("  the way out of this" if offer.advised else "", "good")
    )


def _refused(offer: Offer) -> str:
    return "" if offer.possible else f"Not now: {offer.why_not}."
