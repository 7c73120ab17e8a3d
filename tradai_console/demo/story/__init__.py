"""What goes on on the simulated platform: heartbeats, requests, jobs, figures, and now and then something wrong."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from typing import Any

from tradai_console.demo.cast import Cast, draw_cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.inside import server_clock
from tradai_console.demo.story import gauges
from tradai_console.demo.story.answers import give_answers
from tradai_console.demo.story.company import full_company, troublemakers
from tradai_console.demo.story.conditions import Conditions, Exchange, Facts
from tradai_console.demo.story.eyes import look
from tradai_console.demo.story.stage import Actor, FixedTime, Stage, Time, Turns
from tradai_console.demo.world.compute import Balancer

__all__ = ["Conditions", "Exchange", "Facts", "Story", "start"]

_LOG = logging.getLogger(__name__)
_TURN_S = 0.25
_BUNDLE_S = 4.0


class Story:
    """The running story. `step` moves it on by hand; `run` lets a thread of its own do so.

    `conditions` are the levers of drills; `enter` adds an actor of theirs.
    """

    def __init__(
        self,
        endpoint_url: str,
        *,
        env: str = "prod",
        seed: int = 1,
        speed: float = 1.0,
        calm: bool = False,
        hushed: bool = False,
    ) -> None:
        self.cast: Cast = draw_cast(env, seed)
        self.conditions = Conditions()
        self._aws = Clients(endpoint_url)
        self._server_clock: Any = server_clock()
        self.time: Time = self._server_clock or _wall(speed)
        self.stage = Stage(self._aws, self.cast, self.time, self.conditions, Facts())
        self.balancer = read_balancer(self._aws, self.cast)
        self.waves = gauges.Waves((seed, env))
        self.plot: Any = None
        """The drill that was begun last, `drills.Plot`; None before the first."""
        self.practice: Any = None
        """Whose drills these are, `practice.Practice`; None where nobody has said."""
        self._calm = calm or hushed
        self._turns = Turns()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        give_answers(self.stage)
        look(self.stage)
        for name, actor in full_company(
            self.stage, self.balancer, self.waves, calm=calm or hushed, hushed=hushed
        ):
            self._turns.enter(name, actor, self.time.elapsed())

    @property
    def facts(self) -> Facts:
        """What the last look at AWS found."""
        return self.stage.facts

    def enter(self, name: str, actor: Actor) -> None:
        """Let another actor begin now."""
        with self._lock:
            self._turns.enter(name, actor, self.time.elapsed())

    def hush(self) -> None:
        """Nothing goes wrong by itself any more, and what does comes to rest: a drill has the stage to itself."""
        with self._lock:
            self._turns.leave("replacements", "incidents", "drill", "red herrings", "trainer")
            self.conditions.rest()

    def unhush(self) -> None:
        """After a drill: what went wrong by itself before may do so again."""
        if not self._calm:
            for name, actor in troublemakers(self.stage, self.balancer, self.waves):
                self._turns.enter(name, actor, self.time.elapsed())

    def step(self, seconds: float) -> None:
        """Move on by so many simulated seconds, with the server's own clock where it is in this process."""
        end = self.time.elapsed() + seconds
        flushed = self.time.elapsed()
        while (now := self.time.elapsed()) < end - 1e-6:
            forward = min(1.0, end - now)
            if self._server_clock is not None:
                self._server_clock.advance(forward)
            elif isinstance(self.time, FixedTime):
                self.time.gone += forward
            now = self.time.elapsed()
            # Lines and figures go out in bundles, as awslogs sends them: fewer requests, the same stamps.
            due = now - flushed >= _BUNDLE_S or now >= end - 1e-6
            self._act(flush=due)
            flushed = now if due else flushed

    def run(self) -> None:
        """Let the story go on in a thread of its own until `stop`."""
        self._thread = threading.Thread(target=self._go_on, name="story", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the story. Doing it again changes nothing."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
            self._thread = None
        self._aws.close()

    def _go_on(self) -> None:
        clock = _RealTime(self.time)
        while not self._stop.wait(_TURN_S / max(1.0, min(5.0, self.time.speed))):
            clock.move()
            try:
                self._act()
            except Exception:  # noqa: BLE001 - the story goes on, whatever one part of it does
                if not self._stop.is_set():
                    _LOG.exception("a turn of the story failed")

    def _act(self, *, flush: bool = True) -> None:
        with self._lock:
            self._turns.run_until(self.time.elapsed())
            if flush:
                self.stage.flush()


class _RealTime:
    """Moves a `FixedTime` on with the machine's clock; a server's clock moves by itself."""

    def __init__(self, time: Time) -> None:
        from time import monotonic

        self._monotonic: Callable[[], float] = monotonic
        self._time = time
        self._last = monotonic()

    def move(self) -> None:
        now = self._monotonic()
        if isinstance(self._time, FixedTime):
            self._time.gone += (now - self._last) * self._time.speed
        self._last = now


def _wall(speed: float) -> FixedTime:
    from time import time

    return FixedTime(time(), speed=speed)


def read_balancer(aws: Clients, cast: Cast) -> Balancer:
    """Find the load balancer and its target groups again (`elasticloadbalancing:Describe*`)."""
    elb = aws("elbv2")
    made = elb.describe_load_balancers(Names=[f"tradai-{cast.env}"])["LoadBalancers"][0]
    groups = elb.describe_target_groups(LoadBalancerArn=made["LoadBalancerArn"])["TargetGroups"]
    arns = {cast.platform.service_of(group["TargetGroupName"]): group["TargetGroupArn"] for group in groups}
    return Balancer(
        name=made["LoadBalancerArn"].split(":loadbalancer/")[1],
        target_groups={service: arn.split(":")[5] for service, arn in arns.items()},
        target_group_arns=arns,
    )


def start(
    endpoint_url: str, *, env: str = "prod", seed: int = 1, speed: float = 1.0, drill: str | None = None
) -> Story:
    """Start the story on a platform that `world.build` has built; with a drill nothing else goes wrong by itself."""
    story = Story(endpoint_url, env=env, seed=seed, speed=speed, calm=drill is not None)
    if drill is not None:
        # The drills know the story; so they are found late.
        importlib.import_module("tradai_console.demo.drills").begin(drill, story)
    story.run()
    return story
