"""What the console promises when AWS fails: it keeps the last items, says the right word, and comes back by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from itertools import combinations
from typing import Final

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import (
    Toxic,
    deny,
    drip,
    expired,
    html,
    never,
    reset,
    server_error,
    throttle,
    truncate,
)
from tests.watching import (
    DEADLINE_S,
    FAST,
    STEP_S,
    LeapingClock,
    Watched,
    settings_for,
    until,
    watching,
)
from tradai_console.aws.budget import LONGEST_WAIT_S
from tradai_console.aws.calls import DEADLINE_S as DEADLINE_DEFAULT_S
from tradai_console.demo.server import DemoServer
from tradai_console.errors import Unreachable
from tradai_console.models.board import SOURCES
from tradai_console.models.snapshot import State
from tradai_console.readout import print_status

FAULTS: Final[dict[str, tuple[Toxic, State]]] = {
    "deny": (deny(), State.DENIED),
    "throttle": (throttle(), State.THROTTLED),
    "expired": (expired(), State.EXPIRED),
    "server_error": (server_error(), State.UNAVAILABLE),
    "reset": (reset(), State.UNREACHABLE),
    "never": (never(), State.UNREACHABLE),
}
"""Each fault, and the word that a pane must say for it."""

PANES: Final[dict[str, str | None]] = {
    "cloudwatch": "alarms",
    "ecs": "services",
    "rds": "databases",
    "ec2": "nat",
    "stepfunctions": "workflows",
    "dynamodb": "trading",
    "autoscaling": None,
    "sts": None,
}
"""Each service, and the pane that stands on it; the last two are side questions of others."""

CALMLY: Final = dict.fromkeys(FAST, 2.0)
"""Seconds between the readings of the watch that all faults share: its tests ask for the readings that they need."""

HALVES: Final = tuple(
    frozenset(service for number, service in enumerate(PANES) if (number >> bit) % 2 == side)
    for bit in range(3)
    for side in (0, 1)
)
"""Of the eight services, three ways to make two halves: any two of them are apart in at least one way."""

TOGETHER: Final = {
    f"{fault}: {' '.join(sorted(failing))}": (fault, failing)
    for number, fault in enumerate(FAULTS)
    for half in HALVES[number % 3 * 2 :][:2]
    # STS, asked because another service says expired and saying so too, is the end of all credentials.
    for failing in ((half - {"sts"}, {"sts"}) if fault == "expired" and "sts" in half else (half,))
}
"""Every service with every fault, several at once; any two services fail apart in two of the six faults or more."""

INTERVAL_S: Final = max(FAST.values())
TWO_INTERVALS_S: Final = 2 * INTERVAL_S + 4 * DEADLINE_S
"""Two intervals, and the time that two readings take that end at their deadlines."""

ONE_WATCH: Final = pytest.mark.xdist_group("faults")
"""Of tests that share the watch: on one worker, or there would be two."""

PATIENCE_S: Final = 30.0
"""Until something counts as never happening, on a machine that runs other tests beside this one."""


@pytest.fixture(scope="module")
def watched(simulated: DemoServer, simulated_line: FaultProxy) -> Iterator[Watched]:
    """One watch over the simulated platform, for all faults."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in simulated.environ().items():
            patch.setenv(name, value)
        with watching(settings_for(simulated_line.url, intervals=CALMLY)) as running:
            yield running


@pytest.fixture
def healthy(watched: Watched, line: FaultProxy) -> Watched:
    """The watch, every pane live and nothing left of the last fault."""
    _recovers(watched)
    return watched


def _refresh(watched: Watched) -> None:
    """Read now. A poller that was throttled or denied would wait long before it asks again."""

    async def refresh() -> None:
        watched.watch.feed.refresh()

    watched.do(refresh)


def _recovers(watched: Watched) -> None:
    """Every pane is live again. Asked for each second: how long a pane rests after a fault is the poller's test."""
    began = time.monotonic()
    while not watched.all_live():
        assert time.monotonic() - began < PATIENCE_S, watched.states()
        _refresh(watched)
        with suppress(AssertionError):
            until(watched.all_live, 1.0)


