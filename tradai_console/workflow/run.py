"""One open workflow: its history read from both ends, what stands beside it, and all of it told as it becomes known."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from tradai_console.errors import AwsError, ConsoleError, NotFound
from tradai_console.models.execution import Execution
from tradai_console.models.machine_graph import Graph
from tradai_console.models.workflow import Event, Payload, PayloadText, StateVisit, Workflow
from tradai_console.models.workflow_joined import LogSlice
from tradai_console.probes.context import ProbeContext
from tradai_console.redact import redact, redact_value
from tradai_console.text import lines, plain
from tradai_console.workflow.children import Child, Children
from tradai_console.workflow.culprit import Culprit, find_culprit
from tradai_console.workflow.entry import Entry, describe, ids_in
from tradai_console.workflow.events import HistoryEvent
from tradai_console.workflow.graph import failing_states
from tradai_console.workflow.history import History
from tradai_console.workflow.invocations import read_invocation
from tradai_console.workflow.joins import About, Joins
from tradai_console.workflow.machine import Machines, Usual
from tradai_console.workflow.outline import Outline
from tradai_console.workflow.rawevents import event_of
from tradai_console.workflow.said import Facts, told
from tradai_console.workflow.tree import Tree

FOLLOW_S: Final = 4.0
"""Between two readings of a running execution's news."""
ENDED_S: Final = 20.0
"""Between two looks at an ended one: somebody may redrive it, or set its row right."""
TELL_S: Final = 1.0
PAYLOAD_LINES: Final = 20_000


