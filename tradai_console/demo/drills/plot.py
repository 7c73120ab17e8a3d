"""What a drill is, and what it has at hand while it is played.

A drill's play is an actor of the story: it puts a cause in, lets the symptoms follow, looks at what AWS says
again and again, and takes the symptoms back once the cause is gone. It never knows who called what.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tradai_console.demo.cast import SERVICES, Cast, ServiceSpec, dice, draw_uuid
from tradai_console.demo.drills.trainer import Trainer
from tradai_console.demo.inside import behaviour
from tradai_console.demo.story import Story, gauges, schedules
from tradai_console.demo.story.stage import Actor
from tradai_console.demo.story.voices import plain_line, stream_of

LOOK_S = 5.0
"""How often a play looks whether its cause is gone."""

MOST_LEAD_S = 6.0
"""A drill's cause comes after so long at the most."""

BETWEEN_S = 90.0
"""What a change is given before the next one rests on it."""

Deed = Callable[[Trainer, "Plot"], object]
"""Something that is done to the simulated account."""

_SPECS = {spec.name: spec for spec in SERVICES}


@dataclass(frozen=True)
class Drill:
    """One thing that goes wrong, and everything a trainer wants to know of it.

    Texts may name what the seed draws: `{service}`, `{strategy}`, `{env}`.
    """

    name: str
    alert: str
    """The alert of the response matrix."""
    line: str
    """What it looks like at first, in one line; it gives nothing away."""
    announced: str
    """The alarm that fires, or the subject of the message that comes."""
    cures: str
    useless: str
    """What changes nothing."""
    worse: str
    """What makes it worse; empty where nothing does."""
    truth: str
    """What really happened."""
    looks: tuple[str, ...]
    """The probes that show the cause; who comes to a step with one of them has looked in the right place."""
    right: tuple[str, ...]
    """What cures it, as the journal names it: an action of the catalogue, and words of what it is done to."""
    remedy: tuple[Deed, ...]
    """What the trainer does when the trainee gives up, one after the other; none where it passes by itself."""
    event: bool
    """Its alert tells of something that happened, and stays for an hour whatever is done."""
    play: Callable[[Plot], Actor]
    draws: Callable[[random.Random, Cast], dict[str, str]]

    def drawn(self, cast: Cast) -> dict[str, str]:
        """What this seed makes of it."""
        return {"env": cast.env, **self.draws(dice(cast.seed, cast.env, "drill", self.name), cast)}

    def told(self, text: str, cast: Cast) -> str:
        """One of the texts with this seed's names in it."""
        return text.format_map(self.drawn(cast))

    def whole_truth(self, cast: Cast) -> tuple[str, ...]:
        """What really happened with this seed, what cures it, what does not and what makes it worse; for the end."""
        told = [self.truth, f"What cures it: {self.cures}.", f"What does not: {self.useless}."]
        told += [f"What makes it worse: {self.worse}."] if self.worse else []
        return tuple([self.told(text, cast) for text in told])


