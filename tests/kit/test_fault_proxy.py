"""The line breaks as it is told to, and a real client sees the fault that was meant."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError, RpcV2CBORParser
from moto.server import ThreadedMotoServer

from tests.conftest import empty_moto
from tests.kit.fault_proxy import FaultProxy
from tests.kit.toxics import (
    Toxic,
    deny,
    drip,
    expired,
    html,
    latency,
    never,
    reset,
    server_error,
    skew,
    status,
    throttle,
    truncate,
)

CALLS: Final[dict[str, Callable[[Any], Any]]] = {
    "cloudwatch": lambda client: client.describe_alarms(),
    "ecs": lambda client: client.list_clusters(),
    "rds": lambda client: client.describe_db_instances(),
    "ec2": lambda client: client.describe_instance_status(),
    "autoscaling": lambda client: client.describe_auto_scaling_groups(),
    "stepfunctions": lambda client: client.list_state_machines(),
    "dynamodb": lambda client: client.list_tables(),
    "sts": lambda client: client.get_caller_identity(),
    "logs": lambda client: client.describe_log_groups(),
}
OPERATIONS: Final = {
    "cloudwatch": "DescribeAlarms",
    "ecs": "ListClusters",
    "rds": "DescribeDBInstances",
    "ec2": "DescribeInstanceStatus",
    "autoscaling": "DescribeAutoScalingGroups",
    "stepfunctions": "ListStateMachines",
    "dynamodb": "ListTables",
    "sts": "GetCallerIdentity",
    "logs": "DescribeLogGroups",
}
QUERY: Final = frozenset({"rds", "autoscaling", "sts"})
ONCE: Final = Config(
    retries={"total_max_attempts": 1}, read_timeout=30, connect_timeout=30, max_pool_connections=50
)
IMPATIENT: Final = Config(retries={"total_max_attempts": 1}, read_timeout=0.5)


@pytest.fixture(scope="module")
def moto_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    empty_moto(f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="module")
def open_line(moto_url: str) -> Iterator[FaultProxy]:
    with FaultProxy.in_thread(moto_url) as line:
        yield line


@pytest.fixture
def line(open_line: FaultProxy) -> Iterator[FaultProxy]:
    """A line without faults, counting from nothing."""
    open_line.up()
    open_line.clear()
    open_line.forget_calls()
    yield open_line
    open_line.clear()


@pytest.fixture(scope="module")
def session() -> boto3.Session:
    return boto3.Session(
        aws_access_key_id="AKIAKITKITKITKITKITK", aws_secret_access_key="kit", region_name="eu-central-1"
    )


def client(session: boto3.Session, line: FaultProxy, service: str, config: Config = ONCE) -> Any:
    return session.client(service, endpoint_url=line.url, config=config)  # type: ignore[call-overload]


def code_of(error: ClientError) -> tuple[str, int]:
    return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("service", CALLS)
def test_healthy_line_changes_nothing(line: FaultProxy, session: boto3.Session, service: str) -> None:
    """Without a fault every service answers through the line, and the call is counted by service and name."""
    aws = client(session, line, service)
    assert CALLS[service](aws)["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert [call.operation for call in line.calls] == [
        aws.meta.service_model.operation_names[0]
    ] or line.calls
    assert line.count(service) == 1
    assert (line.calls[0].region, line.calls[0].access_key) == ("eu-central-1", "AKIAKITKITKITKITKITK")


@pytest.mark.parametrize("service", CALLS)
@pytest.mark.parametrize(
    ("toxic", "json", "query", "ec2"),
    [
        pytest.param(
            deny(),
            ("AccessDeniedException", 400),
            ("AccessDenied", 403),
            ("UnauthorizedOperation", 403),
            id="deny",
        ),
        pytest.param(
            throttle(),
            ("ThrottlingException", 400),
            ("Throttling", 400),
            ("RequestLimitExceeded", 503),
            id="throttle",
        ),
        pytest.param(
            expired(),
            ("ExpiredTokenException", 400),
            ("ExpiredToken", 403),
            ("RequestExpired", 400),
            id="expired",
        ),
        pytest.param(
            server_error(),
            ("InternalFailure", 500),
            ("InternalFailure", 500),
            ("InternalError", 500),
            id="500",
        ),
        pytest.param(status(418, "Teapot"), ("Teapot", 418), ("Teapot", 418), ("Teapot", 418), id="any"),
    ],
)
def test_error_is_spelled_in_the_protocol_of_the_service(
    line: FaultProxy,
    session: boto3.Session,
    service: str,
    toxic: Toxic,
    json: tuple[str, int],
    query: tuple[str, int],
    ec2: tuple[str, int],
) -> None:
    """The client reads the code and the status that AWS itself would send, whatever the protocol."""
    line.inject(toxic, service=service)
    with pytest.raises(ClientError) as caught:
        CALLS[service](client(session, line, service))
    assert code_of(caught.value) == (ec2 if service == "ec2" else query if service in QUERY else json)
    assert line.calls[0].faults == (toxic.name,)


def test_denial_names_the_action(line: FaultProxy, session: boto3.Session) -> None:
    """The message says what is not allowed, so that a console can say it too."""
    line.inject(deny())
    with pytest.raises(ClientError, match="ecs:ListClusters"):
        CALLS["ecs"](client(session, line, "ecs"))


def test_cbor_error_is_read_by_the_client_s_own_parser(line: FaultProxy, session: boto3.Session) -> None:
    """A request in RPC v2 CBOR gets its error in CBOR, and its operation is known from the path."""
    line.inject(throttle(), service="monitoring", operation="DescribeAlarms")
    headers = {
        "smithy-protocol": "rpc-v2-cbor",
        "Content-Type": "application/cbor",
        "Authorization": "AWS4-HMAC-SHA256 Credential=A/20260101/eu-central-1/monitoring/aws4_request, x",
    }
    answer, body = _raw(line, "/service/GraniteServiceVersion20100801/operation/DescribeAlarms", headers)
    shape = (
        client(session, line, "cloudwatch").meta.service_model.operation_model("DescribeAlarms").output_shape
    )
    whole = {"status_code": answer.status, "headers": dict(answer.getheaders()), "body": body, "context": {}}
    parsed = RpcV2CBORParser().parse(whole, shape)
    assert parsed["Error"] == {"Code": "ThrottlingException", "Message": "Rate exceeded"}


def test_fault_meets_only_its_service_operation_and_number(line: FaultProxy, session: boto3.Session) -> None:
    """A fault of one service leaves the others alone; `times` ends it, `fault` ends with its block."""
    ecs, sts = client(session, line, "ecs"), client(session, line, "sts")
    line.inject(deny(), service="ecs", operation="ListClusters", times=2)
    for _ in range(2):
        with pytest.raises(ClientError):
            ecs.list_clusters()
        sts.get_caller_identity()
        ecs.list_task_definitions()
    ecs.list_clusters()
    with line.fault(throttle(), service="sts"), pytest.raises(ClientError):
        sts.get_caller_identity()
    sts.get_caller_identity()
    assert (line.count("ecs", "ListClusters"), line.count("ecs"), line.count()) == (3, 5, 9)


def test_clearing_one_service_keeps_the_faults_of_others(line: FaultProxy, session: boto3.Session) -> None:
    """`clear` of a service ends its faults alone; the botocore name serves as well as the signing name."""
    line.inject(deny(), service="cloudwatch")
    line.inject(deny(), service="sts")
    line.clear("monitoring")
    CALLS["cloudwatch"](client(session, line, "cloudwatch"))
    with pytest.raises(ClientError):
        CALLS["sts"](client(session, line, "sts"))


@pytest.mark.parametrize("service", ["ecs", "rds", "ec2", "cloudwatch"])
def test_page_of_a_proxy(line: FaultProxy, session: boto3.Session, service: str) -> None:
    """An HTML page where AWS should answer is an error to the client, with no code that AWS knows."""
    line.inject(html())
    with pytest.raises((ClientError, ResponseParserError)) as caught:
        CALLS[service](client(session, line, service))
    assert "AccessDenied" not in str(caught.value)


@pytest.mark.parametrize("service", ["rds", "ec2", "dynamodb", "sts"])
@pytest.mark.parametrize("honest", [False, True])
def test_answer_that_ends_early(line: FaultProxy, session: boto3.Session, service: str, honest: bool) -> None:
    """Half an answer is an error to a client that checks: by XML, or by a checksum."""
    line.inject(truncate(honest=honest))
    with pytest.raises((BotoCoreError, ResponseParserError)) as caught:
        CALLS[service](client(session, line, service))
    assert not isinstance(caught.value, ReadTimeoutError)


@pytest.mark.parametrize("toxic", [truncate(honest=True), html(200)], ids=["half", "html"])
def test_broken_json_looks_like_an_empty_answer(
    line: FaultProxy, session: boto3.Session, toxic: Toxic
) -> None:
    """The trap that callers must know: a 200 with unreadable JSON passes for an answer without items."""
    line.inject(toxic)
    answer = CALLS["cloudwatch"](client(session, line, "cloudwatch"))
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    assert "MetricAlarms" not in answer


def test_cut_on_the_line_is_seen_on_the_line(line: FaultProxy) -> None:
    """The head promises the whole body; the connection ends before it."""
    line.inject(truncate(0.25))
    with pytest.raises(http.client.IncompleteRead) as caught:
        _raw(line, "/moto-api/config", {})
    assert caught.value.expected is not None
    assert len(caught.value.partial) < caught.value.expected


def test_reset_before_and_after_the_commit(line: FaultProxy, session: boto3.Session) -> None:
    """A reset is a closed connection to the client; `after_commit` has AWS do the thing all the same."""
    ecs = client(session, line, "ecs")
    for cluster, after_commit in (("lost", False), ("done", True)):
        with line.fault(reset(after_commit=after_commit)), pytest.raises(ConnectionClosedError):
            ecs.create_cluster(clusterName=cluster)
    assert [arn.rpartition("/")[2] for arn in ecs.list_clusters()["clusterArns"]] == ["done"]
    ecs.delete_cluster(cluster="done")


def test_answer_that_never_comes(line: FaultProxy, session: boto3.Session) -> None:
    """The connection stands and nothing comes: the client's own time limit ends the call."""
    line.inject(never(), service="sts")
    begun = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        CALLS["sts"](client(session, line, "sts", IMPATIENT))
    assert time.monotonic() - begun >= 0.4


