"""The Incident screen under the keys of an engineer: the walk, its choices, what it runs and what it asks first."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from textual.pilot import Pilot

from screens.incident import IncidentScreen
from screens.widgets.ask import AskScreen
from tests import sample
from tests.screens.console import BoardConsole, settle, shown
from tradai_console.incident import Incident, carried_over
from tradai_console.jobs import Acknowledge, CarryOut, FillIn, Job, KeepStep, PlanAction, TurnTo, WriteNote
from tradai_console.journal.base import Entry, Kind
from tradai_console.journal.progress import progress
from tradai_console.messages import IncidentOpened, JobAnswered
from tradai_console.models.evidence import Evidence, Row, Verdict
from tradai_console.operations.plan import Call, Confirm, Plan
from tradai_console.runbook.model import Probe
from tradai_console.runbook.parse import parse_runbook
from tradai_console.workflow_jobs import OpenWorkflow

LARGE, SMALL = (120, 40), (80, 24)

BOOK_TEXT = b"""# Service recovery

## Service Unhealthy {#service-unhealthy}

### Is it running what it should?
Look for running below desired.

```probe
ecs.service service=${SERVICE}
```

### Tell people
- [ ] Say it in the channel
- [ ] Call the owner

### Which kind is it?
- [Out of memory](#more-memory): exit 137
- [Anything else](#replace): no pattern

### More memory {#more-memory}
Costs a rollout. Else [replace them](#replace), or read [the guide](https://x.example/guide)
and [trading](trading-issues.md#stale-heartbeat).

```action
ecs.resize service=${SERVICE} memory=2048
```

```action
ecs.resize service=${SERVICE} memory=4096
```

### Replace {#replace}

```action
ecs.force_deployment service=${SERVICE}
```

### On the host

```sh
sudo docker ps --filter "name=$SERVICE"
```
"""
BOOK = parse_runbook(BOOK_TEXT, Path("service-recovery.md"), shipped=True)
SECTION = BOOK.sections[0]
PROBE = SECTION.steps[0].of(Probe)[0]
R = TypeVar("R", bound=Job)


def incident(*entries: Entry, **more: object) -> Incident:
    """The incident of backend-api, with its probe answered."""
    bad = Evidence(
        Verdict.BAD,
        "1 of 2 tasks run",
        (Row("running", "1", Verdict.BAD),),
        sample.NOW - timedelta(seconds=2),
    )
    base = Incident(
        alert=sample.ALERTS[1],
        runbook=BOOK,
        section=SECTION,
        variables={"SERVICE": "backend-api", "ENV": "prod"},
        evidence={PROBE.line: bad},
        progress=progress(entries),
    )
    return replace(base, **more)  # type: ignore[arg-type]


def entry(kind: Kind, step: int, **data: object) -> Entry:
    place = SECTION.steps[step - 1].anchor
    return Entry(kind, sample.NOW, "jm", "k", BOOK.name, SECTION.anchor, place, "because", data)


async def opened(pilot: Pilot[None], one: Incident | None = None) -> IncidentScreen:
    """Open the screen as the app does."""
    await settle(pilot)
    pilot.app.post_message(IncidentOpened(one or incident()))
    await settle(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, IncidentScreen)
    return screen


def asked(app: BoardConsole, kind: type[R]) -> list[R]:
    return [request for request in app.asked if isinstance(request, kind)]


@pytest.mark.parametrize("size", [LARGE, SMALL], ids=str)
async def test_diagnosis_is_on_screen_at_once(size: tuple[int, int]) -> None:
    """What the probe says stands beside the step, with its rows, the alert and the log, at any size."""
    app = BoardConsole()
    async with app.run_test(size=size) as pilot:
        await opened(pilot)
        text = shown(app)
    for words in ("Service Unhealthy", "backend-api", "1 of 2 tasks run", "▲ bad", "Evidence", "Log"):
        assert words in text, words


async def test_keys_walk_and_the_place_is_kept() -> None:
    """j goes on, k back, and each place is written down."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("j", "j", "k")
        await settle(pilot)
        places = [request.step.title for request in asked(app, KeepStep) if request.step]
        assert places == ["Tell people", "Which kind is it?", "Tell people"]
        assert "▶  2 Tell people" in shown(app)


async def test_walk_goes_on_where_it_stood() -> None:
    """An incident that was walked before opens at its place, with what was done and left out."""
    past = (entry(Kind.DONE, 1), entry(Kind.SKIP, 2), entry(Kind.PLACE, 3))
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(*past))
        text = shown(app)
    assert "▶  3 Which kind is it?" in text
    assert "✓  1 Is it running" in text
    assert "↷  2 Tell people" in text


async def test_a_digit_takes_the_choice() -> None:
    """1 on a decision jumps to its step."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 3)))
        assert "1 Out of memory" in shown(app)
        await pilot.press("2")
        await settle(pilot)
        assert "▶  5 Replace" in shown(app)


OTHER = parse_runbook(
    b"""# Service recovery

## Service Unhealthy {#service-unhealthy}

### Which kind is it?
- [The database](#database): refused
- [A secret](security-incidents.md#keys): no key

## Database {#database}

### Is it there?
Look, or [look at the keys](security-incidents.md#keys) first; all is told [here](https://example.org/all).
""",
    Path("service-recovery.md"),
    shipped=True,
)


async def test_a_choice_leads_into_another_section_and_back() -> None:
    """A digit asks for the section, of this runbook or another; there the walk stands at its place; backspace goes back."""
    app = BoardConsole()
    first, second = OTHER.sections
    begun = incident(runbook=OTHER, section=first)
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, begun)
        await pilot.press("2", "1")
        await settle(pilot)
        assert [(r.runbook, r.anchor) for r in asked(app, TurnTo)] == [
            ("security-incidents", "keys"),
            ("service-recovery", "database"),
        ]
        screen.renew(replace(begun, section=second))
        await settle(pilot)
        assert "▶  1 Is it there?" in shown(app)
        assert f"backspace: {first.title} · 1 of " in shown(app)
        await pilot.press("backspace")
        await settle(pilot)
        assert asked(app, TurnTo)[-1].anchor == "which-kind-is-it"


async def test_a_model_named_as_its_strategy_is_told_once() -> None:
    """The heading has no room to say a name twice; two names are both told."""
    names = {"STRATEGY_ID": "PascalStrategy", "MODEL_NAME": "PascalStrategy"}
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, incident(alert=replace(sample.ALERTS[2], variables=names)))
        assert shown(app).splitlines()[1].count("PascalStrategy") == 1
        other = replace(sample.ALERTS[2], variables={**names, "MODEL_NAME": "PascalV2"})
        screen.renew(incident(alert=other))
        await settle(pilot)
        assert "PascalStrategy PascalV2" in shown(app).splitlines()[1]


async def test_links_in_a_sentence_are_words() -> None:
    """Nobody reads an address at night: a link within the section names its step, one outside it its page."""
    app = BoardConsole()
    async with app.run_test(size=(160, 40)) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 4)))
        text = shown(app)
        assert "Else replace them (step 5), or read the guide" in text
        assert "](" not in text
        assert "(https://x.example/guide)" in text


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
async def test_what_the_alert_says_stands_there_whole(size: tuple[int, int]) -> None:
    """The heading has room for its first words only; before a choice the whole of it is beside the walk."""
    reason = "exchange keys exposed: somebody trades with them, and has since a quarter past three"
    app = BoardConsole()
    async with app.run_test(size=size) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 2), alert=replace(sample.ALERTS[1], reason=reason)))
        text = shown(app)
        assert "The alert says" in text
        assert "a quarter past three" not in text.splitlines()[1]
        assert "past three" in text


async def test_boxes_are_ticked_in_turn() -> None:
    """space ticks the first open box, then the next."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, incident(entry(Kind.PLACE, 2)))
        await pilot.press("space")
        screen.renew(incident(entry(Kind.PLACE, 2), entry(Kind.TICK, 2, tick=0)))
        await pilot.press("space")
        await settle(pilot)
        assert [request.data["tick"] for request in asked(app, KeepStep)] == [0, 1]
        assert "☑ Say it in the channel" in shown(app)
        assert "☐ Call the owner" in shown(app)


async def test_skip_needs_a_reason() -> None:
    """s asks why; nothing typed leaves nothing out, esc goes back."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot)
        await pilot.press("s", "enter")
        await settle(pilot)
        assert isinstance(app.screen, AskScreen)
        await pilot.press(*"not here", "enter")
        await settle(pilot)
        assert [(r.kind, r.text) for r in asked(app, KeepStep)] == [("skip", "not here")]


async def test_note_acknowledge_and_variable() -> None:
    """N, a and v ask in a modal and go to the desk with what was typed."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(alert=sample.ALERTS[2]))
        await pilot.press("N", *"called jm", "enter")
        await settle(pilot)
        await pilot.press("a", "enter")
        await settle(pilot)
        await pilot.press("v", *"service=mlflow", "enter")
        await settle(pilot)
    assert [r.text for r in asked(app, WriteNote)] == ["called jm"]
    assert [r.note for r in asked(app, Acknowledge)] == [""]
    assert [(r.name, r.value) for r in asked(app, FillIn)] == [("SERVICE", "mlflow")]


@pytest.mark.parametrize(
    ("own", "filled", "wanted"),
    [
        pytest.param({"MACHINE": "backtest", "EXECUTION": "bt-7f3a"}, {}, "k", id="the alert's own"),
        pytest.param({}, {"JOB_ID": "bt-7f3a"}, "job:bt-7f3a", id="a job filled in by hand"),
        pytest.param({}, {}, None, id="none"),
    ],
)
async def test_the_alerts_execution_is_one_key_away(
    own: dict[str, str], filled: dict[str, str], wanted: str | None
) -> None:
    """`w` opens the workflow that the alert is about; without one it says how to name it."""
    alert = replace(sample.ALERTS[1], key="k", variables=own)
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await opened(pilot, incident(alert=alert, variables={**own, **filled}))
        await pilot.press("w")
        await settle(pilot)
        assert [job.wanted for job in asked(app, OpenWorkflow)] == ([wanted] if wanted else [])
        assert ("about no execution and no job" in shown(app)) is (wanted is None)


async def test_read_only_runs_nothing() -> None:
    """Without changes allowed enter on an action says so, and asks nothing of the desk."""
    app = BoardConsole()
    async with app.run_test(size=LARGE, notifications=True) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 5)))
        await pilot.press("enter")
        await settle(pilot)
        assert "Read-only: nothing is changed" in shown(app)
    assert asked(app, PlanAction) == []


def plan(**more: object) -> Plan:
    base = Plan(
        action="ecs.force_deployment", title="Replace every task of backend-api", account="123456789012",
        region="eu-central-1", environment="prod", resource="tradai-backend-api-prod",
        calls=(Call("ecs", "UpdateService", {"service": "x"}),),
        aws_line="aws ecs update-service --force-new-deployment", cost="a rollout", warnings=("it takes a minute",),
        confirm=Confirm.TYPE_NAME, type_name="tradai-backend-api-prod", made_at=sample.NOW,
    )  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


async def confirming(pilot: Pilot[None], what: Plan) -> None:
    """Press enter on the action and let the desk answer with this plan."""
    app = pilot.app
    assert isinstance(app, BoardConsole)
    screen = await opened(pilot, incident(entry(Kind.PLACE, 5)))
    await pilot.press("enter")
    await settle(pilot)
    request = asked(app, PlanAction)[0]
    assert request.action.name == "ecs.force_deployment"
    screen.post_message(JobAnswered(request, what))
    await settle(pilot)


async def test_everything_is_shown_before_it_is_asked() -> None:
    """Account, region, resource, call, cost, warnings and the command line stand in the question."""
    app = BoardConsole(allow_changes=True)
    async with app.run_test(size=LARGE) as pilot:
        await confirming(pilot, plan())
        text = shown(app)
    for words in (
        "123456789012  eu-central-1", "tradai-backend-api-prod", "ecs:UpdateService", "it takes a minute",
        "aws ecs update-service --force-new-deployment", "type tradai-backend-api-prod",
    ):  # fmt: skip
        assert words in text, words


@pytest.mark.parametrize(
    "typed",
    ["", "y", "yes", "tradai-backend-api-pro", "TRADAI-BACKEND-API-PROD", "tradai-backend-api-prod x"],
)
async def test_in_production_only_the_name_confirms(typed: str) -> None:
    """Anything but the exact name does nothing; the question stays, and esc leaves it."""
    app = BoardConsole(allow_changes=True)
    async with app.run_test(size=LARGE) as pilot:
        await confirming(pilot, plan())
        await pilot.press(*typed.replace("-", "-"), "enter")
        await settle(pilot)
        question = app.screen
        assert isinstance(question, AskScreen)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, IncidentScreen)
    assert asked(app, CarryOut) == []


async def test_the_typed_name_confirms() -> None:
    """The name, typed, sends the plan that was shown."""
    app = BoardConsole(allow_changes=True)
    async with app.run_test(size=LARGE) as pilot:
        await confirming(pilot, plan())
        await pilot.press(*["minus" if sign == "-" else sign for sign in "tradai-backend-api-prod"], "enter")
        await settle(pilot)
    (act,) = asked(app, CarryOut)
    assert act.typed == "tradai-backend-api-prod"
    assert act.plan == plan()


async def test_refused_plan_says_why_and_sends_nothing() -> None:
    """What cannot be done now says so, with what to do instead; enter only goes back."""
    app = BoardConsole(allow_changes=True)
    async with app.run_test(size=LARGE) as pilot:
        await confirming(pilot, plan(refused="inside the 24 h cooldown: force it, or wait"))
        assert "inside the 24 h cooldown" in shown(app)
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(app.screen, IncidentScreen)
    assert asked(app, CarryOut) == []


async def test_other_action_of_the_step_is_marked_by_key() -> None:
    """o marks the second of two actions; enter then asks for that one."""
    app = BoardConsole(allow_changes=True)
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 4)))
        await pilot.press("o", "enter")
        await settle(pilot)
    (request,) = asked(app, PlanAction)
    assert dict(request.action.arguments)["memory"] == "4096"


