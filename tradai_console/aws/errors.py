"""Foreign errors translated once, where they enter: by AWS's code and by its message, into our own tree.

botocore is imported only once something has gone wrong, or by those who are called after it was loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from tradai_console.aws.changes import action_of
from tradai_console.errors import (
    AwsError,
    ConsoleError,
    Denied,
    Expired,
    NotFound,
    SettingsError,
    Throttled,
    Unavailable,
    Unreachable,
)
from tradai_console.text import plain

MESSAGE_LIMIT: Final = 300
"""Characters of a message of ours."""

THROTTLES: Final = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""The codes that mean: not now. Some services say it in the message of another code."""

EXPIRIES: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)
"""The codes that mean: with these credentials, or with this clock, no call will be answered."""

DENIALS: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "ForbiddenException",
        "NotAuthorized",
        "OptInRequired",
        "UnauthorizedException",
        "UnauthorizedOperation",
    }
)

_SKEWED: Final = re.compile(r"[Ss]ignature (expired|not yet current)|[Cc]lock|skew")
_TIMED: Final = frozenset({"RequestTimeTooSkewed", "RequestExpired"})
_THROTTLED: Final = re.compile(r"[Rr]ate exceeded|throttl|[Tt]oo many requests", re.IGNORECASE)
_PERFORM: Final = re.compile(r"perform:? ([a-z0-9-]+:[A-Za-z0-9*]+)")
_ABSENT: Final = re.compile(
    r"NotFound(Exception|Fault)?$|DoesNotExist$|NonExistent\w*$|^NoSuch|MissingException$"
)
_ABSENT_SAID: Final = re.compile(r"does not exist|not found|no longer exists", re.IGNORECASE)
_PERHAPS_ABSENT: Final = frozenset(
    {"ValidationError", "ValidationException", "InvalidParameterValue", "ClientException", "InvalidArn"}
)
_SPACE: Final = re.compile(r"\s+")
_NOT_FOUND_STATUS: Final = 404
_SECRET: Final = re.compile(
    r"\b(A3T|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{12,}\b|(?<=Signature=)\S+|\b[A-Za-z0-9+/=]{60,}"
)


@contextmanager
def aws_errors(service: str, operation: str) -> Iterator[None]:
    """Whatever AWS's libraries raise inside comes out as one of ours, the foreign error as its cause."""
    try:
        yield
    except ConsoleError:
        raise
    except Exception as error:  # the one place where every foreign error is to be caught
        raise translate(error, service, operation) from error


def translate(error: BaseException, service: str, operation: str) -> ConsoleError:
    """The error of ours that says what this one means. Never raises."""
    from botocore import exceptions as foreign

    call = f"{service}:{operation}"
    if isinstance(error, foreign.ClientError):
        return _answered(error.response, service, operation)
    if isinstance(error, foreign.ParamValidationError):
        return AwsError(_text(f"{call} was asked wrongly: {error}"))
    if isinstance(error, _unreadable_config(foreign)):
        return SettingsError(_text(f"the AWS configuration cannot be used: {error}"))
    if isinstance(error, _no_credentials(foreign)):
        return Expired(_text(f"the credentials cannot be used: {error}"))
    if isinstance(error, (TimeoutError, foreign.ReadTimeoutError, foreign.ConnectTimeoutError)):
        return Unreachable(f"{call}: no answer in time")
    if isinstance(error, foreign.ConnectionClosedError):
        return Unreachable(_text(f"{call}: the connection broke before the answer was whole"))
    if isinstance(error, (foreign.ConnectionError, OSError)):
        return Unreachable(_text(f"{call}: no connection ({_reason(error)})"))
    return _broken(error, call)


def _broken(error: BaseException, call: str) -> AwsError:
    from tradai_console.aws.answers import OversizeError

    inner = getattr(error, "kwargs", {}).get("error", error)
    if isinstance(inner, OversizeError):
        return Unavailable(f"{call}: {inner}")
    return Unavailable(_text(f"{call}: the answer cannot be read ({type(inner).__name__}: {inner})"))


