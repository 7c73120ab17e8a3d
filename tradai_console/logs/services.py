"""Who wrote a line: the service by its stream's prefix, the function by its group."""

from __future__ import annotations

from tradai_console.platform import Platform

_MOST_REMEMBERED = 10_000
_FOLDER_OF_FUNCTIONS = "/aws/lambda/"


class Services:
    """Names the writer of each stream, remembering what it has named."""

    def __init__(self, platform: Platform | None = None) -> None:
        self._platform = platform
        self._known: dict[tuple[str, str], str] = {}

    def of(self, group: str, stream: str) -> str:
        """`backend-api` for `backend-api/backend/<task>`, `health-check` for its function's group, else the group."""
        key = (group, stream)
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._name(group, stream)
        return found

    def _name(self, group: str, stream: str) -> str:
        if group.startswith(_FOLDER_OF_FUNCTIONS):
            return self._function(group)
        first, _, rest = stream.partition("/")
        if rest and first and not first.isdigit():
            return self._container(first, rest.partition("/")[0])
        last = group.rstrip("/").rpartition("/")[2] or group
        return self._platform.service_of(last) if self._platform is not None else last

    def _container(self, prefix: str, container: str) -> str:
        """The prefix; but the container where that is a service of the platform and the prefix is not."""
        if self._platform is None:
            return prefix
        named = self._platform.service_of(prefix)
        known = named not in self._platform.services and container in self._platform.services
        return container if known else named

    def _function(self, group: str) -> str:
        name = group.removeprefix(_FOLDER_OF_FUNCTIONS)
        if self._platform is None:
            return name
        before, _, after = self._platform.functions.name.partition("{name}")
        fits = name.startswith(before) and name.endswith(after) and len(name) > len(before) + len(after)
        return name[len(before) : len(name) - len(after)] if fits else name
