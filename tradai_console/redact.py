"""Secrets taken out of text before it is stored, shown as output, or exported.

Thirteen kinds are known, each by the form it has anywhere or by the word that stands before it. Every pattern
is bounded and anchored at the beginning of a word, so that a hostile line costs no more than a long one. An
access key's id is no secret by itself: its beginning and end stay, so that it can still be told apart.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

MARK: Final = "[redacted]"
"""Stands where a secret stood."""

_WORD: Final = r"(?<![A-Za-z0-9_-])"
_BEFORE: Final = r"""["'\\]{0,4}\s{0,4}(?:=>|[:=])\s{0,4}\\{0,2}["']?\\{0,2}"""
"""Between a key and its value: `=`, `: `, `": "`, `=>`, also with the quotes of JSON inside JSON escaped."""
_VALUE: Final = r"""[^\s"'\\,;&<>(){}\[\]]"""
_BASE64: Final = r"[A-Za-z0-9+/=_%-]"

_PEM_BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")

_WHOLE: Final = lambda _: MARK  # noqa: E731 - a table entry
_SECOND: Final = lambda found: f"{found[1]}{MARK}"  # noqa: E731

Rule = tuple[tuple[str, ...], re.Pattern[str], Callable[[re.Match[str]], str]]

_RULES: Final[tuple[Rule, ...]] = (
    # 1 access key ids of AWS
    (
        ("AKIA", "ASIA", "ABIA", "ACCA", "A3T"),
        re.compile(
            r"(?<![A-Za-z0-9+/])((?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9]))[A-Z0-9]{12,124}?([A-Z0-9]{4})(?![A-Za-z0-9+/])"
        ),
        lambda found: f"{found[1]}…{found[2]}",
    ),
    # 2 and 3 AWS secret keys and session tokens, by the word before them
    (
        ("secret", "token"),
        re.compile(
            rf"((?:aws_?)?(?:secret_?access_?key|session_?token|security_?token){_BEFORE}){_BASE64}{{16,2000}}",
            re.IGNORECASE,
        ),
        _SECOND,
    ),
    # 4 signed URLs
    (
        ("x-amz-",),
        re.compile(
            rf"(X-Amz-(?:Signature|Security-Token|Credential){_BEFORE}){_BASE64}{{8,2000}}", re.IGNORECASE
        ),
        _SECOND,
    ),
    # 5 authorization headers; the word alone ("the bearer of bad news") is none
    (
        ("bearer", "basic", "authorization"),
        re.compile(
            rf"({_WORD}authorization{_BEFORE}(?:[A-Za-z0-9-]{{1,20}} )?"
            rf"|{_WORD}bearer (?=[^\s]{{0,200}}[0-9._=-])|{_WORD}basic (?=[^\s]{{0,200}}[0-9=]))"
            r"""[A-Za-z0-9._~+/=-]{8,4000}""",
            re.IGNORECASE,
        ),
        _SECOND,
    ),
    # 6 JSON web tokens
    (
        ("eyj",),
        re.compile(
            r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,4000}\.[A-Za-z0-9_-]{6,4000}(?:\.[A-Za-z0-9_-]{0,4000})?"
        ),
        _WHOLE,
    ),
    # 7 passwords in URLs
    (
        ("://",),
        re.compile(r"(://[^\s/:@\"']{0,128}:)[^\s/@\"']{1,256}(?=@)"),
        _SECOND,
    ),
    # 9 GitHub
    (
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        re.compile(rf"{_WORD}(?:gh[pousr]_[A-Za-z0-9]{{20,255}}|github_pat_[A-Za-z0-9_]{{20,255}})"),
        _WHOLE,
    ),
    # 10 Slack
    (
        ("xox", "xapp-", "hooks.slack"),
        re.compile(
            rf"{_WORD}(?:xox[a-z]{{1,2}}-|xapp-)[A-Za-z0-9-]{{10,255}}|(?<=hooks\.slack\.com/services/)[A-Za-z0-9/]{{10,255}}"
        ),
        _WHOLE,
    ),
    # 11 Stripe
    (
        ("_live_", "_test_", "whsec_"),
        re.compile(
            rf"{_WORD}(?:(?:sk|rk|pk)_(?:live|test)_[A-Za-z0-9]{{10,255}}|whsec_[A-Za-z0-9+/=]{{10,255}})"
        ),
        _WHOLE,
    ),
    # 12 the headers of exchanges
    (
        ("x-mbx-apikey", "api-sign", "api-key", "cb-access-", "kc-api-", "ok-access-", "x-bapi-"),
        re.compile(
            rf"({_WORD}(?:X-MBX-APIKEY|API-Sign|API-Key|CB-ACCESS-[A-Z]{{1,20}}|KC-API-[A-Z-]{{1,20}}|OK-ACCESS-[A-Z]{{1,20}}|X-BAPI-(?:API-KEY|SIGN)){_BEFORE}){_VALUE}{{4,2000}}",
            re.IGNORECASE,
        ),
        _SECOND,
    ),
    # 13 whatever is called a password, a secret, a key or a token and given a value
    (
        (
            "passw",
            "passphrase",
            "pwd",
            "secret",
            "token",
            "api_key",
            "apikey",
            "api-key",
            "private_key",
            "credential",
        ),
        re.compile(
            r"((?<![A-Za-z])(?<!\d:)(?:[A-Za-z0-9]{1,24}[_-]){0,4}"
            r"(?:password|passwd|passphrase|pwd|secret|secret_?key|api_?secret|api[_-]?key|private_?key|"
            rf"auth_?token|access_?token|refresh_?token|id_?token|client_?secret|token){_BEFORE})"
            rf"(?!\[redacted\])(?=[^\s]{{0,200}}[^a-z\s.])(?!(?:None|null|true|false|True|False)\b){_VALUE}{{4,2000}}",
            re.IGNORECASE,
        ),
        _SECOND,
    ),
    # ... a password of small letters alone is one too, where an equals sign or JSON gives it
    (
        ("passw", "passphrase", "pwd", "secret"),
        re.compile(
            r"""((?<![A-Za-z])(?:[A-Za-z0-9]{1,24}[_-]){0,4}(?:password|passwd|passphrase|pwd|secret)"""
            rf"""(?:=|["']\s{{0,4}}[:=]\s{{0,4}}["']))(?!\[redacted\])(?!(?:None|null|true|false)\b){_VALUE}{{3,2000}}""",
            re.IGNORECASE,
        ),
        _SECOND,
    ),
)


