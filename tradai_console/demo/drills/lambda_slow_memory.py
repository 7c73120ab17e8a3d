"""Lambda Timeouts: too little memory, and with it too little processor."""

from __future__ import annotations

from tradai_console.demo.drills.plot import LOOK_S, Plot, drill, one_of
from tradai_console.demo.story.runs import run_function
from tradai_console.demo.story.stage import Actor


@drill(
    "lambda-slow-memory",
    alert="Lambda Timeouts",
    line="a function runs close to its time limit",
    announced="tradai-{env}-lambda-{function}-duration-high",
    cures="as much memory as it had: its share of a processor comes with it",
    useless="deploying what it asks: that answers in milliseconds",
    worse="a longer time limit: it runs as slowly, for longer, and is paid for it",
    truth="{user} halved the memory of {function}. A function's processor grows with its "
    "memory: it needs all its time for what took seconds.",
    looks=("lambda.configuration", "changes.recent"),
    right=("lambda.set_memory {function}",),
    remedy=(lambda hand, plot: hand.set_function(plot["function"], MemorySize=512),),
    draws=one_of("function", "drift-monitor", "data-collection-proxy"),
)
def play(plot: Plot) -> Actor:
    """Slow for as long as its memory is less than it was."""
    function, conditions, turn = plot["function"], plot.conditions, 0
    full, (limit, usual) = plot.cast.platform.function(function), plot.function(plot["function"])
    plot.aws("lambda").update_function_configuration(FunctionName=full, MemorySize=usual // 2)
    parameters = {"functionName": full, "memorySize": usual // 2}
    plot.recorded(
        plot["user"],
        "lambda:UpdateFunctionConfiguration20150331v2",
        ago_s=22 * 60,
        requestParameters=parameters,
    )
    while (limits := plot.function(function))[1] < usual:
        conditions.lambda_limits[function] = limits
        conditions.lambda_ms[function] = limit * plot.rng.uniform(935, 985)
        if turn % 9 == 0:
            run_function(
                plot.stage,
                plot.rng,
                function,
                [("runtime", "INFO", "reading and computing, processor at its limit")],
            )
        turn += 1
        yield LOOK_S
    conditions.lambda_limits[function] = limits
    conditions.lambda_ms.pop(function)
    run_function(plot.stage, plot.rng, function)
