"""The interpreter of state machines on the simulated clock.

A state is walked by a generator that yields what it waits for (`Sleep`, `Do`, `Join`), so that thousands of
simulated seconds cost nothing, Map and Parallel branches run side by side, and a stop ends all of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tradai_console.demo.behaviour.asl import StateError
from tradai_console.demo.behaviour.executions import Execution, Integrations
from tradai_console.demo.behaviour.walk_waits import Do, Failed, Join, Sleep, Walk, text_of
from tradai_console.demo.behaviour.walks import Steps

_KEEP = {"truncated": False}


class Walker:
    """Runs one execution. `guard` is held whenever its walk is moved on, never while an integration is called."""

    def __init__(
        self, execution: Execution, integrations: Integrations, guard: Any, ended: Callable[[Execution], None]
    ) -> None:
        self._execution = execution
        self._steps = Steps(execution, integrations)
        self._guard = guard
        self._ended = ended
        self._turn = execution.turn

    def start(self) -> None:
        """Begin at the first state."""
        execution = self._execution
        execution.note(
            "ExecutionStarted", 0, input=execution.input, inputDetails=_KEEP, roleArn=execution.role
        )
        # AWS says of the first state, too, that no event came before it.
        self._go(self._whole(execution.definition["StartAt"], json.loads(execution.input), 0, again=False))

    def redrive(self) -> None:
        """Go on at the state that failed."""
        execution = self._execution
        last = execution.note("ExecutionRedriven", len(execution.events), redriveCount=execution.redrives)
        state, data = execution.reached or (execution.definition["StartAt"], json.loads(execution.input))
        self._go(self._whole(state, data, last, again=True))

    def abort(self, error: str | None, cause: str | None) -> None:
        """End it from outside. The guard is held."""
        self._finish("ABORTED", "ExecutionAborted", 0, error, cause)

    def _go(self, walk: Walk) -> None:
        limit = self._execution.definition.get("TimeoutSeconds")
        if limit is not None:
            self._later(float(limit), self._time_out)
        self._move(walk, _forget, _forget)

    def _time_out(self) -> None:
        if self._execution.status == "RUNNING":
            self._finish("TIMED_OUT", "ExecutionTimedOut", 0)

    def _whole(self, state: str, data: Any, previous: int, *, again: bool) -> Walk:
        try:
            output, last = yield from self._steps.states(
                self._execution.definition, state, data, previous, {}, top=True, again=again
            )
        except Failed as failed:
            self._finish("FAILED", "ExecutionFailed", failed.event, failed.error.error, failed.error.cause)
            return
        self._execution.output = text_of(output)
        self._finish("SUCCEEDED", "ExecutionSucceeded", last)

    def _finish(
        self, status: str, kind: str, previous: int, error: str | None = None, cause: str | None = None
    ) -> None:
        execution = self._execution
        execution.status, execution.stopped_at = status, execution.clock.time()
        execution.error, execution.cause = error, cause
        done = {"output": execution.output, "outputDetails": _KEEP} if status == "SUCCEEDED" else {}
        execution.note(kind, previous, error=error, cause=cause, **done)
        execution.turn += 1
        for run in execution.runs:
            run.abort()
        self._ended(execution)

    # --- moving a walk on -----------------------------------------------------------------------------

    def _move(
        self, walk: Walk, done: Callable[[Any], None], failed: Callable[[Exception], None], sent: Any = None
    ) -> None:
        """Move the walk on to its next wait. The guard is held."""
        try:
            wait = walk.throw(sent) if isinstance(sent, StateError) else walk.send(sent)
        except StopIteration as stop:
            done(stop.value)
            return
        except Failed as error:
            failed(error)
            return
        if isinstance(wait, Sleep):
            self._later(wait.seconds, lambda: self._move(walk, done, failed))
        elif isinstance(wait, Do):
            self._call(wait, lambda result: self._move(walk, done, failed, result))
        else:
            self._join(wait, lambda result: self._move(walk, done, failed, result))

    def _call(self, wait: Do, then: Callable[[Any], None]) -> None:
        def happen() -> None:
            try:
                result = wait.call()
            except StateError as error:
                result = error
            with self._guard:
                if self._execution.turn == self._turn:
                    then(result)

        self._execution.clock.after(0.0, happen)

    def _join(self, wait: Join, then: Callable[[Any], None]) -> None:
        results: list[Any] = [None] * len(wait.walks)
        waiting = list(enumerate(wait.walks))
        open_ = {"left": len(wait.walks), "over": False}

        def one_done(number: int, result: Any) -> None:
            results[number] = result
            open_["left"] -= 1
            if open_["over"]:
                return
            if not open_["left"]:
                then(("ok", results))
            else:
                begin()

        def one_failed(error: Exception) -> None:
            if not open_["over"]:
                open_["over"] = True
                for walk in wait.walks:
                    walk.close()
                then(("failed", error))

        def begin() -> None:
            if waiting and not open_["over"]:
                number, walk = waiting.pop(0)
                self._move(walk, lambda result: one_done(number, result), one_failed)

        if not wait.walks:
            then(("ok", []))
            return
        for _ in range(min(wait.at_once or len(wait.walks), len(wait.walks))):
            begin()

    def _later(self, seconds: float, step: Callable[[], None]) -> None:
        def happen() -> None:
            with self._guard:
                if self._execution.turn == self._turn:
                    step()

        self._execution.clock.after(seconds, happen)


def _forget(told: Any) -> None:
    """The whole of an execution has written its own end."""
    del told
