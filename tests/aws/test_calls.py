"""Every call ends, in time, with an error of ours; equal ones are asked once; nothing stays behind."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from tests.aws.scripted import Answer, Request, caller, refused, said, until
from tradai_console.aws.budget import LONGEST_WAIT_S
from tradai_console.aws.calls import DEADLINE_S
from tradai_console.errors import ChangeRefused, SettingsError, Throttled, Unavailable, Unreachable

TASKS = said({"taskArns": []})


async def tasks(door: Any, cluster: str = "tradai-prod") -> Any:
    return await (await door.client("ecs")).list_tasks(cluster=cluster)


def test_the_longest_call() -> None:
    """The wait for a place and the call together stay within fifteen seconds."""
    assert DEADLINE_S + LONGEST_WAIT_S <= 15


@pytest.mark.parametrize("way", ["silent", "drip"])
async def test_a_call_ends_at_its_deadline(way: Any, open_door: Any, serve: Any) -> None:
    """A server that is silent, or gives a byte now and then, is left at the deadline."""
    server = await serve(lambda request: Answer(b'{"taskArns": []}' + b" " * 4_000, way=way))
    door = await open_door(server.url, deadline_s=0.5)
    began = time.monotonic()
    with pytest.raises(Unreachable):
        await tasks(door)
    assert time.monotonic() - began < 10


async def test_the_wait_for_a_connection_is_in_the_deadline(open_door: Any, serve: Any) -> None:
    """More calls than the pool has connections: all end at the deadline, not one after the other."""
    server = await serve(lambda request: Answer(way="silent"))
    door = await open_door(server.url, deadline_s=0.7)
    await door.client("ecs")
    began = time.monotonic()
    ended = await asyncio.gather(*(tasks(door, f"c{n}") for n in range(30)), return_exceptions=True)
    assert time.monotonic() - began < 15  # one after the other it were 21
    assert [type(error) for error in ended] == [Unreachable] * 30


async def test_a_silent_service_does_not_hold_up_another(open_door: Any, serve: Any) -> None:
    """While every connection to one service hangs, another service answers at once."""

    def script(request: Request) -> Answer:
        return Answer(way="silent") if request.operation == "FilterLogEvents" else TASKS

    door = await open_door((await serve(script)).url, deadline_s=20)
    logs = await door.client("logs")
    hung = [asyncio.create_task(logs.filter_log_events(logGroupName=f"g{n}")) for n in range(5)]
    await tasks(door)
    began = time.monotonic()
    await tasks(door)
    assert time.monotonic() - began < 8
    for task in hung:
        task.cancel()
    await asyncio.gather(*hung, return_exceptions=True)


async def test_equal_reads_are_asked_once(open_door: Any, serve: Any) -> None:
    """Ten panes with the same question send one request; a different question is its own."""
    server = await serve(lambda request: Answer(TASKS.body + b" " * 10, way="drip"))
    door = await open_door(server.url)
    await door.client("ecs")
    answers = await asyncio.gather(*(tasks(door) for _ in range(10)), tasks(door, "other"))
    assert all(answer["taskArns"] == [] for answer in answers)
    assert server.asked("ListTasks") == 2


async def test_one_who_leaves_does_not_take_the_answer_along(open_door: Any, serve: Any) -> None:
    """The first asker goes away; the second still gets the answer of the one request."""
    server = await serve(lambda request: Answer(TASKS.body, way="drip"))
    door = await open_door(server.url)
    await door.client("ecs")
    first, second = asyncio.create_task(tasks(door)), asyncio.create_task(tasks(door))
    await until(lambda: server.asked("ListTasks") == 1)
    first.cancel()
    assert (await second)["taskArns"] == []
    assert first.cancelled()
    assert server.asked("ListTasks") == 1


async def test_taking_messages_is_never_shared(open_door: Any, serve: Any) -> None:
    """Two receivers of the own queue are two requests: a message is for one of them."""
    server = await serve(lambda request: said({"Messages": []}))
    queue = f"{server.url}/111122223333/mine"
    sqs = await (await open_door(server.url, alert_queue=queue)).client("sqs")
    await asyncio.gather(*(sqs.receive_message(QueueUrl=queue) for _ in range(2)))
    assert server.asked("ReceiveMessage") == 2


async def test_a_long_poll_is_no_dead_connection(open_door: Any, serve: Any, monkeypatch: Any) -> None:
    """A queue that keeps its answer back for as long as asked is waited for; nothing else is."""
    import tradai_console.aws.session as session

    monkeypatch.setattr(session, "READ_S", 0.3)
    server = await serve(lambda request: Answer(b"{}", way="late"))
    queue = f"{server.url}/111122223333/mine"
    door = await open_door(server.url, alert_queue=queue, deadline_s=0.5, attempts=1)
    sqs = await door.client("sqs")
    assert "Messages" not in await sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
    with pytest.raises(Unreachable):
        await sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=0)


def test_the_door_costs_nothing_until_it_is_opened() -> None:
    """Importing the door loads none of AWS's libraries: the first paint does not wait for them."""
    import subprocess
    import sys

    heavy = "[m for m in sys.modules if m.split('.')[0] in ('botocore', 'aiobotocore', 'aiohttp')]"
    program = f"import sys, tradai_console.aws.door; print({heavy})"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_authorities_are_read_once() -> None:
    """Clients that trust the same authorities share them; one that trusts others has its own."""
    import certifi

    from tradai_console.aws.answers import BoundedHttp

    one, other, own = (BoundedHttp(verify=verify) for verify in (True, True, certifi.where()))
    first, proxied = one._build_ssl_contexts(None)
    assert other._build_ssl_contexts(None) == (first, None)
    assert proxied is None
    assert first.check_hostname
    assert own._build_ssl_contexts(None)[0] is not first


