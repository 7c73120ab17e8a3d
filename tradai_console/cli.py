"""The command line: one function a command. Each imports what it runs only when it runs it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tradai_console.errors import ConsoleError, SettingsError

UNUSABLE = 3
CRASHED = 70
INTERRUPTED = 130

cli = typer.Typer(
    name="tradai-console",
    help="The on-call console of the TradAI trading platform on AWS.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Env = Annotated[str | None, typer.Option(help="The environment: prod, staging, dev or any other word.")]
Profile = Annotated[str | None, typer.Option(help="A profile of the AWS configuration.")]
Region = Annotated[str | None, typer.Option(help="The AWS region; eu-central-1 if nothing says otherwise.")]
Config = Annotated[Path | None, typer.Option(help="Another configuration file.", metavar="FILE")]
Runbooks = Annotated[
    Path | None, typer.Option(help="Runbooks of your own, laid over the shipped ones.", metavar="DIR")
]
AllowChanges = Annotated[
    bool, typer.Option("--allow-changes", help="Allow changes to AWS; the default is read-only.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON.")]


@cli.callback(invoke_without_command=True)
def console(
    context: typer.Context,
    env: Env = None,
    profile: Profile = None,
    region: Region = None,
    allow_changes: AllowChanges = False,
    runbooks: Runbooks = None,
    config: Config = None,
) -> None:
    """Open the console. Without a command this is what happens."""
    if context.invoked_subcommand is None:
        options = {
            "env": env,
            "profile": profile,
            "region": region,
            "allow_changes": allow_changes or None,
            "runbooks": runbooks,
        }
        _open_console(options, config)


@cli.command()
def demo(
    env: Annotated[str, typer.Option(help="The environment that is simulated.")] = "prod",
    seed: Annotated[int | None, typer.Option(help="The same seed gives the same night.")] = None,
    speed: Annotated[
        float, typer.Option(min=0.1, max=120.0, help="How fast the simulated clock goes.")
    ] = 1.0,
    drill: Annotated[str | None, typer.Option(help="Rehearse one alert; `list` names the drills.")] = None,
    serve: Annotated[
        bool, typer.Option("--serve", help="Only the platform: prints the exports for any AWS client.")
    ] = False,
    allow_changes: Annotated[
        bool, typer.Option("--allow-changes/--read-only", help="The demo allows changes.")
    ] = True,
) -> None:
    """The console on a simulated TradAI platform: a real AWS endpoint on this machine."""
    from tradai_console.demo.run import open_demo, serve_demo

    options = {"env": env, "seed": seed, "speed": speed, "drill": drill}
    _said(lambda: serve_demo(**options) if serve else open_demo(**options, allow_changes=allow_changes))  # type: ignore[arg-type]


@cli.command()
def status(
    env: Env = None,
    profile: Profile = None,
    region: Region = None,
    config: Config = None,
    as_json: AsJson = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Read again every half minute, until ctrl+c.")
    ] = False,
) -> None:
    """One reading of everything. Exit 0 quiet, 1 something is firing, 2 a source could not be read, 3 unusable."""
    from tradai_console.readout import print_status, watch_status

    settings = _settings({"env": env, "profile": profile, "region": region}, config)
    run = watch_status if watch else print_status
    raise typer.Exit(_said(lambda: run(settings, as_json=as_json)))


@cli.command()
def doctor(env: Env = None, profile: Profile = None, region: Region = None, config: Config = None) -> None:
    """Credentials, clock, permissions, names found or not, terminal: each with what to do. Exit 1 if anything is wrong."""
    from tradai_console.doctor import print_diagnosis

    settings = _settings({"env": env, "profile": profile, "region": region}, config)
    raise typer.Exit(_said(lambda: print_diagnosis(settings)))


@cli.command("iam-policy")
def iam_policy(
    env: Env = None,
    region: Region = None,
    config: Config = None,
    account: Annotated[str, typer.Option(help="The account's number; a star if it is left out.")] = "*",
    changes: Annotated[bool, typer.Option("--changes", help="What the actions need, too.")] = False,
) -> None:
    """The least IAM policy that the console works with, to paste."""
    import json

    from tradai_console.aws.policy import change_policy, read_policy
    from tradai_console.platform import load_platform
    from tradai_console.settings import DEFAULT_REGION

    settings = _settings({"env": env, "region": region}, config)
    platform = _said(lambda: load_platform(settings.env, settings.platform))
    make = change_policy if changes else read_policy
    policy = make(platform, account, settings.region or DEFAULT_REGION)
    _said(lambda: print(json.dumps(policy, indent=2), flush=True))  # noqa: T201


def _open_console(options: dict[str, Any], config: Path | None) -> NoReturn:
    settings = _settings(options, config)
    from tradai_console.open import open_console

    raise typer.Exit(_said(lambda: open_console(settings)))


def _settings(options: dict[str, Any], config: Path | None) -> Any:
    from tradai_console.settings import load_settings

    return _said(lambda: load_settings(options, config=config))


def _said(act: Callable[[], Any]) -> Any:
    """Do it; what goes wrong on purpose is said in a sentence, and is no traceback."""
    try:
        return act()
    except SettingsError as error:
        print(f"tradai-console: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(UNUSABLE) from None
    except ConsoleError as error:
        print(f"tradai-console: {error}", file=sys.stderr)  # noqa: T201
        raise typer.Exit(2) from None
    except BrokenPipeError:
        # The reader has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
    except KeyboardInterrupt:
        raise typer.Exit(INTERRUPTED) from None


def main() -> None:
    """The program. A defect of ours is a sentence and a code that means nothing else; its traceback is on request."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a terminal that is not UTF-8 still gets its answer
    try:
        cli()
    except Exception as error:
        if os.environ.get("TRADAI_CONSOLE_TRACEBACK"):
            raise
        print(  # noqa: T201
            f"tradai-console: this is a defect of the console: {type(error).__name__}: {error} "
            "(set TRADAI_CONSOLE_TRACEBACK=1 to see where)",
            file=sys.stderr,
        )
        sys.exit(CRASHED)
