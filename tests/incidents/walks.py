"""How one drill of each kind is walked: a wrong turn, the runbook's way, and where it is seen that all is well."""

from __future__ import annotations

from dataclasses import dataclass

from tradai_console.demo.drills.plot import Deed


@dataclass(frozen=True)
class Go:
    """Walk to the step whose title begins so."""

    step: str


@dataclass(frozen=True)
class Take:
    """Take the choice with these words."""

    words: str


@dataclass(frozen=True)
class Fill:
    """Fill a variable in."""

    name: str
    value: str


@dataclass(frozen=True)
class Run:
    """Run an action of the step, typing what is asked for."""

    action: str
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True)
class Back:
    """Back to the section that led here."""

    section: str


Move = Go | Take | Fill | Run | Back

NEW_KEYS = Run("secrets.put_exchange_keys", ("dummy-key-1", "dummy-secret-1"))


@dataclass(frozen=True)
class Walk:
    """One drill as an engineer walks it."""

    wrong: tuple[Move, ...]
    right: tuple[Move, ...]
    verify: str
    """The step at whose condition it is seen that all is well."""
    wrong_s: float = 100.0
    """For how long it is watched that the wrong turn cures nothing."""
    seen: str = ""
    """What its evidence says then, where the condition itself holds only a day later: `n` says that it was seen."""
    afterwards: tuple[Move, ...] = ()
    """What the engineer puts back, by keys too."""
    tidied: Deed | None = None
    """What somebody else puts back before the next drill."""


WALKS: dict[str, Walk] = {
    "service-oom": Walk(
        wrong=(Go("Replace its tasks"), Run("ecs.force_deployment")),
        right=(
            Go("Which kind of failure"),
            Take("Killed for memory"),
            Run("ecs.resize service=${SERVICE} memory=2048"),
        ),
        verify="Is the service well again",
    ),
    "lambda-dependency": Walk(
        wrong=(
            Go("Give the function more memory"),
            Run("lambda.set_memory function=${FUNCTION} memory=1024"),
        ),
        right=(
            Go("Which kind of error"),
            Take("It cannot reach a service"),
            Fill("SERVICE", "mlflow"),
            Go("Replace its tasks"),
            Run("ecs.force_deployment"),
        ),
        verify="Is the service well again",
        tidied=lambda hand, _: hand.set_function("drift-monitor", MemorySize=512),
    ),
    "drift-moderate": Walk(
        wrong=(
            Go("What explains the drift"),
            Take("It changed right after a promotion"),
            Go("Roll back for real"),
            Run("model.roll_back"),
            Back("Model Drift Detected"),
        ),
        right=(Go("Plan a retraining"), Run("retraining.start model=${MODEL_NAME} force=yes")),
        verify="Did the planned retraining really run",
    ),
    "drift-significant": Walk(
        wrong=(Go("Roll back for real"), Run("model.roll_back")),
        right=(
            Go("Pause the strategy"),
            Run("trading.pause"),
            Go("Retrain the model now"),
            Run("retraining.start"),
        ),
        verify="Did the forced retraining really run",
        afterwards=(Go("Resume the strategy"), Run("trading.resume")),
    ),
    "heartbeat-deadlock": Walk(
        wrong=(Go("Start the session again"), Run("trading.stop"), Run("trading.resume")),
        right=(Go("What has silenced"), Take("Frozen"), Run("ecs.stop_task")),
        verify="Does the heartbeat move again",
    ),
    "position-stuck": Walk(
        wrong=(Go("What holds"), Take("It is real, and nobody manages it"), Run("ecs.stop_task")),
        right=(Go("What holds"), Take("a person must close it"), Run("trading.pause")),
        verify="Does the session beat after",
        afterwards=(Go("Start trading again"), Run("trading.resume")),
    ),
    "nat-blackhole": Walk(
        wrong=(Go("Replace the instance"), Run("nat.replace")),
        right=(Go("What is broken"), Take("The route leads elsewhere"), Run("nat.repair_route")),
        verify="Does the route lead",
        wrong_s=200.0,
    ),
    "rds-security-group": Walk(
        wrong=(Go("Give MLflow fresh"), Run("ecs.force_deployment")),
        right=(
            Go("What separates"),
            Take("The network is closed"),
            Go("Let the tasks reach"),
            Run("rds.repair_security_group"),
        ),
        verify="Is MLflow connected again",
    ),
    "rds-failover": Walk(
        wrong=(Go("Force a failover"), Run("rds.failover")),
        right=(Go("Connect MLflow again"), Run("ecs.force_deployment")),
        verify="Is MLflow working after",
    ),
    "pool-leak": Walk(
        wrong=(Go("Reboot the database"), Run("rds.reboot")),
        right=(Go("Who holds"), Take("MLflow leaks them"), Go("Stop MLflow's task"), Run("ecs.stop_task")),
        verify="Do connections stay below",
        wrong_s=300.0,
    ),
    "credential-leak-aws": Walk(
        wrong=(Go("Store the new exchange keys"), NEW_KEYS),
        right=(
            Go("What has leaked"),
            Take("An AWS access key"),
            Go("Turn the access key off"),
            Run("iam.deactivate_key"),
        ),
        verify="Is the old credential dead",
    ),
    "unauthorized-user": Walk(
        wrong=(
            Go("What has to be cut off"),
            Take("Keys of the exchange"),
            Go("Store the new exchange keys"),
            NEW_KEYS,
            Back("Unauthorized Access"),
        ),
        right=(
            Go("What has to be cut off"),
            Take("An access key or user"),
            Take("Turn its key off"),
            Run("iam.deactivate_key"),
        ),
        verify="Is the old credential dead",
    ),
    "latency-load": Walk(
        wrong=(
            Go("What makes it slow"),
            Take("One task of two"),
            Run("ecs.force_deployment"),
            Back("High API Latency"),
        ),
        right=(
            Go("What makes it slow"),
            Take("More load"),
            Run("ecs.scale service=backend-api desired=3"),
        ),
        verify="Is the API fast again",
        afterwards=(Go("Set the backend back"), Run("ecs.scale")),
    ),
    "memory-undersized": Walk(
        wrong=(Go("Restart it"), Run("ecs.force_deployment")),
        right=(
            Go("Why is the memory full"),
            Take("One large job"),
            Run("ecs.resize service=${SERVICE} memory=2048"),
        ),
        verify="Does the memory stay low",
    ),
    "lambda-slow-memory": Walk(
        wrong=(
            Go("Raise the function's timeout"),
            Run("lambda.set_timeout function=${FUNCTION} seconds=600"),
        ),
        right=(
            Go("Why does the function run"),
            Take("Somebody has lowered"),
            Run("lambda.set_memory function=${FUNCTION} memory=512"),
        ),
        verify="Does the function finish in time",
    ),
    "workflow-memory": Walk(
        wrong=(Go("Redrive the execution"), Run("workflow.redrive")),
        right=(
            Go("Why did it fail"),
            Take("Killed for memory"),
            Run("ecs.resize service=strategy-container memory=4096"),
            Take("submitted anew"),
        ),
        verify="Does the workflow run again",
        seen="ended well since",
    ),
}


WHOLE = ("nat-blackhole", "rds-failover", "service-oom", "workflow-memory")
"""The drills at every stage of which another client looks; at the alarm and after the cure it looks in all of them."""
