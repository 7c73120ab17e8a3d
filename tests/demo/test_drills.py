"""Every drill can be lived through: its alert comes, wrong actions do not end it, the right one does."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from tests.incidents.walks import WALKS
from tradai_console.demo import drills
from tradai_console.demo.behaviour import cloudwatch, logs
from tradai_console.demo.cast import draw_cast
from tradai_console.demo.clients import Clients
from tradai_console.demo.drills import DrillError, Plot
from tradai_console.demo.drills.plot import Deed
from tradai_console.demo.drills.trainer import Trainer
from tradai_console.demo.server import DemoError, DemoServer, serve_in_thread
from tradai_console.demo.story import Story
from tradai_console.demo.story.conditions import Facts
from tradai_console.demo.story.eyes import ask
from tradai_console.demo.story.glance import glance
from tradai_console.demo.story.stage import Stage as Boards
from tradai_console.demo.world import build
from tradai_console.runbook.library import load_library


@dataclass(frozen=True)
class Case:
    """What is tried in vain before the trainer's remedy ends the drill."""

    wrong: tuple[Deed, ...]
    wrong_s: float = 120.0
    """For how long it is watched that the wrong deeds change nothing."""
    holds: bool = True
    """Whether the alarm itself stays in ALARM until the cure; a counted event does not."""
    afterwards: Deed | None = None
    """What has to be put back before the next drill."""


def redeploy(*services: str) -> Deed:
    return lambda hand, plot: hand.redeploy(*(services or (plot["service"],)))


def nothing(hand: Trainer, plot: Plot) -> None:
    del hand, plot


def session(status: str) -> Deed:
    return lambda hand, plot: hand.set_session(plot["strategy"], status)


def scale(desired: int) -> Deed:
    return lambda hand, _: hand.scale("backend-api", desired)


CASES: dict[str, Case] = {
    "service-crash-loop": Case((redeploy(),)),
    "service-bad-deployment": Case((redeploy(),)),
    "lambda-out-of-memory": Case(
        (lambda hand, plot: hand.set_function(plot["function"], Timeout=600), redeploy("mlflow")),
        afterwards=lambda hand, plot: hand.set_function(plot["function"], Timeout=300),
    ),
    "drift-bad-model": Case((lambda hand, plot: hand.roll_model_back(plot["model"], dry_run=True),)),
    "heartbeat-rate-limit": Case((redeploy("strategy-service"),)),
    "position-stuck-frozen": Case((session("paused"), session("running"))),
    "nat-down": Case((lambda hand, _: hand.reboot_nat(),)),
    "nat-source-dest-check": Case((lambda hand, _: hand.repair_route(),)),
    "rds-rotated-password": Case((lambda hand, _: hand.reboot_database(failover=False),)),
    "rds-host-ill": Case((lambda hand, _: hand.reboot_database(failover=False), redeploy("mlflow"))),
    "pool-job-flood": Case((redeploy("mlflow"),)),
    "credential-leak-exchange": Case((redeploy("strategy-service"),)),
    "unauthorized-task": Case((lambda hand, _: hand.put_keys(),)),
    "latency-sick-task": Case((scale(3),), afterwards=scale(2)),
    "latency-exchange": Case((redeploy("backend-api"),)),
    "memory-leak-release": Case((redeploy(),), wrong_s=200),
    "lambda-timeout-dependency": Case(
        (lambda hand, _: hand.set_function("health-check", Timeout=120),),
        afterwards=lambda hand, _: hand.set_function("health-check", Timeout=60),
    ),
    "workflow-data-outage": Case((lambda hand, _: hand.redrive(),), holds=False),
}


