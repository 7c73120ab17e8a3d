"""The credential gate: one place that knows whether calls can be signed, in front of everything that calls.

Fifty panes with dead credentials would each try to renew them. Here they are renewed by one, at most
twice a minute; when they are found dead the gate closes, every call ends at once with the same sentence and
nothing is sent, and one watcher waits for a new login: a file that changes, or a probe now and then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from tradai_console.aws.errors import translate
from tradai_console.aws.flights import Flights
from tradai_console.aws.login import NO_CREDENTIALS, SSO_CACHE, advice, fingerprint, sso_token_until
from tradai_console.aws.meter import Usage
from tradai_console.clock import Clock
from tradai_console.errors import AwsError, ConsoleError, Expired, SettingsError, Unreachable

TRIES: Final = 2
WINDOW_S: Final = 60.0
"""At most so many attempts to renew or to verify in so many seconds, unless a login file changed."""

PROBE_S: Final = 15.0
"""How often a closed gate tries by itself, as far as the attempts allow."""

POLL_S: Final = 1.0
"""How often a closed gate looks at the login files."""

RENEW_BEFORE: Final = timedelta(minutes=15)
"""Before the end of refreshable credentials: from here on they are renewed, in the background."""


class _Unusable(Expired):
    """The configuration itself is at fault: its sentence is shown as it is."""


class Session(Protocol):
    """What the gate needs of `session.DoorSession`."""

    async def fresh_credentials(self) -> Any: ...
    def use_keys(self, keys: Any) -> None: ...
    def login(self) -> tuple[str, str]: ...
    def login_files(self) -> list[Path]: ...
    def sso_names(self) -> tuple[str, str | None] | None: ...


class Keys:
    """What every client signs with. Never renews by itself: botocore's own would, once for each call."""

    method = "tradai-console"
    account_id: str | None = None

    def __init__(self) -> None:
        self.frozen: Any = None

    async def get_frozen_credentials(self) -> Any:
        """The keys of this moment."""
        return self.frozen

    def get_account_id(self) -> str | None:
        """Not told: no endpoint of ours is named after an account."""
        return self.account_id

    def get_deferred_property(self, name: str) -> Callable[[], Any]:
        """A property that botocore asks for later."""
        return lambda: getattr(self, name, None)


