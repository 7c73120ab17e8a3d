"""What we need of aiobotocore that it does not do by itself. Imported late: it costs a third of a second.

- every call of every client passes one method of ours;
- credential helpers must not reach for the terminal, and must end;
- answers are read strictly and up to a size: see `answers`.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, NoReturn, Protocol

from aiobotocore.config import AioConfig
from aiobotocore.credentials import AioProcessProvider, create_credential_resolver
from aiobotocore.session import AioSession
from botocore.credentials import SSOProvider
from botocore.exceptions import CredentialRetrievalError
from botocore.loaders import create_loader
from botocore.utils import JSONFileCache, SSOTokenLoader

from tradai_console.aws.answers import BoundedHttp, StrictParsers, keepalive_socket, no_page
from tradai_console.aws.changes import HELPERS
from tradai_console.aws.login import SSO_CACHE
from tradai_console.errors import ChangeRefused

# The stubs know only the public half of it, and we are at home in the other.
_Session: Any = AioSession

_NOWHERE: Final = logging.NullHandler()

HELPER_S: Final = 20.0
"""How long a `credential_process` may take."""

CONNECT_S: Final = 3.0
READ_S: Final = 6.0
POOL: Final = 10


class CallPath(Protocol):
    """What a guarded client hands its calls to: see `calls.Calls`."""

    async def call(self, client: Any, operation: str, params: Mapping[str, Any], send: Any) -> Any: ...


class Guarded:
    """The base that every client of our session gets first: no call leaves but through it."""

    _tradai_calls: CallPath | None = None

    async def _make_api_call(self, operation_name: str, api_params: Mapping[str, Any]) -> Any:
        send = super()._make_api_call  # type: ignore[misc]  # it is botocore's, on the next base
        calls = self._tradai_calls
        if calls is not None:
            return await calls.call(self, operation_name, api_params, send)
        service = self.meta.service_model.service_name  # type: ignore[attr-defined]
        if (service, operation_name) not in HELPERS:
            raise ChangeRefused(f"{service}:{operation_name} was asked of a client that is not the door's")
        return await send(operation_name, api_params)


def _guard(base_classes: list[type], **_: Any) -> None:
    base_classes.insert(0, Guarded)


def _guard_presigning(class_attributes: dict[str, Any], **_: Any) -> None:
    class_attributes["generate_presigned_url"] = _no_presigning


def _no_presigning(*_: Any, **__: Any) -> NoReturn:
    raise ChangeRefused("a presigned URL would carry a call past the write gate")


class _Helper:
    """A `credential_process` that has neither our terminal nor more time than is good."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    async def communicate(self) -> tuple[bytes, bytes]:
        try:
            async with asyncio.timeout(HELPER_S):
                return await self._process.communicate()
        except TimeoutError:
            raise CredentialRetrievalError(
                provider="credential_process", error_msg=f"no answer in {HELPER_S:.0f} s"
            ) from None
        finally:
            if self._process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(self._process.pid, signal.SIGKILL)


async def _start_helper(*command: str, **_: Any) -> _Helper:
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    return _Helper(process)


def _no_prompt(*_: str) -> NoReturn:
    raise CredentialRetrievalError(
        provider="assume-role",
        error_msg="the profile asks for an MFA code, and the console never asks on its terminal; "
        "use a login that has one already (aws sso login, or keys from aws sts get-session-token)",
    )


@cache
def _loader(data_path: str | None) -> Any:
    """The service models, read once for all sessions of this process: they are its largest part."""
    return create_loader(data_path)


