"""The benchmark's arithmetic, and what it reads out of a terminal's bytes and a console's calls."""

from __future__ import annotations

import json
import math

import pytest

from bench.__main__ import MEASUREMENTS, main
from bench.document import ABOUT, written
from bench.figures import Measured, Row, as_json, compared, markdown, percentile, ratio, table
from bench.live import aws_command
from bench.paint import borders, coloured_rows, cursor_colour
from bench.recorded import Call, from_json, sent_by_console, to_json

HERE, GONE = b"48;2;9;9;9", b"48;2;1;1;1"


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [
        pytest.param([5.0], 99, 5.0, id="one value is every percentile"),
        pytest.param([3.0, 1.0, 2.0, 4.0], 50, 2.0, id="nearest rank, whatever the order"),
        pytest.param([float(n) for n in range(1, 201)], 99, 198.0, id="p99 of 200 leaves two above"),
        pytest.param([1.0, 2.0], 100, 2.0, id="the last"),
    ],
)
def test_percentiles_are_values_that_were_measured(
    values: list[float], percent: float, expected: float
) -> None:
    """A percentile is one of the values, by nearest rank."""
    assert percentile(values, percent) == expected


def test_a_percentile_of_nothing_is_refused() -> None:
    """Nothing measured must not look like a good figure."""
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 99)


def test_ratios_compare_medians() -> None:
    """One round that something else has spoilt does not decide."""
    assert ratio([2.0, 2.2, 90.0], [2.0, 2.0, 2.0]) == pytest.approx(1.1)
    assert ratio([1.0], []) == ratio([1.0], [0.0]) == math.inf


@pytest.mark.parametrize(
    ("figure", "target", "passes"),
    [
        (1.3, 1.3, True),
        (1.31, 1.3, False),
        (math.inf, 1.3, False),
        (math.nan, 1.3, False),
        (99.0, None, True),
    ],
)
def test_a_target_is_kept_up_to_its_value(figure: float, target: float | None, passes: bool) -> None:
    """What could not be measured does not pass; what has no target is only told."""
    assert Row("w", "h", "b", figure, target).passes is passes


def test_the_table_says_pass_and_miss() -> None:
    """Every line has its figure, its target and its verdict, in columns."""
    rows = [
        compared("quick", [1.0], [2.0], 0.6),
        compared("late", [3.0], [2.0], 1.3),
        compared("told", [1.0], [1.0]),
    ]
    lines = table(rows).splitlines()
    assert [line.split()[-1] for line in lines[2:]] == ["pass", "MISS", "x"]
    assert (
        len({line.index(word) for line, word in zip(lines[2:], ("0.50 x", "1.50 x", "1.00 x"), strict=True)})
        == 1
    )


def test_markdown_keeps_its_columns() -> None:
    """A bar in a name does not break the table."""
    lines = markdown([Row("a|b", "", "", 1.0)]).splitlines()
    assert lines[2].replace("\\|", "").count("|") == lines[0].count("|")


def test_results_are_json_with_all_raw_numbers() -> None:
    """The file holds lines, notes and every number, and stays JSON where a ratio has no value."""
    found = {"live": Measured((compared("w", [1.0], [], 0.5),), {"live_s": [1.0]}, ("said",))}
    read = json.loads(as_json(found, {"date": "2026-01-01T00:00:00Z"}))
    assert read["date"] == "2026-01-01T00:00:00Z"
    row = read["measurements"]["live"]["rows"][0]
    assert (row["figure"], row["passes"]) == (None, False)
    assert read["measurements"]["live"]["raw"] == {"live_s": [1.0]}


def test_the_document_explains_every_measurement() -> None:
    """Whatever can be measured has its section in docs/performance.md."""
    assert set(ABOUT) == set(MEASUREMENTS)
    found = {name: Measured((compared(f"line {name}", [1.0], [1.0], 1.3),)) for name in MEASUREMENTS}
    about = {
        "date": "2026-01-01T00:00:00Z",
        "versions": {"python": "3", "moto": None},
        "machine": {"cpus": 2},
    }
    text = written(found, about)
    assert all(f"| line {name} |" in text for name in MEASUREMENTS)
    assert "moto" not in text.split("##")[0]


def test_an_unknown_measurement_is_named() -> None:
    """A wrong name ends at once with a sentence."""
    with pytest.raises(SystemExit) as ended:
        main(["speed"])
    assert ended.value.code == 2


def test_boxes_count_once_their_lower_edge_is_drawn() -> None:
    """First paint is whole: an upper edge alone is none."""
    assert not borders(2)("╭─╮╰─╯╭─╮".encode())
    assert borders(2)("╭─╮╰─╯╭─╮╰─╯".encode())


def test_colours_are_found_by_row() -> None:
    """Every background colour with the rows of the screen that it was painted in."""
    data = b"\x1b[3;1H\x1b[1;" + HERE + b"mx\x1b[0m\x1b[4;7H\x1b[" + GONE + b"my\x1b[4;1H\x1b[" + HERE + b"mz"
    assert coloured_rows(data) == {HERE: {3, 4}, GONE: {4}}


def test_the_cursor_is_told_from_the_row_it_left() -> None:
    """Both rows change colour at each key; the cursor is the one that goes down with `j`."""
    down = b"\x1b[5;1H" + GONE + b"\x1b[6;1H" + HERE
    up = b"\x1b[5;1H" + HERE + b"\x1b[6;1H" + GONE
    assert cursor_colour(down, up) == (HERE, 6, 5)
    with pytest.raises(ValueError, match="no cursor"):
        cursor_colour(down, down)


def test_peers_make_no_call_more_than_the_console() -> None:
    """Of the recorded calls only as many stay as the line saw of the console."""
    calls = [
        Call("cloudwatch", "DescribeAlarms", {"MaxRecords": 100}),
        Call("ecs", "ListTasks", {}),
        Call("ecs", "ListTasks", {"x": 1}),
    ]
    seen = [("monitoring", "DescribeAlarms"), ("ecs", "ListTasks"), ("sts", "GetCallerIdentity")]
    assert sent_by_console(calls, seen) == calls[:2]


def test_recorded_calls_survive_json_and_become_commands() -> None:
    """A peer asks with the very parameters of the console."""
    call = Call("stepfunctions", "ListExecutions", {"stateMachineArn": "arn:x", "maxResults": 9})
    assert from_json(to_json([call])) == [call]
    command = aws_command(call)
    assert command[1:4] == ["stepfunctions", "list-executions", "--no-paginate"]
    assert json.loads(command[-1]) == {"stateMachineArn": "arn:x", "maxResults": 9}
    assert call.signed == ("states", "ListExecutions")
