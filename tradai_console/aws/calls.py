"""The way of every call: write gate, credential gate, single flight, budget, deadline, meter, our errors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tradai_console.aws.budget import LONGEST_WAIT_S, Budget
from tradai_console.aws.credentials import Credentials
from tradai_console.aws.errors import translate
from tradai_console.aws.flights import Flights
from tradai_console.aws.gate import Gate
from tradai_console.aws.meter import Usage
from tradai_console.aws.reads import NOT_SHARED, READS
from tradai_console.clock import Clock
from tradai_console.errors import ConsoleError, Expired, Throttled, Unreachable

DEADLINE_S: Final = 10.0
"""Seconds for one call once it has its place: connection, pool, repetition and body together."""

_LONG_POLL_S: Final = 20.0

Send = Callable[[str, Mapping[str, Any]], Awaitable[Any]]


@dataclass
class _Call:
    """One call on its way; what botocore's events need to know of it."""

    service: str
    operation: str
    params: Mapping[str, Any]
    requests: int = 0
    sent_at: datetime | None = None

    @property
    def held_s(self) -> float:
        """How long AWS may keep the answer back on purpose: long polling; 20 s if the queue decides."""
        return (
            float(self.params.get("WaitTimeSeconds", _LONG_POLL_S))
            if self.operation == "ReceiveMessage"
            else 0.0
        )


_now: ContextVar[_Call | None] = ContextVar("tradai_call", default=None)


class Calls:
    """What the guarded clients of one door hand their calls to."""

    def __init__(
        self, gate: Gate, budget: Budget, usage: Usage, clock: Clock, *, deadline_s: float = DEADLINE_S
    ) -> None:
        self._gate = gate
        self._budget = budget
        self._usage = usage
        self._clock = clock
        self._deadline_s = deadline_s
        self._flights = Flights()
        self.credentials: Credentials | None = None
        """Set once there is a session to read them from; until then nothing is asked."""

    def listen(self, client: Any) -> None:
        """Count what this client sends, and read the dates of its answers."""
        client.meta.events.register_first("before-send", self._sent)
        client.meta.events.register_first("response-received", self._received)
        client.meta.events.register("before-call.sqs.ReceiveMessage", _patiently)

    async def call(self, client: Any, operation: str, params: Mapping[str, Any], send: Send) -> Any:
        """One call, or the answer of an equal one that is under way. Raises only errors of ours."""
        service = client.meta.service_model.service_name
        self._gate.check(service, operation, params)
        call = _Call(service, operation, params)
        total_s = self._deadline_s + LONGEST_WAIT_S + call.held_s
        try:
            async with asyncio.timeout(total_s):
                if self.credentials is not None:
                    await self.credentials.admit()
                if operation not in READS.get(service, {}) or (service, operation) in NOT_SHARED:
                    return await self._ask(call, send)
                key = (service, operation, repr(params))
                return await self._flights.join(key, lambda: self._ask(call, send))
        except TimeoutError:
            raise Unreachable(f"{service}:{operation}: no answer in {total_s:.0f} s") from None

    async def unguarded(self, client: Any, operation: str, send: Send) -> Any:
        """A call past the credential gate and the budget: the gate's own question to STS."""
        return await self._send(_Call(client.meta.service_model.service_name, operation, {}), send)

    async def close(self) -> None:
        """End every open call."""
        await self._flights.close()

    async def _ask(self, call: _Call, send: Send) -> Any:
        await self._budget.take(call.service, call.operation)
        try:
            return await self._send(call, send)
        except Expired as refusal:
            if self.credentials is not None:
                await self.credentials.doubt(refusal)
            raise

    async def _send(self, call: _Call, send: Send) -> Any:
        token = _now.set(call)
        try:
            async with asyncio.timeout(self._deadline_s + call.held_s):
                answer = await send(call.operation, call.params)
        except TimeoutError as error:
            waited_s = self._deadline_s + call.held_s
            raise Unreachable(f"{call.service}:{call.operation}: no answer in {waited_s:.0f} s") from error
        except ConsoleError:
            raise
        except Exception as error:  # whatever botocore raises is translated, once, here
            told = translate(error, call.service, call.operation)
            if isinstance(told, Throttled):
                self._usage.throttled()
                self._budget.throttled(call.service, call.operation)
            raise told from error
        finally:
            _now.reset(token)
        if call.operation == "GetQueryResults":
            self._usage.scanned(str(call.params.get("queryId")), answer)
        return answer

    def _sent(self, **_: Any) -> None:
        call = _now.get()
        if call is None:
            return
        call.requests += 1
        call.sent_at = self._clock.now()
        self._usage.sent(call.service, call.operation, call.params)
        if call.requests > 1:
            self._budget.charge(call.service, call.operation)

    def _received(self, response_dict: Mapping[str, Any] | None = None, **_: Any) -> None:
        call = _now.get()
        if call is not None and call.sent_at is not None and response_dict is not None:
            self._usage.dated(response_dict["headers"].get("date"), call.sent_at, self._clock.now())


def _patiently(context: dict[str, Any], **_: Any) -> None:
    """A long poll is silent for as long as it was asked to be: that is no dead connection."""
    call = _now.get()
    if call is not None:
        context["read_timeout"] = context["client_config"].read_timeout + call.held_s
