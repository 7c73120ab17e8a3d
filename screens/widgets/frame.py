"""The frame: where we are, whether it can be trusted, what it costs. Production looks different."""

from __future__ import annotations

from datetime import datetime

from textual.reactive import reactive

from screens.widgets.drawn import LineBar
from screens.widgets.line import Line, beside, joined
from screens.widgets.pane import Moment
from screens.widgets.words import span_of, stamp
from tradai_console.models.board import SOURCES, Board
from tradai_console.models.snapshot import State
from tradai_console.settings import DEFAULT_REGION, Settings

LOGIN_ENDS_SOON_S = 20 * 60
SKEW_S = 60.0


class Frame(LineBar):
    """The first line of every screen."""

    board: reactive[Board] = reactive(Board)
    moment: reactive[Moment] = reactive(Moment)

    def __init__(self, settings: Settings) -> None:
        super().__init__(id="frame")
        self._settings = settings
        self.set_class(settings.env == "prod", "-production")
        self.set_class(settings.allow_changes, "-changes")

    def lines(self, width: int) -> tuple[Line, ...]:
        narrow, wide = width < 100, width >= 130
        left = joined(
            (
                Line.of(
                    (" TradAI ", "strong"),
                    (f" {self._settings.env.upper()} ", "critical" if self._is_prod else "key"),
                ),
                Line.of((self._region, "dim")) if not narrow else Line(),
                self._account(),
                self._mode(),
                self._endpoint(narrow=narrow, wide=wide),
            )
        )
        right = joined(
            (
                self._live(),
                Line() if narrow else self._cost(wide),
                self._login(),
                self._clock(narrow),
                Line.of(" "),
            )
        )
        return (beside(left, right, width),)

    def _endpoint(self, *, narrow: bool, wide: bool) -> Line:
        """Another AWS than AWS is never passed off as it."""
        url = self._settings.endpoint_url
        if not url:
            return Line()
        local = any(host in url for host in ("//127.", "//localhost", "//[::1]"))
        if narrow:
            return Line.of(("sim" if local else "not AWS", "accent"))
        return Line.of(
            ("simulated" if local else "other endpoint", "accent"), (f" {url}" if wide else "", "dim")
        )

    @property
    def _is_prod(self) -> bool:
        return self._settings.env.lower() in ("prod", "production")

    @property
    def _region(self) -> str:
        known = self.board.identity
        return known.region if known else self._settings.region or DEFAULT_REGION

    def _account(self) -> Line:
        """No account is named before AWS has named it."""
        known = self.board.identity
        if known is None:
            return Line.of(("account ?", "warn"))
        digits = known.account
        return Line.of((f"{digits[:4]}-{digits[4:8]}-{digits[8:]}" if len(digits) == 12 else digits, "plain"))

    def _mode(self) -> Line:
        return Line.of(("CHANGES ALLOWED", "bad") if self._settings.allow_changes else ("read-only", "dim"))

    def _live(self) -> Line:
        snapshots = [getattr(self.board, name) for name in SOURCES]
        live = sum(snapshot.state_at(self.moment.monotonic).trusted for snapshot in snapshots)
        loading = all(snapshot.state is State.LOADING for snapshot in snapshots)
        if loading:
            return Line.of(("reading", "dim"))
        sign = "●" if live == len(SOURCES) else "◐" if live else "○"
        return Line.of((f"{sign} {live}/{len(SOURCES)} live", "good" if live == len(SOURCES) else "bad"))

    def _cost(self, wide: bool) -> Line:
        meter = self.board.meter
        throttled = f"  {meter.throttles} throttled" if meter.throttles else ""
        calls = f"{meter.calls_per_minute} calls/min" if wide else f"{meter.calls_per_minute}/min"
        return Line.of((calls, "dim"), (throttled, "warn"), (f"  ${meter.spent_usd:.2f}", "dim"))

    def _login(self) -> Line:
        meter = self.board.meter
        if meter.credentials_error:
            return Line.of(("LOGIN EXPIRED", "critical"))
        if meter.clock_skew_s is not None and abs(meter.clock_skew_s) > SKEW_S:
            return Line.of((f"clock off by {span_of(abs(meter.clock_skew_s))}", "bad"))
        if meter.credentials_until is None:
            return Line()
        left = (meter.credentials_until - self.moment.now).total_seconds()
        return Line.of((f"login {span_of(left)}", "bad" if left < LOGIN_ENDS_SOON_S else "dim"))

    def _clock(self, narrow: bool) -> Line:
        now: datetime = self.moment.now
        utc = f"{now:%H:%M:%S}Z"
        local = stamp(now, local=True, seconds=False)
        return Line.of((utc, "strong"), ("" if narrow or local == f"{now:%H:%M}" else f"  {local}", "dim"))


class Notice(LineBar):
    """One line under the frame that is there only when there is something to say, such as an expired login."""

    board: reactive[Board] = reactive(Board)

    def __init__(self) -> None:
        super().__init__(id="notice")

    def watch_board(self, board: Board) -> None:
        self.display = board.meter.credentials_error is not None

    def lines(self, width: int) -> tuple[Line, ...]:
        return (Line.of((f" {self.board.meter.credentials_error or ''}".ljust(width), "critical")),)