@ONE_WATCH
@pytest.mark.parametrize("case", TOGETHER)
def test_a_failing_service_is_a_failing_pane(healthy: Watched, line: FaultProxy, case: str) -> None:
    """Its pane keeps its items and says the word; the panes of other services stay live; it recovers by itself."""
    fault, failing = TOGETHER[case]
    toxic, word = FAULTS[fault]
    panes = {pane for service in failing if (pane := PANES[service]) is not None}
    before = {name: len(healthy.snapshot(name).items) for name in SOURCES}
    with ExitStack() as broken:
        for service in failing:
            broken.enter_context(line.fault(toxic, service=service))
        line.forget_calls()
        since = healthy.clock.monotonic()
        _refresh(healthy)
        until(lambda: all(healthy.state(pane) is word for pane in panes), PATIENCE_S, healthy.states)
        until(lambda: all(line.count(one) for one in failing - {"sts"}), PATIENCE_S, lambda: line.calls)
        for pane in panes:
            assert healthy.snapshot(pane).error
            assert len(healthy.snapshot(pane).items) >= before[pane] > 0
        # Each of the others has been read beside the broken ones.
        others = {*SOURCES} - panes
        until(
            lambda: all(
                healthy.read_since(name, since) and healthy.snapshot(name).state.trusted for name in others
            ),
            PATIENCE_S,
            healthy.states,
        )
    _recovers(healthy)


def test_every_service_meets_every_fault() -> None:
    """No combination is left out, and no two services fail always together."""
    met = {(service, fault) for fault, failing in TOGETHER.values() for service in failing}
    assert met == {(service, fault) for service in PANES for fault in FAULTS}
    for one, other in combinations(PANES, 2):
        assert any((one in failing) is not (other in failing) for _, failing in TOGETHER.values())


@ONE_WATCH
def test_a_denied_pane_names_what_to_grant(healthy: Watched, line: FaultProxy) -> None:
    """The action stands in the error as IAM spells it."""
    with line.fault(deny(), service="ecs"):
        _refresh(healthy)
        until(lambda: healthy.state("services") is State.DENIED, PATIENCE_S, healthy.states)
        assert "ecs:ListServices" in (healthy.snapshot("services").error or "")


@ONE_WATCH
@pytest.mark.parametrize(
    "toxic",
    [
        pytest.param(html(200), id="a web page with status 200"),
        pytest.param(html(502), id="a web page with status 502"),
        pytest.param(truncate(0.5, honest=True), id="half a document in whole HTTP"),
        pytest.param(truncate(0.5), id="cut on the line"),
        pytest.param(drip(20), id="byte by byte"),
    ],
)
def test_a_broken_answer_is_never_an_empty_one(healthy: Watched, line: FaultProxy, toxic: Toxic) -> None:
    """Whatever arrives instead of an answer, no pane turns empty, and no pane calls itself live."""
    before = {name: len(healthy.snapshot(name).items) for name in SOURCES}
    with line.fault(toxic):
        _refresh(healthy)
        until(
            lambda: set(healthy.states().values()) <= {State.UNAVAILABLE, State.UNREACHABLE},
            PATIENCE_S,
            healthy.states,
        )
        for name in SOURCES:
            assert len(healthy.snapshot(name).items) >= before[name] > 0, name
    _recovers(healthy)


@ONE_WATCH
def test_a_failing_side_question_leaves_its_pane_live(healthy: Watched, line: FaultProxy) -> None:
    """Without its metrics a database is still read: the figure is unknown, the state is not worse."""
    with line.fault(server_error(), service="cloudwatch", operation="GetMetricData"):
        _refresh(healthy)
        until(lambda: not healthy.board.figures.state.trusted, PATIENCE_S)
        assert healthy.all_live(), healthy.states()
    with line.fault(deny(), service="autoscaling"):
        _refresh(healthy)
        until(lambda: healthy.board.nat.items[0].asg_in_service is None, PATIENCE_S)
        assert healthy.state("nat") is State.LIVE
        assert healthy.board.nat.items[0].verdict == "healthy"
        assert "autoscaling:DescribeAutoScalingGroups" in (healthy.snapshot("nat").error or "")


