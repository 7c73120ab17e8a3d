"""The operator's own keys: `keys.toml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tradai_console.actions import ACTIONS, TOGETHER, scope
from tradai_console.errors import SettingsError


def read_keys(path: Path) -> Mapping[str, str]:
    """The user's `keys.toml`: `"pane.zoom" = "f"`. No file: no changes.

    Raises SettingsError for an unknown id, a value that is no key, or two actions of one scope on one key.
    """
    import tomllib

    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}") from None
    known = {action.id: action for action in ACTIONS}
    for name, keys in _flat(raw).items():
        if name not in known:
            near = ", ".join(sorted(known)[:6])
            raise SettingsError(f"{path}: {name!r} is no action; see `?` for the ids, such as {near}")
        if not isinstance(keys, str) or not keys.strip():
            raise SettingsError(f'{path}: {name} = {keys!r}: allowed are key names such as "z" or "ctrl+r,r"')
    changed = {name: str(keys) for name, keys in _flat(raw).items()}
    _refuse_conflicts(path, changed)
    return changed


def _flat(raw: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """`[pane] zoom = "f"` and `"pane.zoom" = "f"` are the same."""
    flat: dict[str, object] = {}
    for key, value in raw.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{name}.")
        else:
            flat[name] = value
    return flat


def _refuse_conflicts(path: Path, changed: Mapping[str, str]) -> None:
    for scopes in TOGETHER:
        taken: dict[str, str] = {}
        for action in scope(*scopes):
            for key in filter(None, changed.get(action.id, action.keys).split(",")):
                other = taken.setdefault(key.strip(), action.id)
                if other != action.id:
                    raise SettingsError(f"{path}: {key.strip()!r} is the key of both {other} and {action.id}")
