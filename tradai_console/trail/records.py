"""What AWS itself knows of the ids of a story: rows, executions, tasks. Asked anew as long as something of it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from tradai_console.errors import AwsError, Denied, NotFound
from tradai_console.logs.services import Services
from tradai_console.probes.context import ProbeContext
from tradai_console.sources.pages import Raw
from tradai_console.trail import rows
from tradai_console.trail.executions import PAGE, PAGES, read_execution
from tradai_console.trail.found import Found, OwnLog
from tradai_console.trail.ids import in_logs, is_execution, is_key, is_task, is_uuid, leads_on
from tradai_console.trail.story import Story
from tradai_console.trail.tasks import describe, task_found

T = TypeVar("T")

AGAIN_S: Final = 4.0
"""Between two looks at what still runs."""

_EXECUTIONS: Final = "the executions"
_TASKS: Final = "the tasks"


class Records:
    """Asks about each id once, and again about those whose thing still runs."""

    def __init__(self, context: ProbeContext, story: Story, services: Services) -> None:
        self._context = context
        self._story = story
        self._services = services
        self._asked: set[str] = set()
        self._open: dict[str, Callable[[], Awaitable[None]]] = {}
        self._told: dict[str, Raw] = {}
        self._logs: dict[tuple[str, str], OwnLog] = {}
        self._refused: set[str] = set()
        self.functions: dict[str, None] = {}
        """Names of the functions that executions of the story called."""
        self.began_ms: int | None = None
        """When the first thing that AWS tells happened."""
        self.last_ms: int | None = None
        """When the last did."""

    @property
    def running(self) -> bool:
        """Whether something of it still runs."""
        return bool(self._open)

    @property
    def own_logs(self) -> tuple[OwnLog, ...]:
        """The logs that belong to the story as a whole, as they are known by now."""
        return tuple(self._logs.values())

    async def ask(self) -> None:
        """Ask about every id that has not been asked about, and about those that this brings."""
        while waiting := [value for value in self._story.ids if value not in self._asked]:
            for value in waiting:
                self._asked.add(value)
                await self._about(value)

    async def again(self) -> None:
        """Ask once more about what still runs."""
        for ask in [*self._open.values()]:
            await ask()
        await self.ask()

    async def task_of_stream(self, stream: str) -> None:
        """A line of the story stands in this stream: if its task works for the story, it belongs to it."""
        task_id = stream.rpartition("/")[2]
        if not is_task(task_id) or self._story.follows(task_id) or f"stream {task_id}" in self._asked:
            return
        self._asked.add(f"stream {task_id}")
        raw = await self._try(lambda: describe(self._context, task_id), _TASKS)
        if raw is None or str(raw.get("group") or "").startswith("service:"):
            return
        found = await task_found(self._context, raw, self._services, wanted=False)
        works_for = [value for value in found.ids if self._story.follows(value)]
        if works_for:
            self._story.told(works_for[0], (task_id,))

    # Each kind of thing

    async def _about(self, value: str) -> None:
        if is_execution(value):
            await self._execution(value)
        elif is_task(value):
            await self._task(value)
        elif is_key(value) and (leads_on(value) or self._story.is_wanted(value)):
            await self._rows(value)
            if self._may_be_execution(value):
                await self._execution(value)

    def _may_be_execution(self, value: str) -> bool:
        """Whether an execution may be called so that is not known by its ARN. A UUID is asked about only if it is wanted."""
        known = any(is_execution(one) and in_logs(one) == value for one in self._story.ids)
        return not known and (self._story.is_wanted(value) or not is_uuid(value))

    async def _rows(self, value: str) -> None:
        context, tables = self._context, self._context.platform.tables
        jobs = f"the rows of {tables.workflow_state}"
        self._keep(value, await self._try(lambda: rows.read_job(context, value), jobs))
        if is_uuid(value):
            traces = f"the jobs of a trace in {tables.workflow_state}"
            self._keep(value, await self._try(lambda: rows.read_jobs_of(context, value), traces))
        elif self._story.is_wanted(value):
            sessions = f"the rows of {tables.trading_state}"
            found = await self._try(lambda: rows.read_session(context, value), sessions)
            self._keep(value, found, lasting=False)

    async def _execution(self, value: str) -> None:
        told = await self._try(lambda: read_execution(self._context, value), _EXECUTIONS)
        if told is None:
            if is_execution(value) and _EXECUTIONS not in self._refused:
                self._story.says(
                    f"Step Functions does not know the execution {in_logs(value)}, or not any more"
                )
            return
        if not told.whole:
            self._story.says(
                f"only the first {PAGE * PAGES:,} events of the execution {told.execution.name} were read"
            )
        self._told |= told.tasks
        self.functions |= dict.fromkeys(told.functions)
        self._asked.add(told.execution.arn)
        self._keep(value, told.found, key=told.execution.arn)

    async def _task(self, value: str) -> None:
        raw = await self._try(lambda: describe(self._context, value), _TASKS)
        if raw is None:
            # ECS forgets a task an hour after its end; the execution that ran it remembers.
            raw = next((one for arn, one in self._told.items() if in_logs(arn) == in_logs(value)), None)
        if raw is None:
            return
        wanted = self._story.is_wanted(value)
        found = await task_found(self._context, raw, self._services, wanted=wanted)
        self._asked |= {in_logs(value), str(raw.get("taskArn"))}
        self._keep(value, found)

    # Keeping

    def _keep(self, value: str, found: Found | None, *, key: str | None = None, lasting: bool = True) -> None:
        if found is None:
            return
        self._story.takes(found.pieces)
        self._story.told(value, found.ids)
        self._logs.update({(log.group, log.stream): log for log in found.logs})
        if lasting:
            times = [piece.time_ms for piece in found.pieces]
            self.began_ms = min([*times, *([self.began_ms] if self.began_ms else [])], default=None)
            self.last_ms = max([*times, *([self.last_ms] if self.last_ms else [])], default=None)
            known = key or value
            if found.open:
                self._open[known] = lambda: self._about(known)
            else:
                self._open.pop(known, None)

    async def _try(self, question: Callable[[], Awaitable[T]], about: str) -> T | None:
        """The answer; None if there is no such thing, or with a sentence if it could not be read. Who was refused does
        not ask for the like again."""
        if about in self._refused:
            return None
        try:
            return await question()
        except NotFound:
            return None
        except AwsError as error:
            if isinstance(error, Denied):
                self._refused.add(about)
            self._story.cannot(about, error)
            return None
