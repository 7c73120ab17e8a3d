"""Lambda, SNS and SQS behave: functions answer from their table and leave their lines; messages wait to be read."""

from __future__ import annotations

import io
import json
import threading
import time
import zipfile
from typing import Any

import pytest

from tests.demo.conftest import Aws
from tradai_console.demo.behaviour import functions as levers
from tradai_console.demo.behaviour import messages

NAME = "tradai-drift-monitor-prod"


@pytest.fixture
def function(aws: Aws) -> str:
    role = aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        package.writestr("index.py", "")
    aws.client("lambda").create_function(
        FunctionName=NAME,
        Runtime="python3.11",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
        Timeout=30,
        MemorySize=256,
    )
    return NAME


def lines(aws: Aws) -> list[str]:
    answer = aws.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{NAME}")
    return [one["message"] for one in answer["events"]]


def test_invoke_answers_and_reports(aws: Aws, function: str) -> None:
    """What the response makes of the payload comes back, and START, END and REPORT are logged and measured."""
    levers.set_response(NAME, lambda payload: {"psi": payload["psi"] * 2}, duration_ms=120)
    answer = aws.client("lambda").invoke(FunctionName=NAME, Payload=json.dumps({"psi": 0.2}))
    assert json.loads(answer["Payload"].read()) == {"psi": 0.4}
    assert "FunctionError" not in answer
    told = lines(aws)
    assert [one.split(" ", 1)[0] for one in told] == ["START", "END", "REPORT"]
    assert "Duration: 120.00 ms" in told[-1]
    assert "Memory Size: 256 MB" in told[-1]
    found = aws.client("cloudwatch").list_metrics(Namespace="AWS/Lambda")["Metrics"]
    assert {one["MetricName"] for one in found} == {"Invocations", "Errors", "Duration"}


def test_fault(aws: Aws, function: str) -> None:
    """A fault is a FunctionError with its type; a timeout takes the function's whole time and says so; cured is cured."""
    levers.set_fault(NAME, levers.Fault("ConnectionError", "mlflow is down"))
    answer = aws.client("lambda").invoke(FunctionName=NAME, Payload="{}")
    assert answer["FunctionError"] == "Unhandled"
    assert json.loads(answer["Payload"].read())["errorType"] == "ConnectionError"
    levers.set_fault(NAME, levers.Fault(timeout=True))
    aws.client("lambda").invoke(FunctionName=NAME, Payload="{}")
    assert any("Task timed out after 30.00 seconds" in one for one in lines(aws))
    levers.set_fault(NAME, None)
    assert "FunctionError" not in aws.client("lambda").invoke(FunctionName=NAME, Payload="{}")


def test_asynchronous_invoke(aws: Aws, function: str) -> None:
    """An Event invocation is accepted at once and happens afterwards; a response may use AWS itself."""
    table = aws.client("sqs").create_queue(QueueName="out")["QueueUrl"]
    levers.set_response(
        NAME, lambda payload: aws.client("sqs").send_message(QueueUrl=table, MessageBody=payload["x"])
    )
    answer = aws.client("lambda").invoke(FunctionName=NAME, InvocationType="Event", Payload='{"x": "hi"}')
    assert answer["StatusCode"] == 202
    aws.advance(1)
    assert aws.client("sqs").receive_message(QueueUrl=table)["Messages"][0]["Body"] == "hi"


def test_unknown_function(aws: Aws) -> None:
    """A function that is not there is said so."""
    with pytest.raises(aws.client("lambda").exceptions.ResourceNotFoundException):
        aws.client("lambda").invoke(FunctionName="nobody", Payload="{}")


def test_long_polling_waits_for_a_message(aws: Aws) -> None:
    """A long poll ends as soon as a message that SNS brings is there, and blocks nobody else meanwhile."""
    url = aws.client("sqs").create_queue(QueueName="channel")["QueueUrl"]
    topic = aws.client("sns").create_topic(Name="tradai-alerts-prod")["TopicArn"]
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"][
        "QueueArn"
    ]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    found: list[dict[str, Any]] = []
    began = time.perf_counter()

    def poll() -> None:
        found.extend(aws.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=10).get("Messages", []))

    waiting = threading.Thread(target=poll)
    waiting.start()
    time.sleep(0.3)
    aws.client("sns").list_topics()
    messages.publish(topic, "drift", "DRIFT_DETECTED")
    waiting.join(timeout=10)
    body = json.loads(found[0]["Body"])
    assert (body["Message"], body["Subject"]) == ("drift", "DRIFT_DETECTED")
    assert 0.25 < time.perf_counter() - began < 5
