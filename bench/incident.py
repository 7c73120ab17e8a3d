"""From `enter` on an alert to the last probe's answer, beside the same calls made one after another with `aws`.

As a child (`python -m bench.incident ALERT`) it opens the alert's incident once and prints how long that took, and
which calls the probes made.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
import time
from statistics import median
from typing import Any, Final

from bench.figures import Measured, Row
from bench.places import PYTHON, BenchError, client_env, run_child
from bench.recorded import Call, from_json, to_json
from tradai_console.aws.door import SERVICES, Door
from tradai_console.demo.run import demo_settings
from tradai_console.demo.server import DemoServer
from tradai_console.engine import Engine
from tradai_console.incident import Incident
from tradai_console.jobs import OpenIncident
from tradai_console.news import AlertsListed, IncidentChanged, News
from tradai_console.platform import load_platform
from tradai_console.runbook.model import Probe

DRILL, ALERT = "nat-down", "NAT Instance Down"
ROUNDS: Final = 3
TARGET: Final = 0.1
"""What the console may take of the time that the command line takes."""
PATIENCE_S: Final = 60.0


def measure() -> Measured:
    """Each round a process of its own on one simulated platform; the command line once. Raises BenchError."""
    with DemoServer(seed=3, speed=10, drill=DRILL) as server:
        env = client_env(server.endpoint_url)
        rounds = [
            json.loads(run_child([PYTHON, "-m", "bench.incident", ALERT], env, 2 * PATIENCE_S))
            for _ in range(ROUNDS)
        ]
        calls = from_json(json.dumps(rounds[0]["calls"]))
        by_hand_s, refused = _by_hand(calls, env)
    took = [float(one["took_s"]) for one in rounds]
    row = Row(
        f"{ALERT}: all {rounds[0]['probes']} probes answered, beside {len(calls)} calls with `aws`",
        f"{median(took):.2f} s",
        f"{by_hand_s:.1f} s",
        median(took) / by_hand_s,
        TARGET,
    )
    notes = (
        (f"{len(refused)} of the calls by hand were refused: {'; '.join(refused[:3])}",) if refused else ()
    )
    return Measured((row,), {"rounds": [one["took_s"] for one in rounds], "by_hand_s": by_hand_s}, notes)


def _by_hand(calls: list[Call], env: dict[str, str]) -> tuple[float, list[str]]:
    """The calls as command lines, one after another: how long, and what was refused."""
    refused: list[str] = []
    began = time.perf_counter()
    for call in calls:
        name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", call.operation).lower()
        line = [PYTHON, "-m", "awscli", call.service, name, "--output", "json", "--no-cli-pager"]
        given = ["--cli-input-json", json.dumps(call.params)] if call.params else []
        done = subprocess.run(
            [*line[:-1], *given], env=env, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode:
            refused.append(f"{call.service} {name}: {done.stderr.strip()[-120:]}")
    return time.perf_counter() - began, refused


def _open(alert: str) -> dict[str, Any]:
    """Watch until the alert is listed, open its incident, and wait for every probe of its section."""
    settings = demo_settings("prod", os.environ["AWS_ENDPOINT_URL"], allow_changes=False)
    keys: dict[str, str] = {}
    newest: list[Incident] = []
    listed, answered = threading.Event(), threading.Event()

    def hear(news: News) -> None:
        if isinstance(news, AlertsListed):
            keys.update({one.alert: one.key for one in news.alerts if one.open})
            if alert in keys:
                listed.set()
        elif isinstance(news, IncidentChanged):
            newest[:] = [news.incident]
            if len(news.incident.evidence) >= len(_probes(news.incident)):
                answered.set()

    engine = Engine(settings, load_platform("prod"), hear)
    engine.start()
    if not listed.wait(PATIENCE_S):
        raise BenchError(f"{alert} was not listed in {PATIENCE_S:.0f} s")
    calls = _recording(engine)
    began = time.perf_counter()
    engine.carry(OpenIncident(keys[alert])).result(PATIENCE_S)
    if not answered.wait(PATIENCE_S):
        raise BenchError("not every probe answered")
    took_s = time.perf_counter() - began
    made = json.loads(to_json([*calls]))
    engine.stop()
    return {"took_s": took_s, "probes": len(_probes(newest[0])), "calls": made}


def _recording(engine: Engine) -> list[Call]:
    """From now on the calls that the probes make; what the panes ask again and again is not among them."""
    calls: list[Call] = []
    asked: set[str] = set()

    def note(params: Any, model: Any, **_: Any) -> None:
        call = Call(str(model.service_model.service_name), str(model.name), dict(params))
        spoken = to_json([call])
        if call.operation not in _OF_THE_PANES and spoken not in asked:
            asked.add(spoken)
            calls.append(call)

    async def listen(door: Door) -> None:
        for service in SERVICES:
            client: Any = await door.client(service)
            client.meta.events.register("before-parameter-build", note)

    engine.submit(listen).result(PATIENCE_S)
    return calls


_OF_THE_PANES: Final = frozenset(
    {"ReceiveMessage", "DeleteMessageBatch", "DescribeAlarms", "GetCallerIdentity"}
)


def _probes(incident: Incident) -> list[Probe]:
    return [probe for step in incident.section.steps for probe in step.of(Probe)]


if __name__ == "__main__":
    print(json.dumps(_open(sys.argv[1])))