class DoorSession(_Session):  # type: ignore[misc]
    """One session for a whole run: the standard chain of credentials, with the manners of this console."""

    def __init__(self, profile: str | None, endpoint_url: str | None, attempts: int) -> None:
        super().__init__(profile=profile)
        self._door_endpoint = endpoint_url
        self._door_attempts = attempts
        self._nothing_at_the_metadata_address = False
        self._components.register_component("response_parser_factory", StrictParsers())
        data_path = self.get_config_variable("data_path")
        self._components.lazy_register_component("data_loader", lambda: _loader(data_path))
        self.register("creating-client-class", _guard)
        self._events.register_last("creating-client-class", _guard_presigning)
        self.register("before-parse", no_page)
        self.set_default_client_config(self._door_config())
        for name in ("botocore", "aiobotocore"):
            # Below a warning they write headers; without a handler Python writes warnings over the screen.
            logger = logging.getLogger(name)
            logger.setLevel(max(logger.level, logging.WARNING))
            logger.addHandler(_NOWHERE)

    def _door_config(self) -> Any:
        return AioConfig(
            connect_timeout=CONNECT_S,
            read_timeout=READ_S,
            max_pool_connections=POOL,
            retries={"mode": "standard", "total_max_attempts": self._door_attempts},
            tcp_keepalive=True,
            account_id_endpoint_mode="disabled",
            inject_host_prefix=self._door_endpoint is None,
            http_session_cls=BoundedHttp,
            connector_args={"socket_factory": keepalive_socket},
        )

    async def _create_client(self, *args: Any, endpoint_url: str | None = None, **kwargs: Any) -> Any:
        return await super()._create_client(*args, endpoint_url=endpoint_url or self._door_endpoint, **kwargs)

    def use_keys(self, keys: Any) -> None:
        """Sign everything with what these `credentials.Keys` hold at the time."""
        self._credentials = keys

    async def fresh_credentials(self) -> Any:
        """The chain walked anew, files read anew; None if it ends with nothing."""
        self._config = self._profile_map = None
        resolver = self._quiet_resolver()
        if self._nothing_at_the_metadata_address:
            with suppress(ValueError, KeyError):
                resolver.remove("iam-role")
        found = await resolver.load_credentials()
        # This machine is no EC2 instance, and will not become one: asked once is enough.
        self._nothing_at_the_metadata_address = self._nothing_at_the_metadata_address or found is None
        return found

    def _quiet_resolver(self) -> Any:
        resolver = create_credential_resolver(self, region_name=self.get_config_variable("region"))
        cache = JSONFileCache(str(Path(SSO_CACHE).expanduser()))
        provider: Any
        for provider in resolver.providers:
            builder = getattr(provider, "_profile_provider_builder", None)
            if builder is not None:
                provider._prompter = _no_prompt
                builder._create_process_provider = self._quiet_process
                builder._sso_token_cache = cache
            elif provider.METHOD == AioProcessProvider.METHOD:
                provider._popen = _start_helper
            elif provider.METHOD == SSOProvider.METHOD:
                # Their own folder was found when they were imported; ours follows the home of now.
                provider._token_cache = cache
                provider._token_provider._token_loader = SSOTokenLoader(cache=cache)
        return resolver

    def _quiet_process(self, profile_name: str) -> Any:
        return AioProcessProvider(
            profile_name=profile_name, load_config=lambda: self.full_config, popen=_start_helper
        )

    def login(self) -> tuple[str, str]:
        """The profile in use, and the kind of its credentials: a key of `login.advice`."""
        profile = self.get_config_variable("profile") or "default"
        if self.instance_variables().get("profile") is None and os.environ.get("AWS_ACCESS_KEY_ID"):
            return profile, "env"
        scoped: dict[str, Any] = {}
        with suppress(Exception):
            scoped = self.get_scoped_config()
        for key, kind in _KINDS.items():
            if key in scoped:
                return profile, kind
        return profile, "keys"

    def sso_names(self) -> tuple[str, str | None] | None:
        """The start URL and the session's name of an SSO profile, by which its token is cached."""
        scoped: dict[str, Any] = {}
        with suppress(Exception):
            scoped = self.get_scoped_config()
        name = scoped.get("sso_session")
        part = self.full_config.get("sso_sessions", {}).get(name, {}) if name else scoped
        url = part.get("sso_start_url")
        return (url, name) if url else None

    def login_files(self) -> list[Path]:
        """Every file whose change may mean new credentials."""
        files = [
            Path(self.get_config_variable(name)).expanduser() for name in ("config_file", "credentials_file")
        ]
        for folder in (Path(SSO_CACHE), Path("~/.aws/login/cache")):
            with suppress(OSError):
                files += sorted(folder.expanduser().iterdir())
        token = os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE")
        return [*files, Path(token)] if token else files


_KINDS: Final = {
    "sso_session": "sso",
    "sso_start_url": "sso",
    "login_session": "login",
    "credential_process": "process",
    "role_arn": "role",
}
