"""Which kind of failure words tell of: those of an error, a cause, or an error line of a log. Pure."""

from __future__ import annotations

from typing import Final

from tradai_console.models.workflow import CauseKind
from tradai_console.workflow.events import HistoryEvent

_WORDS: Final = {
    CauseKind.MEMORY: "outofmemory|memoryerror|signal: killed|out of memory|oom-kill|runtime.exiterror",
    CauseKind.SPOT: "spotinterruption|spot task was interrupted",
    CauseKind.TIMEOUT: "states.timeout|heartbeattimeout|task timed out|sandbox.timedout|ran past its time limit"
    "|timeouterror|timed out after|readtimeout|connecttimeout",
    CauseKind.THROTTLED: "toomanyrequests|too many requests|throttl|rate exceeded|ratelimit|requestlimitexceeded",
    CauseKind.DENIED: "accessdenied|not authorized|states.permissions|unauthorizedoperation",
    CauseKind.START: "cannotpull|resourceinitialization|could not start the task|taskfailedtostart|ecs.|unable to pull"
    "|insufficient capacity|capacity is unavailable",
    CauseKind.VALIDATION: "validation|invalidmodel|invalidinput|invalid_model|is not in allowed|schemaerror",
    CauseKind.DATA: "datanotavailable|insufficient data|no data|no candles|nodata|data gap|emptydata",
    CauseKind.DEFINITION: "states.runtime|pathfailure|pathmatchfailure|states.intrinsicfailure|states.datalimit"
    "|nochoicematched|queryevaluation",
}
"""The first kind one of whose words stands in the text, whatever the case."""

_KINDS: Final = tuple((kind, tuple(words.split("|"))) for kind, words in _WORDS.items())


def kind_of(failure: HistoryEvent | None, error: str | None, cause: str | None) -> CauseKind:
    """What kind of failure it is, by the words of error and cause, else by what failed."""
    kind = kind_in(f"{error or ''} {cause or ''}")
    if kind is not None:
        return kind
    type_ = failure.type if failure is not None else ""
    if type_.endswith("TimedOut"):
        return CauseKind.TIMEOUT
    if type_ == "EvaluationFailed":
        return CauseKind.DEFINITION
    if type_ in ("TaskStartFailed", "TaskSubmitFailed") or type_.endswith("ScheduleFailed"):
        return CauseKind.START
    if type_.startswith("Lambda"):
        return CauseKind.FUNCTION
    return CauseKind.TASK if error == "States.TaskFailed" else CauseKind.ERROR


def kind_in(text: str) -> CauseKind | None:
    """The kind that words tell of; None if they tell of none."""
    low = text.lower()
    return next((kind for kind, words in _KINDS if any(word in low for word in words)), None)