class WorkflowRun:
    """Reads until cancelled. `tell` gets the whole whenever something is new, at most once a second."""

    def __init__(
        self, entry: Entry, context: ProbeContext, machines: Machines, tell: Callable[[Workflow], None]
    ) -> None:
        self.key = entry.key
        self._entry = entry
        self._context = context
        self._machines = machines
        self._tell = tell
        self._begun: asyncio.Future[Workflow] = asyncio.get_running_loop().create_future()
        self._wake = asyncio.Event()
        self._changed = asyncio.Event()
        self._history: History | None = None
        self._begins_read = False
        self._head = Tree()
        self._tail: Tree | None = None
        self._newest: list[HistoryEvent] = []
        self._raw: Mapping[str, Any] = {}
        self._execution: Execution | None = None
        self._graph: Graph | None = None
        self._failing: frozenset[str] | None = None
        self._usual = Usual()
        self._children: tuple[Child, ...] = ()
        self._child_reader = Children(context)
        self._joins = Joins(context)
        self._notes: dict[str, str] = {}
        self._outline: Outline | None = None
        self._found: tuple[object, Culprit | None] | None = None

    # --- reading ------------------------------------------------------------------------------------------

    async def begun(self) -> Workflow:
        """Its first screen. Raises ConsoleError if there is none."""
        return await asyncio.shield(self._begun)

    async def run(self) -> None:
        """Read, and follow, until cancelled."""
        try:
            await self._begin()
            self._begun.set_result(self.workflow())
        except ConsoleError as error:
            self._begun.set_exception(error)
            return
        except Exception as error:  # noqa: BLE001  # said aloud: somebody waits for it
            self._begun.set_exception(ConsoleError(_defect(error)))
            return
        finally:
            if not self._begun.done():
                self._begun.set_exception(ConsoleError("it was closed before it could be read"))
        async with asyncio.TaskGroup() as group:
            for name, work in (("history", self._rest), ("tasks and logs", self._beside)):
                group.create_task(self._kept(name, work), name=name)
            group.create_task(self._say(), name="say")

    def refresh(self) -> None:
        """Look at everything anew."""
        self._wake.set()

    async def _kept(self, about: str, work: Callable[[], Awaitable[None]]) -> None:
        """A defect in one part is told, and the others go on."""
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # whatever it is
            self._notes[about] = f"{about}: {_defect(error)}"
            self._changed.set()

    async def _begin(self) -> None:
        """What the first screen needs: the execution, both ends of its history, its definition, its row."""
        if self._entry.arn is None:
            await self._joins.read_row(self._entry.job_id)
            if self._joins.joined.row is None:
                raise ConsoleError(f"the row of job {self._entry.job_id} could not be read{self._trouble()}")
            return
        states = await self._context.client("stepfunctions")
        self._history = History(states, self._entry.arn, self._context.clock)
        found, _, _, _ = await asyncio.gather(
            describe(self._context, self._entry.arn),
            self._tolerant("history", self._read_ends(self._history)),
            self._tolerant("definition", self._read_graph()),
            self._joins.read_row(self._entry.job_id),
        )
        if found is None:
            raise NotFound(f"Step Functions does not know {self._entry.arn}")
        self._execution, self._raw = found

    async def _read_ends(self, history: History) -> None:
        head, tail = await history.ends()
        self._head.add(head)
        if history.gap:
            self._tail = Tree()
            self._tail.add(tail)
            self._newest = tail
        else:
            self._head.add(tail)
        self._begins_read = True
        self._changed.set()

    async def _rest(self) -> None:
        """The pages between, then the news for as long as there are any."""
        while self._history is None:
            await self._pause(ENDED_S)
            await self._tolerant("execution", self._adopt())
        history = self._history
        while not self._begins_read:
            await self._pause(FOLLOW_S)
            await self._tolerant("history", self._read_ends(history))
        while history.gap or self._tail is not None:
            try:
                async for page in history.between():
                    self._head.add(page)
                    self._changed.set()
                self._join_ends()
                self._notes.pop("history", None)
            except AwsError as error:
                self._notes["history"] = f"history: {error}"
                self._changed.set()
                await self._context.clock.sleep(FOLLOW_S)
        while True:
            live = self._head.end is None
            await self._pause(FOLLOW_S if live else ENDED_S)
            with self._noting("history"):
                await self._renew(history)

    async def _adopt(self) -> None:
        """A job that had no execution may be picked up at last: then it is that execution's story."""
        await self._joins.read_row(self._entry.job_id)
        arn = str((self._joins.raw_row or {}).get("execution_arn") or "")
        if ":execution:" in arn and await describe(self._context, arn) is not None:
            self._entry = replace(self._entry, arn=arn)
            await self._begin()
            self._wake.set()

    async def _renew(self, history: History) -> None:
        assert self._entry.arn is not None
        found = await describe(self._context, self._entry.arn)
        same = found is None or found == (self._execution, self._raw)
        # A short redrive may be over before it is seen: then only the end is another.
        news = await history.news(self._head.last_id) if self._head.end is None or not same else []
        self._head.add(news)
        if found is not None:
            self._execution, self._raw = found
        if news or not same:
            self._changed.set()

    def _join_ends(self) -> None:
        self._head.add(self._newest)
        self._tail, self._newest = None, []
        self._changed.set()

    async def _beside(self) -> None:
        """Good runs, children, row, tasks, logs; again when the execution goes on or somebody asks."""
        while True:
            if self._execution is not None:
                await self._tolerant("last good run", self._read_usual(self._execution))
                self._changed.set()
                await self._tolerant("child executions", self._read_children())
            await self._joins.read_row(self._job_id())
            self._changed.set()
            await self._tolerant("tasks and logs", self._joins.read(self._about()))
            self._changed.set()
            seen = (self._tree.last_id, self._status)
            while seen == (self._tree.last_id, self._status):
                if await self._pause(ENDED_S):
                    break
                before = self._joins.raw_row
                await self._joins.read_row(self._job_id())
                if before != self._joins.raw_row:
                    break

    async def _say(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._tell(self.workflow())
            await self._context.clock.sleep(TELL_S)

    async def _read_graph(self) -> None:
        assert self._entry.arn is not None
        self._graph = await self._machines.graph(self._entry.arn)
        self._failing = failing_states(self._graph)

    async def _read_usual(self, execution: Execution) -> None:
        self._usual = await self._machines.usual(execution, self._failing)

    async def _read_children(self) -> None:
        self._children = await self._child_reader.read(self._tree, self._culprit())

    async def _tolerant(self, about: str, asked: Awaitable[None]) -> None:
        with self._noting(about):
            await asked

    @contextlib.contextmanager
    def _noting(self, about: str) -> Any:
        try:
            yield
        except AwsError as error:
            self._notes[about] = f"{about}: {error}"
            self._changed.set()
        else:
            self._notes.pop(about, None)

    async def _pause(self, seconds: float) -> bool:
        """Wait so long; True if somebody asked meanwhile."""
        sleeping = asyncio.ensure_future(self._context.clock.sleep(seconds))
        waking = asyncio.ensure_future(self._wake.wait())
        try:
            done, _ = await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()
        if waking in done:
            await asyncio.sleep(0)
            self._wake.clear()
        return waking in done

    # --- telling ------------------------------------------------------------------------------------------

    def workflow(self) -> Workflow:
        """All that is known now."""
        self._joins.judge(self._about())
        found, self._outline = told(
            Facts(
                key=self.key,
                context=self._context,
                execution=self._execution,
                raw=self._raw,
                whole=self._tail is None and (self._begins_read or self._history is None),
                head=self._head,
                tail=self._tail,
                culprit=self._culprit(),
                failing=self._failing,
                graph=self._graph,
                usual=self._usual,
                children=self._children,
                joined=self._joins.joined,
                job_id=self._job_id(),
                ids=self._ids(),
                notes=(*self._notes.values(), *self._joins.notes),
            )
        )
        return found

    def events(self, start: int, count: int) -> tuple[Event, ...]:
        """Events as far as they are read, the oldest first."""
        known = [*self._head.events, *self._newest]
        trees = (self._head, self._tail) if self._tail is not None else (self._head,)
        return tuple([event_of(one, trees) for one in known[max(0, start) : max(0, start) + count]])

    def unfolded(self, fold: int) -> tuple[StateVisit, ...]:
        """The rows behind a fold. Raises ConsoleError where it is one no more."""
        if self._outline is None or fold not in self._outline.folds:
            raise ConsoleError("these rows are told otherwise by now: look at the path anew")
        return self._outline.behind(fold)

    async def payload(self, wanted: Payload) -> PayloadText:
        """A text, whole. Raises ConsoleError where it is not there."""
        text = self._raw.get(wanted.part) if wanted.event_id == 0 else await self._text(wanted)
        if not isinstance(text, str):
            raise ConsoleError(f"AWS gives no {plain(wanted.part, 40)} for this")
        return PayloadText(wanted, await asyncio.to_thread(_shown, text), text)

    async def log(self, visit: int, attempt: int) -> LogSlice:
        """The log of a state's attempt. Raises ConsoleError where it has none."""
        node = next((one for one in self._tree.nodes() if one.id == visit), None)
        task = next(
            (one for one in self._joins.joined.tasks if one.visit == visit and one.log is not None), None
        )
        if task is not None and task.log is not None:
            return task.log
        words = [one for one in (self._job_id(), self._ids().get("trace_id")) if one]
        found = await read_invocation(self._context, node, attempt, words) if node is not None else None
        if found is None:
            raise ConsoleError("this state called no function and ran no task: it has no log of its own")
        return found.log

    async def _text(self, wanted: Payload) -> object:
        tail = self._tail.event(wanted.event_id) if self._tail is not None else None
        event = self._head.event(wanted.event_id) or tail
        if event is None or self._history is None or wanted.part not in event.details:
            return None
        return await self._history.text(event, wanted.part)

    @property
    def _tree(self) -> Tree:
        """Where the end of the story is."""
        return self._tail if self._tail is not None else self._head

    @property
    def _status(self) -> str | None:
        return self._execution.status if self._execution is not None else None

    def _culprit(self) -> Culprit | None:
        """Found anew only where something has been read since."""
        state = (id(self._tree), len(self._tree.events), self._failing)
        if self._found is None or self._found[0] != state:
            self._found = (state, find_culprit(self._tree, self._failing))
        return self._found[1]

    def _ids(self) -> dict[str, str]:
        return ids_in(str(self._raw.get("input", "")))

    def _job_id(self) -> str | None:
        return self._entry.job_id or self._ids().get("job_id")

    def _about(self) -> About:
        machine = self._execution.machine if self._execution is not None else "backtest"
        limit = self._graph.timeout_s if self._graph is not None else None
        limit = limit or self._context.platform.machine_timeouts_s.get(machine)
        return About(self._execution, self._tree, self._culprit(), self._job_id(), self._ids(), limit)

    def _trouble(self) -> str:
        return f": {'; '.join(self._joins.notes)}" if self._joins.notes else ""


def _defect(error: Exception) -> str:
    return (
        f"it could not be read ({type(error).__name__}: {plain(error, 200)}); this is a defect of the console"
    )


def _shown(text: str) -> tuple[str, ...]:
    """As it is drawn: indented where it is JSON, and without the secrets in it."""
    try:
        shown = json.dumps(redact_value(json.loads(text)), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        shown = redact(text)
    return lines(shown, most=PAYLOAD_LINES)
