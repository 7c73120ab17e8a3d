"""Lines are read into time, level, logger, service, ids and message; what is not known stays whole, and all is safe."""

from __future__ import annotations

import json

import pytest

from tradai_console.logs.event import Event
from tradai_console.logs.joiner import MOST_PARTS, Joiner
from tradai_console.logs.lines import LIMIT, read_line
from tradai_console.logs.services import Services
from tradai_console.models.log import LogLine, find_ids, moment
from tradai_console.platform import load_platform

UUID = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
TASK = "0123456789abcdef0123456789abcdef"
STAMP = "2026-01-01 03:12:00,123"


def line(message: str, *, time_ms: int = 1_000, stream: str = "s", number: int = 0) -> LogLine:
    """The event with this text, read."""
    return read_line(Event(f"e{time_ms}-{number}", "g", stream, time_ms, time_ms, message), "backend-api")


@pytest.mark.parametrize(
    ("text", "level", "logger", "message"),
    [
        pytest.param(f"[{STAMP}][backend.Queue][WARNING] - full", "WARNING", "backend.Queue", "full", id="platform"),
        pytest.param(f"[{STAMP}][a.B][WARN] - x [y] - z", "WARNING", "a.B", "x [y] - z", id="platform-warn"),
        pytest.param(f"{STAMP} - freqtrade.worker - INFO - beat", "INFO", "freqtrade.worker", "beat", id="freqtrade"),
        pytest.param(
            "2026/01/01 03:12:00 WARNING mlflow.store.db: slow", "WARNING", "mlflow.store.db", "slow", id="mlflow"
        ),
        pytest.param(
            'INFO:     10.0.1.2:40 - "GET / HTTP/1.1" 200 OK',
            "INFO", "access", '10.0.1.2:40 - "GET / HTTP/1.1" 200 OK', id="uvicorn-access",
        ),
        pytest.param("ERROR:    Exception in ASGI application", "ERROR", None, "Exception in ASGI application", id="uvicorn"),
        pytest.param(
            '10.0.1.2 - - [01/Jan/2026:03:12:00 +0000] "GET /mlflow/ HTTP/1.1" 200 12',
            None, "access", '10.0.1.2 - - [01/Jan/2026:03:12:00 +0000] "GET /mlflow/ HTTP/1.1" 200 12', id="gunicorn-access",
        ),
        pytest.param("[2026-01-01 03:12:00 +0000] [7] [INFO] Booting worker", "INFO", None, "Booting worker", id="gunicorn"),
        pytest.param(
            f"[INFO]\t2026-01-01T03:12:00.123Z\t{UUID}\tdone", "INFO", None, f"done request_id={UUID}", id="lambda-python"
        ),
        pytest.param("[ERROR] KeyError: 'x'", "ERROR", None, "KeyError: 'x'", id="lambda-uncaught"),
        pytest.param(
            f"START RequestId: {UUID} Version: $LATEST", None, None, f"START RequestId: {UUID} Version: $LATEST",
            id="lambda-start",
        ),
        pytest.param(
            f"2026-01-01T03:12:00.123Z {UUID} Task timed out after 60.00 seconds", "ERROR", None,
            f"2026-01-01T03:12:00.123Z {UUID} Task timed out after 60.00 seconds", id="lambda-timeout",
        ),
        pytest.param(
            f"REPORT RequestId: {UUID}\tDuration: 1 ms\tStatus: timeout", "ERROR", None,
            f"REPORT RequestId: {UUID}    Duration: 1 ms    Status: timeout", id="lambda-report-timeout",
        ),
        pytest.param(
            json.dumps({"timestamp": "t", "level": "warn", "logger": "a.B", "message": "hi", "rows": 3, "who": "me"}),
            "WARNING", "a.B", "hi rows=3 who=me", id="json",
        ),
        pytest.param('{"eventName": "AssumeRole"}', None, None, '{"eventName": "AssumeRole"}', id="json-without-message"),
        pytest.param('{"message": ', None, None, '{"message": ', id="json-broken"),
        pytest.param("[1, 2]", None, None, "[1, 2]", id="not-an-object"),
        pytest.param("anything else: at all", None, None, "anything else: at all", id="unknown"),
        pytest.param("", None, None, "", id="empty"),
    ],
)  # fmt: skip
def test_formats(text: str, level: str | None, logger: str | None, message: str) -> None:
    """Each format's level, logger and message; the whole text is kept beside them."""
    found = line(text)
    assert (found.level, found.logger, found.message) == (level, logger, message)
    assert found.text == text.replace("\t", "    ")


def test_hostile_text_is_safe_in_every_field() -> None:
    """No escape, no bidi override and no line end gets through, by whichever format."""
    evil = "\x1b]52;c;x\x07 \u202e [/red] \r\n\x9b"
    for text in (
        evil,
        f"[{STAMP}][{evil}][INFO] - {evil}",
        json.dumps({"message": evil, "logger": evil, evil: evil, "level": "INFO"}),
    ):
        found = line(text)
        for value in (found.text, found.message, found.logger or ""):
            assert value.isprintable()
            assert "\u202e" not in value


