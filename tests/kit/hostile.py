"""Texts that try to command a terminal: every class of sequence, in every spelling, with every ending."""

from __future__ import annotations

from typing import Final

CSI: Final = (
    *("6n", "5n", "?6n", "c", ">c", "=c", "18t", "21t", "14t", "?2026$p", "x", "?1;1S"),
    *("2J", "?25l", "?1049l", "31;8m", "20;1H", "!p", "4h", "5i", "2K"),
)
"""Questions that type back, and commands that erase, hide, move, conceal, print."""

STRINGS: Final = {
    "]": (
        *("52;c;aGk=", "52;c;?", "0;title", "2;title\n", "8;;http://a.example/", "4;1;?", "10;?", "11;?"),
        *("50;?", "9;note", "777;notify;a;b", "1337;File=:aGk=", "7;file:///"),
    ),
    "P": ("$qm", "+q544e", "$q q", "q#0;2;0;0;0", "1$r0m"),
    "_": ("Gf=24;aGk=", "x"),
    "^": ("x",),
    "X": ("x",),
}
"""OSC, DCS, APC, PM and SOS, by their 7-bit introducers."""

ENDINGS: Final = ("\x07", "\x1b\\", "\x9c", "")
SINGLE: Final = (
    "\x1bc",
    "\x1b7",
    "\x1b8",
    "\x1b#8",
    "\x1b(0",
    "\x1bZ",
    "\x1bN",
    "\x1bO",
    "\x1b=",
    "\x1b%G",
    "\x1b",
)
OVERWRITING: Final = (
    "\rgone",
    "\b\b\b\bgone",
    "\x0bdown",
    "\x0cpage",
    "\x1b[2K\rgone",
    "a\x00b",
    "\x18",
    "\x1a",
)
BIDI: Final = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
UNSEEN: Final = (
    "\u00ad\u034f\u115f\u180e\u200b\u200c\u200d\u2060\u2800\u3164\ufeff\uffa0\ufff9\U000e0041\U000e0100"
)
MARKUP: Final = (
    "[/foo]",
    "[red",
    "[b]x[/b]",
    "[TODO]",
    "[@click=app.bell]x[/]",
    "\\[x",
    "[link=file:///]x[/link]",
)


def payloads() -> tuple[str, ...]:
    """More than 400 hostile texts, each different."""
    found = [text for body in CSI for text in (f"{form}{body}" for form in _forms("["))]
    found += [f"\x1b[\x18{body}" for body in CSI]
    for introducer, bodies in STRINGS.items():
        found += [f"{form}{body}{end}" for form in _forms(introducer) for body in bodies for end in ENDINGS]
    found += [
        *SINGLE,
        *OVERWRITING,
        *BIDI,
        *UNSEEN,
        *MARKUP,
        "\ud800",
        "\udc9b6n",
        "\ue000",
        "e" + "\u0301" * 30,
    ]
    found += map(chr, (*range(0x20), *range(0x7F, 0xA0)))
    return tuple(dict.fromkeys(found))


def _forms(introducer: str) -> tuple[str, str, str]:
    """The 7-bit spelling, the 8-bit one, and the 7-bit one behind an escape that was left open."""
    return f"\x1b{introducer}", chr(ord(introducer) + 0x40), f"\x1b\x1b{introducer}"
