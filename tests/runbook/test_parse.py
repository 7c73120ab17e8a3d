"""Documents of ours and of others become sections and steps that know their lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runbook.documents import NATIVE, line_of, parsed
from tradai_console.errors import RunbookError
from tradai_console.runbook.model import (
    Action,
    Decision,
    Insights,
    LogSource,
    NameRule,
    Option,
    Probe,
    Severity,
    Shell,
    Tail,
    Text,
    Tick,
)
from tradai_console.runbook.parse import parse_runbook, slug

FOREIGN = Path(__file__).parent / "data" / "foreign"


def test_native_document_has_every_kind_of_block() -> None:
    """Probes, actions, ticks, decisions, tails, queries and command lines are read with their lines."""
    book = parsed(NATIVE)
    (section,) = book.sections
    assert (section.anchor, section.title, section.line) == (
        "orders-late",
        "Orders Late",
        line_of(NATIVE, "## Orders Late"),
    )
    assert [step.title for step in section.steps] == [
        "Is the service running?",
        "Tell people",
        "Which kind is it?",
        "Replace its tasks",
    ]
    at = line_of(NATIVE, "ecs.service")
    first, second, third, fourth = section.steps
    assert first.of(Probe) == (
        Probe("ecs.service", (("service", "${SERVICE}"),), at),
        Probe("logs.search", (("text", "timed out"), ("service", "${SERVICE}"), ("minutes", "15")), at + 1),
    )
    assert [tick.text for tick in second.of(Tick)] == ["Call the desk", "Write it down"]
    (decision,) = third.of(Decision)
    at = line_of(NATIVE, "- [Dead]")
    assert decision.options == (
        Option("Dead", "#replace-its-tasks", at, "nothing runs"),
        Option("Elsewhere", "other#there", at + 1),
    )
    at = line_of(NATIVE, "services/${SERVICE} filter")
    assert fourth.of(Action)[0].name == "ecs.force_deployment"
    assert fourth.of(Tail) == (
        Tail(
            (
                LogSource("services", "${SERVICE}", at),
                LogSource("/aws/lambda/tradai-${FUNCTION}-${ENV}", None, at + 1),
            ),
            at,
            "ERROR",
        ),
    )
    assert fourth.of(Insights)[0].groups == ("/ecs/tradai/${ENV}/services",)
    assert fourth.of(Insights)[0].query == "fields @message\n| limit 5"
    (shell,) = fourth.of(Shell)
    assert (shell.variables, shell.line, shell.refused) == (("ENV",), line_of(NATIVE, "aws ecs list"), None)
    assert isinstance(section.background[0], Text)


def test_native_head_becomes_alert_rules() -> None:
    """The front matter's alerts keep severity, first response, rules and logs, each with its line."""
    (alert,) = parsed(NATIVE).alerts
    assert (alert.name, alert.severity, alert.runbook, alert.section) == (
        "Orders Late",
        Severity.HIGH,
        "orders",
        "orders-late",
    )
    assert alert.match == (NameRule("tradai-{env}-orders-late", line_of(NATIVE, "- alarm:")),)
    assert alert.logs[0].streams == "{SERVICE}"
    assert alert.line == line_of(NATIVE, "- name: Orders Late")


CHECK = (
    "aws ecs describe-services --cluster tradai-${ENVIRONMENT}"
    " --services tradai-${SERVICE_NAME}-${ENVIRONMENT}"
)


@pytest.mark.parametrize(
    ("name", "sections", "steps", "commands"),
    [
        pytest.param(
            "numbered-only",
            ["numbered-only"],
            [
                "Look at the queue:",
                "If more than 1000 messages wait, stop the producer",
                "Restart the consumer:",
                "Check that the queue drains.",
            ],
            [
                'aws sqs get-queue-attributes --queue-url "$QUEUE_URL" --attribute-names All',
                "systemctl restart feed-consumer",
            ],
            id="a list and no heading",
        ),
        pytest.param(
            "mkdocs-style",
            ["service-recovery-runbook", "health-check-failure", "escalation"],
            [
                "Service Recovery Runbook",
                "Symptoms",
                "Diagnosis Steps",
                "Check service status",
                "Check logs",
                "Resolution",
            ],
            [
                'echo "read first"',
                CHECK,
                "aws logs tail /ecs/tradai/${ENVIRONMENT}/services --follow",
                "aws logs tail /ecs/tradai/${ENVIRONMENT}/services --since 1h",
                "aws ecs update-service --cluster tradai-${ENVIRONMENT} --service x --force-new-deployment",
            ],
            id="boxes and tabs",
        ),
        pytest.param(
            "setext-console",
            ["before-you-start", "take-over", "afterwards"],
            ["Take over"],
            ["pg_ctl promote", "psql -c 'select 1' \\\n    --host replica\necho done"],
            id="underlined headings and transcripts",
        ),
        pytest.param(
            "many-h1",
            ["symptoms", "check", "fix"],
            ["Open the dashboard", "Compare p50 with p99", "Fix", "Deep heading after a first-level one"],
            ["kubectl rollout restart deploy/api"],
            id="every heading of the first level",
        ),
        pytest.param(
            "wiki-export",
            ["stuck-orders"],
            ["Stuck orders", "Step 1 - find them", "Step 2 - cancel"],
            ["docker ps --format '{{.Names}}'"],
            id="html and ticks",
        ),
    ],
)
def test_foreign_documents_open_with_their_steps(
    name: str, sections: list[str], steps: list[str], commands: list[str]
) -> None:
    """A team's own runbook, which knows nothing of us, opens as it is: nothing of it is refused or lost."""
    path = FOREIGN / f"{name}.md"
    book = parse_runbook(path.read_bytes(), path)
    assert not book.native
    assert [section.anchor for section in book.sections] == sections
    assert [step.title for _, step in book.steps()] == steps
    assert [shell.text for _, step in book.steps() for shell in step.of(Shell)] == commands
    for _, step in book.steps():
        for shell in step.of(Shell):
            first = shell.text.split("\n")[0]
            near = path.read_text().split("\n")[shell.line - 1 : shell.line + 1]
            assert any(first in line for line in near), (shell.line, first)
    anchors = [step.anchor for _, step in book.steps()]
    assert len(set(anchors)) == len(anchors)


