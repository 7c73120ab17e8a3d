"""An escalation by keys: composed from the facts on screen, confirmed, published to the alerts topic, journalled."""

from __future__ import annotations

import json

import pytest

from screens.escalate import EscalateScreen
from tests.incidents.night import Night
from tradai_console.journal.base import Kind

pytestmark = pytest.mark.xdist_group("incidents-1")


async def test_next_level_reads_what_the_screen_says(night: Night) -> None:
    """E, enter, the topic's name: whoever listens to the topic has the letter; the console takes it for no alert."""
    sqs, sns = night.aws("sqs"), night.aws("sns")
    queue = sqs.create_queue(QueueName="pager")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    topic = night.world.cast.alerts_arn
    listening = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    with night.drill("nat-down"):
        async with night.on_call() as engineer:
            await engineer.open("NAT Instance Down")
            await engineer.evidence()
            await engineer.press("E")
            await engineer.until(lambda: isinstance(engineer.app.screen, EscalateScreen), "the letter")
            await engineer.until(lambda: "status checks impaired" in engineer.text, "the facts in the letter")
            await engineer.press("enter")
            await engineer.asked()
            await engineer.type(night.platform.topics.alerts)
            await engineer.press("enter")
            found: list[dict[str, str]] = []

            def came() -> bool:
                messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
                found.extend(json.loads(one["Body"]) for one in messages.get("Messages", []))
                return any(one.get("Subject", "").startswith("[L2]") for one in found)

            await engineer.until(came, "the letter on the topic")
            letter = next(one for one in found if one.get("Subject", "").startswith("[L2]"))
            assert "NAT Instance Down" in letter["Subject"]
            assert "status checks impaired" in letter["Message"]
            alerts = {one.alert for one in engineer.app.board.alerts if one.open}
            assert alerts == {"NAT Instance Down"}
    sns.unsubscribe(SubscriptionArn=listening)
    told = [entry for entry in await night.journal() if entry.kind is Kind.ESCALATE]
    assert [(entry.incident, entry.data["level"]) for entry in told] == [("NAT Instance Down", "L2")]
