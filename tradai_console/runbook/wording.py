"""Whether words stand in a text as an assertion: `stale`, not `no stale` and not `stale: 0`."""

from __future__ import annotations

import re
from functools import lru_cache

_DENIED_BEFORE = re.compile(
    r"(?<![\w-])(no|not|nothing|zero|0|none|without|never|any|\w+n['’]t)\s+(?:[\w-]+\s+)?$", re.IGNORECASE
)
_DENIED_AFTER = re.compile(r"[\"']?\s*[:=]\s*[\"']?(0|false|none|null|no)(?![\w.])", re.IGNORECASE)


def says(text: str, word: str) -> bool:
    """Whether one of the alternatives (parted by `|`) stands in the text, whole and not denied.

    A last `*` allows any ending; spaces stand for any run of spaces, `_` and `-`.
    """
    for match in _compiled(word).finditer(text):
        before = text[max(0, match.start() - 40) : match.start()].rpartition("\n")[2]
        after = text[match.end() : match.end() + 12]
        if not _DENIED_BEFORE.search(before) and not _DENIED_AFTER.match(after):
            return True
    return False


@lru_cache(maxsize=1_024)
def _compiled(word: str) -> re.Pattern[str]:
    alternatives = [_alternative(part.strip()) for part in word.split("|") if part.strip()]
    return re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(alternatives)})(?![A-Za-z0-9])", re.IGNORECASE)


def _alternative(word: str) -> str:
    body = r"[\s_-]+".join(re.escape(part) for part in re.split(r"[\s_-]+", word.rstrip("*")) if part)
    return body + (r"[A-Za-z0-9]*" if word.endswith("*") else "")
