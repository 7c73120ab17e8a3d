"""The alerts topic through an SQS queue, on a local AWS."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import deny, server_error
from tests.sources.conftest import REGION, HandClock
from tradai_console.aws.door import Door
from tradai_console.errors import ChangeRefused, ConsoleError
from tradai_console.models.snapshot import State
from tradai_console.settings import Settings
from tradai_console.sources.channel import Channel, Message, parse_message

ALARM = {"AlarmName": "tradai-prod-nat-unhealthy", "AlarmArn": "arn:aws:cloudwatch:x", "NewStateValue": "ALARM",
         "NewStateReason": "Threshold Crossed", "StateChangeTime": "2026-01-01T03:12:00.000+0000"}  # fmt: skip


class Desk:
    """Where messages are delivered."""

    def __init__(self) -> None:
        self.lots: list[tuple[Message, ...]] = []
        self.broken = False

    async def deliver(self, messages: tuple[Message, ...]) -> None:
        if self.broken:
            raise ConsoleError("nobody is at the desk")
        self.lots.append(messages)

    @property
    def subjects(self) -> list[str]:
        return [message.subject for lot in self.lots for message in lot]


class Topic:
    """The alerts topic with one queue subscribed to it."""

    def __init__(self, boto: Any, line: FaultProxy) -> None:
        self.sns, self.sqs = boto("sns"), boto("sqs")
        self.arn = self.sns.create_topic(Name="tradai-alerts-prod")["TopicArn"]
        made = self.sqs.create_queue(QueueName="oncall-jm", Attributes={"VisibilityTimeout": "30"})[
            "QueueUrl"
        ]
        arn = self.sqs.get_queue_attributes(QueueUrl=made, AttributeNames=["QueueArn"])["Attributes"][
            "QueueArn"
        ]
        self.sns.subscribe(TopicArn=self.arn, Protocol="sqs", Endpoint=arn)
        self.own_url = made
        self.url = f"{line.url}/{made.split('/', 3)[3]}"

    def publish(self, subject: str, body: Any, **more: Any) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        self.sns.publish(TopicArn=self.arn, Subject=subject, Message=text, **more)

    @property
    def left(self) -> int:
        """Messages still in the queue, in flight or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=self.own_url, AttributeNames=names)["Attributes"]
        return sum(int(found[name]) for name in names)


@pytest.fixture
def topic(boto: Any, line: FaultProxy) -> Topic:
    return Topic(boto, line)


@pytest.fixture
async def door(topic: Topic, line: FaultProxy) -> AsyncIterator[Door]:
    """The real door, which lets its operator's own queue be emptied."""
    settings = Settings(
        env="prod", region=REGION, endpoint_url=line.url, alert_queue=topic.url, quota_share=1
    )
    async with Door(settings) as opened:
        yield opened


@pytest.fixture
def channel(door: Door, topic: Topic, clock: HandClock) -> Channel:
    return Channel(door, topic.url, clock, wait_s=0)


async def until(happened: Callable[[], bool]) -> None:
    """Let the loop go on until this is so."""
    while not happened():  # noqa: ASYNC110  # there is nothing to wait on: the channel has no events
        await asyncio.sleep(0.01)


async def everything(channel: Channel, desk: Desk) -> None:
    """Listen until the queue gives no more."""
    for _ in range(30):
        if not await channel.listen_once(desk.deliver) and not await channel.listen_once(desk.deliver):
            return


async def test_heard_and_deleted(channel: Channel, topic: Topic) -> None:
    """What is published is delivered out of its envelope with subject and attributes, and deleted then."""
    topic.publish("Stale Heartbeat: GridStrategy", "no heartbeat",
                  MessageAttributes={"severity": {"DataType": "String", "StringValue": "CRITICAL"}})  # fmt: skip
    desk = Desk()
    await everything(channel, desk)
    ((message,),) = desk.lots
    assert (message.subject, message.body) == ("Stale Heartbeat: GridStrategy", "no heartbeat")
    assert message.attributes == {"severity": "CRITICAL"}
    assert message.sent_at is not None
    assert topic.left == 0
    assert channel.state.state is State.LIVE


async def test_not_deleted_before_it_is_shown(door: Door, topic: Topic, clock: HandClock) -> None:
    """A message that could not be delivered stays in the queue, and is no known one when it comes again."""
    topic.publish("NAT instance down", "x")
    impatient = Channel(door, topic.url, clock, wait_s=0, visibility_s=0)
    desk = Desk()
    desk.broken = True
    with pytest.raises(ConsoleError):
        await impatient.listen_once(desk.deliver)
    assert topic.left == 1
    desk.broken = False
    await impatient.listen_once(desk.deliver)
    assert desk.subjects == ["NAT instance down"]
    assert topic.left == 0


