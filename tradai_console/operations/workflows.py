"""Executions stopped or run on, and dead letters sent back to where they came from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tradai_console.errors import NotFound
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext, Raw
from tradai_console.operations.plan import Call, Cannot, Draft, Plan
from tradai_console.sources import fields

Arguments = Mapping[str, str]

_MOST_QUEUES = 100


async def stop(arguments: Arguments, context: ActionContext) -> Draft:
    """`states:StopExecution`."""
    arn, found = await find_execution(arguments["execution"], context)
    name, status = arn.rpartition(":")[2], fields.name(found, "status")
    if status != "RUNNING":
        raise Cannot(f"{name} is {status} already: there is nothing to stop", name)
    cause = arguments.get("reason", f"stopped by {context.operator} on call")
    parameters = {"executionArn": arn, "error": "StoppedOnCall", "cause": cause}
    return Draft(
        title=f"Stop the execution {name}",
        resource=name,
        calls=(Call("stepfunctions", "StopExecution", parameters),),
        cost="Its task is stopped with it; what it has computed is lost.",
        warnings=(
            "Its row of workflow state stays RUNNING: no state writes it after a stop. See workflow.job.",
        ),
        destroys=True,
        expects={"execution": arn, "status": "ABORTED"},
    )


async def redrive(arguments: Arguments, context: ActionContext) -> Draft:
    """`states:RedriveExecution`: on from the state that failed, with the input it had."""
    arn, found = await find_execution(arguments["execution"], context)
    name, status = arn.rpartition(":")[2], fields.name(found, "status")
    if status == "SUCCEEDED":
        raise Cannot(
            f"{name} SUCCEEDED, and such a one cannot be redriven. If a failure was caught in it, start it anew: "
            "retraining.start, or a new backtest",
            name,
        )
    if fields.name(found, "redriveStatus") != "REDRIVABLE":
        why = fields.text(found, "redriveStatusReason", 300) or f"it is {status}"
        raise Cannot(f"{name} cannot be redriven: {why}. Start a new one instead", name)
    return Draft(
        title=f"Run {name} on from the state that failed",
        resource=name,
        calls=(Call("stepfunctions", "RedriveExecution", {"executionArn": arn}),),
        cost="The failed state runs again, with everything that it costs.",
        warnings=(
            "If the cause is still there it fails again at the same place.",
            "Its row of workflow state says FAILED: a write of RUNNING from there is refused, the row stays behind.",
        ),
        expects={"execution": arn, "status": "RUNNING"},
    )


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """The execution now (`states:DescribeExecution`)."""
    del answers
    _, found = await find_execution(plan.expects["execution"], context)
    status = fields.name(found, "status")
    redrives = fields.whole(found.get("redriveCount"))
    rows = (Row("redrives", str(redrives)),) if redrives else ()
    good = status == plan.expects["status"] or (plan.expects["status"] == "RUNNING" and status == "SUCCEEDED")
    return Evidence(Verdict.OK if good else Verdict.BAD, f"{plan.resource} is {status}", rows)


async def redrive_queue(arguments: Arguments, context: ActionContext) -> Draft:
    """`sqs:StartMessageMoveTask`: every message of a dead-letter queue back to the queue it came from."""
    name = arguments["queue"]
    sqs = await context.door.client("sqs")
    attributes = await _attributes(sqs, name)
    arn = str(attributes.get("QueueArn", ""))
    policy = _policy(attributes)
    if policy:
        raise Cannot(
            f"{name} is no dead-letter queue: its own is {fields.last_part(policy.replace(':', '/'))}", name
        )
    sources = await _sources(sqs, arn)
    if not sources:
        raise Cannot(f"no queue sends its dead letters to {name}: there is nowhere to move them", name)
    waiting = fields.whole(attributes.get("ApproximateNumberOfMessages")) or 0
    if waiting == 0:
        raise Cannot(f"{name} is empty: there is nothing to move", name)
    return Draft(
        title=f"Move {waiting} messages of {name} back to {', '.join(sources)}",
        resource=name,
        calls=(Call("sqs", "StartMessageMoveTask", {"SourceArn": arn}),),
        cost="Every message starts its work again, old ones too.",
        warnings=(
            "If the cause is still there each comes back here after three more attempts: mend it first.",
        ),
        expects={"before": str(waiting)},
    )


async def look_queue(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """What is left in the dead-letter queue."""
    sqs = await context.door.client("sqs")
    attributes = await _attributes(sqs, plan.resource)
    left = fields.whole(attributes.get("ApproximateNumberOfMessages"))
    began = "moving" if answers else "not moved"
    verdict = Verdict.OK if answers else Verdict.BAD
    return Evidence(verdict, f"{plan.resource}: {left} messages left of {plan.expects['before']}, {began}")


async def find_execution(name: str, context: ActionContext) -> tuple[str, Raw]:
    """The execution of this ARN or name, as DescribeExecution tells it. Raises Cannot, NotFound for an ARN of none."""
    states = await context.door.client("stepfunctions")
    if name.startswith("arn:"):
        return name, await states.describe_execution(executionArn=name)
    identity = await context.door.identity()
    partition = identity.arn.split(":")[1] if identity.arn.count(":") > 1 else "aws"
    for machine in context.platform.machines.values():
        arn = f"arn:{partition}:states:{context.door.region}:{identity.account}:execution:{machine}:{name}"
        try:
            return arn, await states.describe_execution(executionArn=arn)
        except NotFound:
            continue
    raise Cannot(f"no machine of the platform has an execution {name}: name it by its ARN", name)


async def _attributes(sqs: Any, name: str) -> Raw:
    url = (await sqs.get_queue_url(QueueName=name))["QueueUrl"]
    return await _of_url(sqs, url)


async def _of_url(sqs: Any, url: str) -> Raw:
    answer = await sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return fields.inner(answer, "Attributes")


async def _sources(sqs: Any, arn: str) -> list[str]:
    found = []
    answer = await sqs.list_queues(QueueNamePrefix="tradai", MaxResults=1000)
    for url in fields.words(answer, "QueueUrls")[:_MOST_QUEUES]:
        try:
            if _policy(await _of_url(sqs, str(url))) == arn:
                found.append(fields.last_part(str(url)))
        except NotFound:
            continue
    return found


def _policy(attributes: Raw) -> str:
    try:
        policy = json.loads(str(attributes.get("RedrivePolicy", "")))
    except ValueError:
        return ""
    return str(policy.get("deadLetterTargetArn", "")) if isinstance(policy, dict) else ""