async def test_sh_step_is_copied_as_it_is_written() -> None:
    """y copies the command with its variables as variables."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(entry(Kind.PLACE, 6)))
        await pilot.press("y")
        await settle(pilot)
    assert app.copied == ['sudo docker ps --filter "name=$SERVICE"']


async def test_sides_and_split_by_keys() -> None:
    """tab goes to evidence, log and back to the walk; + gives the walk room."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot)
        seen = []
        for _ in range(3):
            await pilot.press("tab")
            seen.append(screen.focused.id if screen.focused else None)
        assert seen == ["facts", "lines", "walk"]
        before = screen.query_one("#walk").size.width
        await pilot.press("plus")
        await settle(pilot)
        assert screen.query_one("#walk").size.width > before


async def test_small_terminal_gives_the_walk_the_whole_width() -> None:
    """At 80 columns the walk has all of them, before and after it was another size."""
    app = BoardConsole()
    async with app.run_test(size=SMALL) as pilot:
        screen = await opened(pilot)
        assert screen.query_one("#walk").outer_size.width == SMALL[0]
        await pilot.resize_terminal(*LARGE)
        await settle(pilot)
        assert screen.query_one("#walk").outer_size.width == LARGE[0] // 2
        await pilot.resize_terminal(*SMALL)
        await settle(pilot)
        assert screen.query_one("#walk").outer_size.width == SMALL[0]