def _answered(answer: Mapping[str, Any], service: str, operation: str) -> AwsError:
    """AWS answered, and not with what was asked for."""
    call = f"{service}:{operation}"
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    said = answer.get("Error", {})
    code = _text(str(said.get("Code", "")), 80).rpartition("#")[2].split(":")[0].strip()
    message = str(said.get("Message") or "")
    if code in THROTTLES or status == 429 or (_THROTTLED.search(message) and code not in DENIALS):
        return Throttled(f"{call}: AWS asks to slow down ({code or status})")
    if code in EXPIRIES:
        return _expired(call, code, message)
    if code in DENIALS:
        return _denied(action_of(service, operation), message)
    if _absent(code, message, status):
        return NotFound(_text(f"{call}: {message or code}"))
    if status >= 500:
        why = "no reason given" if not code or code.isdigit() else code
        return Unavailable(_text(f"{call}: AWS answered {status} ({why})"))
    if status == 403:
        return _denied(action_of(service, operation), "")
    if status in (401, 407) or not code or code.isdigit() or message.lstrip().startswith("<"):
        return Unavailable(_text(f"{call}: answered {status}, and not by AWS (a proxy on the way?)"))
    return AwsError(_text(f"{call}: {code}: {message}"))


def _expired(call: str, code: str, message: str) -> Expired:
    if code in _TIMED or _SKEWED.search(message):
        return Expired(f"{call}: AWS takes the time of this machine for wrong ({code}): set its clock")
    if code in ("SignatureDoesNotMatch", "InvalidSignatureException"):
        return Expired(
            f"{call}: the secret key does not fit its key id, or this machine's clock is wrong ({code})"
        )
    return Expired(f"{call}: the credentials are expired or not valid ({code})")


def _denied(action: str, message: str) -> Denied:
    """The action as AWS names it in its sentence, else as our table does; EC2's sentence is in code."""
    named = _PERFORM.search(message)
    action = named[1] if named else action
    why = ", by an explicit deny" if "explicit deny" in message else ""
    return Denied(action, f"{action} is not allowed for these credentials{why}")


def _absent(code: str, message: str, status: int) -> bool:
    if _ABSENT.search(code) or code.endswith(".NotFound"):
        return True
    if code in _PERHAPS_ABSENT and _ABSENT_SAID.search(message):
        return True
    return status == _NOT_FOUND_STATUS and code not in ("", "404", "UnknownOperationException")


def _unreadable_config(foreign: Any) -> tuple[type[BaseException], ...]:
    return (
        foreign.ConfigParseError,
        foreign.ProfileNotFound,
        foreign.InvalidConfigError,
        foreign.InfiniteLoopConfigError,
        foreign.InvalidRegionError,
        foreign.UnknownServiceError,
    )


def _no_credentials(foreign: Any) -> tuple[type[BaseException], ...]:
    return (
        foreign.NoCredentialsError,
        foreign.PartialCredentialsError,
        foreign.CredentialRetrievalError,
        foreign.MetadataRetrievalError,
        foreign.SSOError,
        foreign.TokenRetrievalError,
        foreign.RefreshWithMFAUnsupportedError,
        foreign.UnknownCredentialError,
        foreign.LoginError,
    )


def _reason(error: BaseException) -> str:
    """The system's own words inside a chain of wrappers: connection refused, name not known."""
    inner: Any = getattr(error, "kwargs", {}).get("error", error)
    inner = getattr(inner, "os_error", inner)
    return str(getattr(inner, "strerror", None) or inner or type(inner).__name__)


def _text(value: str, limit: int = MESSAGE_LIMIT) -> str:
    return plain(_SECRET.sub("***", _SPACE.sub(" ", value)), limit)
