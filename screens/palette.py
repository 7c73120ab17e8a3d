"""The command palette: every action that works here, found by its words. The same table as the keys."""

from __future__ import annotations

from collections.abc import Iterable

from textual.command import DiscoveryHit, Hit, Hits, Provider

from screens.bindings import carry_out, listening
from screens.widgets.hints import key_sign
from tradai_console.actions.action import Action


class ActionCommands(Provider):
    """The actions of the screen below the palette, and of the console itself."""

    def _actions(self) -> Iterable[Action]:
        return (action for action in listening(self.screen) if action.id != "console.command")

    async def discover(self) -> Hits:
        for action in self._actions():
            yield DiscoveryHit(self._title(action), self._runner(action), text=action.id, help=action.help)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action in self._actions():
            score = max(matcher.match(action.label), matcher.match(action.help), matcher.match(action.id))
            if score > 0:
                yield Hit(score, self._title(action), self._runner(action), text=action.id, help=action.help)

    def _title(self, action: Action) -> str:
        key = key_sign(action.keys.split(",")[0])
        return f"{action.label}  {key}" if key and "[" not in key and "]" not in key else action.label

    def _runner(self, action: Action):  # type: ignore[no-untyped-def]
        async def run() -> None:
            await carry_out(self.screen, action.call)

        return run
