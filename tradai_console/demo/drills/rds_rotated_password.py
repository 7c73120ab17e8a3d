"""RDS Connectivity: the password is new, and mlflow has the old one."""

from __future__ import annotations

import json

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill
from tradai_console.demo.drills.unreachable import complain, connect, cut_off
from tradai_console.demo.story.stage import Actor


@drill(
    "rds-rotated-password",
    alert="RDS Connectivity",
    line="nobody is connected to a database that is available",
    announced="tradai-{env}-rds-connectivity",
    cures="new tasks for mlflow: they read the new password",
    useless="the security group: its rule is there; a reboot or a failover of the database",
    truth="The password of the database was rotated, as every 30 days. mlflow reads it when it starts, and was not started anew. "
    "When its last old connection was recycled it was refused.",
    looks=("logs.errors", "cloudtrail.events"),
    right=("ecs.force_deployment mlflow", "ecs.stop_task"),
    remedy=(lambda hand, _: hand.redeploy("mlflow"),),
)
def play(plot: Plot) -> Actor:
    """Refused until mlflow has been started anew."""
    old = plot.tasks("mlflow")
    value = json.dumps({"username": "mlflow", "password": f"dummy-{plot.rng.randrange(10**8)}"})
    plot.aws("secretsmanager").put_secret_value(SecretId=f"tradai/{plot.cast.env}/rds", SecretString=value)
    parameters = {"secretId": f"tradai/{plot.cast.env}/rds"}
    plot.recorded("rotation", "secretsmanager:PutSecretValue", ago_s=11 * 60, requestParameters=parameters)
    cut_off(plot)
    turns = complain(plot, 'FATAL: password authentication failed for user "mlflow"')
    while not plot.renewed("mlflow", old):
        if next(turns, None) is None:
            turns = complain(plot, 'FATAL: password authentication failed for user "mlflow"')
        yield LOOK_S
    yield 2 * LOOK_S
    connect(plot)
