"""Foreign errors come out as ours, whatever the protocol they came in."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as foreign

from tests.aws.scripted import Answer, Request, caller, refused, refused_xml, said
from tradai_console.aws.errors import EXPIRIES, THROTTLES, aws_errors, translate
from tradai_console.errors import (
    AwsError,
    ConsoleError,
    Denied,
    Expired,
    NotFound,
    SettingsError,
    Throttled,
    Unavailable,
    Unreachable,
)

CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "ecs": ("list_tasks", {"cluster": "tradai-prod"}),
    "lambda": ("get_function_configuration", {"FunctionName": "f"}),
    "rds": ("describe_db_instances", {}),
    "ec2": ("describe_instances", {}),
    "cloudwatch": ("describe_alarms", {}),
}
"""One call for each protocol: JSON, REST JSON, query XML, EC2's XML, and what CloudWatch speaks."""


def in_protocol(service: str, code: str, status: int, message: str) -> Answer:
    if service == "rds":
        return refused_xml(code, status, message)
    if service == "ec2":
        body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        return Answer(f"<Response><Errors>{body}</Errors></Response>".encode(), status, "text/xml")
    return refused(code, status, message)


async def ask(door: Any, service: str) -> Any:
    method, params = CALLS[service]
    return await getattr(await door.client(service), method)(**params)


ANSWERS = [
    (
        "AccessDeniedException",
        400,
        "User: arn:aws:iam::1:user/x is not authorized to perform: ecs:ListTasks",
        Denied,
    ),
    ("ResourceNotFoundException", 404, "no such thing", NotFound),
    ("InternalFailure", 500, "oops", Unavailable),
    ("SomethingElse", 400, "said no", AwsError),
    ("ThrottlingException", 400, "Rate exceeded", Throttled),
]
"""The throttle is the last: after it the budget slows down."""


@pytest.mark.parametrize("service", CALLS)
async def test_answers_are_understood_in_every_protocol(service: str, open_door: Any, serve: Any) -> None:
    """The same refusal means the same, in JSON, in query XML and in EC2's."""
    server = await serve(lambda request: caller())
    door = await open_door(server.url, attempts=1)
    for code, status, message, kind in ANSWERS:
        said_so = in_protocol(service, code, status, message)
        server.script = lambda request, it=said_so: it
        with pytest.raises(ConsoleError) as caught:
            await ask(door, service)
        assert type(caught.value) is kind, (code, caught.value)
        assert len(str(caught.value)) <= 300


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
async def test_dead_credentials_are_understood(service: str, code: str, open_door: Any, serve: Any) -> None:
    """A refusal of the credentials is Expired; while STS knows them it stays that one call's."""

    def script(request: Request) -> Answer:
        asked_sts = request.operation == "GetCallerIdentity"
        return caller() if asked_sts else in_protocol(service, code, 403, "The token is expired")

    door = await open_door((await serve(script)).url, attempts=1)
    with pytest.raises(Expired):
        await ask(door, service)
    assert door.meter().credentials_error is None


PAGE = b"<!DOCTYPE html><html><body>Please log in to the guest network</body></html>"
BROKEN = [
    pytest.param(Answer(PAGE, kind="text/html"), Unavailable, id="a web page with status 200"),
    pytest.param(Answer(PAGE, 502, "text/html"), Unavailable, id="a proxy's 502"),
    pytest.param(Answer(PAGE, 403, "text/html"), Denied, id="403 that nobody can read"),
    pytest.param(Answer(PAGE, 407, "text/html"), Unavailable, id="a proxy that wants a password"),
    pytest.param(Answer(b'{"taskArns": ["a', 200), Unavailable, id="half an answer with its length right"),
    pytest.param(Answer(b'{"taskArns": []}  ', way="cut"), Unreachable, id="cut off"),
    pytest.param(Answer(b'{"error": "blocked by policy"}'), Unavailable, id="somebody else's JSON"),
    pytest.param(Answer(b""), Unavailable, id="nothing"),
    pytest.param(Answer(b"[]"), Unavailable, id="a list"),
    pytest.param(Answer(b"\xff\xfe\x00{"), Unavailable, id="bytes"),
    pytest.param(Answer(way="reset"), Unreachable, id="reset"),
    pytest.param(Answer(status=301, headers={"Location": "http://127.0.0.1:1/"}), AwsError, id="redirected"),
]


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize(("answer", "kind"), BROKEN)
async def test_broken_answers_are_errors_never_empty_lists(
    service: str, answer: Answer, kind: type[ConsoleError], open_door: Any, serve: Any
) -> None:
    """What is not this operation's answer raises one of our errors; an empty reading would be a lie."""
    door = await open_door((await serve(lambda request: answer)).url, attempts=1)
    with pytest.raises(kind):
        await ask(door, service)


async def test_an_endless_answer_is_given_up(open_door: Any, serve: Any) -> None:
    """A body beyond the limit ends the call before it fills the memory."""
    door = await open_door((await serve(lambda request: Answer(way="endless"))).url, attempts=1)
    with pytest.raises(Unavailable, match="8 MiB"):
        await ask(door, "ecs")


def answered(code: str, message: str = "", status: int = 400) -> foreign.ClientError:
    answer: Any = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
    }
    return foreign.ClientError(answer, "X")