def test_braces_in_a_command_are_never_filled_or_run() -> None:
    """A command with {{ }} opens as text to copy; it says why it does not run."""
    book = parsed("## A\n\n### B\n\n```sh\ncurl {{ host }}\n```\n")
    (shell,) = book.sections[0].steps[0].of(Shell)
    assert shell.text == "curl {{ host }}"
    assert shell.refused is not None
    assert "{{ }}" in shell.refused


def test_unseen_characters_in_a_command_refuse_it() -> None:
    """What is shown must be what runs: a direction override in a command forbids running it."""
    book = parsed("## A\n\n### B\n\n```sh\necho a\u202eb\n```\n")
    assert book.sections[0].steps[0].of(Shell)[0].refused == "it holds characters that cannot be seen"


def test_text_of_a_document_is_safe_to_draw() -> None:
    """Titles, texts and arguments carry no terminal controls, however they are written."""
    book = parsed("## A\u009b31m\n\n### B\u202e\n\nx\u200b\n\n```probe\necs.service service=a\u202e\n```\n")
    (section,) = book.sections
    (step,) = section.steps
    text, probe = step.blocks
    assert isinstance(text, Text)
    assert isinstance(probe, Probe)
    shown = section.title + step.title + text.text + probe.arguments[0][1]
    assert not {"\u009b", "\u202e", "\u200b"} & set(shown)
    assert "<9B>31m" in shown


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Service Unhealthy", "service-unhealthy"),
        ("Is it the `health-check`?", "is-it-the-health-check"),
        ("What does *it* say: A/B", "what-does-it-say-ab"),
        ("Größe & Maß", "größe--maß"),
        ("snake_case", "snake_case"),
    ],
)
def test_slugs_are_those_of_github(heading: str, anchor: str) -> None:
    """A link that works on GitHub works here."""
    assert slug(heading) == anchor


def test_doubled_headings_get_numbers() -> None:
    """The second heading of the same words gets `-1`, as on GitHub."""
    book = parsed("# T\n\n## A\n\n### X\n\ntext\n\n## B\n\n### X\n\ntext\n")
    assert [anchor for anchor, _ in book.anchors] == ["t", "a", "x", "b", "x-1"]


def test_links_are_known_with_their_lines_outside_code() -> None:
    """Every link of the prose is listed; what stands in code is no link."""
    book = parsed("## A\n\n[x](#a) and [y](b.md)\n\n`[no](#c)`\n\n```sh\necho '[no](#d)'\n```\n")
    assert [(link.target, link.line) for link in book.links] == [("#a", 3), ("b.md", 3)]


HEAD = "---\ntitle: T\nalerts:\n  - name: A\n    severity: high\n    first_response: F\n    section: s\n"
MATCH = "    match:\n"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("---\ntitle: [\n---\n", 3, "broken", id="broken yaml"),
        pytest.param("---\n- a\n---\n", 2, "table", id="no table"),
        pytest.param(HEAD.replace("high", "urgent") + "---\n", 5, "severity", id="unknown severity"),
        pytest.param(HEAD.replace("    section: s\n", "---\n"), 4, "section is missing", id="missing key"),
        pytest.param(HEAD + "    colour: red\n---\n", 8, "colour", id="unknown key"),
        pytest.param(HEAD + "    name: B\n---\n", 8, "stands twice", id="doubled key"),
        pytest.param(
            HEAD + MATCH + "      - alarm: x\n      - {}\n---\n", 10, "exactly one", id="empty rule"
        ),
        pytest.param(
            HEAD + MATCH + "      - metric: {name: x, comparison: sideways}\n---\n",
            9,
            "comparison",
            id="comparison",
        ),
        pytest.param(HEAD + MATCH + "      - message: {severity: x}\n---\n", 9, "message", id="says nothing"),
        pytest.param(HEAD + "    match: &a []\n---\n", 8, "anchors", id="yaml anchor"),
        pytest.param("---\ntitle: !!python/name:os.system x\n---\n", 2, "tag", id="python tag"),
    ],
)
def test_a_wrong_head_is_named_at_its_line(text: str, line: int, words: str) -> None:
    """Whoever wrote the head is told which line to mend, and how."""
    with pytest.raises(RunbookError, match=words) as caught:
        parsed(text)
    assert caught.value.line == line


@pytest.mark.parametrize(
    ("block", "line", "words"),
    [
        ("```probe\n```", 5, "empty"),
        ("```probe\necs.service backend\n```", 6, "argument=value"),
        ("```probe\n\necs.service service='x\n```", 7, "cannot be read"),
        ("```action\necs.scale service=a service=b\n```", 6, "twice"),
        ("```tail\ncolour=red\n```", 6, "neither"),
    ],
)
def test_a_wrong_block_is_a_fault_and_the_document_opens(block: str, line: int, words: str) -> None:
    """At night a document with one mistake is better than none: the mistake is listed with its line."""
    book = parsed(f"# T\n\n## A\n\n{block}\n\n### Still here\n\n- [ ] do\n")
    assert any(fault.line == line and words in fault.message for fault in book.faults), book.faults
    assert book.sections[0].steps[-1].title == "Still here"
