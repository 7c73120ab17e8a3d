"""Secrets leave text before it is kept, shown or exported."""

from __future__ import annotations

import base64
import json
import random
import string
import time
from collections.abc import Callable

import pytest

from tradai_console.redact import MARK, Redactor, redact, redact_value

_ALNUM = string.ascii_letters + string.digits
_UPPER = string.ascii_uppercase + string.digits


def _of(rng: random.Random, letters: str, length: int) -> str:
    return "".join(rng.choices(letters, k=length))


def _jwt(rng: random.Random) -> str:
    def part(length: int) -> str:
        return base64.urlsafe_b64encode(rng.randbytes(length)).decode().rstrip("=")

    return f"eyJ{part(20)}.{part(60)}.{part(32)}"


_KINDS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "aws key id": lambda rng: (
        rng.choice(("AKIA", "ASIA", "ABIA", "ACCA")) + (key := _of(rng, _UPPER, 16)),
        key,
    ),
    "aws secret": lambda rng: (
        rng.choice(("aws_secret_access_key = ", '"SecretAccessKey": "', "AWS_SECRET_ACCESS_KEY="))
        + (key := _of(rng, _ALNUM + "/+", 40)),
        key,
    ),
    "session token": lambda rng: (
        rng.choice(("aws_session_token=", '"SessionToken":"', "X-Amz-Security-Token: "))
        + (key := _of(rng, _ALNUM + "/+", 300)),
        key,
    ),
    "signed url": lambda rng: (
        f"https://s3/x?a=1&X-Amz-Signature={(key := _of(rng, '0123456789abcdef', 64))}&b=2",
        key,
    ),
    "bearer": lambda rng: (f"Authorization: Bearer {(key := _of(rng, _ALNUM + '-_', 40))}", key),
    "basic": lambda rng: (
        f"authorization: basic {(key := base64.b64encode(rng.randbytes(21)).decode())}",
        key,
    ),
    "jwt": lambda rng: (f"token {(key := _jwt(rng))} sent", key),
    "url password": lambda rng: (
        f"postgresql://mlflow:{(key := _of(rng, _ALNUM + '!#%', 14))}@db:5432/mlflow",
        key,
    ),
    "github": lambda rng: (
        f"remote {(key := rng.choice(('ghp_', 'gho_', 'ghs_')) + _of(rng, _ALNUM, 36))}",
        key,
    ),
    "slack": lambda rng: (
        f"slack {(key := 'xoxb-' + _of(rng, string.digits, 12) + '-' + _of(rng, _ALNUM, 24))}",
        key,
    ),
    "stripe": lambda rng: (f"pay {(key := 'sk_live_' + _of(rng, _ALNUM, 24))} now", key),
    "exchange header": lambda rng: (
        rng.choice(
            ("X-MBX-APIKEY: ", "API-Sign: ", "CB-ACCESS-KEY: ", "KC-API-PASSPHRASE: ", "OK-ACCESS-SIGN: ")
        )
        + (key := _of(rng, _ALNUM, 32)),
        key,
    ),
    "password": lambda rng: (
        rng.choice(("password=", "DB_PASSWORD=", '"api_secret": "', "passwd: ", '\\"api_key\\": \\"'))
        + (key := _of(rng, _ALNUM, 15) + "7"),
        key,
    ),
}


@pytest.mark.parametrize("kind", _KINDS)
def test_no_secret_of_a_known_kind_is_missed(kind: str) -> None:
    """A thousand secrets of each of the kinds, in the middle of a log line: none is left."""
    rng = random.Random(kind)
    for _ in range(1_000):
        told, secret = _KINDS[kind](rng)
        line = f"[2026-01-01 03:12:00,123][app.Client][INFO] - {told} rest"
        found = redact(line)
        assert secret not in found, line
        assert found.startswith("[2026-01-01 03:12:00,123][app.Client][INFO]")


