"""The README's tables, made from what the program is made from. `python -m tests.readme` writes them anew."""

from __future__ import annotations

from dataclasses import MISSING, fields
from pathlib import Path

from screens.widgets.hints import key_sign
from tradai_console.actions import ACTIONS
from tradai_console.settings import _ENVIRON, PREFIX, Settings

README = Path(__file__).parent.parent / "README.md"

_ALLOWED = {
    "env": "any word of letters, digits, - and _",
    "region": "a region such as eu-central-1",
    "profile": "a profile of the AWS configuration",
    "endpoint_url": "https, or http to this machine",
    "allow_changes": "true or false",
    "runbooks": "a directory",
    "alert_queue": "URL of an SQS queue subscribed to the alerts topic, one a console",
    "operator": "who is on call",
    "journal": "a file; by default one for each environment",
    "theme": "tradai, tradai-light, tradai-night, or any theme of Textual",
    "local_time": "true or false",
    "intervals": "seconds for each source, above 0",
    "notices": "bell, title, desktop: true or false",
    "quota_share": "above 0 and up to 1: the part of the account's API quotas this console may use",
    "spend_usd": "dollars a shift before metrics are read more slowly; 0: no limit",
    "platform": "names, as in platform.toml",
}


def keys_table() -> str:
    """Every action with its keys."""
    rows = ["| key | what it does | id |", "|---|---|---|"]
    for action in ACTIONS:
        keys = " ".join(f"`{key_sign(key)}`" for key in action.keys.split(",") if key) or "palette"
        rows.append(f"| {keys} | {action.help} | `{action.id}` |")
    return "\n".join(rows)


def settings_table() -> str:
    """Every setting with its variables, its default and what is allowed."""
    rows = []
    for setting in fields(Settings):
        key = setting.name
        shared = [name for name, theirs in _ENVIRON.items() if theirs == key]
        nested = key in ("intervals", "notices", "platform")
        names = ", ".join(f"`{name}`" for name in ([] if nested else [PREFIX + key.upper(), *shared])) or "-"
        default = "-" if setting.default in (MISSING, None) or nested else f"`{setting.default}`"
        rows.append(f"| `{key}` | {names} | {default} | {_ALLOWED[key]} |")
    return "\n".join(rows)


def renewed(text: str) -> str:
    """The README with its tables made anew."""
    for name, table in (("keys", keys_table()), ("settings", settings_table())):
        before, opening, rest = text.partition(f"<!-- {name}:")
        note, _, rest = rest.partition("\n")
        _, closing, after = rest.partition(f"\n<!-- /{name} -->")
        text = f"{before}{opening}{note}\n{table}{closing}{after}"
    return text


if __name__ == "__main__":
    README.write_text(renewed(README.read_text(encoding="utf-8")), encoding="utf-8")
