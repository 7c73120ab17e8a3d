"""The workflows pane: the newest executions of every state machine, with the state that failed.

ListExecutions has the scarcest quota of all: two calls a second for a whole account in most regions. A
console takes six a minute at most; machines take turns, and those come first where something is known to
happen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from tradai_console.clock import Clock
from tradai_console.errors import AwsError, Denied, NotFound, Unreachable
from tradai_console.models.execution import Execution, Machine
from tradai_console.platform import Platform
from tradai_console.sources import fields
from tradai_console.sources.failures import Failure, covers, parse_current, parse_failure
from tradai_console.sources.pages import Raw, everything, listed
from tradai_console.sources.reading import Clients, Reading, secondary, together

MACHINES_S = 600.0
"""Between two readings of the list of machines."""
LISTS_A_MINUTE = 6
FIRST_LISTS = 10
"""Machines listed in the first reading."""
KEPT = 100
"""Executions kept of each machine: one page of ListExecutions."""
HISTORIES = 20
"""Histories of ended executions read in one reading."""
HISTORIES_AT_ONCE = 10
"""As many as the door has connections to one service: the first reading waits for all of them."""

RUNNING_HISTORIES = 5
SUCCEEDED_FOR = timedelta(hours=24)
"""How far back executions that succeeded are searched for caught failures."""
EVENTS = 500
"""Events read of a history at once, the newest first; the rest only while the story needs it."""
HISTORY_PAGES = 3
DENIED_REST_S = 600.0

_Key = tuple[str, str, object]


class WorkflowSource:
    """Reads machines and executions again and again within the budget."""

    def __init__(self, door: Clients, platform: Platform, clock: Clock) -> None:
        self._door = door
        self._platform = platform
        self._clock = clock
        self._machines: dict[str, Machine] = {}
        self._machines_due = 0.0
        self._executions: dict[str, tuple[Execution, ...]] = {}
        self._listed_at: dict[str, float] = {}
        self._tokens = float(FIRST_LISTS)
        self._refilled: float | None = None
        self._trouble: AwsError | None = None
        self._failures: dict[_Key, Failure | None] = {}
        self._rests_until = 0.0
        self._denied: str | None = None
        self._moved: set[str] = set()
        self._focused: str | None = None

    @property
    def machines(self) -> tuple[Machine, ...]:
        """The state machines of the region, the platform's first; empty before the first reading."""
        return tuple(self._machines.values())

    def moved(self, machine_arns: Iterable[str]) -> None:
        """Tell that these machines' metrics moved: they are listed next."""
        self._moved |= set(machine_arns)

    def focus(self, machine_arn: str | None) -> None:
        """Tell which machine somebody looks at: it is listed at each reading. None: no one in particular."""
        self._focused = machine_arn

    async def read(self) -> Reading[Execution]:
        """The known executions, newest first. Raises AwsError if machines or executions could not be read."""
        states = await self._door.client("stepfunctions")
        notes: list[str] = []
        asked = await self._read_machines(states)
        if not await self._read_executions(states, notes) and not asked:
            # A reading that asked nothing would call itself good while Step Functions is not to be reached.
            await self._ask_machines(states)
        if self._trouble is not None:
            raise self._trouble.with_traceback(None)
        found = sorted(
            [one for arn in self._machines for one in self._executions.get(arn, ())],
            key=lambda one: (one.started_at, one.arn),
            reverse=True,
        )
        unlisted = sum(arn not in self._listed_at for arn in self._machines)
        if unlisted:
            notes.append(f"{unlisted} of {len(self._machines)} state machines have not had their turn yet")
        items = await self._with_histories(states, found, notes)
        return Reading(tuple(items), tuple(notes))

    async def _read_machines(self, states: Any) -> bool:
        """Read the list of machines if it is time; whether it was."""
        if self._refilled is not None and self._clock.monotonic() < self._machines_due:
            return False
        await self._ask_machines(states)
        return True

    async def _ask_machines(self, states: Any) -> None:
        raws = await everything(
            states.list_state_machines, "stateMachines", cursor="nextToken", maxResults=1000
        )
        found = [one for raw in raws if (one := parse_machine(raw, self._platform)) is not None]
        place = {short: index for index, short in enumerate(self._platform.machines)}
        found.sort(key=lambda one: (place.get(one.machine, len(place)), one.name))
        self._machines = {one.arn: one for one in found}
        self._machines_due = self._clock.monotonic() + MACHINES_S
        for known in (self._executions, self._listed_at):
            for arn in [arn for arn in known if arn not in self._machines]:
                del known[arn]

    async def _read_executions(self, states: Any, notes: list[str]) -> bool:
        """List the executions of the machines whose turn it is; whether there was one."""
        turns = self._turns()
        errors: list[AwsError] = []

        async def one(machine: Machine) -> None:
            try:
                answer = await states.list_executions(stateMachineArn=machine.arn, maxResults=KEPT)
                newest = parse_executions(answer, machine)
                self._executions[machine.arn] = newest + await self._pushed_out(states, machine, newest)
                self._listed_at[machine.arn] = self._clock.monotonic()
                self._moved.discard(machine.arn)
            except NotFound:
                self._machines.pop(machine.arn, None)
                self._machines_due = 0.0
            except AwsError as error:
                errors.append(error)
                notes.append(f"executions of {machine.machine}: {error}")

        await together((one(machine) for machine in turns), at_once=3)
        # What never arrived has cost nothing.
        self._tokens += sum(isinstance(error, Unreachable) for error in errors)
        if turns:
            self._trouble = errors[0] if len(errors) == len(turns) else None
        return bool(turns)

    async def _pushed_out(
        self, states: Any, machine: Machine, newest: tuple[Execution, ...]
    ) -> tuple[Execution, ...]:
        """Executions known to run that newer ones have pushed off the page: a stuck one must not go unseen."""
        if len(newest) < KEPT:
            return ()
        listed_now = {one.arn for one in newest}
        before = self._executions.get(machine.arn, ())
        lost = [one for one in before if one.status == "RUNNING" and one.arn not in listed_now]

        async def ask(one: Execution) -> Execution | None:
            try:
                return parse_execution(await states.describe_execution(executionArn=one.arn), machine)
            except NotFound:
                return None
            except AwsError:
                return one

        found = await together(ask(one) for one in lost[:RUNNING_HISTORIES])
        return tuple([one for one in found if one is not None])

    def _turns(self) -> list[Machine]:
        """Whose turn it is, as far as the budget goes."""
        now = self._clock.monotonic()
        if self._refilled is not None:
            earned = (now - self._refilled) * LISTS_A_MINUTE / 60
            self._tokens = min(float(LISTS_A_MINUTE), self._tokens + earned)
        self._refilled = now
        order = sorted(self._machines.values(), key=self._urgency)
        turns = order[: int(self._tokens)]
        self._tokens -= len(turns)
        return turns

    def _urgency(self, machine: Machine) -> tuple[bool, bool, bool, float]:
        running = any(one.stopped_at is None for one in self._executions.get(machine.arn, ()))
        last = self._listed_at.get(machine.arn, -1.0)
        # Even a quiet machine has its turn before long: every fourth minute it stands with the busy ones.
        waited = self._clock.monotonic() - last > 240
        return machine.arn != self._focused, machine.arn not in self._moved, not (running or waited), last

    async def _with_histories(self, states: Any, found: list[Execution], notes: list[str]) -> list[Execution]:
        now = self._clock.monotonic()
        current: dict[str, str | None] = {}
        if now >= self._rests_until:
            self._denied = None
            asked = self._read_histories(states, found, current)
            await secondary(self._tolerant(asked), None, notes, "execution history")
        elif self._denied is not None:
            notes.append(self._denied)
        self._forget(found)
        return [_joined(one, self._failures.get(_key(one)), current.get(one.arn)) for one in found]

    async def _tolerant(self, asked: Any) -> None:
        try:
            await asked
        except Denied as error:
            self._rests_until = self._clock.monotonic() + DENIED_REST_S
            self._denied = f"execution history: {error}"
            raise

    async def _read_histories(
        self, states: Any, found: list[Execution], current: dict[str, str | None]
    ) -> None:
        async def ended(one: Execution) -> None:
            try:
                self._failures[_key(one)] = parse_failure(await _history(states, one.arn))
            except NotFound:
                self._failures[_key(one)] = None

        async def running(one: Execution) -> None:
            answer = await states.get_execution_history(
                executionArn=one.arn, reverseOrder=True, maxResults=100, includeExecutionData=False
            )
            current[one.arn] = parse_current(fields.rows(answer, "events"))

        live = [one for one in found if one.stopped_at is None and one.status == "RUNNING"]
        live.sort(key=lambda one: (one.machine_arn != self._focused, -one.started_at.timestamp()))
        questions = [running(one) for one in live[:RUNNING_HISTORIES]]
        await together([*questions, *[ended(one) for one in self._unread(found)]], at_once=HISTORIES_AT_ONCE)

    def _unread(self, found: Iterable[Execution]) -> list[Execution]:
        """The ended executions whose history is wanted next: failed ones first, the newest first."""
        since = self._clock.now() - SUCCEEDED_FOR
        wanted = [one for one in found if _key(one) not in self._failures and _history_wanted(one)]
        wanted = [
            one for one in wanted if one.status != "SUCCEEDED" or (one.stopped_at or one.started_at) >= since
        ]
        wanted.sort(key=lambda one: one.status == "SUCCEEDED")
        return wanted[:HISTORIES]

    def _forget(self, found: Iterable[Execution]) -> None:
        known = {_key(one) for one in found}
        for key in [key for key in self._failures if key not in known]:
            del self._failures[key]