async def test_a_storm_of_cancelled_calls_leaves_nothing(open_door: Any, serve: Any) -> None:
    """Hundreds of calls are cancelled in flight; the next one finds a free connection at once."""
    silent = True
    server = await serve(lambda request: Answer(way="silent") if silent else TASKS)
    door = await open_door(server.url)
    ecs: Any = await door.client("ecs")
    for _ in range(10):
        storm = [asyncio.create_task(tasks(door, f"c{n}")) for n in range(30)]
        await asyncio.sleep(0.01)
        for task in storm:
            task.cancel()
        await asyncio.gather(*storm, return_exceptions=True)
    silent = False
    began = time.monotonic()
    assert (await tasks(door))["taskArns"] == []
    assert time.monotonic() - began < 8
    sessions = ecs._endpoint.http_session._sessions.values()
    assert sum(len(session.connector._acquired) for session in sessions) == 0


async def test_what_may_pass_is_tried_twice_and_counted(open_door: Any, serve: Any) -> None:
    """A 500 is asked once more, and the meter counts both; a throttle halves this console's rate."""
    server = await serve(lambda request: refused("InternalFailure", 500))
    door = await open_door(server.url)
    with pytest.raises(Unavailable):
        await tasks(door)
    assert (server.asked("ListTasks"), door.meter().calls, door.meter().calls_per_minute) == (2, 2, 2)
    server.script = lambda request: refused("ThrottlingException")
    with pytest.raises(Throttled):
        await tasks(door)
    assert door.meter().throttles == 1


async def test_the_budget_refuses_what_would_wait_too_long(open_door: Any, serve: Any) -> None:
    """Calls beyond the share end as throttled by ourselves, and are not sent."""
    server = await serve(lambda request: said({"events": []}))
    door = await open_door(server.url, quota_share=0.04)
    logs = await door.client("logs")
    asked = [asyncio.create_task(logs.filter_log_events(logGroupName=f"g{n}")) for n in range(20)]
    done, rest = await asyncio.wait(asked, timeout=0.8)
    assert len([task for task in done if isinstance(task.exception(), Throttled)]) >= 10
    assert server.asked("FilterLogEvents") == 1
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


