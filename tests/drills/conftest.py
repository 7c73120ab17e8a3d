"""A night of its own for drills: each leaves the platform as an engineer leaves it, resized, moved, with a past."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.incidents.night import Night, a_night


@pytest.fixture(scope="package")
def night() -> Iterator[Night]:
    """One for each worker of the test run."""
    with a_night() as night:
        yield night
