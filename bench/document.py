"""`docs/performance.md`: the table of the last run that was asked to write it, and how to read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.figures import Measured, markdown

_HEAD: Final = """# Performance

Written by `make bench ARGS=--docs`; `make bench` measures again, `make bench ARGS=first_paint` one part of it.

Read the ratios, not the times: each line sets the console beside its floor or its peer, both measured in turns in
the same run on the same machine. Times are medians. Every server is a process of its own on 127.0.0.1.
"""

ABOUT: Final = {
    "first_paint": (
        "First paint",
        (
            "From the start of the process until the lower edges of all seven boxes have come out of a terminal of 120x40. "
            "The bare app has seven `DataTable`s with the same borders in the same places, and nothing in them."
        ),
    ),
    "live": (
        "All panes live",
        (
            "From the start of the process until the screen says `6/6 live`; and until the metrics are drawn too. The peers "
            "make the calls that the console was seen to send, one after another: a script with boto3, its start included, "
            "and the `aws` command line."
        ),
    ),
    "reading": (
        "One full reading",
        (
            "40 services, 200 tasks, 20 databases, 1,000 executions. Beside it an `asyncio.gather` of the same calls over "
            "plain aiobotocore clients, which waits for no answer before it asks the next question, and makes nothing of "
            "the answers. The console's quotas are lifted for this, its clients warm."
        ),
    ),
    "stall": (
        "Keys while it works",
        (
            "From a key (`j` and `k` in turns, at uneven moments) until the cursor stands in its new row. The console reads "
            "all 5,000 alarms again and again, which it does every five minutes on a real account; then it reads while one "
            "service takes every request and never answers. The bare app is idle."
        ),
    ),
    "memory": (
        "Memory",
        (
            "Resident memory of the console's process after a minute at its usual pace on an account of 5,000 alarms."
        ),
    ),
    "workflow": (
        "The longest execution",
        (
            "An execution with 25,000 events, the most that Step Functions keeps: from the question until its first screen "
            "(state, cause, definition, both ends of its path) is told, and until all of its history is read, with the "
            "console's usual share of the quota. Its libraries are loaded, and the client of Step Functions. Then keys on its "
            "screens at 200x60: a line down in its path (the facts, the drawing and the log of the state with it), a page "
            "down in the list of its events, each until the picture stands, in time of the interface's process."
        ),
    ),
    "history": (
        "The past of a log, and what has just been written",
        (
            "100,000 lines of one group. Ours is the tail as a view uses it: every line parsed, made safe, joined to its "
            "traceback, delivered once; beside it aiobotocore's paginator in the same process, which makes nothing of the "
            "events. As a command, its start included, beside `aws logs filter-log-events` printing time and text. The "
            "console's quotas are lifted for these. Then lines are written at uneven moments while the console, at its own "
            "pace, follows the group: from when a line stands in the group until it has come out of the terminal."
        ),
    ),
    "ring": (
        "The ring of the log view",
        (
            "Lines of the platform's format, one in five up to 30 s late, put into the ring and what is shown of it. Then "
            "the full ring is searched for a text that is not in it, and filtered by a text, without a text, by level."
        ),
    ),
    "flood": (
        "A log that floods",
        (
            "The Logs screen on an engine that makes and parses lines in place of reading them: AWS's quota gives none so "
            "many. From the key (`k` leaves the newest line, `G` follows it again) until the log's border says so; after "
            "`G` the rows come with the next frame. The bare app is idle. Memory is of both processes, from when the ring "
            "is full."
        ),
    ),
    "incident": (
        "From enter on an alert to the last probe's answer",
        (
            "An engine on the simulated platform opens the incident of a NAT instance that fails; timed until every probe "
            "of its section has answered. Beside it the same calls, one after another, with the `aws` command line, as an "
            "engineer without the console would make them."
        ),
    ),
}
"""Of each measurement its title, and what is measured how."""


def written(found: Mapping[str, Measured], about: Mapping[str, Any]) -> str:
    """The whole document."""
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items() if version)
    parts = [
        _HEAD,
        f"Measured on {about['date'][:10]} with {versions}, {about['machine']['cpus']} processors.",
    ]
    for name, one in found.items():
        title, words = ABOUT[name]
        parts += [f"\n## {title}\n", words, "", markdown(one.rows)]
        parts += ["", *one.notes] if one.notes else []
    return "\n".join(parts) + "\n"
