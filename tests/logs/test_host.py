"""An environment whose services run on one host: the command is never just empty."""

from __future__ import annotations

import io

import pytest
import requests

from tradai_console.demo import world
from tradai_console.demo.server import serve_in_thread
from tradai_console.settings import Settings
from tradai_console.tail_command import run_tail


def test_where_the_logs_of_dev_are(capsys: pytest.CaptureFixture[str]) -> None:
    """Where the services run on one host the command says so, and how to reach their logs."""
    endpoint_url, stop = serve_in_thread()
    out = io.StringIO()
    try:
        assert requests.post(f"{endpoint_url}/moto-api/reset", timeout=10).ok
        world.build(endpoint_url, env="dev", seed=3)
        settings = Settings(env="dev", region="eu-central-1", endpoint_url=endpoint_url)
        code = run_tail(settings, since="1m", service="backend-api", as_json=True, out=out)
    finally:
        stop()
    words = capsys.readouterr().err
    assert (code, out.getvalue()) == (0, "")
    assert "aws ssm start-session --target i-" in words
    assert "sudo docker logs" in words
