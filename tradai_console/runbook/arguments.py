"""A step's arguments and environment, filled with what is known. Values never enter the text of a program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tradai_console.runbook.catalogue import ARGUMENTS, Usage
from tradai_console.runbook.variables import ALIASES, accepts

_HOLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


@dataclass(frozen=True)
class Filled:
    """Arguments with their values, and what stands in the way of using them."""

    values: Mapping[str, str]
    missing: tuple[str, ...] = ()
    """Variables that have no value yet."""
    refused: tuple[str, ...] = ()
    """Arguments whose value is not one for their kind."""
    defaulted: tuple[str, ...] = ()
    """Optional arguments whose variable nobody knows: their default is used, and a person must be told."""

    @property
    def complete(self) -> bool:
        return not self.missing and not self.refused


def fill(
    arguments: Iterable[tuple[str, str]], variables: Mapping[str, str], usage: Usage | None = None
) -> Filled:
    """The arguments of a probe or an action with `${SERVICE}` replaced; each whole value must fit its kind.

    With its `usage`, an optional argument whose variable has no value falls back to its default. A value that
    was given and is refused falls back to nothing: what it meant is not what would be looked at.
    """
    known = with_aliases(variables)
    values: dict[str, str] = {}
    missing: dict[str, None] = {}
    refused: list[str] = []
    defaulted: list[str] = []
    for name, template in arguments:
        lacking = [hole for hole in _HOLE.findall(template) if hole not in known]
        if lacking and usage and name in usage.optional and not variables.keys() & set(lacking):
            defaulted.append(name)
            values |= {name: usage.defaults[name]} if name in usage.defaults else {}
            continue
        missing |= dict.fromkeys(lacking)
        if lacking:
            continue
        value = _HOLE.sub(lambda hole: known[hole[1]], template)
        if name in ARGUMENTS and accepts(ARGUMENTS[name], value):
            values[name] = value
        else:
            refused.append(name)
    return Filled(values, tuple(missing), tuple(refused), tuple(defaulted))


def with_aliases(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables under every name a command may use for them; a value that its pattern refuses is left out.

    This is what a command line gets as environment variables.
    """
    known = {name: value for name, value in variables.items() if accepts(name, value)}
    return known | {alias: known[name] for alias, name in ALIASES.items() if name in known}
