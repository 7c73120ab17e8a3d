"""Work-arounds for the time that botocore and moto spend on their own files: each is read once a process.

botocore parses a service's model anew for each session, and moto makes many sessions: EC2's alone, a large
file, was parsed seven times before the first request was answered. Here every part of the process shares what
was read first, which services there are, and how an event's name is spelt: each session asks a hundred aliases for
three hundred of them. moto also lists its own folder at each request, and reads which instance types are offered in
every region of the world; the demo has one. At each beginning it registers more than a thousand images, each with a
volume and a snapshot, that nobody launches.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from botocore.hooks import EventAliaser
from botocore.loaders import JSONFileLoader, Loader
from botocore.utils import EVENT_ALIASES
from moto import backends
from moto.utilities import utils

from tradai_console.demo.clients import REGION

# moto mends these services' models in place, for its own side; a client must not be given the mended ones.
_MENDED = ("/sqs/", "/s3/", "/s3control/", "/cloudfront/")
_OFFERINGS = "resources/instance_type_offerings"
_IMAGES = ("resources/amis.json", "resources/latest_amis", "resources/ecs/optimized_amis")

_read_file = JSONFileLoader.load_file
_read_resource = utils.load_resource
_list_services = Loader.list_available_services
_new_aliaser = EventAliaser.__init__
_list_modules = backends.list_of_moto_modules
_lock = threading.Lock()
_known: dict[str, Any] = {}
_spelt: dict[str, str] = {}
_services: dict[tuple[str, ...], list[str]] = {}


def share() -> None:
    """From now on read each file once. Doing it again changes nothing. Comes before moto's services are imported."""
    setattr(JSONFileLoader, "load_file", _load_file)  # noqa: B010 - mypy holds methods to be constant
    setattr(Loader, "list_available_services", _list_available_services)  # noqa: B010
    setattr(EventAliaser, "__init__", _share_names)  # noqa: B010
    setattr(utils, "load_resource", _load_resource)  # noqa: B010
    setattr(backends, "list_of_moto_modules", _modules)  # noqa: B010


def _load_file(self: JSONFileLoader, file_path: str) -> Any:
    if any(name in file_path for name in _MENDED):
        return _read_file(self, file_path)
    with _lock:
        if file_path not in _known:
            _known[file_path] = _read_file(self, file_path)
        return _known[file_path]


def _share_names(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
    _new_aliaser(self, event_emitter, event_aliases)
    if self._event_aliases == EVENT_ALIASES:
        self._alias_name_cache = _spelt


def _load_resource(filename: str) -> Any:
    if (_OFFERINGS in filename and REGION not in filename) or any(name in filename for name in _IMAGES):
        return []
    return _read_resource(filename)


def _list_available_services(self: Loader, type_name: str) -> list[str]:
    key = (type_name, *self.search_paths)
    if key not in _services:
        _services[key] = _list_services(self, type_name)
    return list(_services[key])


@cache
def _modules() -> frozenset[str]:
    return frozenset(_list_modules())