class Plot:
    """One drill that is being played."""

    def __init__(self, drill: Drill, story: Story) -> None:
        self.drill = drill
        self.story = story
        self.stage = story.stage
        self.cast = story.cast
        self.conditions = story.conditions
        self.rng = dice(self.cast.seed, self.cast.env, "play", drill.name)
        self.began_at = self.stage.time.time()
        """The stamp of its beginning, seconds since 1970."""
        self.cured_at: float | None = None
        """The stamp at which the cause was gone and its last symptom taken back; None before."""
        self.gone_at: float | None = None
        """The stamp at which the cause was gone; its last symptoms may be going on for a while."""
        self.given_up_at: float | None = None
        """The stamp at which the trainer took over; None: nobody has given up."""
        self._drawn = drill.drawn(self.cast)

    def __getitem__(self, name: str) -> str:
        return self._drawn[name]

    def told(self, text: str) -> str:
        """One of the drill's texts with this seed's names in it."""
        return text.format_map(self._drawn)

    def aws(self, service: str) -> Any:
        """An ordinary client."""
        return self.stage.aws(service)

    def play(self) -> Actor:
        """Play it to its end. When it begins comes from the seed, as everything else."""
        yield self.rng.uniform(0.5, MOST_LEAD_S)
        yield from self.drill.play(self)
        self.gone()
        self.cured_at = self.stage.time.time()
        self.story.unhush()

    def gone(self) -> None:
        """The cause is gone now; a play that has nothing to say of it afterwards need not call it."""
        self.gone_at = self.gone_at or self.stage.time.time()

    def remedy(self) -> Actor:
        """The trainer does what cures it, before the trainee's eyes."""
        hand = Trainer(self.stage.aws, self.cast)
        for deed in self.drill.remedy:
            deed(hand, self)
            yield BETWEEN_S

    # --- being noticed ---

    def note(self, service: str, logger: str, level: str, message: str) -> None:
        """A line in the log of the service's running task; none where nothing runs."""
        at = self.stage.time.time()
        stream = stream_of(self.cast, self.stage.facts, service)
        if stream is not None:
            self.stage.say(stream, plain_line(at, logger, level, message), at)

    def recorded(self, user: str, event: str, *, ago_s: float = 0.0, **more: Any) -> None:
        """A record of CloudTrail: somebody called `source:Event`, so long ago."""
        at = self.stage.time.time() - ago_s
        source, name = event.split(":")
        record = {
            "eventVersion": "1.10",
            "eventTime": f"{self.stamp(at)}",
            "eventSource": f"{source}.amazonaws.com",
            "eventName": name,
            "awsRegion": self.cast.region,
            "sourceIPAddress": "10.0.11.20",
            "userIdentity": {
                "type": "IAMUser",
                "userName": user,
                "arn": f"arn:aws:iam::{self.cast.account}:user/{user}",
            },
            "eventID": draw_uuid(self.rng),
            "readOnly": name.startswith(("Get", "List", "Describe")),
        } | more
        stream = f"{self.cast.account}_CloudTrail_{self.cast.region}"
        self.stage.say((self.cast.platform.log_groups.cloudtrail, stream), json.dumps(record), at)

    @staticmethod
    def stamp(at: float) -> str:
        """A time as CloudTrail writes it."""
        from datetime import UTC, datetime

        return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"

    def publish(self, subject: str, message: str | Mapping[str, Any]) -> None:
        """A message to the alerts topic (`sns:Publish`)."""
        body = message if isinstance(message, str) else json.dumps(message)
        self.aws("sns").publish(TopicArn=self.cast.alerts_arn, Subject=subject[:100], Message=body)

    def measure(self, *what: str) -> None:
        """Let figures be taken now, not at the next minute: `services`, `network`, `database`, `edge`; `load` is the
        edge with what is counted there."""
        waves = self.story.waves
        for name in what:
            if name in ("edge", "load"):
                gauges.measure_edge(self.stage, self.story.balancer, waves, counts=name == "load")
            elif name == "network":
                gauges.measure_network(self.stage, waves)
            elif name == "database":
                gauges.measure_database(self.stage, waves)
            else:
                gauges.measure_services(self.stage, waves)

    def check_health(self) -> None:
        """Let the health check run now."""
        schedules.check_health(self.stage, self.rng)

    # --- what AWS says ---

    def spec(self, service: str) -> ServiceSpec:
        """The service as the platform defined it."""
        return _SPECS[service]

    def tasks(self, service: str) -> frozenset[str]:
        """The ids of its running tasks."""
        return frozenset(self.stage.facts.tasks.get(service, ()))

    def renewed(self, service: str, old: frozenset[str]) -> bool:
        """Whether it runs, and none of the old tasks does."""
        return bool(self.tasks(service)) and not self.tasks(service) & old

    def served_by(self, service: str) -> list[dict[str, Any]]:
        """The task definitions that its tasks run, one each (`ecs:DescribeTasks`, `ecs:DescribeTaskDefinition`)."""
        ids, ecs = sorted(self.tasks(service)), self.aws("ecs")
        if not ids:
            return []
        told = ecs.describe_tasks(cluster=self.cast.platform.cluster, tasks=ids)["tasks"]
        names = {one["taskDefinitionArn"] for one in told if one["lastStatus"] == "RUNNING"}
        return [ecs.describe_task_definition(taskDefinition=one)["taskDefinition"] for one in sorted(names)]

    def memory_mib(self, service: str) -> int:
        """The least memory that one of its tasks has; 0 where none runs."""
        return min((int(one["memory"]) for one in self.served_by(service)), default=0)

    def images(self, service: str) -> set[str]:
        """The images that its tasks run."""
        return {one["containerDefinitions"][0]["image"] for one in self.served_by(service)}

    def desired(self, service: str) -> int:
        """How many tasks its service wants (`ecs:DescribeServices`)."""
        return int(self._service(service)["desiredCount"])

    def definition(self, service: str) -> dict[str, Any]:
        """The task definition that its service names now (`ecs:DescribeServices`)."""
        name = self._service(service)["taskDefinition"]
        return dict(self.aws("ecs").describe_task_definition(taskDefinition=name)["taskDefinition"])

    def _service(self, service: str) -> dict[str, Any]:
        cluster, name = self.cast.platform.cluster, self.cast.service_name(service)
        return dict(self.aws("ecs").describe_services(cluster=cluster, services=[name])["services"][0])

    def session(self, strategy: str) -> str:
        """Its status in `trading-state`, at the last look."""
        return self.stage.facts.sessions.get(strategy, "")

    def secret(self, name: str) -> dict[str, Any]:
        """A secret's value as an object; empty where it is none (`secretsmanager:GetSecretValue`)."""
        text = self.aws("secretsmanager").get_secret_value(SecretId=name)["SecretString"]
        try:
            value = json.loads(text)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}

    def function(self, name: str) -> tuple[int, int]:
        """A function's time limit (s) and memory (MiB) (`lambda:GetFunctionConfiguration`)."""
        full = self.cast.platform.function(name)
        found = self.aws("lambda").get_function_configuration(FunctionName=full)
        return int(found["Timeout"]), int(found["MemorySize"])

    @property
    def ecs(self) -> Any:
        """ECS's own levers."""
        return behaviour("ecs")