@pytest.mark.early
def test_expired_everywhere_is_one_sentence_and_no_storm(own_line: FaultProxy) -> None:
    """When every service refuses the credentials the gate closes: one sentence, and only STS is asked, seldom."""
    clock = LeapingClock()
    with watching(settings_for(own_line.url, intervals=FAST), clock) as fresh:
        until(fresh.all_live, PATIENCE_S, fresh.states)
        with own_line.fault(expired()):
            until(
                lambda: all(state is State.EXPIRED for state in fresh.states().values()),
                PATIENCE_S,
                fresh.states,
            )
            said = fresh.door.meter().credentials_error
            assert said
            until(lambda: {fresh.snapshot(name).error for name in SOURCES} == {said}, TWO_INTERVALS_S)
            time.sleep(DEADLINE_S)  # what was on its way has arrived
            own_line.forget_calls()
            time.sleep(INTERVAL_S)
            assert {call.service for call in own_line.calls} <= {"sts"}
            assert own_line.count() <= 4
        clock.leap(60)  # the gate asks STS twice a minute, no more
        until(fresh.all_live, PATIENCE_S, fresh.states)
        assert fresh.door.meter().credentials_error is None


@pytest.mark.early
def test_ten_minutes_without_a_server(own_line: FaultProxy) -> None:
    """Nothing ends, nothing is called live, nothing is lost; ten seconds after its return every pane is live."""
    clock = LeapingClock()
    # At the console's own pace, and with the time of a moment for each reading.
    with watching(settings_for(own_line.url), clock) as watched:
        until(watched.all_live, PATIENCE_S, watched.states)
        kept = {name: watched.snapshot(name).items for name in SOURCES}
        own_line.down()
        for _ in range(120):
            clock.leap(5)
            time.sleep(2 * STEP_S)
        until(
            lambda: not any(state.trusted for state in watched.states().values()), PATIENCE_S, watched.states
        )
        assert {name: watched.snapshot(name).items for name in SOURCES} == kept
        own_line.forget_calls()
        own_line.up()
        back_at = clock.monotonic()
        while not watched.all_live():
            clock.leap(0.5)
            time.sleep(0.2)
            assert clock.monotonic() - back_at < PATIENCE_S, watched.states()
        assert own_line.count("cloudwatch", "DescribeAlarms") < 6, "coming back is no storm"


def test_every_call_ends(own_line: FaultProxy) -> None:
    """A service that takes every request and never answers holds a call no longer than its deadline."""
    with watching(settings_for(own_line.url, intervals=FAST)) as watched, own_line.fault(never()):

        async def ask() -> float:
            began = time.monotonic()
            ecs = await watched.door.client("ecs")
            with pytest.raises(Unreachable):
                await ecs.list_clusters()
            return time.monotonic() - began

        # Beside other tests; what never ends would never end.
        assert watched.do(ask) < PATIENCE_S
    assert DEADLINE_DEFAULT_S + LONGEST_WAIT_S <= 15


@pytest.mark.parametrize(
    "toxic",
    [pytest.param(toxic, id=name) for name, (toxic, _) in FAULTS.items() if name in ("deny", "never")],
)
def test_status_says_what_it_could_not_read(
    line: FaultProxy, toxic: Toxic, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one service failing `status` ends with 2 within 20 s, and its document has all that the others said."""
    monkeypatch.setattr("tradai_console.readout.CALL_S", 4.0)
    with line.fault(toxic, service="ecs"):
        began = time.monotonic()
        assert print_status(settings_for(line.url), as_json=True) == 2
        assert time.monotonic() - began < 20
    sources = json.loads(capsys.readouterr().out)["sources"]
    assert sources["services"]["state"] != "live"
    assert sources["services"]["error"]
    assert {name for name, source in sources.items() if source["state"] == "live"} == {*SOURCES} - {
        "services"
    }