async def test_thirty_per_cent_twice(channel: Channel, topic: Topic) -> None:
    """Of a hundred alarms with 30 % delivered twice, each is delivered once: by alarm and time of its change."""
    for n in range(40):
        told = {**ALARM, "AlarmName": f"alarm-{n}", "AlarmArn": f"arn:{n}"}
        for _ in range(2 if n % 3 == 0 else 1):
            topic.publish(f"ALARM: alarm-{n}", told)
    desk = Desk()
    await everything(channel, desk)
    assert sorted(desk.subjects) == sorted(f"ALARM: alarm-{n}" for n in range(40))
    assert topic.left == 0


async def test_a_later_change_is_news(channel: Channel, topic: Topic) -> None:
    """The same alarm at another time, or in another state, is another message."""
    topic.publish("1", ALARM)
    topic.publish("2", {**ALARM, "NewStateValue": "OK"})
    topic.publish("3", {**ALARM, "StateChangeTime": "2026-01-01T03:20:00.000+0000"})
    topic.publish("4", ALARM)
    desk = Desk()
    await everything(channel, desk)
    assert sorted(desk.subjects) in (["1", "2", "3"], ["2", "3", "4"])


async def test_a_repetition_comes_later(channel: Channel, topic: Topic) -> None:
    """The same change published again, under another id and in another answer, is known."""
    desk = Desk()
    for subject in ("first", "second"):
        topic.publish(subject, ALARM)
        await everything(channel, desk)
    assert desk.subjects == ["first"]
    assert topic.left == 0


async def test_redelivery_is_known(door: Door, topic: Topic, line: FaultProxy, clock: HandClock) -> None:
    """What was shown but could not be deleted comes again, is not shown again, and is deleted then."""
    topic.publish("once", "x")
    impatient = Channel(door, topic.url, clock, wait_s=0, visibility_s=0)
    desk = Desk()
    line.inject(server_error(), service="sqs", operation="DeleteMessageBatch")
    await impatient.listen_once(desk.deliver)
    assert topic.left == 1
    assert impatient.state.error is not None
    line.clear()
    await everything(impatient, desk)
    assert desk.subjects == ["once"]
    assert topic.left == 0


@pytest.mark.parametrize(
    "body",
    ["", "{", "[1, 2]", '{"Message": 3, "TopicArn": "x"}', '{"Message": "{", "TopicArn": "x"}', "\x1b[31mred",
     "{" * 5_000, '{"AlarmName": 1, "NewStateValue": null}',
     '{"AlarmName": "a", "NewStateValue": "b", "StateChangeTime": "soon"}'],
)  # fmt: skip
def test_whatever_comes_is_a_message(body: str) -> None:
    """Nothing that a queue can hold is refused or lost: what is no envelope is the body."""
    message = parse_message({"MessageId": "q", "Body": body, "ReceiptHandle": "r"})
    assert (message.id, message.handles) == ("q", ("r",))
    assert message.body in (body, "{")


async def test_no_queue_is_off(door: Door, clock: HandClock) -> None:
    """Without a queue the channel is off, asks nothing and ends at once."""
    channel = Channel(door, None, clock)
    await channel.run(Desk().deliver)
    assert channel.state.state is None
    assert await channel.listen_once(Desk().deliver) == ()


async def test_another_queue_is_refused(door: Door, topic: Topic, clock: HandClock) -> None:
    """Only the configured queue is emptied: another reader's messages are left alone."""
    with pytest.raises(ChangeRefused):
        await Channel(door, topic.url + "-other", clock).listen_once(Desk().deliver)


async def test_it_recovers_by_itself(
    channel: Channel, topic: Topic, line: FaultProxy, clock: HandClock
) -> None:
    """While SQS refuses, the channel says so and asks less and less often; when it is back, nothing was lost."""
    topic.publish("waiting", "x")
    line.inject(deny(), service="sqs", operation="ReceiveMessage")
    desk = Desk()
    running = asyncio.create_task(channel.run(desk.deliver))
    try:
        async with asyncio.timeout(10):
            await until(lambda: len(clock.slept) >= 3)
            assert channel.state.state is State.DENIED
            assert clock.slept[:3] == [1.0, 2.0, 4.0]
            line.clear()
            await until(lambda: bool(desk.lots))
    finally:
        running.cancel()
    assert desk.subjects == ["waiting"]


async def test_a_shared_queue_is_told(channel: Channel, topic: Topic, clock: HandClock) -> None:
    """Messages that somebody else holds, seen twice, are a warning that each console needs a queue of its own."""
    topic.publish("mine", "x")
    assert topic.sqs.receive_message(QueueUrl=topic.own_url, VisibilityTimeout=600)["Messages"]
    for _ in range(2):
        assert channel.state.shared is None
        await channel.listen_once(Desk().deliver)
        clock.move(301)
    assert "queue of its own" in (channel.state.shared or "")
