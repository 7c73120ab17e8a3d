"""The one door to AWS: one session, clients made on first use and kept, every call through `calls`."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, overload

from tradai_console.aws.budget import Budget
from tradai_console.aws.calls import DEADLINE_S, Calls
from tradai_console.aws.credentials import POLL_S, PROBE_S, Credentials
from tradai_console.aws.errors import aws_errors
from tradai_console.aws.flights import Flights
from tradai_console.aws.gate import Gate
from tradai_console.aws.meter import Usage
from tradai_console.aws.reads import READS
from tradai_console.clock import Clock, SystemClock
from tradai_console.errors import ConsoleError, SettingsError
from tradai_console.models.identity import Identity, Meter
from tradai_console.settings import DEFAULT_REGION, Settings
from tradai_console.text import plain

if TYPE_CHECKING:
    from types_aiobotocore_autoscaling import AutoScalingClient
    from types_aiobotocore_cloudwatch import CloudWatchClient
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_ec2 import EC2Client
    from types_aiobotocore_ecs import ECSClient
    from types_aiobotocore_logs import CloudWatchLogsClient
    from types_aiobotocore_rds import RDSClient
    from types_aiobotocore_sqs import SQSClient
    from types_aiobotocore_stepfunctions import SFNClient
    from types_aiobotocore_sts import STSClient

    from tradai_console.aws.session import DoorSession

SERVICES: Final = tuple(sorted(READS))
"""What `Door.client` can be asked for."""

ATTEMPTS: Final = 2
"""How often botocore sends a call whose failure may pass, the first time included."""

Untyped = Literal["sns", "lambda", "elbv2", "secretsmanager", "iam", "cloudtrail"]


class Door:
    """Clients whose every call is gated, budgeted, bounded, counted and translated. One event loop's."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        *,
        journal_table: str | None = None,
        deadline_s: float = DEADLINE_S,
        attempts: int = ATTEMPTS,
        probe_s: float = PROBE_S,
        poll_s: float = POLL_S,
    ) -> None:
        """`journal_table`: the one DynamoDB table that may be written to in a read-only run."""
        self._settings = settings
        self._clock = clock or SystemClock()
        self._journal_table = journal_table
        self._deadline_s = deadline_s
        self._attempts = attempts
        self._probe_s = probe_s
        self._poll_s = poll_s
        self._usage = Usage(self._clock)
        self._region = settings.region or DEFAULT_REGION
        self._session: DoorSession | None = None
        self._calls: Calls | None = None
        self._credentials: Credentials | None = None
        self._clients: dict[str, Any] = {}
        self._flights = Flights()
        self._making = asyncio.Lock()
        self._identity: Identity | None = None

    @property
    def region(self) -> str:
        """The setting's region, else the profile's, else the default; final once the door is open."""
        return self._region

    async def __aenter__(self) -> Door:
        """Load the libraries and the AWS configuration, in a thread. Raises SettingsError; sends nothing."""
        self._session = await asyncio.to_thread(self._open_session)
        budget = Budget(self._region, self._settings.quota_share, self._clock)
        gate = Gate(self._settings, self._journal_table)
        self._calls = Calls(gate, budget, self._usage, self._clock, deadline_s=self._deadline_s)
        self._credentials = self._calls.credentials = Credentials(
            self._session, self._ask_sts, self._usage, self._clock, probe_s=self._probe_s, poll_s=self._poll_s
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End open calls, then close the connections."""
        await self._flights.close()
        if self._credentials is not None:
            await self._credentials.close()
        if self._calls is not None:
            await self._calls.close()
        clients, self._clients = [*self._clients.values()], {}
        for client in clients:
            await client.__aexit__(None, None, None)

    @overload
    async def client(self, service: Literal["autoscaling"]) -> AutoScalingClient: ...
    @overload
    async def client(self, service: Literal["cloudwatch"]) -> CloudWatchClient: ...
    @overload
    async def client(self, service: Literal["dynamodb"]) -> DynamoDBClient: ...
    @overload
    async def client(self, service: Literal["ec2"]) -> EC2Client: ...
    @overload
    async def client(self, service: Literal["ecs"]) -> ECSClient: ...
    @overload
    async def client(self, service: Literal["logs"]) -> CloudWatchLogsClient: ...
    @overload
    async def client(self, service: Literal["rds"]) -> RDSClient: ...
    @overload
    async def client(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    async def client(self, service: Literal["stepfunctions"]) -> SFNClient: ...
    @overload
    async def client(self, service: Literal["sts"]) -> STSClient: ...
    @overload
    async def client(self, service: Untyped) -> Any: ...
    @overload
    async def client(self, service: str) -> Any: ...
    async def client(self, service: str) -> Any:
        """The service's client, made on first use. Raises errors of ours, as its calls do."""
        if service not in self._clients:
            await self._flights.join(service, lambda: self._make_in_turn(service))
        return self._clients[service]

    async def prepare(self, service: str) -> None:
        """Make its client; if that fails, whoever asks for the client is told."""
        with contextlib.suppress(ConsoleError):
            await self.client(service)

    async def identity(self) -> Identity:
        """Who is asking (`sts:GetCallerIdentity`); asked until it is known, then kept."""
        if self._identity is None:
            sts = await self.client("sts")
            self._identity = self._known(await sts.get_caller_identity())
        return self._identity

    def meter(self) -> Meter:
        """What was used so far, and until when the credentials hold."""
        if self._credentials is None:
            return self._usage.reading()
        return self._usage.reading(until=self._credentials.until, error=self._credentials.error)

    def charge(self, usd: float) -> None:
        """Add to the shift's spend what no single call shows: minutes of Live Tail."""
        self._usage.charge(usd)

    def _open_session(self) -> DoorSession:
        from tradai_console.aws.session import DoorSession

        # A profile that comes from the variable stays there: then keys in the environment win over it, as
        # with every AWS tool; one that was named to us wins over them.
        named = self._settings.profile
        profile = None if named == os.environ.get("AWS_PROFILE") else named
        with aws_errors("sts", "GetCallerIdentity"):
            session = DoorSession(profile, self._settings.endpoint_url, self._attempts)
            session.get_scoped_config()
            self._region = self._settings.region or session.get_config_variable("region") or DEFAULT_REGION
            # For the clients that the chain of credentials makes for itself.
            session.set_config_variable("region", self._region)
        return session

    async def _make_in_turn(self, service: str) -> None:
        """One after the other: two at once would take as long, and both would be late."""
        async with self._making:
            self._clients[service] = await self._make(service)

    async def _make(self, service: str) -> Any:
        if service not in READS:
            raise SettingsError(f"{service} is no service of this console; known: {', '.join(SERVICES)}")
        if self._session is None or self._calls is None:
            raise RuntimeError("the door is not open: use it in `async with`")
        with aws_errors(service, "create the client"):
            # Building takes a tenth of a second of pure computing, and asks nobody: not on this loop.
            client = await asyncio.to_thread(self._build, self._session, service)
            await client.__aenter__()
        client._tradai_calls = self._calls
        self._calls.listen(client)
        return client

    def _build(self, session: DoorSession, service: str) -> Any:
        async def build() -> Any:
            return await session._create_client(service, region_name=self._region)

        return asyncio.run(build())

    async def _ask_sts(self) -> object:
        """Whether the credentials are good, past the gate that wants to know it."""
        assert self._calls is not None  # the credential gate exists only beside it
        sts: Any = await self.client("sts")
        unguarded: Any = super(_guarded(), sts)
        answer = await self._calls.unguarded(sts, "GetCallerIdentity", unguarded._make_api_call)
        # A new login may be another account's: what is on screen must not say the old one.
        self._identity = self._known(answer)
        return self._identity

    def _known(self, answer: Mapping[str, Any]) -> Identity:
        return Identity(
            account=plain(answer.get("Account"), 20), arn=plain(answer.get("Arn"), 300), region=self._region
        )


def _guarded() -> Any:
    from tradai_console.aws.session import Guarded

    return Guarded