def test_private_key_goes_whole_also_line_by_line() -> None:
    """A private key is taken out from its first line to its last, in one text or in lines of a stream."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret1\nMIIEsecret2\n-----END RSA PRIVATE KEY-----"
    assert redact(f"before\n{key}\nafter") == f"before\n{MARK}\nafter"
    assert "secret" not in redact(key[:50])
    stream = Redactor()
    lines = [stream.line(line) for line in f"before\n{key}\nafter".splitlines()]
    assert lines[0] == "before"
    assert lines[-1] == "after"
    assert not any("MIIE" in line for line in lines)


def test_values_of_named_keys_go_inside_json() -> None:
    """In structured data a key that says password, secret or token takes its value with it."""
    told = redact_value(
        {"api_key": "short", "n": 3, "rows": [{"secret_access_key": "x y"}, "password=hunter22"]}
    )
    assert json.dumps(told).count(MARK) == 3
    assert told["n"] == 3


def test_a_redacted_text_stays_as_it_is() -> None:
    """Redacting twice is redacting once."""
    rng = random.Random(1)
    for make in _KINDS.values():
        once = redact(make(rng)[0])
        assert redact(once) == once


_BENIGN = (
    '[{t}][uvicorn.access][INFO] - {ip}:{port} - "GET /api/v1/backtests/{uuid} HTTP/1.1" 200',
    "[{t}][strategy.Loader][INFO] - loaded {n} candles of BTC/USDT in {n} ms",
    "[{t}][backend.Auth][WARNING] - token expired for user {n}, asking for a new one",
    "[{t}][backend.Auth][INFO] - the bearer of this token is a service",
    "[{t}][backend.Auth][INFO] - password changed by user {n}",
    "[{t}][live.Exchange][ERROR] - 429 from exchange, api key limit reached: waiting {n} s",
    "REPORT RequestId: {uuid}\tDuration: {n} ms\tBilled Duration: {n} ms\tMemory Size: 256 MB",
    "START RequestId: {uuid} Version: $LATEST",
    "image 123456789012.dkr.ecr.eu-central-1.amazonaws.com/tradai/backend@sha256:{sha}",
    "arn:aws:ecs:eu-central-1:123456789012:task/tradai-prod/{hex}",
    "arn:aws:secretsmanager:eu-central-1:123456789012:secret:tradai/prod/exchange-keys-{six}",
    "nextToken: null, pages: {n}",
    "secret rotated: yes, {n} days ago",
    "git commit {sha1} by amara",
    'Traceback (most recent call last): File "/app/x.py", line {n}, in run',
    '  "tokens_per_second": {n}, "max_tokens": {n},',
    "http://mlflow.tradai-prod.local:5000/api/2.0/mlflow/runs/get?run_id={hex}",
    "basic health check passed in {n} ms; authorization is on",
    "trace_id={uuid} job_id=bt-{six} status=running",
    "deployment ecs-svc/{n} completed, tokens: none",
)


def test_benign_lines_are_left_alone() -> None:
    """Of 20,000 ordinary log lines at most one in a thousand is touched."""
    rng = random.Random(7)
    touched = []
    for number in range(20_000):
        line = _BENIGN[number % len(_BENIGN)].format(
            t="2026-01-01 03:12:00,123",
            ip=f"10.0.11.{rng.randint(1, 250)}",
            port=rng.randint(1024, 65000),
            uuid=f"{rng.getrandbits(32):08x}-{rng.getrandbits(16):04x}-4{rng.getrandbits(12):03x}-a000-{rng.getrandbits(48):012x}",
            n=rng.randint(1, 10**9),
            sha=f"{rng.getrandbits(256):064x}",
            sha1=f"{rng.getrandbits(160):040x}",
            hex=f"{rng.getrandbits(128):032x}",
            six=_of(rng, _ALNUM, 6),
        )
        if redact(line) != line:
            touched.append((line, redact(line)))
    assert len(touched) <= 20, touched[:5]


_HOSTILE = (
    "eyJ", "eyJa.eyJb.", "://a:", "password=", "password", "token token:", "x_" , "a-", "AKIA", "AKIAAAAAAAAAAAAAAAAAAAAA",
    "Authorization: ", "bearer a", "-----BEGIN PRIVATE KEY-----", "-----BEGIN ", "\"\\'\\\"", "xoxb-", "ghp_", " ", "=",
    "secret_",
    "api_key: \"", "X-Amz-Signature=", "_live_", "hooks.slack.com/services/", "OK-ACCESS-A", "a_b_c_d_password",
)  # fmt: skip


@pytest.mark.parametrize("piece", _HOSTILE)
def test_hostile_lines_cost_no_more_than_long_ones(piece: str) -> None:
    """200 kB made of the beginnings of our own patterns take less than half a second."""
    line = (piece * 200_000)[:200_000] + " password token secret bearer basic x-amz- :// eyj akia ghp_ xox"
    before = time.thread_time()
    redact(line)
    assert time.thread_time() - before < 0.5