_DRILLS: dict[str, Drill] = {}


def nothing(rng: random.Random, cast: Cast) -> dict[str, str]:
    """Nothing is drawn."""
    del rng, cast
    return {}


def one_of(name: str, *choices: str) -> Callable[[random.Random, Cast], dict[str, str]]:
    """One of these is drawn under this name."""
    return lambda rng, cast: {name: rng.choice(choices), "user": rng.choice(cast.users)}


def a_user(rng: random.Random, cast: Cast) -> dict[str, str]:
    """Only who did it is drawn."""
    return {"user": rng.choice(cast.users)}


def drill(
    name: str,
    *,
    alert: str,
    line: str,
    announced: str,
    cures: str,
    useless: str,
    truth: str,
    looks: tuple[str, ...],
    right: tuple[str, ...],
    remedy: tuple[Deed, ...],
    worse: str = "",
    event: bool = False,
    draws: Callable[[random.Random, Cast], dict[str, str]] = nothing,
) -> Callable[[Callable[[Plot], Actor]], Callable[[Plot], Actor]]:
    """Register the decorated play as the drill of this name."""

    def register(play: Callable[[Plot], Actor]) -> Callable[[Plot], Actor]:
        _DRILLS[name] = Drill(
            name,
            alert,
            line,
            announced,
            cures,
            useless,
            worse,
            truth,
            looks,
            right,
            remedy,
            event,
            play,
            draws,
        )
        return play

    return register


def registered() -> Mapping[str, Drill]:
    """Every drill that has been imported, by name."""
    return _DRILLS
