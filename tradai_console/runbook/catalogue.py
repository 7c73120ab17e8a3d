"""What a runbook's step may name: every probe and every action, with its arguments, as data.

The probes themselves are in `tradai_console.probes`, the actions in `tradai_console.operations`; tests hold
both to these tables. A runbook names one with arguments that are variables or literals:

    ecs.service service=${SERVICE}
    logs.search text="Task timed out" function=${FUNCTION} minutes=60
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True)
class Usage:
    """How a probe or an action is named in a runbook."""

    name: str
    about: str
    """What it tells or does, in one line."""
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    defaults: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Values of optional arguments that are left out, where they are fixed."""

    @property
    def arguments(self) -> tuple[str, ...]:
        return self.required + self.optional

    @property
    def usage(self) -> str:
        """`ecs.stops service=... [minutes=60]`."""
        rest = (f"[{name}={self.defaults.get(name, '...')}]" for name in self.optional)
        return " ".join((self.name, *(f"{name}=..." for name in self.required), *rest))


@dataclass(frozen=True)
class ProbeSpec(Usage):
    """A read-only check."""


@dataclass(frozen=True)
class ActionSpec(Usage):
    """A change of AWS or of the platform's state: asked for, gated and journalled."""


ARGUMENTS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "service": "SERVICE",
        "task": "TASK",
        "task_definition": "TASK_DEFINITION",
        "function": "FUNCTION",
        "strategy": "STRATEGY_ID",
        "model": "MODEL_NAME",
        "version": "MODEL_VERSION",
        "database": "DB_INSTANCE",
        "instance": "NAT_INSTANCE_ID",
        "machine": "MACHINE",
        "execution": "EXECUTION",
        "job": "JOB_ID",
        "alarm": "ALARM",
        "queue": "QUEUE",
        "secret": "SECRET",
        "user": "USER_NAME",
        "key": "ACCESS_KEY_ID",
        "group": "LOG_GROUP",
        "text": "TEXT",
        "reason": "TEXT",
        "message": "TEXT",
        "event": "EVENT_NAME",
        "minutes": "NUMBER",
        "seconds": "NUMBER",
        "desired": "NUMBER",
        "memory": "NUMBER",
        "cpu": "NUMBER",
        "limit": "NUMBER",
        "force": "YES_NO",
        "dry_run": "YES_NO",
        "level": "LEVEL",
        "status": "JOB_STATUS",
    }
)
"""The kind of each argument: the variable (`variables.PATTERNS`) whose pattern its value must match."""

_PROBES = """
ecs.service service                      : Desired, running and pending tasks, and the rollout's state.
ecs.tasks service                        : Each task: status, health, age, revision, zone, capacity.
ecs.task task                            : One task: whose it is, image, revision, start, address.
ecs.stops service [minutes=60]           : Why tasks stopped: reason, exit code, out of memory, Spot.
ecs.deployments service                  : Its deployments: is one stuck, failing, or rolled back?
ecs.events service [limit=20]            : The service's own event lines, newest first.
ecs.task_definition service              : The running revision beside the one before: image, memory, CPU.
ecs.memory service [minutes=60]          : Memory in % of its limit, average and maximum.
ecs.cpu service [minutes=60]             : CPU in % of its reservation, average and maximum.
ecs.host                                 : The one instance of dev and staging: state, status checks.
alb.targets service                      : Health of each target, with the reason of the unhealthy ones.
alb.latency [service] [minutes=60]       : Response time, average and p99, of one or every target group.
alb.requests [service] [minutes=60]      : Requests and 5xx answers a minute, of one or every target group.
health.check service                     : What the health-check function last wrote: failures in a row.

lambda.configuration function            : Timeout, memory, state, last change, environment names, image.
lambda.errors function [minutes=60]      : Invocations, errors and throttles.
lambda.durations function [minutes=60]   : Duration, average, p99 and maximum, beside the timeout.
lambda.timeouts function [minutes=60]    : Invocations that ended at the timeout, counted in the log.

logs.errors [service] [function] [group] [minutes=30]                 : Error lines, counted by kind.
logs.search text [service] [function] [group] [minutes=30] [limit=50] : Lines that contain the text.
logs.silence [service] [function] [group] [text] [minutes=60]         : When the last line (with this text) was written.

rds.instance [database]                  : Status, class, zone, Multi-AZ, storage, pending changes.
rds.events [database] [minutes=1440]     : Failovers, restarts, storage and other events.
rds.connections [database] [minutes=60]  : Connections beside the maximum.
rds.load [database] [minutes=60]         : CPU, freeable memory, free storage, read and write latency.
rds.security_groups [database]           : May the tasks' security groups reach the database's port?
vpc.endpoints                            : State of each VPC endpoint, and its security groups.
vpc.rejects [minutes=30]                 : Rejected flows, from the flow log.

nat.instance                             : State, status checks, source/dest check, age.
nat.group                                : Its auto-scaling group: desired, in service, newest activity.
nat.route                                : Where the private default route leads; a black hole?
nat.address                              : Its public address; is the Elastic IP on it?
nat.traffic [minutes=60]                 : Bytes in and out through the instance.

trading.heartbeat strategy               : Status, and age of the heartbeat.
trading.sessions                         : Every strategy: status, heartbeat, stale or not.
trading.state strategy                   : The whole row of trading state.
trading.tasks strategy                   : The tasks that trade this strategy, with their stops.
drift.state model                        : PSI, its severity, each metric's share, when it was measured.
drift.models                             : PSI of every model.
retraining.state model                   : When it was last retrained; does the 24 h cooldown hold?
retraining.runs [model]                  : Newest retraining executions, and how they ended.
model.rollback_state model               : Its last rollback; does the cooldown hold?

secrets.rotation [secret] [minutes]      : When it was changed, rotated, read; warns of a change in minutes. The exchange keys.
iam.keys [user]                          : Access keys: owner, status, age. Of every user.
iam.key key                              : Is this access key off? Its owner.
iam.last_use key                         : When, where and for what an access key was last used.
iam.changes [minutes=1440]               : Users, roles, policies and keys made or changed.
cloudtrail.events [user] [key] [event] [minutes=180] [limit=50] : Calls, with source addresses.
cloudtrail.denied [minutes=180]          : Calls that were refused, by caller.

workflow.executions [machine]            : Newest executions, failed first, of one or every machine.
workflow.failure execution               : The state that failed, error, cause, attempts, caught or not.
workflow.path execution                  : Its states with durations, beside the last good run.
workflow.job job                         : The job's row of workflow state, its execution and its task.
workflow.failed_jobs [limit=10]          : Newest jobs whose row says failed, in both spellings.
queue.depth [queue]                      : Messages waiting and in flight, the oldest one's age.
queue.dead_letters [queue]               : Messages in the dead-letter queues.

alarm.state alarm                        : State, reason, threshold and metric.
alarm.history alarm [minutes=1440]       : Its newest transitions: is it flapping?
alarm.firing                             : Every alarm that fires now, oldest first.
changes.recent [service] [function] [minutes=120] : Deployments, code, database, alarms, our own actions.
"""

