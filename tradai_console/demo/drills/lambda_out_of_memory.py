"""Lambda Errors: somebody has lowered a function's memory."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.schedules import measure_drift
from tradai_console.demo.story.stage import Actor


@drill(
    "lambda-out-of-memory",
    alert="Lambda Errors",
    line="a scheduled function ends in an error each time",
    announced="tradai-{env}-lambda-{function}-errors",
    cures="as much memory as the function had before",
    useless="a longer time limit; deploying the services it reads from",
    truth="{user} lowered the memory of {function} to 128 MiB to save money. It needs more than that to load its data, and the "
    "runtime is killed in every run.",
    looks=("lambda.configuration", "changes.recent"),
    right=("lambda.set_memory {function}",),
    remedy=(lambda hand, plot: hand.set_function(plot["function"], MemorySize=512),),
    draws=one_of("function", "drift-monitor"),
)
def play(plot: Plot) -> Actor:
    """Killed in every run until it has its memory back."""
    function, conditions = plot["function"], plot.conditions
    full, (_, usual) = plot.cast.platform.function(function), plot.function(plot["function"])
    plot.aws("lambda").update_function_configuration(FunctionName=full, MemorySize=128)
    plot.recorded(
        plot["user"], "lambda:UpdateFunctionConfiguration20150331v2", ago_s=14 * 60,
        requestParameters={"functionName": full, "memorySize": 128},
    )  # fmt: skip
    while (limits := plot.function(function))[1] < usual:
        conditions.lambda_limits[function] = limits
        conditions.lambda_errors[function] = "Runtime.ExitError: Runtime exited with error: signal: killed"
        run_function(
            plot.stage, plot.rng, function, [("runtime", "INFO", "loading reference metrics of 30 days")]
        )
        for _ in range(9):
            yield LOOK_S
            if plot.function(function)[1] >= usual:
                break
    conditions.lambda_errors.pop(function)
    conditions.lambda_limits[function] = limits
    measure_drift(plot.stage, plot.rng)