class Stage:
    """A platform with its story, on which one drill after the other is played."""

    def __init__(self, url: str, seed: int) -> None:
        self.world = build(url, env="prod", seed=seed)
        self.aws = Clients(url)
        self.hand = Trainer(self.aws, self.world.cast)
        self.story = Story(url, env="prod", seed=seed, hushed=True)
        self.subjects: list[str] = []
        self.story.step(10)

    def until(self, holds: Callable[[], bool], limit_s: float, what: str) -> float:
        """Let time pass until it holds; how long that took."""
        began = self.story.time.elapsed()
        while not holds():
            gone = self.story.time.elapsed() - began
            assert gone < limit_s, f"{what} not within {limit_s:.0f} s"
            self.story.step(5)
        return self.story.time.elapsed() - began

    def announced(self, plot: Plot) -> bool:
        """Whether its alarm fires, or its message has come."""
        wanted = plot.drill.told(plot.drill.announced, self.world.cast)
        if wanted.startswith("tradai-"):
            return cloudwatch.state_of(wanted) == "ALARM"
        self._read_channel()
        return wanted in self.subjects

    def over(self, plot: Plot) -> bool:
        """Whether every alarm is at rest, and a message has been taken back by another."""
        wanted = plot.drill.told(plot.drill.announced, self.world.cast)
        self._read_channel()
        taken_back = wanted.startswith("tradai-") or f"RESOLVED: {wanted}" in self.subjects
        return taken_back and not any(cloudwatch.state_of(name) == "ALARM" for name in self.world.alarms)

    def requests(self) -> float:
        """The most that the backend got in one of the last minutes."""
        now, balancer = self.story.time.time(), self.story.balancer
        group = balancer.target_groups["backend-api"]
        names = {"LoadBalancer": balancer.name, "TargetGroup": group}
        answer = self.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName="RequestCount",
            Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
            StartTime=datetime.fromtimestamp(now - 150, UTC),
            EndTime=datetime.fromtimestamp(now + 60, UTC),
            Period=60,
            Statistics=["Sum"],
        )
        return max(float(one["Sum"]) for one in answer["Datapoints"])

    def _read_channel(self) -> None:
        sqs = self.aws("sqs")
        while found := sqs.receive_message(
            QueueUrl=self.world.queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=0
        ).get("Messages", []):
            for message in found:
                self.subjects.append(str(json.loads(message["Body"]).get("Subject", "")))
                sqs.delete_message(QueueUrl=self.world.queue_url, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    url, stop = serve_in_thread()
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST"), timeout=10).close()
    one = Stage(url, seed=5)
    yield one
    one.story.stop()
    stop()


def _cases() -> Iterator[object]:
    """Two workers share them, each with a platform of its own; what is walked by keys on the screens is held there."""
    for number, name in enumerate(sorted(set(CASES) - set(WALKS))):
        yield pytest.param(name, id=name, marks=pytest.mark.xdist_group(f"demo-drills-{number % 2}"))


@pytest.mark.parametrize("name", _cases())
def test_a_drill_from_cause_to_cure(stage: Stage, name: str) -> None:
    """Its alert comes by itself within 300 s, wrong actions leave it as it is, what the trainer does brings all to rest."""
    case = CASES[name]
    stage.subjects.clear()
    plot = drills.begin(name, stage.story)
    stage.until(lambda: stage.announced(plot), 300, "the alert")
    for deed in case.wrong:
        deed(stage.hand, plot)
    stage.story.step(case.wrong_s)
    assert plot.cured_at is None
    assert stage.announced(plot) or not case.holds
    stage.story.enter("trainer", plot.remedy())
    stage.until(lambda: plot.cured_at is not None, 600, "the cure")
    if case.afterwards is not None:
        case.afterwards(stage.hand, plot)
    stage.until(lambda: stage.over(plot), 600, "rest")
    assert 0 < (plot.gone_at or 0) <= (plot.cured_at or 0)


@pytest.mark.xdist_group("demo-drills-0")
def test_a_wrong_turn_makes_it_worse(stage: Stage) -> None:
    """A new task beside a stuck position doubles it, and says so; the right action still ends it."""
    stage.subjects.clear()
    plot = drills.begin("position-stuck", stage.story)
    stage.story.step(10)
    assert stage.announced(plot)
    stage.subjects.clear()
    stage.hand.redeploy(plot["service"])
    stage.until(lambda: stage.announced(plot), 120, "the second message")
    stage.hand.set_session(plot["strategy"], "stopped")
    stage.until(lambda: stage.over(plot), 300, "rest")
    stage.hand.set_session(plot["strategy"], "running")


@pytest.mark.xdist_group("demo-drills-0")
def test_a_shut_port_is_in_the_flow_log(stage: Stage) -> None:
    """What the database's group turns away is rejected there, at the database's port; nothing is, once it is open."""
    plot, group = drills.begin("rds-security-group", stage.story), stage.world.cast.platform.log_groups.flow

    def rejected() -> int:
        found = logs.events_of(stage.world.cast.account, stage.world.cast.region, group)
        return sum(" 5432 6 3 180 " in one.message and "REJECT" in one.message for _, one in found)

    stage.story.step(90)
    assert rejected() >= 2
    stage.story.enter("trainer", plot.remedy())
    stage.until(lambda: plot.cured_at is not None and stage.over(plot), 600, "rest")
    before = rejected()
    stage.story.step(90)
    assert rejected() == before


@pytest.mark.xdist_group("demo-drills-0")
def test_a_task_that_is_cut_off_calls_nobody(stage: Stage) -> None:
    """Isolated, a task under suspicion makes no call any more; it is not destroyed at once, and it is replaced."""
    stage.subjects.clear()
    plot = drills.begin("unauthorized-task", stage.story)
    stage.story.step(20)
    old = plot.tasks(plot["service"])
    for task in sorted(old):
        if plot.cured_at is None:
            stage.hand.isolate(task)
            stage.story.step(10)
            assert task in plot.tasks(plot["service"])
    stage.until(lambda: plot.cured_at is not None and stage.over(plot), 400, "rest")
    stage.until(lambda: bool(plot.tasks(plot["service"]) - old), 200, "a new task")


@pytest.mark.xdist_group("demo-drills-1")
def test_only_load_brings_more_requests(stage: Stage) -> None:
    """While the exchange is slow as many requests are counted as before it; under load four times as many."""
    usual = stage.requests()
    plot = drills.begin("latency-exchange", stage.story)
    stage.story.step(180)
    assert stage.requests() < 1.5 * usual
    stage.until(lambda: plot.cured_at is not None and stage.over(plot), 900, "rest")
    plot = drills.begin("latency-load", stage.story)
    stage.story.step(180)
    assert 1.8 * usual < stage.requests() < 7 * usual
    stage.story.enter("trainer", plot.remedy())
    stage.until(lambda: plot.cured_at is not None and stage.over(plot), 900, "rest")
    stage.hand.scale("backend-api", 2)


@pytest.mark.xdist_group("demo-drills-1")
def test_the_glance_sees_what_the_api_says(stage: Stage) -> None:
    """What the story reads in the server's tables is what any client reads, in trouble too."""
    story = stage.story

    def both() -> list[tuple[bool, Facts]]:
        boards = [
            Boards(stage.aws, stage.world.cast, story.time, story.conditions, Facts()) for _ in range(2)
        ]
        return [(look(one), one.facts) for look, one in zip((ask, glance), boards, strict=True)]

    asked, glanced = both()
    assert asked == glanced
    assert asked[0] is True
    plot = drills.begin("nat-down", story)
    stage.hand.reboot_database(failover=True)
    stage.hand.set_session("RadStrategy", "paused")
    stage.hand.scale("data-collection", 0)
    story.step(20)
    asked, glanced = both()
    assert asked == glanced
    assert asked[0] is False
    stage.hand.replace_nat()
    stage.hand.set_session("RadStrategy", "running")
    stage.hand.scale("data-collection", 1)
    stage.until(lambda: stage.over(plot), 600, "rest")


def test_every_alert_of_the_matrix_has_a_drill() -> None:
    """All sixteen kinds can be rehearsed, those with several causes in more than one way; each drill is lived through here."""
    kinds = [drills.find(name).alert for name in drills.names()]
    assert set(kinds) == {alert.name for alert in load_library().alerts()}
    several = (
        "Service Unhealthy",
        "NAT Instance Down",
        "RDS Connectivity",
        "Stale Heartbeat",
        "ECS Memory High",
    )
    assert all(kinds.count(kind) >= 2 for kind in several)
    assert set(CASES) | set(WALKS) == set(drills.names())


def test_two_seeds_are_two_nights() -> None:
    """A seed always draws the same, two seeds draw otherwise, and the words at the end name what was drawn."""
    found = drills.find("service-oom")
    drawn = [found.drawn(draw_cast("prod", seed)) for seed in range(12)]
    assert drawn == [found.drawn(draw_cast("prod", seed)) for seed in range(12)]
    assert len({one["service"] for one in drawn}) == 3
    assert drawn[4]["service"] in drills.truth("service-oom", seed=4)
    for name in drills.names():
        assert "{" not in drills.truth(name, seed=2)


def test_random_leaves_it_to_the_seed() -> None:
    """The same seed plays the same drill; twenty seeds play many."""
    assert drills.choose("random", 3) == drills.choose("random", 3)
    assert len({drills.choose("random", seed) for seed in range(20)}) > 8


def test_the_list_gives_nothing_away() -> None:
    """A line a drill, with its name and what it looks like; what cures it is not in it."""
    lines = drills.listing().splitlines()
    assert [line.split()[0] for line in lines] == list(drills.names())
    assert all(drills.find(line.split()[0]).cures not in line for line in lines)


def test_an_unknown_drill_is_one_sentence_with_a_way_on() -> None:
    """A slip of the pen is answered with what was perhaps meant."""
    with pytest.raises(DrillError, match=r"nat-down"):
        drills.choose("nat-dwn", 1)


@pytest.mark.early
def test_a_drill_at_speed_has_its_alarm_within_half_a_minute() -> None:
    """The server begins the drill by itself; thirty times as fast its alarm fires in seconds, and any client sees it.

    Its parent can ask how it stands; a second one waits for the end of the first.
    """
    with DemoServer(seed=3, speed=30, drill="nat-down") as server:
        clients = Clients(server.endpoint_url)
        began = time.monotonic()
        while not _fires(clients, "tradai-prod-nat-unhealthy"):
            assert time.monotonic() - began < 30
            time.sleep(0.1)
        assert server.report()["drill"] == "nat-down"
        assert server.report()["cured_at"] is None
        with pytest.raises(DemoError, match="still being played"):
            server.begin_drill("service-oom")
        Trainer(clients, draw_cast("prod", 3)).replace_nat()
        while server.report()["cured_at"] is None:
            assert time.monotonic() - began < 60
            time.sleep(0.2)
        assert server.begin_drill("service-oom")["alert"] == "Service Unhealthy"
        with pytest.raises(DemoError, match="still being played"):
            server.begin_drill("random")
        clients.close()


def _fires(clients: Clients, alarm: str) -> bool:
    firing = clients("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    return any(one["AlarmName"] == alarm for one in firing)


def test_where_nothing_runs_on_ecs_a_drill_is_refused() -> None:
    """In dev and staging the server says in one sentence where drills can be played."""
    with pytest.raises(DemoError, match=r"Use --env prod") as caught, DemoServer(env="dev", drill="nat-down"):
        pass
    assert "\n" not in str(caught.value)


def test_a_crowd_instead_of_the_platform() -> None:
    """The server fills an account with so many of each before it says that it is ready."""
    with DemoServer(
        env="bench", crowd={"alarms": 120, "services": 3, "tasks": 3, "executions": 10}
    ) as server:
        clients = Clients(server.endpoint_url)
        pages = clients("cloudwatch").get_paginator("describe_alarms").paginate()
        assert len(pages.build_full_result()["MetricAlarms"]) == 120
        services = clients("ecs").list_services(cluster="tradai-bench")["serviceArns"]
        assert len(services) == 3
        clients.close()
