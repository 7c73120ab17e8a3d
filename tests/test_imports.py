"""The direction of imports, and what is loaded before the first paint."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_imports_point_down() -> None:
    """The contracts of pyproject.toml hold: layers, Textual in the interface only, the demo known to few."""
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_no_aws_library_before_the_first_paint() -> None:
    """Importing all that draws the first screen loads neither botocore nor moto nor a plot."""
    heavy = "('botocore', 'aiobotocore', 'aiohttp', 'boto3', 'moto', 'plotext', 'markdown_it')"
    code = f"import tradai_console.open, sys; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