class Credentials:
    """Holds the keys, renews them, and closes when they are dead."""

    def __init__(
        self,
        session: Session,
        verify: Callable[[], Awaitable[object]],
        usage: Usage,
        clock: Clock,
        *,
        probe_s: float = PROBE_S,
        poll_s: float = POLL_S,
    ) -> None:
        self._session = session
        self._verify = verify
        self._usage = usage
        self._clock = clock
        self._probe_s = probe_s
        self._poll_s = poll_s
        self._keys = Keys()
        session.use_keys(self._keys)
        self._source: Any = None
        self._flights = Flights()
        self._background: asyncio.Task[None] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._tries: deque[float] = deque()
        self._good_at: float | None = None
        self._files: object = None
        self._failure: ConsoleError | None = None
        self._login_until: datetime | None = None
        self.error: str | None = None
        """Why the gate is closed: one sentence with what to do; None while it is open."""

    @property
    def until(self) -> datetime | None:
        """When signing ends unless someone logs in again, UTC; None if never, or not known yet."""
        ends = [end for end in (self._ends(), self._login_until) if end is not None]
        return max(ends) if ends else None

    async def admit(self) -> None:
        """Return when a call can be signed. Raises Expired (nothing is sent), or Unreachable."""
        if self.error is not None:
            raise Expired(self.error)
        if not self._usable():
            await self._flights.join("renew", self._renew)
        elif self._ageing() and (self._background is None or self._background.done()) and self._may_try():
            self._background = asyncio.create_task(self._renew_early(), name="renew credentials")

    async def doubt(self, refusal: Expired) -> None:
        """A service took the credentials for dead: STS is asked, once for all callers, and decides."""
        if self.error is None:
            await self._flights.join("check", lambda: self._check(refusal))
        if self.error is not None:
            raise Expired(self.error) from refusal

    async def close(self) -> None:
        """End what goes on in the background."""
        tasks = [task for task in (self._watch, self._background) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._flights.close()

    async def _renew(self) -> None:
        if self._usable():
            return
        if not self._try():
            raise self._failure or Expired(NO_CREDENTIALS)
        try:
            await self._load(anew=self._source is None)
        except AwsError as error:
            self._failure = error
            if isinstance(error, Expired):
                await self._shut(error)
                raise Expired(self.error or str(error)) from error
            raise
        self._tries.clear()

    async def _renew_early(self) -> None:
        """While the keys still hold, a failure is no one's business: the next attempt is."""
        self._try()
        with suppress(ConsoleError):
            await self._load(anew=False)

    async def _load(self, *, anew: bool) -> None:
        """Read the keys: from the chain, or by renewing those that came from it."""
        try:
            if anew:
                self._files = await asyncio.to_thread(self._fingerprint)
                self._source = await self._session.fresh_credentials()
            if self._source is None:
                raise _Unusable(NO_CREDENTIALS)
            frozen = await self._freeze()
        except ConsoleError:
            raise
        except Exception as error:  # helpers, files, SSO and metadata each have their own
            raise _dead(error) from error
        self._keys.frozen = frozen
        self._login_until = await asyncio.to_thread(self._read_login_until)

    async def _freeze(self) -> Any:
        """The source's keys, renewed by it where it thinks so; those it has while they hold, if it cannot."""
        try:
            return await self._source.get_frozen_credentials()
        except Exception:
            ends, frozen = self._ends(), getattr(self._source, "_frozen_credentials", None)
            if frozen is None or ends is None or self._clock.now() >= ends:
                raise
            return frozen

    async def _check(self, refusal: Expired) -> None:
        now = self._clock.monotonic()
        if self._good_at is not None and now - self._good_at < WINDOW_S:
            return None
        if not self._try():
            return None
        if await self._good():
            return None
        # Keys may have been renewed on disk since they were read: that is no reason to close.
        old = self._keys.frozen
        try:
            await self._load(anew=True)
        except Expired as error:
            return await self._shut(error)
        except ConsoleError:
            return None
        if self._keys.frozen != old and await self._good():
            return None
        return await self._shut(refusal)

    async def _good(self) -> bool:
        """Whether STS answers. What says nothing about the credentials counts as good."""
        try:
            await self._verify()
        except Expired:
            return False
        except ConsoleError:
            return True
        self._good_at = self._clock.monotonic()
        return True

    async def _shut(self, reason: ConsoleError) -> None:
        profile, kind = await asyncio.to_thread(self._session.login)
        self._good_at = None
        if isinstance(reason, _Unusable):
            self.error = str(reason)
        else:
            self.error = advice(kind, profile, str(reason), self._usage.clock_skew_s)
        if self._watch is None or self._watch.done():
            self._watch = asyncio.create_task(self._wait_for_login(), name="wait for a login")

    async def _wait_for_login(self) -> None:
        """Until the gate is open again: look at the login files often, at the chain now and then."""
        probed_at = self._clock.monotonic()
        while self.error is not None:
            await self._clock.sleep(self._poll_s)
            files = await asyncio.to_thread(self._fingerprint)
            due = self._clock.monotonic() - probed_at >= self._probe_s and self._may_try()
            if files != self._files or due:
                probed_at = self._clock.monotonic()
                self._files = files
                self._tries.append(probed_at)
                await self._reopen()

    async def _reopen(self) -> None:
        try:
            await self._load(anew=True)
            await self._verify()
        except Expired as error:
            await self._shut(error)
        except ConsoleError as error:
            self._failure = error
        else:
            self._good_at = self._clock.monotonic()
            self._failure = None
            self._tries.clear()
            self.error = None

    def _usable(self) -> bool:
        ends = self._ends()
        return self._keys.frozen is not None and (ends is None or self._clock.now() < ends)

    def _ageing(self) -> bool:
        ends = self._ends()
        return ends is not None and self._clock.now() > ends - RENEW_BEFORE

    def _ends(self) -> datetime | None:
        ends = getattr(self._source, "_expiry_time", None)
        return ends.astimezone(UTC) if isinstance(ends, datetime) else None

    def _may_try(self) -> bool:
        oldest = self._clock.monotonic() - WINDOW_S
        while self._tries and self._tries[0] <= oldest:
            self._tries.popleft()
        return len(self._tries) < TRIES

    def _try(self) -> bool:
        if not self._may_try():
            return False
        self._tries.append(self._clock.monotonic())
        return True

    def _fingerprint(self) -> object:
        return fingerprint(self._session.login_files())

    def _read_login_until(self) -> datetime | None:
        names = self._session.sso_names()
        return sso_token_until(*names, Path(SSO_CACHE).expanduser()) if names else None


def _dead(error: Exception) -> ConsoleError:
    """Why there are no keys: no way to whoever gives them, a broken configuration, or a refusal."""
    told = translate(error, "sts", "AssumeRole")
    if isinstance(told, SettingsError):
        return _Unusable(str(told))
    return told if isinstance(told, (Expired, Unreachable)) else Expired(str(told))
