"""Opening the console is read without the parser of all commands; everything else is left to it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tradai_console.start import read_options


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param(["--env", "prod"], {"env": "prod"}, id="an option"),
        pytest.param(["--env=prod", "--env", "dev"], {"env": "dev"}, id="the last one holds"),
        pytest.param(
            ["--allow-changes", "--runbooks", "d"], {"allow_changes": "true", "runbooks": "d"}, id="a flag"
        ),
        pytest.param(
            ["--config=", "--region=x=y"], {"config": "", "region": "x=y"}, id="joined by the first ="
        ),
        pytest.param(["status"], None, id="a command"),
        pytest.param(["--env", "prod", "status"], None, id="a command after an option"),
        pytest.param(["--help"], None, id="help"),
        pytest.param(["--env"], None, id="no value"),
        pytest.param(["--env", "--profile", "x"], None, id="an option for a value"),
        pytest.param(["--allow-changes=yes"], None, id="a flag with a value"),
        pytest.param(["--en", "prod"], None, id="a mistake"),
    ],
)
def test_only_a_plain_opening_is_read_here(arguments: list[str], expected: dict[str, str] | None) -> None:
    """Options that open the console are read; a command, a mistake or help is the parser's."""
    assert read_options(arguments) == expected


def test_the_first_paint_waits_for_no_parser_and_no_aws() -> None:
    """What opening imports before the first paint holds neither typer, nor pydantic, nor AWS's libraries."""
    code = (
        "import sys, tradai_console.start, tradai_console.settings, tradai_console.open\n"
        "heavy = {'typer', 'pydantic', 'botocore', 'aiobotocore', 'boto3', 'yaml', 'markdown_it', 'moto'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
