"""The alerts topic, heard through an SQS queue of the operator's own (`sqs:ReceiveMessage`, long polling).

What this file knows of a message is its envelope; what it means is for others to say. Every message is handed
on, understood or not, and deleted (`sqs:DeleteMessage`) only after that: one that was handed on but not deleted
comes again and is recognised.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ConsoleError
from tradai_console.models.snapshot import State
from tradai_console.sources import fields
from tradai_console.sources.pages import Raw, in_lots
from tradai_console.sources.reading import Clients
from tradai_console.text import plain

WAIT_S: Final = 20
"""How long SQS keeps an empty answer back: the longest it allows, and the cheapest."""

VISIBILITY_S: Final = 60
"""A received message comes again after this unless it was deleted."""

AT_ONCE: Final = 10
"""Messages of one answer, and of one deletion: SQS's most."""

REMEMBERED: Final = 10_000
"""Messages whose ids are kept to know them again."""

SHARED_CHECK: Final = timedelta(minutes=5)
"""How often it is asked whether another reader takes messages from the queue."""

_RETRY_S: Final = (1.0, 2.0, 4.0, 8.0, 15.0, 30.0)


@dataclass(frozen=True)
class Message:
    """One message of the topic, out of its envelope. Its texts are not safe to draw yet: they are to be parsed."""

    id: str
    """SNS's id; SQS's where the topic delivers raw."""
    subject: str
    body: str
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    sent_at: datetime | None = None
    """When the state changed, for an alarm's notification; else when it was published."""
    alarm_state: str | None = None
    """`NewStateValue` of an alarm's notification."""
    handles: tuple[str, ...] = ()
    """SQS's receipts, by which it is deleted; several if it was delivered twice at once."""
    again: str = ""
    """By what a repetition is known: an alarm with the time of its change, else the id."""


@dataclass(frozen=True)
class ChannelState:
    """How the channel is."""

    state: State | None = State.LOADING
    """None: no queue is configured, the channel is off."""
    error: str | None = None
    heard_at: datetime | None = None
    """When SQS last answered."""
    shared: str | None = None
    """A warning where another reader seems to take messages from the same queue."""


Deliver = Callable[[tuple[Message, ...]], Awaitable[None]]


