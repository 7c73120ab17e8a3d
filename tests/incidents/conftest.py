"""One night for each worker of the test run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.incidents.night import Night, a_night


@pytest.fixture(scope="package")
def night() -> Iterator[Night]:
    """The simulated platform in production with an engine that may change it. A test leaves it calm: `calm_down`."""
    with a_night() as night:
        yield night
