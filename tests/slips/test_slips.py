"""Keys pressed at random change nothing: read on the wire, and among the children of this process.

`TRADAI_CONSOLE_SLIPS=5000` presses so many sequences, each portion of them in a night of its own; the suite has time
for fewer.
"""

from __future__ import annotations

import os

import pytest

from tests.incidents.night import a_night
from tests.kit.fault_proxy import FaultProxy
from tests.slips.keys_at_random import children, nearly, press_all, writes

pytestmark = [pytest.mark.xdist_group("slips"), pytest.mark.timeout(1_800)]

SEQUENCES = int(os.environ.get("TRADAI_CONSOLE_SLIPS", "80"))
PORTION = 500
PORTIONS = [
    (seed, min(PORTION, SEQUENCES - start))
    for seed, start in enumerate(range(0, SEQUENCES, PORTION), start=7)
]


@pytest.mark.parametrize("allow", [False, True], ids=["read-only", "production"])
@pytest.mark.parametrize(("seed", "sequences"), PORTIONS)
async def test_no_slip_changes_anything(allow: bool, seed: int, sequences: int) -> None:
    """Without changes allowed none is made; with them none without the typed name, however near to it. No child either."""
    with a_night(FaultProxy.in_thread, allow_changes=allow) as night:
        night.begin("nat-down")
        assert night.line is not None
        night.line.forget_calls()
        before = len(children())
        seen = await press_all(night, seed, sequences, nearly if allow else None)
        assert "IncidentScreen" in seen
        assert len(seen) >= 3, seen
        assert writes(night) == []
        assert children()[before:] == []
        assert night.line.count() > 50, "the engine was at work"
