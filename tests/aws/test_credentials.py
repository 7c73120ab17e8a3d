"""The credential gate: one renewal for all, silence while there is nothing to sign with, and the way back."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.aws.scripted import Answer, Request, caller, refused, refused_xml, said, until
from tests.aws.test_calls import tasks
from tradai_console.errors import Expired, Unreachable

GOOD = "AKIDGOOD"


def only(*good: str) -> Callable[[Request], Answer]:
    """An AWS that knows these access keys."""

    def script(request: Request) -> Answer:
        xml = request.operation == "GetCallerIdentity"
        if request.key_id in good:
            return caller() if xml else said({"taskArns": []})
        return refused_xml("ExpiredToken") if xml else refused("ExpiredTokenException")

    return script


def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")


def keys_file(home: Path, key_id: str) -> None:
    (home / "credentials").write_text(f"[default]\naws_access_key_id={key_id}\naws_secret_access_key=x\n")


def helper(home: Path, lines: str, count: Path) -> None:
    """A `credential_process` that notes each start."""
    script = home / "helper.sh"
    script.write_text(f"#!/bin/sh\necho run >> {count}\n{lines}\n")
    script.chmod(0o700)
    (home / "config").write_text(f"[default]\ncredential_process = {script}\n")


def temporary(key_id: str, minutes: float) -> str:
    ends = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()
    told = {
        "Version": 1,
        "AccessKeyId": key_id,
        "SecretAccessKey": "x",
        "SessionToken": "t",
        "Expiration": ends,
    }
    return f"echo '{json.dumps(told)}'"


async def test_without_credentials_nothing_is_sent(open_door: Any, serve: Any, monkeypatch: Any) -> None:
    """No credentials at all is Expired, with what to do, and no request."""
    no_environment(monkeypatch)
    server = await serve(only(GOOD))
    door = await open_door(server.url)
    with pytest.raises(Expired, match="aws sso login"):
        await tasks(door)
    assert server.requests == []
    assert "no credentials" in door.meter().credentials_error


async def test_fifty_calls_with_dead_keys_ask_once(open_door: Any, serve: Any) -> None:
    """Fifty calls refused together lead to one question to STS; afterwards nothing is sent."""
    server = await serve(only(GOOD))
    door = await open_door(server.url, attempts=1)
    await door.client("ecs")
    ended = await asyncio.gather(*(tasks(door, f"c{n}") for n in range(50)), return_exceptions=True)
    assert {type(error) for error in ended} == {Expired}
    assert server.asked("GetCallerIdentity") == 1
    sent = len(server.requests)
    with pytest.raises(Expired, match="environment"):
        await tasks(door)
    assert len(server.requests) == sent


async def test_fifty_calls_with_a_dead_helper_start_it_twice_at_most(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path, tmp_path: Path
) -> None:
    """Credentials that can not be renewed are tried at most twice a minute, however many ask."""
    no_environment(monkeypatch)
    count = tmp_path / "runs"
    helper(aws_home, "echo sorry >&2; exit 1", count)
    server = await serve(only(GOOD))
    door = await open_door(server.url, probe_s=0.05, poll_s=0.02)
    await door.client("ecs")
    for _ in range(5):
        ended = await asyncio.gather(*(tasks(door, f"c{n}") for n in range(50)), return_exceptions=True)
        assert {type(error) for error in ended} == {Expired}
        await asyncio.sleep(0.1)
    assert 1 <= len(count.read_text().splitlines()) <= 2
    assert server.requests == []
    assert "credential_process of profile default" in door.meter().credentials_error


async def test_a_helper_has_no_terminal(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path, tmp_path: Path
) -> None:
    """A helper that reads its standard input finds it at its end; the end of its keys is counted down to."""
    no_environment(monkeypatch)
    helper(aws_home, "read answer\n" + temporary(GOOD, 60), tmp_path / "runs")
    door = await open_door((await serve(only(GOOD))).url)
    assert (await tasks(door))["taskArns"] == []
    left = door.meter().credentials_until - datetime.now(UTC)
    assert timedelta(minutes=58) < left <= timedelta(minutes=60)


async def test_ageing_keys_are_renewed_once_and_behind_the_calls(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path, tmp_path: Path
) -> None:
    """Keys that end in minutes still sign; that they cannot be renewed is not the calls' trouble yet."""
    no_environment(monkeypatch)
    count = tmp_path / "runs"
    first = f"[ $(wc -l < {count}) -gt 1 ] && exit 1"
    helper(aws_home, f"{first}\n{temporary(GOOD, 9)}", count)
    door = await open_door((await serve(only(GOOD))).url)
    for number in range(20):
        await tasks(door, f"c{number}")
    await asyncio.sleep(0.1)
    assert 2 <= len(count.read_text().splitlines()) <= 4
    assert door.meter().credentials_error is None


