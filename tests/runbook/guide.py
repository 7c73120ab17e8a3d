"""The tables of docs/runbooks.md, made from the catalogue. `python -m tests.runbook.guide` writes them anew."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tradai_console.runbook.catalogue import ACTIONS, PROBES, Usage
from tradai_console.runbook.variables import ALIASES

GUIDE = Path(__file__).parents[2] / "docs" / "runbooks.md"


def usage_table(catalogue: Mapping[str, Usage]) -> str:
    """A row for each probe or action: how it is written, and what it tells or does."""
    rows = [f"| `{usage.usage}` | {usage.about} |" for usage in catalogue.values()]
    return "\n".join(["| How it is written | What it tells or does |", "|---|---|", *rows])


def aliases() -> str:
    """The other words for the same variables, in one sentence."""
    pairs = (f"`{other}` is `{name}`" for other, name in ALIASES.items())
    return f"Commands may use other words too: {', '.join(pairs)}."


def renewed(text: str) -> str:
    """The guide with its tables made anew."""
    tables = {"probes": usage_table(PROBES), "actions": usage_table(ACTIONS), "aliases": aliases()}
    for name, table in tables.items():
        whole = f"<!-- {name} -->\n{table}\n<!-- /{name} -->"
        (old,) = re.findall(rf"<!-- {name} -->\n.*?<!-- /{name} -->", text, flags=re.DOTALL)
        text = text.replace(old, whole)
    return text


if __name__ == "__main__":
    GUIDE.write_text(renewed(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
