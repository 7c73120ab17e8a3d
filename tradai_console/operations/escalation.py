"""An escalation: the facts on screen, published to the topic that the next level reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.context import ActionContext
from tradai_console.operations.plan import Call, Draft, Plan
from tradai_console.redact import redact
from tradai_console.text import plain

MARK: Final = "tradai-console-escalation"
"""The message attribute by which a console knows its own kind's escalations: they are no alerts."""

_TO: Final = {"L1": "on-call engineer", "L2": "senior engineer", "L3": "platform team"}
_SUBJECT: Final = 100
_MOST_FACTS: Final = 30


async def escalate(arguments: Mapping[str, str], context: ActionContext) -> Draft:
    """`sns:Publish` to the alerts topic."""
    level = arguments["level"]
    topic = context.platform.topics.alerts
    identity = await context.door.identity()
    partition = identity.arn.split(":")[1] if identity.arn.count(":") > 1 else "aws"
    arn = f"arn:{partition}:sns:{context.door.region}:{identity.account}:{topic}"
    sns = await context.door.client("sns")
    await sns.get_topic_attributes(TopicArn=arn)
    letter = context.letter
    parameters = {
        "TopicArn": arn,
        "Subject": _one_line(letter.subject) if letter else subject(level, context),
        "Message": _written(letter.text) if letter else message(level, context, arguments.get("message", "")),
        "MessageAttributes": {MARK: {"DataType": "String", "StringValue": level}},
    }
    return Draft(
        title=f"Escalate to {level} ({_TO[level]})",
        resource=topic,
        calls=(Call("sns", "Publish", parameters),),
        cost="Everybody who is subscribed to the topic is told.",
        expects={"level": level},
    )


def _one_line(text: str) -> str:
    """As SNS takes it: at most 100 ASCII characters, no secret in it."""
    return plain(redact(text), 400).encode("ascii", "replace").decode()[:_SUBJECT] or "Escalation"


def _written(text: str) -> str:
    """What somebody has seen and perhaps changed, without secrets and control characters."""
    return "\n".join(plain(redact(line), 1_000) for line in text.splitlines()) or "(no words)"


def subject(level: str, context: ActionContext) -> str:
    """At most 100 ASCII characters, as SNS wants it."""
    what = f"{context.alert.alert} {_about(context)}" if context.alert else "incident"
    told = f"Escalation {level}: {what.strip()} ({context.settings.env})"
    return told.encode("ascii", "replace").decode()[:_SUBJECT]


def message(level: str, context: ActionContext, said: str) -> str:
    """What a person needs who has seen nothing of it: what, since when, what is known, who asks."""
    alert = context.alert
    now = context.clock.now().strftime("%Y-%m-%d %H:%M:%SZ")
    told = [f"{context.operator} asks for {level} ({_TO[level]}), {context.settings.env}, {now}"]
    if said:
        told.append(said)
    if alert is not None:
        since = alert.since.strftime("%Y-%m-%d %H:%M:%SZ") if alert.since else "not known"
        told += [f"Alert: {alert.alert} ({alert.severity}) {_about(context)}".rstrip(), f"Since: {since}"]
        told += [
            f"Reason: {alert.reason}",
            f"Runbook: {alert.runbook}{'#' + alert.section if alert.section else ''}",
        ]
    if context.facts:
        told += ["Known:", *(f"- {fact}" for fact in context.facts[:_MOST_FACTS])]
    return "\n".join(plain(redact(line), 1_000) for line in told)


async def look(plan: Plan, context: ActionContext, answers: tuple[Mapping[str, Any], ...]) -> Evidence:
    """What SNS said: a published message cannot be read again."""
    del context
    ident = plain(answers[-1].get("MessageId", ""), 100) if answers else ""
    if not ident:
        return Evidence(Verdict.UNKNOWN, "SNS has not confirmed the message: call the next level yourself")
    return Evidence(
        Verdict.OK, f"{plan.expects['level']} was told through {plan.resource}", (Row("message", ident),)
    )


def _about(context: ActionContext) -> str:
    return " ".join(context.alert.variables.values()) if context.alert else ""
