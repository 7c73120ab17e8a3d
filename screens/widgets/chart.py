"""A metric drawn against its threshold."""

from __future__ import annotations

from datetime import datetime

from textual.color import Color
from textual_plotext import PlotextPlot

from screens.facts.facts import Chart
from tradai_console.models.figure import Series

TICKS = 5
REDRAW_S = 15
"""Without news the picture moves on only so often: it costs more than a line of text."""


class MetricChart(PlotextPlot):
    """One metric over a window, with the line that it must not cross."""

    def __init__(self) -> None:
        super().__init__(id="chart")
        self._drawn: tuple[object, ...] = ()

    def draw(self, chart: Chart, series: Series, hours: float, now: datetime, *, local: bool) -> None:
        """Draw the series over the last `hours`; where CloudWatch has no points there are none."""
        state = (chart, id(series), hours, local, self.size, int(now.timestamp() // REDRAW_S), self.app.theme)
        if state == self._drawn:
            return
        self._drawn = state
        plot = self.plt
        plot.clear_figure()
        begin = now.timestamp() - hours * 3600
        points = [
            (t.timestamp(), v * chart.scale)
            for t, v in zip(series.times, series.values, strict=True)
            if t.timestamp() >= begin
        ]
        if points:
            plot.plot(
                [x for x, _ in points], [y for _, y in points], marker="hd", color=_rgb(self, "primary")
            )
        background = Color.parse(self.app.theme_variables["background"])
        plot.canvas_color((background.r, background.g, background.b))
        plot.axes_color((background.r, background.g, background.b))
        plot.ticks_color(_rgb(self, "foreground-darken-3"))
        values = [y for _, y in points]
        if chart.threshold is not None:
            limit = chart.threshold * chart.scale
            plot.hline(limit, color=_rgb(self, "error"))
            values.append(limit)
        low, high = (min(0.0, *values), max(values)) if values else (0.0, 1.0)
        plot.ylim(low, high * 1.1 or 1.0)
        plot.xlim(begin, now.timestamp())
        ticks = [begin + n * hours * 3600 / (TICKS - 1) for n in range(TICKS)]
        plot.xticks(ticks, [_label(tick, now, hours, local=local) for tick in ticks])
        self.refresh()


def _label(tick: float, now: datetime, hours: float, *, local: bool) -> str:
    moment = datetime.fromtimestamp(tick, now.tzinfo)
    shown = moment.astimezone() if local else moment
    return shown.strftime("%a %H:%M" if hours > 24 else "%H:%M")


def _rgb(widget: PlotextPlot, name: str) -> tuple[int, int, int]:
    color = Color.parse(widget.app.theme_variables[name])
    return (color.r, color.g, color.b)
