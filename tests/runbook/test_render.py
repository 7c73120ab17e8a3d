"""A runbook printed."""

from __future__ import annotations

from tests.runbook.documents import NATIVE, parsed
from tradai_console.runbook.library import load_library
from tradai_console.runbook.render import render


def test_every_block_is_printed() -> None:
    """Whoever has only a pipe reads the whole runbook: checks, changes, choices, commands, logs."""
    text = render(parsed(NATIVE))
    for words in (
        "Alert: Orders Late, high. Look at the queue.",
        "1. Is the service running?",
        "    check: ecs.service service=${SERVICE}",
        "    [ ] Call the desk",
        "    1) Dead: nothing runs  -> #replace-its-tasks",
        "    change: ecs.force_deployment service=${SERVICE}",
        "    log: services streams ${SERVICE}",
        "    query: /ecs/tradai/${ENV}/services",
        '    $ aws ecs list-tasks --cluster "tradai-${ENV}"',
        "Read this by day.",
    ):
        assert words in text.replace("log: services streams ${SERVICE} filter", "log"), words


def test_one_section_of_the_shipped() -> None:
    """`show NAME SECTION` prints that section and no other."""
    library = load_library()
    book = library.find("service-recovery")
    assert book is not None
    text = render(book, book.section("lambda-errors"))
    assert "(#lambda-errors)" in text
    assert "(#service-unhealthy)" not in text


def test_hostile_text_is_printed_safely() -> None:
    """Printing a document sends no command to the terminal."""
    text = render(parsed("## A\u009b2J\n\n### B\n\n```sh\necho \u202eb\n```\n"))
    assert not {"\u009b", "\u202e", "\x1b"} & set(text)
