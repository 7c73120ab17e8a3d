"""The demo's server: loopback only, quick, quiet, and gone when nobody needs it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
import requests

from tests.demo.conftest import Aws
from tradai_console.demo import behaviour
from tradai_console.demo.behaviour.clock import Clock
from tradai_console.demo.server import DemoError, DemoServer

COMMAND = [sys.executable, "-m", "tradai_console.demo.server", "--bare"]


def start(*more: str) -> tuple[subprocess.Popen[str], dict[str, object]]:
    process = subprocess.Popen(
        [*COMMAND, *more], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def end(process: subprocess.Popen[str]) -> str:
    _, errors = process.communicate(timeout=15)
    return errors


def test_process_serves_and_leaves_on_signal() -> None:
    """It says in one line where it is, serves that, and ends with code 0 and without a word on SIGTERM."""
    process, ready = start()
    assert ready["ready"] is True
    assert ready["pid"] == process.pid
    url = str(ready["endpoint_url"])
    assert url.startswith("http://127.0.0.1:")
    assert requests.get(f"{url}/moto-api/data.json", timeout=10).ok
    process.send_signal(signal.SIGTERM)
    assert end(process) == ""
    assert process.returncode == 0


def test_it_listens_on_loopback_only() -> None:
    """No address but 127.0.0.1 is bound."""
    process, ready = start()
    try:
        port = int(str(ready["endpoint_url"]).rsplit(":", 1)[1])
        rows = [line.split() for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]]
        bound = [
            row[1].split(":")[0] for row in rows if int(row[1].split(":")[1], 16) == port and row[3] == "0A"
        ]
        assert bound == ["0100007F"]
    finally:
        process.terminate()
        end(process)


def test_it_ends_with_its_parent() -> None:
    """With --with-parent the end of standard input ends it."""
    process, _ = start("--with-parent")
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=10) == 0
    for pipe in (process.stdout, process.stderr):
        assert pipe is not None
        pipe.close()


def test_signal_ends_it_while_its_parent_lives() -> None:
    """With --with-parent a signal still ends it cleanly, its standard input open."""
    process, _ = start("--with-parent")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 0
    assert process.stderr is not None
    assert process.stderr.read() == ""
    end(process)


def test_context_gives_an_environment_that_isolates() -> None:
    """Inside the context its environment leads any client to it, and the user's own files play no part."""
    with DemoServer(bare=True, env="staging") as server:
        given = server.environ()
        assert given["AWS_ENDPOINT_URL"] == server.endpoint_url
        assert given["ENVIRONMENT"] == "staging"
        assert given["AWS_CONFIG_FILE"] == given["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
        script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PATH": "", **given},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.stdout.strip() == "123456789012", done.stderr
        url = server.endpoint_url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=2)


def test_failure_is_one_sentence() -> None:
    """A server that cannot start says why in one sentence."""
    with DemoServer(bare=True) as first:
        taken = int(first.endpoint_url.rsplit(":", 1)[1])
        with pytest.raises(DemoError) as caught, DemoServer(bare=True, port=taken):
            pass
    assert "\n" not in str(caught.value)
    assert "did not start" in str(caught.value)


def test_connections_stay_open(aws: Aws) -> None:
    """Many requests travel over one connection, bodies and empty answers alike."""
    connection = http.client.HTTPConnection(aws.endpoint_url.removeprefix("http://"), timeout=10)
    headers = {
        "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters",
        "Content-Type": "application/x-amz-json-1.1",
        "Authorization": "AWS4-HMAC-SHA256 Credential=demo/20260101/eu-central-1/ecs/aws4_request, SignedHeaders=a, Signature=b",
    }
    connection.request("POST", "/", body="{}", headers=headers)
    assert json.loads(connection.getresponse().read()) == {"clusterArns": []}
    socket = connection.sock
    for _ in range(20):
        connection.request("POST", "/", body="{}", headers=headers)
        assert connection.getresponse().read()
    assert connection.sock is socket
    connection.close()


def test_requests_are_answered_quickly(aws: Aws) -> None:
    """A small request takes a few milliseconds, client and server in one process."""
    ecs = aws.client("ecs")
    took = []
    for _ in range(50):
        began = time.perf_counter()
        ecs.list_clusters()
        took.append(time.perf_counter() - began)
    # Where each waits for something, the quickest does too.
    assert min(took) < 0.025


def test_reset_empties_our_state_too(aws: Aws) -> None:
    """What is not moto's is forgotten by moto's reset as well."""
    given = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="a", Threshold=1, ComparisonOperator="GreaterThanThreshold", **given
    )
    assert len(aws.client("cloudwatch").describe_alarms()["MetricAlarms"]) == 1
    requests.post(f"{aws.endpoint_url}/moto-api/reset", timeout=10)
    assert aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_objects_travel_whole(aws: Aws) -> None:
    """A megabyte goes to S3 and comes back, streaming signatures and all."""
    s3 = aws.client("s3")
    s3.create_bucket(
        Bucket="tradai-logs-prod", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"}
    )
    body = os.urandom(1_000_000)
    s3.put_object(Bucket="tradai-logs-prod", Key="k", Body=body)
    assert s3.get_object(Bucket="tradai-logs-prod", Key="k")["Body"].read() == body
    assert s3.head_object(Bucket="tradai-logs-prod", Key="k")["ContentLength"] == len(body)


def test_running_clock_moves_the_platform() -> None:
    """In its own process time passes by itself, as fast as it is told to."""
    with DemoServer(bare=True, speed=20) as server:
        ecs = boto3.client(
            "ecs",
            endpoint_url=server.endpoint_url,
            region_name="eu-central-1",
            aws_access_key_id="demo",
            aws_secret_access_key="demo",
        )
        ecs.create_cluster(clusterName="c")
        ecs.register_task_definition(
            family="f",
            containerDefinitions=[{"name": "x", "image": "y", "memory": 128}],
            networkMode="awsvpc",
        )
        ecs.create_service(cluster="c", serviceName="s", taskDefinition="f", desiredCount=1)
        ends = time.monotonic() + 60
        while ecs.describe_services(cluster="c", services=["s"])["services"][0]["runningCount"] < 1:
            assert time.monotonic() < ends
            time.sleep(0.05)


def test_clock_plays_events_in_order() -> None:
    """An event happens at its own time, whatever the leap, and stamps never run ahead of a running clock's speed."""
    clock = Clock(running=False, start=1000.0)
    seen: list[tuple[str, float]] = []
    clock.after(20, lambda: seen.append(("late", clock.time())))
    clock.after(10, lambda: clock.after(5, lambda: seen.append(("nested", clock.time()))))
    clock.advance(30)
    assert seen == [("nested", 1015.0), ("late", 1020.0)]
    assert clock.time() == 1030.0
    fast = Clock(100)
    time.sleep(0.05)
    assert fast.elapsed() > 4
    assert abs(fast.time() - time.time()) < 1


def test_install_twice_is_once(aws: Aws) -> None:
    """Installing again changes nothing but the clock."""
    from moto.core.responses import BaseResponse

    before = BaseResponse.call_action
    behaviour.install()
    assert BaseResponse.call_action is before
    assert aws.client("ecs").list_clusters()["clusterArns"] == []