def reread(old: str, new: str) -> tuple[Incident, object]:
    """The book with some of its text changed on disk, and the incident in it as the engine carries it over."""
    text = BOOK_TEXT.decode().replace(old, new)
    book = parse_runbook(text.encode(), Path("service-recovery.md"), shipped=True)
    before = incident(entry(Kind.PLACE, 3))
    after = replace(
        before, runbook=book, section=book.sections[0], evidence=carried_over(before, book.sections[0])
    )
    return after, book


async def test_a_runbook_that_changes_on_disk_keeps_the_place() -> None:
    """Lines put in above leave the walk at its step, with what its probes have said; a step that is gone leads to the first."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        screen = await opened(pilot, incident(entry(Kind.PLACE, 3)))
        after, _ = reread(
            "Look for running below desired.", "Look twice.\n\nAnd once more, for\nrunning below desired."
        )
        assert after.section != SECTION
        screen.renew(after)
        await settle(pilot)
        text = shown(app)
        assert "▶  3 Which kind is it?" in text
        assert "1 of 2 tasks run" in text
        gone, _ = reread("### Which kind is it?", "### Which one is it?")
        screen.renew(gone)
        await settle(pilot)
        assert "▶  1 Is it running" in shown(app)


async def test_a_link_in_a_sentence_is_a_choice_too() -> None:
    """Below the sentence it stands with the digit that follows it; an address outside the runbooks has none."""
    app = BoardConsole()
    async with app.run_test(size=LARGE) as pilot:
        await opened(pilot, incident(runbook=OTHER, section=OTHER.sections[1]))
        assert "1 look at the keys" in shown(app)
        assert "2 here" not in shown(app)
        await pilot.press("1")
        await settle(pilot)
        assert [(one.runbook, one.anchor) for one in asked(app, TurnTo)] == [("security-incidents", "keys")]
