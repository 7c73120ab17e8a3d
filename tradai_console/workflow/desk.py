"""The open workflows. They have one owner, the engine's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from tradai_console.errors import ConsoleError
from tradai_console.models.alert import Alert
from tradai_console.models.workflow import Candidates, Workflow
from tradai_console.probes.context import ProbeContext
from tradai_console.workflow.entry import JOB, find_entry
from tradai_console.workflow.machine import Machines
from tradai_console.workflow.run import WorkflowRun

MOST_OPEN: Final = 6
"""Beyond these the one that was opened first is closed: nobody looks at more."""


class Workflows:
    """What is open, by its key."""

    def __init__(
        self,
        context: ProbeContext,
        alerts: Callable[[], Iterable[Alert]],
        tell: Callable[[Workflow], None],
    ) -> None:
        self._context = context
        self._alerts = alerts
        self._tell = tell
        self._machines = Machines(context)
        self._runs: dict[str, WorkflowRun] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._for: dict[str, str] = {}

    async def open(self, wanted: str) -> Workflow | Candidates:
        """Open what this names, or come back to it. Raises ConsoleError, see `jobs.OpenWorkflow`."""
        alert = next((one for one in self._alerts() if one.key == wanted), None)
        entry = await find_entry(self._context, _named_by(alert) if alert is not None else wanted)
        if isinstance(entry, Candidates):
            return entry
        if alert is not None:
            self._for[entry.key] = alert.key
        if entry.key not in self._runs:
            self._make_room()
            run = WorkflowRun(entry, self._context, self._machines, self._tell)
            self._runs[entry.key] = run
            self._tasks[entry.key] = asyncio.create_task(run.run(), name=f"workflow {entry.key}")
        try:
            return await self._runs[entry.key].begun()
        except ConsoleError:
            self.close(entry.key)
            raise

    def close(self, key: str) -> None:
        """Nobody looks at it any more."""
        self._runs.pop(key, None)
        self._for.pop(key, None)
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def close_all(self) -> None:
        """The desk is cleared."""
        for key in [*self._tasks]:
            self.close(key)

    def at(self, key: str) -> WorkflowRun:
        """The open workflow. Raises ConsoleError if it is not open."""
        if key not in self._runs:
            raise ConsoleError("this workflow is not open any more: go back and open it again")
        return self._runs[key]

    def alert_of(self, key: str) -> str | None:
        """The key of the alert for which it was opened; None if it was for none. Raises ConsoleError if it is not open."""
        self.at(key)
        return self._for.get(key)

    def _make_room(self) -> None:
        while len(self._runs) >= MOST_OPEN:
            self.close(next(iter(self._runs)))


def _named_by(alert: Alert) -> str:
    """The execution or job that an alert is about. Raises ConsoleError if it is about neither."""
    for variable, before in (("EXECUTION", ""), ("JOB_ID", JOB)):
        value = alert.variables.get(variable)
        if value:
            return f"{before}{value}"
    raise ConsoleError(f"{alert.alert} names no execution and no job: choose one in the workflows pane")
