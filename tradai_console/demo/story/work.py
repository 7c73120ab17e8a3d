"""Work for the state machines: backtests that people submit, retrainings that the schedule starts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Generator

from tradai_console.demo.cast import dice
from tradai_console.demo.story.eyes import queue_url
from tradai_console.demo.story.levers import Plan, interrupt
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Actor, Stage
from tradai_console.demo.story.traffic import Request
from tradai_console.demo.story.voices import access_line
from tradai_console.demo.story.workflows import Following, adopt, follow, tell
from tradai_console.demo.world.jobs import Job, draw_job
from tradai_console.demo.world.state import item

FORGOTTEN_AFTER_S = 4 * 3600.0
_LOOK_S = 3.0

Planner = Callable[[Stage, str, str, Plan], None]
"""Tells the server how an execution is going to go: stage, machine, execution name, plan."""


def backtests(stage: Stage, plan: Planner) -> Actor:
    """One backtest after the other, some of them overlapping; the first begins soon after the start."""
    rng = dice(stage.cast.seed, stage.cast.env, "backtests")
    running: list[Generator[float, None, None]] = []
    yield rng.uniform(4, 9)
    number = 0
    next_at = stage.time.elapsed()
    while True:
        now = stage.time.elapsed()
        if now >= next_at and len(running) < 4:
            number += 1
            running.append(_one_backtest(stage, rng, number, plan))
            next_at = now + rng.uniform(110, 240)
        running = [one for one in running if next(one, None) is not None]
        yield _LOOK_S


def _one_backtest(
    stage: Stage, rng: random.Random, number: int, plan: Planner
) -> Generator[float, None, None]:
    job = draw_job(stage.cast, f"live-{number}", stage.now)
    submit(stage, rng, job)
    yield _LOOK_S
    yield _LOOK_S
    failure = stage.conditions.failing_jobs
    stage.conditions.failing_jobs = None
    if failure is None and rng.random() < 0.07:
        failure = "data"
    plan(stage, "backtest", job.job_id, Plan(rng.uniform(60, 260), failure))
    if not consume(stage, rng, job):
        return
    one = follow(
        stage,
        "backtest",
        job.execution_arn or "",
        f"job_id={job.job_id} trace_id={job.trace_id}",
        job.strategy,
        job,
    )
    one.why = failure
    yield from _watch(stage, one)


def _watch(stage: Stage, one: Following) -> Generator[float, None, None]:
    while one.ended is None and stage.time.time() - one.began < FORGOTTEN_AFTER_S:
        tell(stage, one)
        yield _LOOK_S


def submit(stage: Stage, rng: random.Random, job: Job) -> None:
    """POST /api/v1/backtests: the row, the message, the line that ties the two families of ids together."""
    request = Request(stage, rng, job.correlation_id, stage.time.time(), stage.time.time())
    ids = f"job_id={job.job_id} trace_id={job.trace_id}"
    request.line("backend-api", "backend.CorrelationMiddleware", "POST /api/v1/backtests received")
    request.at = _asked_around(stage, job, request.at)
    request.line(
        "backend-api",
        "backend.BacktestService",
        f"backtest of {job.strategy} {job.timerange} accepted for {job.user} {ids}",
    )
    row = job.row() | {"execution_arn": None, "mlflow_run_id": None}
    stage.aws("dynamodb").put_item(TableName=stage.cast.platform.tables.workflow_state, Item=item(row))
    stage.aws("sqs").send_message(
        QueueUrl=queue_url(stage, stage.cast.backtest_queue),
        MessageBody=job.payload(),
        MessageGroupId=job.strategy,
        MessageDeduplicationId=job.job_id,
    )
    request.line("backend-api", "backend.QueuePublisher", f"sent to {stage.cast.backtest_queue} {ids}")
    request.raw(
        "backend-api",
        access_line(
            f"10.0.1.{rng.randint(20, 90)}:{rng.randint(30000, 60999)}",
            "POST /api/v1/backtests",
            "202 Accepted",
        ),
    )


def _asked_around(stage: Stage, job: Job, at: float) -> float:
    """What the backend asks before it accepts a job: the strategy's configuration, and whether there is data for it.
    Returns when it has both."""
    request = Request(stage, dice(stage.cast.seed, "accepting", job.job_id), job.correlation_id, at, at)
    home = f"tradai-{stage.cast.env}.local"
    request.line(
        "backend-api",
        "backend.StrategyServiceClient",
        f"GET http://strategy-service.{home}:8003/api/v1/strategies/{job.strategy}",
    )
    request.line(
        "strategy-service", "strategy_service.ConfigRepository", f"active config of {job.strategy} is v3"
    )
    request.line(
        "backend-api",
        "backend.DataCollectionClient",
        f"GET http://data-collection.{home}:8002/api/v1/data/coverage?symbol={job.symbols[0]}",
    )
    request.line(
        "data-collection",
        "data_collection.CoverageIndex",
        f"{job.symbols[0]} {job.timeframe}: {job.timerange} is covered but for the newest candles",
        after=0.03,
    )
    return request.at


def consume(stage: Stage, rng: random.Random, job: Job) -> bool:
    """`backtest-consumer` takes the message and starts the execution. Returns whether it did."""
    sqs, url = stage.aws("sqs"), queue_url(stage, stage.cast.backtest_queue)
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30).get(
        "Messages", []
    )
    ids = f"job_id={job.job_id} trace_id={job.trace_id}"
    fine = run_function(
        stage, rng, "backtest-consumer",
        [
            ("backtest_consumer.Consumer", "INFO", f"{len(received)} message(s) received {ids}"),
            ("backtest_consumer.Launcher", "INFO", f"launch_mode=stepfunctions execution started name={job.job_id} {ids}"),
        ],
    )  # fmt: skip
    stage.measure(stage.cast.namespace, "BacktestRequestsReceived", 1, unit="Count")
    if not fine:
        stage.measure(stage.cast.namespace, "BacktestRequestsFailed", 1, unit="Count")
        return False
    for message in received:
        if json.loads(message["Body"]).get("job_id") == job.job_id:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    stage.measure(stage.cast.namespace, "BacktestTasksLaunched", 1, unit="Count")
    start_backtest(stage, job)
    stage.aws("dynamodb").update_item(
        TableName=stage.cast.platform.tables.workflow_state,
        Key={"job_id": {"S": job.job_id}},
        UpdateExpression="SET execution_arn = :arn",
        ExpressionAttributeValues={":arn": {"S": job.execution_arn or ""}},
    )
    return True


def start_backtest(stage: Stage, job: Job) -> None:
    """`states:StartExecution` with the job's own name."""
    stage.aws("stepfunctions").start_execution(
        stateMachineArn=stage.cast.machine_arn("backtest"), name=job.job_id, input=job.payload()
    )
    stage.measure(
        "AWS/States", "ExecutionsStarted", 1, {"StateMachineArn": stage.cast.machine_arn("backtest")}, "Count"
    )