class Channel:
    """Listens to one queue. One owner, one loop."""

    def __init__(
        self,
        door: Clients,
        queue_url: str | None,
        clock: Clock,
        *,
        wait_s: int = WAIT_S,
        visibility_s: int = VISIBILITY_S,
    ) -> None:
        self.state = ChannelState() if queue_url else ChannelState(state=None)
        self._door = door
        self._url = queue_url
        self._clock = clock
        self._wait_s = wait_s
        self._visibility_s = visibility_s
        self._seen: OrderedDict[str, None] = OrderedDict()
        self._failures = 0
        self._asked_at: datetime | None = None
        self._suspected = False

    async def run(self, deliver: Deliver) -> None:
        """Listen until cancelled; returns at once without a queue. `deliver` has shown what it returns from."""
        while self._url is not None:
            try:
                await self.listen_once(deliver)
            except ConsoleError as error:
                self._fail(error)
                await self._clock.sleep(_RETRY_S[min(self._failures, len(_RETRY_S)) - 1])

    async def listen_once(self, deliver: Deliver) -> tuple[Message, ...]:
        """One long poll: the new messages, handed to `deliver`, and all of them deleted afterwards.

        Raises AwsError if SQS gave no good answer, ChangeRefused for a queue that is not the configured one, and
        what `deliver` raises: then nothing is deleted, and the messages come again.
        """
        if self._url is None:
            return ()
        sqs = await self._door.client("sqs")
        received = [parse_message(raw) for raw in await self._receive(sqs)]
        new = tuple(self._new(received))
        if new:
            await deliver(new)
        for message in new:
            self._remember(message)
        await self._delete(sqs, [handle for message in received for handle in message.handles])
        await self._look_for_others(sqs, quiet=not received)
        return new

    async def _receive(self, sqs: Any) -> list[Raw]:
        answer = await sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=AT_ONCE,
            WaitTimeSeconds=self._wait_s,
            VisibilityTimeout=self._visibility_s,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        self._failures = 0
        self.state = ChannelState(State.LIVE, heard_at=self._clock.now(), shared=self.state.shared)
        return fields.rows(answer, "Messages") if isinstance(answer, Mapping) else []

    def _new(self, received: Iterable[Message]) -> Iterable[Message]:
        """Each message once, oldest first: SQS delivers at least once and keeps no order."""
        found = {
            message.again: message
            for message in received
            if message.again not in self._seen and message.id not in self._seen
        }
        return sorted(
            found.values(), key=lambda one: (one.sent_at or datetime.max.replace(tzinfo=UTC), one.id)
        )

    def _remember(self, message: Message) -> None:
        for name in (message.id, message.again):
            self._seen[name] = None
            self._seen.move_to_end(name)
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    async def _delete(self, sqs: Any, handles: list[str]) -> None:
        """Best effort: what stays in the queue comes again, and is known then."""
        try:
            for lot in in_lots(handles, AT_ONCE):
                await sqs.delete_message_batch(
                    QueueUrl=self._url,
                    Entries=[{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(lot)],
                )
        except AwsError as error:
            self.state = ChannelState(State.LIVE, plain(error, 512), self.state.heard_at, self.state.shared)

    async def _look_for_others(self, sqs: Any, *, quiet: bool) -> None:
        """Messages in flight while we hold none are held by somebody else. Twice in a row is no coincidence."""
        now = self._clock.now()
        if not quiet or (self._asked_at is not None and now - self._asked_at < SHARED_CHECK):
            return
        self._asked_at = now
        try:
            answer = await sqs.get_queue_attributes(
                QueueUrl=self._url, AttributeNames=["ApproximateNumberOfMessagesNotVisible"]
            )
        except AwsError:
            return  # only a courtesy: without the permission there is no warning
        held = fields.whole(fields.inner(answer, "Attributes").get("ApproximateNumberOfMessagesNotVisible"))
        warning = (
            f"{held} messages of the alert queue are held by another reader: give each console a queue of its own"
            if held and self._suspected
            else None
        )
        self._suspected = bool(held)
        self.state = ChannelState(self.state.state, self.state.error, self.state.heard_at, warning)

    def _fail(self, error: ConsoleError) -> None:
        self._failures += 1
        word = State(error.state) if isinstance(error, AwsError) else State.UNAVAILABLE
        self.state = ChannelState(word, plain(error, 512), self.state.heard_at, self.state.shared)


def parse_message(raw: Raw) -> Message:
    """A message of SQS's answer, taken out of SNS's envelope if it has one. Never raises."""
    body = str(raw.get("Body") or "")
    envelope = _json(body)
    handle = raw.get("ReceiptHandle")
    handles = (handle,) if isinstance(handle, str) else ()
    sent_at = _epoch(fields.inner(raw, "Attributes").get("SentTimestamp"))
    message_id = str(raw.get("MessageId") or "")
    subject, attributes = "", _attributes(raw.get("MessageAttributes"))
    if isinstance(envelope.get("Message"), str) and "TopicArn" in envelope:
        message_id = str(envelope.get("MessageId") or message_id)
        subject = str(envelope.get("Subject") or "")
        sent_at = _moment(envelope.get("Timestamp")) or sent_at
        attributes |= _attributes(envelope.get("MessageAttributes"))
        body = envelope["Message"]
    document = _json(body)
    name, state, changed = (document.get(key) for key in ("AlarmName", "NewStateValue", "StateChangeTime"))
    is_alarm = isinstance(name, str) and isinstance(state, str)
    return Message(
        id=message_id,
        subject=subject,
        body=body,
        attributes=attributes,
        sent_at=(_moment(changed) if is_alarm else None) or sent_at,
        alarm_state=state if is_alarm else None,
        handles=handles,
        again=f"{document.get('AlarmArn') or name} {state} {changed}" if is_alarm and changed else message_id,
    )


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text.lstrip()[:1] == "{" else None
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _attributes(raw: Any) -> dict[str, str]:
    """The text attributes of SQS (`StringValue`) or SNS (`Value`)."""
    found = raw.items() if isinstance(raw, Mapping) else ()
    return {
        str(name): str(value.get("StringValue", value.get("Value", "")))
        for name, value in list(found)[:20]
        if isinstance(value, Mapping)
    }


def _moment(value: object) -> datetime | None:
    try:
        return fields.moment(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _epoch(value: object) -> datetime | None:
    """Milliseconds since 1970, as SQS tells time."""
    number = fields.number(value)
    try:
        return None if number is None else datetime.fromtimestamp(number / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return None
