"""One run of a Lambda function: its lines and its metrics."""

from __future__ import annotations

import random
from collections.abc import Iterable

from tradai_console.demo.cast import FUNCTIONS, draw_uuid
from tradai_console.demo.story.stage import Stage
from tradai_console.demo.story.voices import function_stream, plain_line

_SPECS = {spec.name: spec for spec in FUNCTIONS}


def run_function(
    stage: Stage,
    rng: random.Random,
    name: str,
    said: Iterable[tuple[str, str, str]] = (),
    *,
    at: float | None = None,
    failed: str | None = None,
    request: str | None = None,
    took_ms: float | None = None,
    measured: bool = True,
) -> bool:
    """One run that ends about now, or begins at `at`; `said` is (logger, level, message). Returns whether it succeeded.

    `request` and `took_ms` are those that whoever called it has seen; else they are drawn. What `conditions` say about
    the function overrides how it would have gone. What is not `measured` is too long ago for its figures.
    """
    spec, conditions = _SPECS[name], stage.conditions
    error = conditions.lambda_errors.get(name, failed)
    usual = spec.usual_ms * rng.uniform(0.8, 1.25) if took_ms is None else took_ms
    timeout_s, _ = _limits(stage, name)
    took_ms = min(conditions.lambda_ms.get(name, usual), timeout_s * 1000.0)
    timed_out = took_ms >= timeout_s * 1000.0
    # Its lines are spread over the time it took.
    begin = stage.time.time() - took_ms / 1000 if at is None else at
    _write(stage, rng, name, list(said), begin, took_ms, error, timed_out=timed_out, request=request)
    if not measured:
        return not (error or timed_out)
    dimensions = {"FunctionName": stage.cast.platform.function(name)}
    stage.measure("AWS/Lambda", "Invocations", 1, dimensions, "Count")
    stage.measure("AWS/Lambda", "Duration", took_ms, dimensions, "Milliseconds")
    stage.measure("AWS/Lambda", "Errors", float(bool(error) or timed_out), dimensions, "Count")
    stage.measure("AWS/Lambda", "Throttles", 0, dimensions, "Count")
    return not (error or timed_out)


def _limits(stage: Stage, name: str) -> tuple[int, int]:
    spec = _SPECS[name]
    return stage.conditions.lambda_limits.get(name, (spec.timeout_s, spec.memory_mib))


def _write(
    stage: Stage,
    rng: random.Random,
    name: str,
    said: list[tuple[str, str, str]],
    begin: float,
    took_ms: float,
    error: str | None,
    *,
    timed_out: bool,
    request: str | None,
) -> None:
    request = request or draw_uuid(rng)
    timeout_s, memory_mib = _limits(stage, name)
    stream = function_stream(stage.cast, name, begin)
    end = begin + took_ms / 1000
    if rng.random() < 0.06:
        stage.say(
            stream,
            "INIT_START Runtime Version: python:3.11.v74\tRuntime Version ARN: arn:aws:lambda:eu-central-1::runtime:demo",
            begin - 0.4,
        )
    stage.say(stream, f"START RequestId: {request} Version: $LATEST", begin)
    for place, (logger, level, message) in enumerate(said, start=1):
        at = begin + (end - begin) * place / (len(said) + 2)
        stage.say(stream, plain_line(at, logger, level, message), at)
    if error and not timed_out:
        for text in _traceback(name, error, request):
            stage.say(stream, text, end - 0.004)
    stage.say(stream, f"END RequestId: {request}", end)
    if timed_out:
        stamp = f"{stage.now:%Y-%m-%dT%H:%M:%S.000Z}"
        stage.say(stream, f"{stamp} {request} Task timed out after {timeout_s:.2f} seconds", end)
    full = bool(error) and "signal: killed" in str(error)
    used = memory_mib if full else int(memory_mib * rng.uniform(0.4, 0.62))
    stage.say(
        stream,
        f"REPORT RequestId: {request}\tDuration: {took_ms:.2f} ms\tBilled Duration: {int(took_ms) + 1} ms\t"
        f"Memory Size: {memory_mib} MB\tMax Memory Used: {used} MB",
        end,
    )


def _traceback(name: str, error: str, request: str) -> list[str]:
    kind, _, rest = error.partition(":")
    module = name.replace("-", "_")
    return [
        f"[ERROR] {kind}: {rest.strip()}",
        "Traceback (most recent call last):",
        f'  File "/var/task/{module}/handler.py", line 41, in handler',
        "    return service.run(event)",
        f'  File "/var/task/{module}/service.py", line 118, in run',
        "    response = self._client.get(url, timeout=self._timeout)",
        f"{kind}: {rest.strip()} (request {request})",
    ]
