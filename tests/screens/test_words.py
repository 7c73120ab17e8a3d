"""Figures and reasons in few characters."""

from __future__ import annotations

import pytest

from screens.widgets.words import in_short


@pytest.mark.parametrize(
    ("reason", "short"),
    [
        pytest.param(
            "Threshold Crossed: 1 out of the last 1 datapoints [3.105061 (27/11/26 15:48:00)] was greater than the "
            "threshold (2.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "3.11 > 2", id="one point",
        ),
        pytest.param(
            "Threshold Crossed: 3 out of the last 5 datapoints [57210.4 (01/01/26 03:12:00), 56000.0 (01/01/26 "
            "03:11:00)] were greater than or equal to the threshold (48000.0) (minimum 3 datapoints for OK -> ALARM "
            "transition).",
            "57,210 >= 48,000, 3 of 5", id="several",
        ),
        pytest.param(
            "ServiceHealthy: Threshold Crossed: 1 out of the last 1 datapoints [0.0 (01/01/26 03:12:00)] was less than "
            "the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "ServiceHealthy 0 < 1", id="too little",
        ),
        pytest.param(
            "Threshold Crossed: 1 out of the last 1 datapoints [0.2 (01/01/26 03:12:00)] was not greater than the "
            "threshold (2.0) (minimum 1 datapoint for ALARM -> OK transition).",
            "0.2 not > 2", id="well again",
        ),
        pytest.param("running 0 of 1; OOM killed", "running 0 of 1; OOM killed", id="our own words"),
        pytest.param("Threshold Crossed", "Threshold Crossed", id="no figures"),
    ],
)  # fmt: skip
def test_a_reason_in_short(reason: str, short: str) -> None:
    """What CloudWatch says in a long sentence stands in the first words; any other reason is left as it is."""
    assert in_short(reason) == short
