"""Our errors, one tree. Foreign errors are translated once, where they enter (`aws.errors`).

ConsoleError
├── SettingsError        a setting, option or file of the user is wrong; says which, and what is allowed
├── AwsError             a call to AWS gave no good answer; `state` is the word a pane shows
│   ├── Denied           IAM refused; `action` is what to grant
│   ├── Throttled        AWS asked us to slow down
│   ├── Expired          the credentials are expired, revoked, or there are none
│   ├── Unreachable      no connection, or no answer in time
│   ├── Unavailable      5xx, a broken or an unreadable answer
│   └── NotFound         the answer is good: the thing named is not there
├── ChangeRefused        the write gate: this call changes AWS and changes are not allowed
├── RunbookError         a runbook file is wrong at `path:line`
└── JournalError         the journal could not be read or written
"""

from __future__ import annotations

from pathlib import Path


class ConsoleError(Exception):
    """Everything this program raises on purpose. Its text is one sentence that a person can act on."""


class SettingsError(ConsoleError):
    """A setting is wrong. The text names the key, the value, and what is allowed."""


class AwsError(ConsoleError):
    """A call to AWS gave no good answer."""

    state = "unavailable"
    """The state word of a pane whose newest reading ended so."""


class Denied(AwsError):
    """IAM refused the call."""

    state = "denied"

    def __init__(self, action: str, message: str = "") -> None:
        super().__init__(message or f"{action} is not allowed for these credentials")
        self.action = action
        """What to grant, as IAM spells it: `ecs:ListTasks`."""


class Throttled(AwsError):
    """AWS asked us to slow down."""

    state = "throttled"


class ShareUsedUp(Throttled):
    """Nobody asked us: this console keeps to its share of a quota, and the next place in it is far away."""


class Expired(AwsError):
    """The credentials are expired or revoked, or there are none."""

    state = "expired"


class Unreachable(AwsError):
    """No connection, or no answer before the call's deadline."""

    state = "unreachable"


class Unavailable(AwsError):
    """AWS answered with a 5xx, or with something that cannot be read."""

    state = "unavailable"


class NotFound(AwsError):
    """AWS answered well: what was asked for is not there."""

    state = "unavailable"


class ChangeRefused(ConsoleError):
    """The call would change AWS, and changes are not allowed. Nothing was sent."""


class RunbookError(ConsoleError):
    """A runbook file is wrong."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line
        self.message = message


class JournalError(ConsoleError):
    """The journal could not be read or written."""