def retrainings(stage: Stage, plan: Planner) -> Actor:
    """A retraining every quarter of an hour or so; now and then its training fails, is caught, and the execution SUCCEEDS."""
    rng = dice(stage.cast.seed, stage.cast.env, "retrainings")
    yield rng.uniform(50, 150)
    number = 0
    while True:
        number += 1
        model = rng.choice(stage.cast.strategies[:3]).name
        failure = stage.conditions.failing_training or ("training" if number % 4 == 3 else None)
        stage.conditions.failing_training = None
        name = retraining_name(model, stage.time.time())
        plan(stage, "retraining", name, Plan(rng.uniform(280, 400), failure))
        arn = start_retraining(stage, model, name)
        one = follow(stage, "retraining", arn, f"execution={name} model_name={model}", model)
        one.why = failure
        run_function(
            stage,
            rng,
            "retraining-scheduler",
            [("retraining_scheduler.Scheduler", "INFO", f"{model}: started {name}")],
        )
        yield from _watch(stage, one)
        yield rng.uniform(400, 800)


def strangers(stage: Stage) -> Actor:
    """Executions that nobody on stage started: those of before the story, and those of an operator."""
    following: list[Following] = []
    states = stage.aws("stepfunctions")
    while True:
        for machine in ("backtest", "retraining"):
            answer = states.list_executions(
                stateMachineArn=stage.cast.machine_arn(machine), statusFilter="RUNNING"
            )
            for execution in answer["executions"]:
                arn = execution["executionArn"]
                if arn not in stage.followed:
                    given = json.loads(states.describe_execution(executionArn=arn).get("input") or "{}")
                    following.append(adopt(stage, machine, arn, given, execution["startDate"].timestamp()))
        for _ in range(3):
            for one in following:
                tell(stage, one)
            following = [one for one in following if one.ended is None]
            yield _LOOK_S


def retraining_name(model: str, at: float) -> str:
    """An execution's name, as the scheduler gives it."""
    return f"retrain-{model.lower()}-{int(at)}"


def start_retraining(stage: Stage, model: str, name: str) -> str:
    """`states:StartExecution`; its ARN."""
    arn = stage.cast.machine_arn("retraining")
    stage.measure("AWS/States", "ExecutionsStarted", 1, {"StateMachineArn": arn}, "Count")
    answer = stage.aws("stepfunctions").start_execution(
        stateMachineArn=arn, name=name, input=json.dumps(retraining_input(model))
    )
    return str(answer["executionArn"])


def retraining_input(model: str, *, force: bool = False) -> dict[str, object]:
    """What a retraining is started with."""
    return {"model_name": model, "force": force, "manual_trigger": force, "config_version_id": f"{model}-v3"}


def replacements(stage: Stage) -> Actor:
    """Now and then a task is replaced: a Spot interruption, or somebody deploys."""
    rng = dice(stage.cast.seed, stage.cast.env, "replacements")
    if not stage.cast.fargate:
        return
    yield rng.uniform(150, 300)
    while True:
        service = rng.choice(("backend-api", "data-collection", "strategy-service", "dry-run-trading"))
        if rng.random() < 0.7:
            interrupt(stage, service)
        else:
            name = stage.cast.service_name(service)
            stage.aws("ecs").update_service(
                cluster=stage.cast.platform.cluster, service=name, forceNewDeployment=True
            )
        yield rng.uniform(500, 1_100)
