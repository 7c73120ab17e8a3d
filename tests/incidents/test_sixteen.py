"""All sixteen alerts, each raised by its cause: in the list, opened by enter, every probe true, its log beside it.

Those whose drill is walked by keys are looked at there, on the way to the cure.
"""

from __future__ import annotations

import pytest

from tests.incidents.looks import assert_true
from tests.incidents.night import Night
from tests.incidents.truth import TRUTHS, Truth
from tests.incidents.walks import WALKS
from tradai_console.runbook.matrix import MATRIX

NOT_WALKED = [pytest.param(one, id=one.kind) for one in TRUTHS if one.drill not in WALKS]


def test_all_sixteen() -> None:
    """Every kind of the matrix is raised, by a drill of its own."""
    assert [one.kind for one in TRUTHS] == list(MATRIX)


@pytest.mark.xdist_group("incidents-0")
@pytest.mark.parametrize("truth", NOT_WALKED)
async def test_alert_opens_its_runbook_beside_the_truth(night: Night, truth: Truth) -> None:
    """From the list by enter: the alert's own section, what the world is like in every probe's words, and its log."""
    with night.drill(truth.drill, truth.after_s) as plot:
        async with night.on_call() as engineer:
            await assert_true(night, engineer, plot, truth)