def _history_wanted(one: Execution) -> bool:
    return one.status in ("FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED")


def _key(one: Execution) -> _Key:
    """An ended execution may be redriven and end again: then it has another end."""
    return one.arn, one.status, one.stopped_at


def _joined(one: Execution, failure: Failure | None, current: str | None) -> Execution:
    if failure is not None:
        return replace(
            one, failed_state=failure.state, error=failure.error, cause=failure.cause, caught=failure.caught
        )
    return one if current is None else replace(one, current_state=current)


async def _history(states: Any, arn: str) -> list[Raw]:
    """An execution's events, the newest first, as many as the story of its end needs."""
    events: list[Raw] = []
    token: dict[str, Any] = {}
    for _ in range(HISTORY_PAGES):
        answer = await states.get_execution_history(
            executionArn=arn, reverseOrder=True, maxResults=EVENTS, includeExecutionData=False, **token
        )
        events += listed(answer, "events")
        following = answer.get("nextToken")
        if not following or token.get("nextToken") == following or covers(events):
            break
        token = {"nextToken": following}
    return events


def parse_machine(raw: Raw, platform: Platform) -> Machine | None:
    """One state machine; None for one without an ARN, and for express ones: Step Functions does not list
    their executions."""
    arn, name = fields.name(raw, "stateMachineArn"), fields.name(raw, "name")
    if arn is None or raw.get("type") == "EXPRESS":
        return None
    name = name or arn.rpartition(":")[2]
    return Machine(arn, name, platform.machine_of(name))


def parse_executions(answer: Raw, machine: Machine) -> tuple[Execution, ...]:
    """One page of ListExecutions, newest first."""
    found = [parse_execution(raw, machine) for raw in listed(answer, "executions")]
    known = [one for one in found if one is not None]
    return tuple(sorted(known, key=lambda one: one.started_at, reverse=True)[:KEPT])


def parse_execution(raw: Raw, machine: Machine) -> Execution | None:
    """One execution; None for one without an ARN or a start."""
    arn, started = fields.name(raw, "executionArn"), fields.told_moment(raw.get("startDate"))
    if arn is None or started is None:
        return None
    return Execution(
        machine=machine.machine,
        machine_arn=machine.arn,
        arn=arn,
        name=fields.name(raw, "name") or arn.rpartition(":")[2],
        status=fields.name(raw, "status") or "UNKNOWN",
        started_at=started,
        stopped_at=fields.told_moment(raw.get("stopDate")),
    )