async def test_the_clock_is_compared_with_the_answers(open_door: Any, serve: Any) -> None:
    """A Date five minutes ahead of this machine's clock is read as such."""
    from datetime import UTC, datetime, timedelta
    from email.utils import format_datetime

    def script(request: Request) -> Answer:
        ahead = format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)
        return Answer(TASKS.body, headers={"Date": ahead})

    door = await open_door((await serve(script)).url)
    await tasks(door)
    assert door.meter().clock_skew_s == pytest.approx(300, abs=2)


async def test_against_a_real_answerer(open_door: Any, moto_url: str) -> None:
    """One read of each service, paginated where it can be, comes back from an AWS-like server."""
    door = await open_door(moto_url)
    identity = await door.identity()
    assert (identity.account, identity.region) == ("123456789012", "eu-central-1")
    reads = {
        "autoscaling": "describe_auto_scaling_groups",
        "cloudwatch": "describe_alarms",
        "dynamodb": "list_tables",
        "ec2": "describe_route_tables",
        "ecs": "list_clusters",
        "elbv2": "describe_load_balancers",
        "iam": "list_users",
        "lambda": "list_functions",
        "logs": "describe_log_groups",
        "rds": "describe_db_instances",
        "secretsmanager": "list_secrets",
        "sns": "list_topics",
        "sqs": "list_queues",
        "stepfunctions": "list_state_machines",
    }
    for service, method in reads.items():
        client: Any = await door.client(service)
        pages = [page async for page in client.get_paginator(method).paginate()]
        assert pages[0]["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert door.meter().calls == len(reads) + 1


async def test_the_region_is_found_where_every_tool_finds_it(open_door: Any, aws_home: Any) -> None:
    """The setting, else the profile's, else the default."""
    (aws_home / "config").write_text("[default]\nregion = eu-west-3\n[profile other]\noutput = json\n")
    assert (await open_door(None, region="eu-north-1")).region == "eu-north-1"
    assert (await open_door(None, region=None)).region == "eu-west-3"
    assert (await open_door(None, region=None, profile="other")).region == "eu-central-1"


async def test_a_profile_that_is_not_there_is_a_setting_to_correct(open_door: Any, aws_home: Any) -> None:
    """A wrong profile, or a file that is no configuration, is said so, by name."""
    with pytest.raises(SettingsError, match="nobody"):
        await open_door(None, profile="nobody")
    (aws_home / "config").write_text("this is = no [configuration\n[[")
    with pytest.raises(SettingsError, match="config"):
        await open_door(None)


async def test_only_the_services_of_the_console_have_clients(open_door: Any, serve: Any) -> None:
    """A service that the table does not know is refused by name."""
    door = await open_door((await serve(lambda request: caller())).url)
    with pytest.raises(SettingsError, match="s3"):
        await door.client("s3")


async def test_live_tail_goes_to_the_custom_endpoint(open_door: Any, serve: Any) -> None:
    """No host prefix is put before another endpoint's name; the request arrives."""
    server = await serve(lambda request: refused("LimitExceededException"))
    logs: Any = await (await open_door(server.url)).client("logs")
    with pytest.raises(Throttled):
        await logs.start_live_tail(logGroupIdentifiers=["arn:aws:logs:eu-central-1:1:log-group:g"])
    assert server.asked("StartLiveTail") >= 1


async def test_a_client_of_the_session_is_useless_without_the_door(open_door: Any, serve: Any) -> None:
    """A client that somebody else makes of our session can not call past the gate."""
    server = await serve(lambda request: TASKS)
    door = await open_door(server.url)
    async with door._session.create_client("ecs", region_name="eu-central-1") as ecs:
        with pytest.raises(ChangeRefused):
            await ecs.list_tasks()
    assert server.requests == []
