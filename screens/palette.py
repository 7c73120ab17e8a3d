"""The command palette: every action that works here, found by its words. The same table as the keys."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text
from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from screens.bindings import carry_out, listening
from screens.widgets.hints import key_sign
from tradai_console.actions.action import Action
from tradai_console.messages import OpenRequested, TrailRequested
from tradai_console.models.log import find_ids
from tradai_console.models.oncall import SectionName


class ActionCommands(Provider):
    """The actions of the screen below the palette, and of the console itself."""

    def _actions(self) -> Iterable[Action]:
        return (action for action in listening(self.screen) if action.id != "console.command")

    async def discover(self) -> Hits:
        for action in self._actions():
            yield DiscoveryHit(self._title(action), self._runner(action), text=action.id, help=action.help)

    async def search(self, query: str) -> Hits:
        verb, _, wanted = query.strip().partition(" ")
        if verb == "trail" and wanted.strip():
            yield self._story(wanted.strip())
        matcher = self.matcher(query)
        for action in self._actions():
            score = max(matcher.match(action.label), matcher.match(action.help), matcher.match(action.id))
            if score > 0:
                yield Hit(score, self._title(action), self._runner(action), text=action.id, help=action.help)

        for section in getattr(self.app, "sections", ()):
            score = matcher.match(f"runbook {section.title}")
            if score > 0:
                words = f"runbook {section.title}"
                yield Hit(score, Content(words), self._opener(section), text=words, help=section.runbook)

    def _story(self, wanted: str) -> Hit:
        """`:trail ID` tells the story of any id that is typed."""

        async def run() -> None:
            self.screen.post_message(TrailRequested(wanted))

        title = Content(f"trail {wanted}")
        return Hit(
            1.0, title, run, text=f"trail {wanted}", help="The whole story of this id, across services."
        )

    def _opener(self, section: SectionName):  # type: ignore[no-untyped-def]
        async def run() -> None:
            self.app.action_open_section(section.runbook, section.anchor)  # type: ignore[attr-defined]

        return run

    def _title(self, action: Action) -> str:
        key = key_sign(action.keys.split(",")[0])
        return f"{action.label}  {key}" if key and "[" not in key and "]" not in key else action.label

    def _runner(self, action: Action):  # type: ignore[no-untyped-def]
        async def run() -> None:
            await carry_out(self.screen, action.call)

        return run


class JobCommands(Provider):
    """`job ID`: the workflow of a job, an execution, a trace or a task, by whatever names it."""

    async def search(self, query: str) -> Hits:
        verb, _, rest = query.strip().partition(" ")
        wanted = rest.strip() if verb in _OPENING else query.strip() if find_ids(query) else ""
        if wanted:
            yield Hit(1.0, Text(f"Open the workflow of {wanted}"), self._opener(wanted), text=f"job {wanted}")

    def _opener(self, wanted: str):  # type: ignore[no-untyped-def]
        async def run() -> None:
            self.screen.post_message(OpenRequested("workflows", wanted))

        return run


_OPENING = ("job", "execution", "workflow", "trace")