TABLE = [
    *[(answered(code), Throttled) for code in sorted(THROTTLES)],
    *[(answered(code), Expired) for code in sorted(EXPIRIES)],
    (answered("ClientException", "Rate exceeded: throttling"), Throttled),
    (answered("429", "", 429), Throttled),
    (answered("ServiceUnavailable", "", 503), Unavailable),
    (answered("", "", 403), Denied),
    (answered("AuthorizationError", "not authorized to perform: SNS:ListTopics", 403), Denied),
    (answered("UnauthorizedOperation", "Encoded authorization failure message: " + "x" * 900, 403), Denied),
    (answered("ClusterNotFoundException"), NotFound),
    (answered("ServiceNotFoundException"), NotFound),
    (answered("DBInstanceNotFound", status=404), NotFound),
    (answered("DBInstanceNotFoundFault", status=404), NotFound),
    (answered("StateMachineDoesNotExist"), NotFound),
    (answered("ExecutionDoesNotExist"), NotFound),
    (answered("InvalidInstanceID.NotFound"), NotFound),
    (answered("AWS.SimpleQueueService.NonExistentQueue"), NotFound),
    (answered("NoSuchEntity", status=404), NotFound),
    (answered("ValidationError", "AutoScalingGroup name not found"), NotFound),
    (answered("ValidationError", "1 validation error detected"), AwsError),
    (foreign.NoCredentialsError(), Expired),
    (foreign.TokenRetrievalError(provider="sso", error_msg="Token has expired and refresh failed"), Expired),
    (foreign.SSOTokenLoadError(error_msg="no token"), Expired),
    (foreign.UnauthorizedSSOTokenError(), Expired),
    (foreign.CredentialRetrievalError(provider="custom-process", error_msg="no"), Expired),
    (foreign.ProfileNotFound(profile="x"), SettingsError),
    (foreign.ConfigParseError(path="/x"), SettingsError),
    (foreign.EndpointConnectionError(endpoint_url="https://x", error="refused"), Unreachable),
    (foreign.ReadTimeoutError(endpoint_url="https://x"), Unreachable),
    (TimeoutError(), Unreachable),
    (ValueError("unexpected"), Unavailable),
]


@pytest.mark.parametrize(("error", "kind"), TABLE, ids=lambda value: str(value)[:60])
def test_the_table(error: BaseException, kind: type[ConsoleError]) -> None:
    """Each foreign error has its place in our tree."""
    told = translate(error, "ecs", "ListTasks")
    assert type(told) is kind, told
    assert 0 < len(str(told)) <= 300


def test_a_refusal_names_the_action_to_grant() -> None:
    """AWS's own word for the action wins over ours; EC2 says none, and ours stands."""
    said_by_aws = translate(
        answered("AccessDenied", "to perform: iam:PassRole on resource: x", 403), "ecs", "StopTask"
    )
    by_table = translate(answered("UnauthorizedOperation", "Encoded: abc", 403), "ec2", "DescribeInstances")
    assert isinstance(said_by_aws, Denied)
    assert isinstance(by_table, Denied)
    assert (said_by_aws.action, by_table.action) == ("iam:PassRole", "ec2:DescribeInstances")


@pytest.mark.parametrize(
    "message", ["Signature expired: 20260101T0000Z is now earlier than", "Signature not yet current"]
)
def test_a_wrong_clock_is_named(message: str) -> None:
    """A signature refused for its time blames the clock, not the keys."""
    assert "clock" in str(translate(answered("SignatureDoesNotMatch", message, 403), "ecs", "ListTasks"))


def test_messages_are_plain_and_hold_no_keys() -> None:
    """Escapes and access keys in AWS's sentence do not come through."""
    told = str(translate(answered("Odd", "\x1b[31mred AKIAIOSFODNN7EXAMPLE", 400), "ecs", "ListTasks"))
    assert "\x1b" not in told
    assert "AKIAIOSFODNN7EXAMPLE" not in told


def test_the_block_translates_and_keeps_the_cause() -> None:
    """`aws_errors` raises ours with the foreign one behind it, and lets ours pass."""
    with pytest.raises(NotFound) as caught, aws_errors("ecs", "ListTasks"):
        raise answered("ClusterNotFoundException")
    assert isinstance(caught.value.__cause__, foreign.ClientError)
    with pytest.raises(Denied), aws_errors("ecs", "ListTasks"):
        raise Denied("x:Y")


async def test_a_name_that_does_not_resolve_is_unreachable(open_door: Any) -> None:
    """No DNS is no connection."""
    door = await open_door("https://nowhere.invalid")
    with pytest.raises(Unreachable):
        await ask(door, "ecs")


async def test_a_good_answer_is_given_as_it_is(open_door: Any, serve: Any) -> None:
    """The strict readers do not stand in the way of what AWS really says."""
    door = await open_door(
        (await serve(lambda request: said({"taskArns": ["a"], "unknownNews": 1}))).url, attempts=1
    )
    assert (await ask(door, "ecs"))["taskArns"] == ["a"]


@pytest.mark.parametrize(
    "body", [b"", b"\xbf\x6cMetric", b"\x1c", b"<html>"], ids=["nothing", "half", "odd", "page"]
)
async def test_cbor_that_is_not_whole_is_an_error(body: bytes) -> None:
    """The third protocol of CloudWatch is read as strictly."""
    import botocore.session

    from tradai_console.aws.answers import StrictParsers

    operation = (
        botocore.session.get_session().get_service_model("cloudwatch").operation_model("DescribeAlarms")
    )
    answer = {
        "status_code": 200,
        "headers": {},
        "body": body,
        "context": {"operation_name": "DescribeAlarms"},
    }
    with pytest.raises(ConsoleError) as caught, aws_errors("cloudwatch", "DescribeAlarms"):
        await StrictParsers().create_parser("smithy-rpc-v2-cbor").parse(answer, operation.output_shape)
    assert isinstance(caught.value, Unavailable)