async def test_new_keys_in_the_file_open_the_gate(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """After the credentials file is written anew calls go out again, without a restart."""
    no_environment(monkeypatch)
    keys_file(aws_home, "AKIDOLD")
    server = await serve(only(GOOD))
    door = await open_door(server.url, attempts=1, probe_s=3600, poll_s=0.02)
    with pytest.raises(Expired, match="default"):
        await tasks(door)
    keys_file(aws_home, GOOD)
    await until(lambda: door.meter().credentials_error is None)
    assert (await tasks(door))["taskArns"] == []


async def test_new_keys_on_disk_are_found_before_the_gate_closes(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """Keys that were rotated on disk while the console ran are picked up at the first refusal."""
    no_environment(monkeypatch)
    keys_file(aws_home, "AKIDONE")
    server = await serve(only("AKIDONE"))
    door = await open_door(server.url, attempts=1, probe_s=3600, poll_s=3600)
    await tasks(door)
    server.script = only(GOOD)
    keys_file(aws_home, GOOD)
    with pytest.raises(Expired):
        await tasks(door)
    assert door.meter().credentials_error is None
    assert (await tasks(door))["taskArns"] == []


async def test_a_broken_configuration_says_what_is_wrong_with_it(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """An SSO profile without its region is no expired login: the missing key is named."""
    no_environment(monkeypatch)
    (aws_home / "config").write_text(
        "[profile night]\nsso_start_url=https://x\nsso_account_id=1\nsso_role_name=r\n"
    )
    door = await open_door((await serve(only(GOOD))).url, profile="night")
    with pytest.raises(Expired, match="sso_region"):
        await tasks(door)


async def test_another_login_is_another_identity(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """After keys of another account open the gate the identity is asked anew."""
    no_environment(monkeypatch)
    keys_file(aws_home, "AKIDOLD")
    server = await serve(only("AKIDOLD"))
    door = await open_door(server.url, attempts=1, probe_s=3600, poll_s=0.02)
    assert (await door.identity()).account == "111122223333"
    other = Answer(caller().body.replace(b"111122223333", b"999988887777"), kind="text/xml")
    known = only(GOOD)
    server.script = lambda request: (
        other if request.operation == "GetCallerIdentity" and request.key_id == GOOD else known(request)
    )
    with pytest.raises(Expired):
        await tasks(door)
    keys_file(aws_home, GOOD)
    await until(lambda: door.meter().credentials_error is None)
    assert (await door.identity()).account == "999988887777"


async def test_the_gate_opens_by_itself_when_aws_relents(open_door: Any, serve: Any) -> None:
    """A probe now and then finds that the same keys are good again."""
    server = await serve(only(GOOD))
    door = await open_door(server.url, attempts=1, probe_s=0.05, poll_s=0.02)
    with pytest.raises(Expired):
        await tasks(door)
    server.script = lambda request: (
        caller() if request.operation == "GetCallerIdentity" else said({"taskArns": []})
    )
    await until(lambda: door.meter().credentials_error is None)
    assert (await tasks(door))["taskArns"] == []


async def test_sts_out_of_reach_does_not_close_the_gate(open_door: Any, serve: Any) -> None:
    """A service refuses and STS says nothing: the refusal stays that call's."""

    def script(request: Request) -> Answer:
        if request.operation == "GetCallerIdentity":
            return Answer(way="reset")
        return refused("ExpiredTokenException")

    door = await open_door((await serve(script)).url, attempts=1)
    with pytest.raises(Expired):
        await tasks(door)
    assert door.meter().credentials_error is None


async def test_an_expired_sso_login_says_how_to_renew_it(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """An SSO profile whose login has ended: the sentence holds the command with the profile."""
    no_environment(monkeypatch)
    sso_profile(aws_home, minutes=-5)
    server = await serve(only(GOOD))
    door = await open_door(server.url, profile="night")
    with pytest.raises(Expired, match="aws sso login --profile night"):
        await tasks(door)
    assert server.requests == []


async def test_the_countdown_is_that_of_the_login(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """With SSO the role's keys last an hour and the login longer: the login's end is counted down to."""
    no_environment(monkeypatch)
    sso_profile(aws_home, minutes=300)
    ends = int((time.time() + 3600) * 1000)
    role = {"accessKeyId": GOOD, "secretAccessKey": "x", "sessionToken": "t", "expiration": ends}

    def script(request: Request) -> Answer:
        return said({"roleCredentials": role}) if "federation" in request.operation else only(GOOD)(request)

    door = await open_door((await serve(script)).url, profile="night")
    await tasks(door)
    left = door.meter().credentials_until - datetime.now(UTC)
    assert timedelta(minutes=298) < left <= timedelta(minutes=300)


async def test_a_token_cache_that_is_being_written_is_no_crash(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """Half a token file is an expired login until the other half is there."""
    no_environment(monkeypatch)
    token = sso_profile(aws_home, minutes=300)
    whole = token.read_text()
    token.write_text(whole[:20])
    ends = int((time.time() + 3600) * 1000)
    role = {"accessKeyId": GOOD, "secretAccessKey": "x", "sessionToken": "t", "expiration": ends}

    def script(request: Request) -> Answer:
        return said({"roleCredentials": role}) if "federation" in request.operation else only(GOOD)(request)

    door = await open_door((await serve(script)).url, profile="night", poll_s=0.02)
    with pytest.raises(Expired):
        await tasks(door)
    token.write_text(whole)
    await until(lambda: door.meter().credentials_error is None)
    assert (await tasks(door))["taskArns"] == []


def sso_profile(home: Path, *, minutes: float) -> Path:
    """A profile `night` of SSO, with its cached login."""
    url = "https://night.awsapps.com/start"
    (home / "config").write_text(
        f"[profile night]\nsso_start_url={url}\nsso_region=eu-central-1\n"
        "sso_account_id=111122223333\nsso_role_name=OnCall\n"
    )
    cache = home / "sso" / "cache"
    cache.mkdir(parents=True)
    token = cache / f"{hashlib.sha1(url.encode()).hexdigest()}.json"
    ends = (datetime.now(UTC) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    token.write_text(
        json.dumps({"startUrl": url, "region": "eu-central-1", "accessToken": "t", "expiresAt": ends})
    )
    return token


async def test_a_role_is_assumed_with_the_source_profile(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """A profile with a role works through the same endpoint, and many calls assume it once."""
    no_environment(monkeypatch)
    (aws_home / "credentials").write_text("[base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=x\n")
    (aws_home / "config").write_text(
        "[profile role]\nrole_arn=arn:aws:iam::111122223333:role/OnCall\nsource_profile=base\n"
    )
    ends = (datetime.now(UTC) + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    body = (
        "<AssumeRoleResponse><AssumeRoleResult><Credentials>"
        f"<AccessKeyId>{GOOD}</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>"
        f"<Expiration>{ends}</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>i</AssumedRoleId>"
        "<Arn>arn:aws:sts::111122223333:assumed-role/OnCall/x</Arn></AssumedRoleUser></AssumeRoleResult>"
        "</AssumeRoleResponse>"
    )

    def script(request: Request) -> Answer:
        if request.operation == "AssumeRole":
            return Answer(body.encode(), kind="text/xml")
        return only(GOOD)(request)

    server = await serve(script)
    door = await open_door(server.url, profile="role")
    await asyncio.gather(*(tasks(door, f"c{n}") for n in range(20)))
    assert server.asked("AssumeRole") == 1


async def test_a_profile_that_wants_an_mfa_code_never_asks(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """An MFA profile fails with a sentence at once; no prompt waits on the terminal."""
    no_environment(monkeypatch)
    (aws_home / "credentials").write_text("[base]\naws_access_key_id=AKIDBASE\naws_secret_access_key=x\n")
    (aws_home / "config").write_text(
        "[profile role]\nrole_arn=arn:aws:iam::1:role/OnCall\nsource_profile=base\n"
        "mfa_serial=arn:aws:iam::1:mfa/x\n"
    )
    server = await serve(only(GOOD))
    door = await open_door(server.url, profile="role")
    with pytest.raises(Expired, match="MFA"):
        await tasks(door)
    assert server.requests == []


async def test_no_way_to_the_issuer_is_unreachable_not_expired(
    open_door: Any, serve: Any, monkeypatch: Any, aws_home: Path
) -> None:
    """A partition while keys are to be fetched is a matter of the network; nobody is told to log in."""
    no_environment(monkeypatch)
    sso_profile(aws_home, minutes=300)
    server = await serve(lambda request: Answer(way="reset"))
    door = await open_door(server.url, profile="night", attempts=1)
    with pytest.raises(Unreachable):
        await tasks(door)
    assert door.meter().credentials_error is None


async def test_a_wrong_clock_is_blamed_before_the_keys(open_door: Any, serve: Any) -> None:
    """When AWS's dates are far from ours the sentence says so."""
    from email.utils import format_datetime

    def script(request: Request) -> Answer:
        ahead = format_datetime(datetime.now(UTC) + timedelta(minutes=9), usegmt=True)
        message = "Signature expired: now earlier"
        if request.operation == "GetCallerIdentity":
            answer = refused_xml("SignatureDoesNotMatch", message=message)
        else:
            answer = refused("InvalidSignatureException", message=message)
        return Answer(answer.body, answer.status, answer.kind, {"Date": ahead})

    door = await open_door((await serve(script)).url, attempts=1)
    with pytest.raises(Expired, match="clock is 9 min behind"):
        await tasks(door)
