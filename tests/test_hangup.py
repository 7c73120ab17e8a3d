"""A console whose terminal is gone ends, whoever was told of it."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.kit.terminal import Terminal

ENDS_WITHIN_S = 20.0

CONSOLE = "import os, sys; from tradai_console.start import main; open(sys.argv[1], 'w').write(str(os.getpid())); main()"


def ended(pid: int) -> bool:
    """Whether there is no such process any more, or only its name."""
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text("utf-8").rpartition(")")[2].split()[0] == "Z"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked at in /proc")
@pytest.mark.parametrize("leader", ["itself", "another that does not end"])
def test_it_ends_with_its_terminal(leader: str, tmp_path: Path) -> None:
    """The kernel tells only the leader of the session; `make` as its leader waits for the console and tells nobody."""
    file, config = tmp_path / "pid", tmp_path / "config.toml"
    config.write_text('env = "prod"\nregion = "eu-central-1"\nendpoint_url = "http://127.0.0.1:9"\n', "utf-8")
    console = f'"{sys.executable}" -c "{CONSOLE}" "{file}" --config "{config}"'
    console = console.replace("sys.argv[1]", "sys.argv.pop(1)")
    command = f"exec {console}" if leader == "itself" else f"trap '' HUP; {console}; true"
    with Terminal(["sh", "-c", command], columns=80, rows=24, env=dict(os.environ)) as terminal:
        terminal.wait_for("TradAI", timeout=60)
        pid = int(file.read_text("utf-8"))
        assert not ended(pid)
        terminal.hang_up()
        gives_up = time.monotonic() + ENDS_WITHIN_S
        while not ended(pid):
            assert time.monotonic() < gives_up, "it lives on without a terminal"
            time.sleep(0.05)