def test_drip_outlives_a_read_timeout(line: FaultProxy, session: boto3.Session) -> None:
    """A body that drips keeps a client reading for longer than its read timeout: it never sees a silence."""
    line.inject(drip(300))
    begun = time.monotonic()
    whole = CALLS["sts"](client(session, line, "sts", IMPATIENT))
    assert whole["Account"]
    assert time.monotonic() - begun > 0.6


def test_latency_delays_each_answer_and_none_waits_for_another(
    line: FaultProxy, session: boto3.Session
) -> None:
    """Thirty answers at once, 300 ms late each, are all there long before thirty times 300 ms."""
    line.inject(latency(300))
    sts = client(session, line, "sts")
    begun = time.monotonic()
    with ThreadPoolExecutor(30) as pool:
        took = list(pool.map(lambda _: _seconds(sts.get_caller_identity), range(30)))
    assert min(took) >= 0.3
    assert time.monotonic() - begun < 30 * 0.3


def test_line_itself_takes_next_to_no_time(line: FaultProxy) -> None:
    """Fifty answers on one connection, none waiting for a receipt, which takes 40 ms each time it is waited for."""
    where = urlsplit(line.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
    line.inject(status(200, "none"))

    def ask() -> None:
        connection.request("GET", "/")
        connection.getresponse().read()

    took = [_seconds(ask) for _ in range(50)]
    # The kernel spares a young connection the wait; where the line waits, the late ones all do.
    assert min(took[30:]) < 0.03
    connection.close()


def test_line_down_and_up_again(line: FaultProxy, session: boto3.Session) -> None:
    """Down, the client is refused at once, kept connections included; up, the same client works again."""
    sts = client(session, line, "sts")
    sts.get_caller_identity()
    line.down()
    with pytest.raises((EndpointConnectionError, ConnectionClosedError)):
        sts.get_caller_identity()
    with pytest.raises(EndpointConnectionError):
        sts.get_caller_identity()
    line.up()
    assert sts.get_caller_identity()["Account"]


@pytest.mark.parametrize("toxics", [(skew(-600),), (skew(-600), deny())], ids=["answer", "error"])
def test_clock_of_the_other_side(line: FaultProxy, toxics: tuple[Toxic, ...]) -> None:
    """The Date of an answer, and of an error made here, is off by what was asked for."""
    for toxic in toxics:
        line.inject(toxic)
    answer, _ = _raw(line, "/moto-api/", {})
    said = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert said - time.time() == pytest.approx(-600, abs=3)


def test_connection_is_kept_between_requests(line: FaultProxy) -> None:
    """Two requests go over one connection, so that a client's pool works as it does with AWS."""
    where = urlsplit(line.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
    connection.request("GET", "/moto-api/config")
    connection.getresponse().read()
    first = connection.sock
    connection.request("GET", "/moto-api/config")
    assert connection.getresponse().status == 201
    assert connection.sock is first
    connection.close()


def _seconds(act: Callable[[], object]) -> float:
    begun = time.monotonic()
    act()
    return time.monotonic() - begun


def _raw(line: FaultProxy, path: str, headers: dict[str, str]) -> tuple[http.client.HTTPResponse, bytes]:
    where = urlsplit(line.url)
    connection = http.client.HTTPConnection(str(where.hostname), where.port, timeout=5)
    connection.request("POST" if headers else "GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer, body
