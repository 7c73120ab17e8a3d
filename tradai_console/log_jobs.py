"""What the interface asks of the engine about logs. See `jobs` for how they are carried out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradai_console.models.log import LogLine, LogNote
from tradai_console.models.log_feed import LogsAbout
from tradai_console.models.trail import TrailEvent

if TYPE_CHECKING:  # both bring AWS's libraries with them, which the interface never loads
    from tradai_console.aws.door import Door
    from tradai_console.desk import Desk


@dataclass(frozen=True)
class FollowLog:
    """Follow the log of something from now on, its recent past first. Answered with the groups that are read."""

    key: str
    """What the portions are asked for by; a log that was followed under it is left."""
    about: LogsAbout

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        sources = await desk.logs.follow(self.key, self.about)
        return tuple(dict.fromkeys(source.group for source in sources))


@dataclass(frozen=True)
class FollowTrail:
    """Tell everything that belongs to an id, and go on live. Its portions are asked for as those of a log."""

    key: str
    wanted: str
    """The id: of a request, a trace, a job, an execution, a task, a run."""
    since_s: float | None = None
    """How far back logs are searched, seconds; None: as far as the story goes."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.logs.trail(self.key, self.wanted, self.since_s)


@dataclass(frozen=True)
class SearchWide:
    """Search all groups of an open trail at once by Insights: what it reads and costs was seen and agreed to."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.logs.search_wide(self.key)
        return "Searching all groups at once."


@dataclass(frozen=True)
class NextPortion:
    """The next rows, when there are any: asked for when the last ones have been taken. Answered with a LogPortion."""

    key: str
    got: int
    """The number of the last portion that arrived; 0: none yet."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.logs.next(self.key, self.got)


@dataclass(frozen=True)
class LeaveLog:
    """Nobody looks any more: end the reading."""

    key: str

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        desk.logs.leave(self.key)


@dataclass(frozen=True)
class ListGroups:
    """The log groups of the environment. Answered with their names."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.logs.existing()


@dataclass(frozen=True)
class SaveRows:
    """Write rows to a file, a portion at a time. Answered with the file's path, which the next portion names."""

    name: str
    """What the file is called after."""
    rows: tuple[LogLine | LogNote | TrailEvent, ...] = field(hash=False)
    path: Path | None = None
    """The file that the portions before were written to; None: this is the first."""

    async def carry(self, door: Door, desk: Desk) -> Any:
        del door
        return await desk.logs.save(self.path, self.rows, self.name)