_ACTIONS = """
ecs.force_deployment service             : Replaces every task with a new one of the same revision.
ecs.scale service desired                : Sets the desired number of tasks.
ecs.roll_back service [task_definition]  : Deploys an earlier revision: the one before the running one.
ecs.stop_task task [reason]              : Stops one task; its service starts another.
ecs.resize service [memory] [cpu]        : Deploys a revision with other memory (MiB) or CPU (units).
ecs.isolate_task task                    : Closes a task's network; it runs on for the evidence.

lambda.set_timeout function seconds      : Sets the function's timeout.
lambda.set_memory function memory        : Sets the function's memory, MiB.

retraining.start model [force=no]        : Asks for a retraining; force=yes passes the 24 h cooldown.
model.roll_back model [version] [reason] [dry_run=yes] : Rolls back; rehearses unless dry_run=no.
trading.pause strategy                   : Status to paused: opens nothing; its heartbeat is not watched.
trading.stop strategy                    : Status to stopped.
trading.resume strategy                  : Status to running.

nat.reboot [instance]                    : Reboots the NAT instance.
nat.replace [instance]                   : Lets its group replace it: 2 to 3 minutes without a way out.
nat.repair_route                         : Points the private default route at the instance in service.
nat.source_dest_check_off [instance]     : Turns source/dest check off, as a router needs.

rds.reboot [database]                    : Reboots the database: about a minute without it.
rds.failover [database]                  : Reboots it with failover; Multi-AZ only.
rds.repair_security_group [database]     : Lets the tasks' security group reach the port again.

secrets.put_exchange_keys                : Writes a new key pair, typed unseen, into the secret.
iam.deactivate_key user key              : Sets an access key to Inactive; it can be turned on again.

workflow.stop execution [reason]         : Stops a running execution.
workflow.redrive execution               : Runs a failed execution on from the state that failed.
workflow.start_again execution           : Starts its machine anew with the same input.
workflow.set_row job status              : Sets a stuck row of workflow state, by allowed transitions only.
queue.redrive queue                      : Moves a dead-letter queue's messages back to their source.

alerts.escalate level [message]          : Publishes the facts on screen to the alerts topic.
"""


def _rows(table: str) -> list[tuple[str, str, tuple[str, ...], tuple[str, ...], dict[str, str]]]:
    rows = []
    for line in filter(None, table.splitlines()):
        usage, _, about = line.partition(" : ")
        name, *words = usage.split()
        required = tuple(word for word in words if not word.startswith("["))
        options = [word.strip("[]").partition("=") for word in words if word.startswith("[")]
        defaults = {option: value for option, _, value in options if value}
        rows.append((name, about.strip(), required, tuple(option for option, _, _ in options), defaults))
    return rows


PROBES: Final[Mapping[str, ProbeSpec]] = MappingProxyType({row[0]: ProbeSpec(*row) for row in _rows(_PROBES)})
"""Every probe by its name. Without `database` or `secret` it is the platform's own."""

ACTIONS: Final[Mapping[str, ActionSpec]] = MappingProxyType(
    {row[0]: ActionSpec(*row) for row in _rows(_ACTIONS)}
)
"""Every action by its name."""