def redact(text: str) -> str:
    """The text without its secrets; line ends stay. A private key goes from its first line to its last."""
    if "-----BEGIN" in text:
        text = _without_keys(text)
    lowered = text.lower()
    for words, pattern, put in _RULES:
        if any(word.lower() in lowered for word in words):
            text = pattern.sub(put, text)
    return text


def redact_value(value: Any) -> Any:
    """The same in every text inside a JSON value, a secret's own key told by its name included."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(str(key)): _of_key(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(inner) for inner in value]
    return value


class Redactor:
    """Lines one after another: what `redact` does for a whole text, where it comes bit by bit."""

    def __init__(self, in_key: bool = False) -> None:
        self.in_key = in_key
        """Whether the lines are in the middle of a private key."""

    def line(self, line: str) -> str:
        """One whole line, without its end."""
        if self.in_key:
            end = _PEM_END.search(line)
            if end is None:
                return MARK
            self.in_key = False
            return redact(line[end.end() :])
        begin = _PEM_BEGIN.search(line)
        if begin is not None and not _PEM_END.search(line, begin.end()):
            self.in_key = True
            return redact(line[: begin.start()]) + MARK
        return redact(line)


def _without_keys(text: str) -> str:
    parts: list[str] = []
    at = 0
    while (begin := _PEM_BEGIN.search(text, at)) is not None:
        end = _PEM_END.search(text, begin.end())
        parts += [text[at : begin.start()], MARK]
        at = end.end() if end is not None else len(text)
    return "".join(parts) + text[at:]


_NAMED: Final = re.compile(
    r"(?:^|[_-])(?:password|passwd|passphrase|secret|api_?key|api_?secret|secret_?access_?key|session_?token|private_?key|token)$",
    re.IGNORECASE,
)


def _of_key(key: str, value: Any) -> Any:
    if isinstance(value, str) and value and _NAMED.search(key):
        return MARK
    return redact_value(value)
