"""The write gate: what is not known to be a read is refused before a byte is sent, unless allowed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tradai_console.aws.changes import NEVER
from tradai_console.aws.reads import OWN_QUEUE_ONLY, READS
from tradai_console.errors import ChangeRefused
from tradai_console.settings import Settings

_JOURNAL_WRITES: Final = frozenset({"PutItem", "UpdateItem"})


class Gate:
    """Decides which calls may leave, from the settings of this run alone."""

    def __init__(self, settings: Settings, journal_table: str | None = None) -> None:
        self._allow_changes = settings.allow_changes
        self._alert_queue = settings.alert_queue
        self._journal_table = journal_table

    def check(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """Nothing, or ChangeRefused. An operation that nobody knows is taken for a change."""
        if (service, operation) in NEVER:
            raise ChangeRefused(f"{service}:{operation} reads a secret's value; this console never does")
        if self._allow_changes or self.reads(service, operation, params):
            return
        raise ChangeRefused(
            f"{service}:{operation} would change AWS, and this console is read-only: "
            "start it with --allow-changes"
        )

    def reads(self, service: str, operation: str, params: Mapping[str, Any]) -> bool:
        """Whether the call leaves the platform as it is; writes to the console's own journal do."""
        if service == "sqs" and operation in OWN_QUEUE_ONLY:
            return self._alert_queue is not None and params.get("QueueUrl") == self._alert_queue
        if service == "dynamodb" and operation in _JOURNAL_WRITES:
            return self._journal_table is not None and params.get("TableName") == self._journal_table
        return operation in READS.get(service, {})
