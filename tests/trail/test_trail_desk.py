"""A trail that is followed for a screen: handed over in portions with how far it is, then live, then left."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from tests import sample
from tests.trail.conftest import Played, Teller
from tradai_console.demo.behaviour import logs as levers
from tradai_console.log_desk import LogDesk
from tradai_console.models.snapshot import State
from tradai_console.models.trail import Trail
from tradai_console.platform import load_platform
from tradai_console.trail.ids import UnusableIdError

pytestmark = pytest.mark.xdist_group("trail")


async def test_portions_then_live_then_left(played: Played, tell: Teller) -> None:
    """The same pieces as everywhere, each once; the trail says what it reads; a line that is written then comes, too."""
    job = played.job()
    whole = await tell(job["job_id"])
    desk = LogDesk(tell.door, load_platform("prod"), tell.clock, tell.readers, lambda: sample.BOARD, tuple)
    with pytest.raises(UnusableIdError):
        desk.trail("a", "x", None)
    desk.trail("a", job["trace_id"], None)
    found: list[str] = []
    doing: dict[str, None] = {}
    got = 0
    trail: Trail | None = None

    async def take() -> None:
        nonlocal got, trail
        portion = await desk.next("a", got)
        assert portion is not None
        assert pickle.loads(pickle.dumps(portion)) == portion
        got, trail = portion.number, portion.trail
        assert trail is not None
        doing[trail.doing] = None
        found.extend([row.event_id for row in portion.rows])
        states.update({one.group: one.state for one in portion.groups})

    states: dict[str, State] = {}
    async with asyncio.timeout(60):
        while trail is None or not trail.whole:
            await take()
        assert sorted(found) == sorted(whole.names)
        assert any("groups" in words for words in doing)
        assert {*states.values()} == {State.LIVE}
        now = played.story.time.time()
        levers.write(
            "/ecs/tradai/prod/services", "mlflow/mlflow/5", [f"late news of {job['job_id']}"], at=now
        )
        while len(found) == len(whole.names):
            await take()
        desk.search_wide("a")
        while not any("Insights" in words for words in doing):
            await take()
        while trail.doing:
            await take()
    assert len(found) == len(whole.names) + 1
    desk.leave("a")
    with pytest.raises(Exception, match="not followed any more"):
        await desk.next("a", got)
    await desk.close()
