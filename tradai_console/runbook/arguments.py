"""A step's arguments and environment, filled with what is known. Values never enter the text of a program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tradai_console.runbook.catalogue import ARGUMENTS
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

    @property
    def complete(self) -> bool:
        return not self.missing and not self.refused


def fill(arguments: Iterable[tuple[str, str]], variables: Mapping[str, str]) -> Filled:
    """The arguments of a probe or an action with `${SERVICE}` replaced; each whole value must fit its kind."""
    known = with_aliases(variables)
    values: dict[str, str] = {}
    missing: dict[str, None] = {}
    refused: list[str] = []
    for name, template in arguments:
        lacking = [hole for hole in _HOLE.findall(template) if hole not in known]
        missing |= dict.fromkeys(lacking)
        if lacking:
            continue
        value = _HOLE.sub(lambda hole: known[hole[1]], template)
        if name in ARGUMENTS and accepts(ARGUMENTS[name], value):
            values[name] = value
        else:
            refused.append(name)
    return Filled(values, tuple(missing), tuple(refused))


def with_aliases(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables under every name a command may use for them; a value that its pattern refuses is left out.

    This is what a command line gets as environment variables.
    """
    known = {name: value for name, value in variables.items() if accepts(name, value)}
    return known | {alias: known[name] for alias, name in ALIASES.items() if name in known}