@pytest.mark.parametrize("size", [65_537, 262_144, 1_048_576])
def test_a_giant_line_is_cut_and_the_next_ones_are_whole(size: int) -> None:
    """Beyond 16 KiB a line says how many bytes are missing; those after it are untouched."""
    found = line("x" * size)
    assert len(found.text) <= LIMIT
    kept = len(found.text.partition(" +")[0])
    assert found.text.endswith(f" +{size - kept} bytes")
    assert [line(f"next {number}").message for number in range(100)] == [
        f"next {number}" for number in range(100)
    ]


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param(f"X-Correlation-ID: {UUID}", (UUID,), id="uuid"),
        pytest.param(f"job_id=bt-3fa85f641234 trace_id={UUID}", ("bt-3fa85f641234", UUID), id="job-and-trace"),
        pytest.param(f"{UUID} and {UUID}", (UUID,), id="once"),
        pytest.param("failed run_id=abc-def: no memory; request_id=r7.", ("abc-def",), id="no sign after it"),
        pytest.param(
            "arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-1a2b3c4d5e6f failed",
            ("arn:aws:states:eu-central-1:123456789012:execution:tradai-backtest-workflow-prod:bt-1a2b3c4d5e6f",
             "bt-1a2b3c4d5e6f"),
            id="execution",
        ),
        pytest.param(
            f"arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/{TASK}",
            (f"arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/{TASK}", TASK), id="task",
        ),
        pytest.param('{"correlation_id": "abc-123"}', ("abc-123",), id="named-in-json"),
        pytest.param("trace_id=None backtest-consumer is ready", (), id="none"),
        pytest.param("2026-01-01 03:12:00,123 nothing here", (), id="date"),
    ],
)  # fmt: skip
def test_ids(text: str, ids: tuple[str, ...]) -> None:
    """The ids of both families are found in a line, and dates and names are not."""
    assert find_ids(text) == ids


@pytest.mark.parametrize(
    ("group", "stream", "service"),
    [
        pytest.param("/ecs/tradai/prod/services", "backend-api/backend/t", "backend-api", id="prefix"),
        pytest.param("/ecs/tradai/prod/services", "backend/backend/t", "backend-api", id="alias"),
        pytest.param("/ecs/tradai/prod", "strategy/live-trading/t", "live-trading", id="container"),
        pytest.param("/ecs/tradai/prod", "strategy/strategy/t", "strategy", id="task"),
        pytest.param(
            "/aws/lambda/tradai-health-check-prod", "2026/01/01/[$LATEST]ab", "health-check", id="function"
        ),
        pytest.param("/ecs/tradai-mlflow-prod", "whatever", "mlflow", id="old-group"),
        pytest.param("/aws/vpc/tradai-flow-logs", "eni-1-all", "tradai-flow-logs", id="group"),
    ],
)
def test_services(group: str, stream: str, service: str) -> None:
    """Who wrote a line is known by its stream's prefix or its function's group."""
    assert Services(load_platform("prod")).of(group, stream) == service


TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/a.py", line 1, in f',
    "    g()",
    "tradai.common.exceptions.ValidationError: no",
    "",
    "During handling of the above exception, another exception occurred:",
    "Traceback (most recent call last):",
    '  File "/app/b.py", line 2, in g',
    "RuntimeError: worse",
)


def test_a_traceback_is_joined_to_its_line() -> None:
    """Its lines, chained exceptions too, belong to the line before them and have its level; another stream's do not."""
    joiner = Joiner()
    head = joiner.join(line(f"[{STAMP}][a.B][ERROR] - failed", time_ms=1_000))
    other = joiner.join(line("Traceback (most recent call last):", time_ms=1_001, stream="other", number=9))
    parts = [joiner.join(line(text, time_ms=1_002 + at, number=at)) for at, text in enumerate(TRACEBACK)]
    after = joiner.join(line(f"[{STAMP}][a.B][INFO] - next", time_ms=1_050))
    loose = joiner.join(line("a line of its own", time_ms=1_060))
    assert {part.part_of for part in parts} == {head.event_id}
    assert {part.level for part in parts} == {"ERROR"}
    assert (other.part_of, other.level) == (None, "ERROR")
    assert (after.part_of, loose.part_of) == (None, None)


def test_a_line_between_does_not_break_a_traceback() -> None:
    """Another thread's line in the middle of a traceback stands alone, and the rest still finds its head."""
    joiner = Joiner()
    head = joiner.join(line(f"[{STAMP}][a.B][ERROR] - failed"))
    joiner.join(line(TRACEBACK[0], time_ms=1_001))
    joiner.join(line(f"[{STAMP}][c.D][INFO] - served", time_ms=1_002))
    assert joiner.join(line(TRACEBACK[1], time_ms=1_003)).part_of == head.event_id


def test_joining_is_bounded() -> None:
    """What comes too late, or is too much, stands alone."""
    joiner = Joiner()
    joiner.join(line(f"[{STAMP}][a.B][ERROR] - failed", time_ms=1_000))
    assert joiner.join(line("  indented", time_ms=3_000)).part_of is None
    joiner.join(line(f"[{STAMP}][a.B][ERROR] - failed", time_ms=5_000))
    parts = [joiner.join(line("  x", time_ms=5_001, number=at)) for at in range(MOST_PARTS + 50)]
    longest = max(sum(part.part_of == head for part in parts) for head in {part.part_of for part in parts})
    assert longest <= MOST_PARTS + 1


def test_a_stamp_beyond_the_calendar() -> None:
    """A stamp that no calendar has is drawn as its end, and nothing is raised."""
    assert moment(10**17).year == 9999
    assert moment(-(10**17)).year == 1
