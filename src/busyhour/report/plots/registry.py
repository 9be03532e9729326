"""The drawings of a report: name -> how to draw it. A section names them, so that formats of plain text draw nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from busyhour.report.plots.bottlenecks import bottleneck_plot
from busyhour.report.plots.time_series import Plot, concurrent_calls, traffic
from busyhour.report.plots.trends import trend_plots
from busyhour.report.plots.waves import wave_plot
from busyhour.results.record import RunRecord

PLOTS: Mapping[str, Callable[[RunRecord], list[Plot]]] = {
    "concurrent calls": concurrent_calls,
    "limits": bottleneck_plot,
    "traffic": traffic,
    "trends": trend_plots,
    "waves": wave_plot,
}
