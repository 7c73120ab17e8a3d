"""A backtest launched straight on ECS, without an execution, whose task was killed: nobody has moved its row on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from tradai_console.demo.inside import behaviour, server_clock
from tradai_console.demo.story.stage import Stage
from tradai_console.demo.story.voices import freqtrade_line, task_stream
from tradai_console.demo.world.jobs import Job
from tradai_console.demo.world.state import put_rows, table_name

_LIVED_S = 410.0


def leave_behind(stage: Stage, job: Job, go_to: Callable[[float], None]) -> None:
    """Run its task, let it be killed for its memory, and leave the row as the task's launch had written it."""
    ecs, clock = behaviour("ecs"), server_clock()
    if ecs is None or clock is None or job.started_at is None:
        return
    began = job.started_at.timestamp()
    go_to(began)
    answer = stage.aws("ecs").run_task(
        cluster=stage.cast.platform.cluster,
        taskDefinition=f"tradai-strategy-generic-{stage.cast.env}",
        launchType="FARGATE",
        startedBy="backtest-consumer",
        overrides={
            "containerOverrides": [
                {
                    "name": "strategy",
                    "environment": [
                        {"name": name, "value": value}
                        for name, value in (
                            ("JOB_ID", job.job_id),
                            ("TRACE_ID", job.trace_id),
                            ("STRATEGY", job.strategy),
                            ("TRADING_MODE", "backtest"),
                        )
                    ],
                }
            ]
        },
        tags=[{"key": "job_id", "value": job.job_id}],
    )
    arn = answer["tasks"][0]["taskArn"]
    clock.advance(60)
    clock.advance(_LIVED_S - 60)
    ecs.end_task(arn, 137, container_reason="OutOfMemoryError: Container killed due to memory usage")
    clock.advance(30)
    _say(stage, job, arn.rsplit("/", 1)[1], began)
    left = replace(job, task_arn=arn)
    put_rows(stage.aws, table_name(stage.cast, "workflow-state"), [left.row()])


def _say(stage: Stage, job: Job, task: str, began: float) -> None:
    """Its lines: they break off in the middle, as those of a killed container do."""
    stream = task_stream(stage.cast, task)
    ids = f"job_id={job.job_id} trace_id={job.trace_id}"
    said = (
        (12.0, "tradai.entrypoint", f"starting backtest strategy={job.strategy} {ids}"),
        (13.1, "freqtrade.data.history", f"Loading data for {job.symbols[0]}: 512k candles"),
        (140.0, "freqtrade.optimize.backtesting", f"18 % of the time range done, 41 trades {ids}"),
        (290.0, "freqtrade.optimize.backtesting", f"37 % of the time range done, 88 trades, resident 1870 MiB {ids}"),
        (395.0, "freqtrade.optimize.backtesting", f"49 % of the time range done, 121 trades, resident 2011 MiB {ids}"),
    )  # fmt: skip
    for after, logger, message in said:
        stage.say(stream, freqtrade_line(began + after, logger, "INFO", message), began + after)
