"""The command line: one function a command. Each imports what it runs only when it runs it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from tradai_console.errors import ConsoleError
from tradai_console.exits import told

cli = typer.Typer(
    name="tradai-console",
    help="The on-call console of the TradAI trading platform on AWS.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

books = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The library of runbooks: list, show, lint."
)
cli.add_typer(books, name="runbooks")
entries = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="What was done: list, show, export.")
cli.add_typer(entries, name="journal")

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


@cli.command()
def tail(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Only lines that hold this id, with their tracebacks."),
    ] = None,
    since: Annotated[str, typer.Option(help="30m, 2h, 1d, or a moment such as 2026-01-01T03:12.")] = "30m",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with the lines that come.")] = False,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="A log group; may be given again.")
    ] = None,
    service: Annotated[str | None, typer.Option(help="Only this service or function.")] = None,
    text: Annotated[
        str | None, typer.Option("--filter", metavar="TEXT", help="Only lines that hold this text.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Use Live Tail ($0.01 a minute) while following.")
    ] = False,
    as_json: AsJson = False,
    env: Env = None,
    profile: Profile = None,
    region: Region = None,
    config: Config = None,
) -> None:
    """The log of many groups in one order of time, made for pipes."""

    def run() -> int:
        from tradai_console.settings import load_settings
        from tradai_console.tail_command import run_tail

        return run_tail(
            load_settings({"env": env, "profile": profile, "region": region}, config=config),
            wanted=wanted,
            since=since,
            follow=follow,
            groups=group or (),
            service=service,
            text=text,
            as_json=as_json,
            live=live,
        )

    raise typer.Exit(_piped(run))


@cli.command()
def trail(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A correlation id, trace id, job id, execution (ARN or name), task, request id or MLflow run.",
        ),
    ],
    since: Annotated[
        str | None,
        typer.Option(
            help="Search logs back to: 30m, 2h, 1d, or a moment; as far as the story goes if left out."
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    group: Annotated[
        list[str] | None, typer.Option("--group", help="Search only this log group; may be given again.")
    ] = None,
    wide: Annotated[
        bool, typer.Option("--wide", help="Search by Logs Insights: says what it reads and costs, then asks.")
    ] = False,
    most_gb: Annotated[
        float | None, typer.Option(min=0.0, help="With --wide: do not ask if it reads no more than this.")
    ] = None,
    as_json: AsJson = False,
    env: Env = None,
    profile: Profile = None,
    region: Region = None,
    config: Config = None,
) -> None:
    """The whole story of an id: lines, executions, rows and tasks in one order of time, made for pipes."""

    def run() -> int:
        from tradai_console.settings import load_settings
        from tradai_console.trail_command import run_trail

        settings = load_settings({"env": env, "profile": profile, "region": region}, config=config)
        return run_trail(
            settings,
            wanted=wanted,
            since=since,
            follow=follow,
            groups=group or (),
            wide=wide,
            most_gb=most_gb,
            as_json=as_json,
        )

    raise typer.Exit(_piped(run))


@cli.command()
def match(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="An alarm's name; - reads a name or an SNS message from standard input."
        ),
    ],
    env: Annotated[
        str | None, typer.Option(help="Only names of this environment; without it any will do.")
    ] = None,
    runbooks: Runbooks = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Which alert and which runbook section an alarm's name or an SNS message leads to. Needs no AWS."""
    from tradai_console.match_command import run_match

    raise typer.Exit(
        _said(lambda: run_match(name, env=env, as_json=as_json, runbooks=runbooks, config=config))
    )


@books.command("list")
def runbooks_list(runbooks: Runbooks = None, config: Config = None, as_json: AsJson = False) -> None:
    """Every runbook with the alerts that lead to it."""
    from tradai_console.runbooks_command import run_runbooks_list

    raise typer.Exit(_said(lambda: run_runbooks_list(runbooks=runbooks, config=config, as_json=as_json)))


@books.command("show")
def runbooks_show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A runbook's name, or an alert's.")],
    section: Annotated[
        str | None, typer.Argument(metavar="SECTION", help="Only this section: its anchor.")
    ] = None,
    runbooks: Runbooks = None,
    config: Config = None,
) -> None:
    """A runbook, or one section of it, as plain text."""
    from tradai_console.runbooks_command import run_runbooks_show

    raise typer.Exit(_said(lambda: run_runbooks_show(name, section, runbooks=runbooks, config=config)))


@books.command("lint")
def runbooks_lint(
    directory: Annotated[Path | None, typer.Argument(metavar="DIR", help="Runbooks of your own.")] = None,
    runbooks: Runbooks = None,
    config: Config = None,
) -> None:
    """What is wrong in the runbooks, as `file:line: what is wrong`. Exit 1 if anything is."""
    from tradai_console.runbooks_command import run_runbooks_lint

    raise typer.Exit(_said(lambda: run_runbooks_lint(directory, runbooks=runbooks, config=config)))


@entries.command("list")
def journal_list(env: Env = None, config: Config = None, as_json: AsJson = False) -> None:
    """Every incident in the journal, the newest first."""
    from tradai_console.journal_command import run_journal_list

    settings = _settings({"env": env}, config)
    raise typer.Exit(_said(lambda: run_journal_list(settings, as_json=as_json)))


@entries.command("show")
def journal_show(
    incident: Annotated[str, typer.Argument(metavar="INCIDENT", help="Its key, or the beginning of it.")],
    env: Env = None,
    config: Config = None,
) -> None:
    """What was done in one incident, by whom, when."""
    from tradai_console.journal_command import run_journal_export

    settings = _settings({"env": env}, config)
    raise typer.Exit(_said(lambda: run_journal_export(settings, incident=incident, as_json=False)))


@entries.command("export")
def journal_export(
    incident: Annotated[
        str | None, typer.Argument(metavar="INCIDENT", help="One incident; all if left out.")
    ] = None,
    env: Env = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """The journal as Markdown or JSON, without secrets."""
    from tradai_console.journal_command import run_journal_export

    settings = _settings({"env": env}, config)
    raise typer.Exit(_said(lambda: run_journal_export(settings, incident=incident, as_json=as_json)))


def _open_console(options: dict[str, Any], config: Path | None) -> NoReturn:
    settings = _settings(options, config)
    from tradai_console.open import open_console

    raise typer.Exit(_said(lambda: open_console(settings)))


def _settings(options: dict[str, Any], config: Path | None) -> Any:
    from tradai_console.settings import load_settings

    return _said(lambda: load_settings(options, config=config))


def _piped(act: Callable[[], int]) -> int:
    """The exit code of a part of a pipe: ctrl+c is its usual end, however early it comes."""

    def run() -> int:
        with contextlib.suppress(KeyboardInterrupt):
            return act()
        return 0

    return int(_said(run))


def _said(act: Callable[[], Any]) -> Any:
    """Do it; what goes wrong on purpose is said in a sentence, and is no traceback."""
    try:
        return act()
    except (ConsoleError, KeyboardInterrupt) as error:
        raise typer.Exit(told(error)) from None
    except BrokenPipeError:
        # The reader has gone; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(0) from None
