"""Format a forecast as tables for the terminal."""

from __future__ import annotations

import math
from dataclasses import asdict

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.demand.quantity import Quantity
from busyhour.capacity.forecast.limits import SIGNS, Fits, LimitForecast
from busyhour.capacity.forecast.model import Forecast, QuotaForecast
from busyhour.capacity.render import queue_figures
from busyhour.capacity.tolerance import NOT_SHOWN
from busyhour.quotas import freshness, shares
from busyhour.quotas.figures import volume
from busyhour.results import outcomes

_UNITS = {
    **dict.fromkeys(("at once", "ringing", "in flow", "in queue", "with agent", "wrap-up"), "s"),
}


def text(found: Forecast, console: Console) -> None:
    """Print demand per call, demand per quota, queues and the list of limits."""
    console.print(
        Text.assemble(
            (found.scenario, "bold"),
            f": {found.calls_per_hour:,.0f} calls/h at the busiest, {found.planned_calls:,.0f} calls planned",
        )
    )
    console.print(_headline(found))
    for line in found.unplanned:
        console.print(Text(f"Does not hold: {line}", style="bold red"))
    for line in found.not_decided:
        console.print(Text(f"Not decided: {line}", style="yellow"))
    if found.outcomes is not None:
        for line in outcomes.lines(found.outcomes, found.unplanned):
            console.print(Text(line))
    console.print(_demand(found))
    console.print(_exactness(found.demand), style="dim", highlight=False)
    console.print(_quotas(found))
    if found.queues:
        console.print(_queues(found))
    console.print(_limits(found))
    if found.objectives:
        console.print(_objectives(found))
    for symptom in dict.fromkeys(row.symptom for row in found.limits):
        if symptom in SIGNS:
            console.print(f"{SIGNS[symptom]}: {symptom}.", style="dim", highlight=False)
    for sentence in _not_current(found):
        console.print(sentence, style="yellow", highlight=False, markup=False)
    for row in [*found.binding, *found.undecided]:
        code = f" ({row.code})" if row.code else ""
        exceeds = "The plan exceeds" if row.verdict is Fits.EXCEEDS else "Not decided:"
        console.print(
            f"{exceeds} {row.name}{code} = {_figure(row.value)}, needed {_figure(row.needed)}. {row.calculation}.",
            highlight=False,
            markup=False,
        )
    for row in found.tight:
        console.print(
            f"Less headroom than the scenario requires: {row.name} = {_figure(row.value)}, with headroom "
            f"{_figure(row.with_headroom)}.",
            highlight=False,
            markup=False,
        )
    for one in found.unpublished:
        console.print(
            f"Not known to be within the limit: {one.name} ({one.shows_as}). {one.calculation}. {one.ask}",
            style="yellow",
            highlight=False,
            markup=False,
        )
    for note in found.notes:
        console.print(f"Note: {note}", style="dim", highlight=False)


def _headline(found: Forecast) -> str:
    """Return the first bottleneck of all limits, and whether the plan reaches it."""
    if not found.limits:
        return "The plan uses no limit."
    first = found.limits[0]
    if math.isinf(first.calls_per_hour):
        return "No limit binds at any volume."
    share = f", {first.calls_per_hour / found.calls_per_hour:.2f} x the plan" if found.calls_per_hour else ""
    decided = {
        Fits.EXCEEDS: "the plan exceeds it",
        Fits.WITHIN: "above the plan",
        Fits.UNDECIDED: "not decided whether the plan reaches it",
    }[first.verdict]
    return f"First bottleneck: {first.name} = {_figure(first.value)}, at {_volume(first)} calls/h{share}: {decided}."


def _demand(found: Forecast) -> Table:
    through = (
        f"{found.demand.calls:,} calls through their flows"
        if found.demand.flows
        else "one arrival; no flow runs"
    )
    table = _table(f"Demand of one call ({through})")
    table.add_column("quantity")
    for name in ("mean", "95 % interval", "p50", "p95", "largest\nsampled"):
        table.add_column(name, justify="right")
    for name, q in sorted(found.demand.quantities.items(), key=lambda item: (item[0] not in _UNITS, item[0])):
        unit = f" {_UNITS[name]}" if name in _UNITS else ""
        around = "" if math.isinf(q.half_width) else f"± {_figure(q.half_width)}"
        if q.exact:
            around = "exact"
        table.add_row(
            f"{name}{' (' + unit.strip() + ')' if unit else ''}",
            _figure(q.mean),
            around,
            _quantile(q, "p50"),
            _quantile(q, "p95"),
            _figure(q.max),
        )
    return table


def _quantile(quantity: Quantity, name: str) -> str:
    """Return a quantile with its interval, if it is sampled and the two differ in print."""
    value, around = _figure(getattr(quantity, name)), quantity.intervals.get(name)
    if quantity.exact_quantiles:
        return value
    if around is None:
        return f"{value} (no interval)"
    low, high = _figure(around.low), _figure(around.high)
    return value if low == high else f"{value} ({low}-{high})"


def _exactness(demand: CallDemand) -> str:
    """Return which means are exact, and why the others are not."""
    why = "; ".join(demand.sampled_because)
    if not demand.flows:
        return "Means are those of the functions and operations that an arrival is made of.\n"
    if not demand.states:
        return f"Means are sampled ({demand.calls:,} calls){f': {why}' if why else ''}.\n"
    solved = f"Exact means are solved for over {demand.states:,} states of a call, not sampled"
    sampled = any(not quantity.exact for quantity in demand.quantities.values())
    return (
        f"{solved}; the others are sampled ({demand.calls:,} calls), since {why}.\n"
        if sampled
        else f"{solved}.\n"
    )


def _quotas(found: Forecast) -> Table:
    runs = f"{found.runs} run{'s' if found.runs != 1 else ''}"
    table = _table(
        "Demand on each quota: theory, simulation and measurement side by side, with 95 % intervals"
    )
    table.add_column("quota")
    table.add_column("value", justify="right")
    table.add_column("from")
    table.add_column("theory\nmean", justify="right")
    table.add_column("theory\n99th pct", justify="right")
    table.add_column(f"simulated\npeak, {runs}", justify="right")
    table.add_column("measured\npeak", justify="right")
    table.add_column(shares.FORECAST.replace(" of ", "\nof "), justify="right")
    table.add_column("rejected\ntheory / sim / run", justify="right")
    for quota in found.quotas:
        table.add_row(
            quota.name,
            _figure(quota.value),
            quota.origin,
            _figure(quota.theory_mean) + _around(quota.theory_half_width),
            _figure(quota.theory_peak),
            _range(quota),
            _measured(quota),
            _forecast_share(quota),
            _rejected(quota),
        )
    return table


def _queues(found: Forecast) -> Table:
    table = _table(queue_figures.caption(found.runs))
    for name in queue_figures.COLUMNS:
        table.add_column(name, justify="left" if name == "queue" else "right")
    for queue in found.queues:
        figures = queue_figures.cells(asdict(queue))
        table.add_row(*("\n".join(filter(None, figure)) for figure in figures))
    return table


def _limits(found: Forecast) -> Table:
    table = _table("Limits in the order in which growing volume reaches them")
    table.add_column("calls/h", justify="right")
    table.add_column("of plan", justify="right")
    table.add_column("by Little", justify="right")
    table.add_column("limit")
    table.add_column("value", justify="right")
    table.add_column("needed", justify="right")
    wanted = any(row.with_headroom is not None for row in found.limits)
    if wanted:
        table.add_column("with headroom", justify="right")
    table.add_column("rejected\nat the plan", justify="right")
    table.add_column("symptom")
    for row in found.limits:
        share = row.calls_per_hour / found.calls_per_hour if found.calls_per_hour else math.inf
        table.add_row(
            _volume(row),
            f"{share:,.2f} x" if math.isfinite(share) else "",
            "" if row.by_little is None else f"{row.by_little:,.0f}",
            f"{row.name}{' (' + row.code + ')' if row.code else ''}",
            _figure(row.value),
            _figure(row.needed),
            *([_figure(row.with_headroom)] if wanted else []),
            _percent(row.rejected_at_plan),
            SIGNS.get(row.symptom, row.symptom),
            style={Fits.EXCEEDS: "red", Fits.UNDECIDED: "yellow"}.get(row.verdict),
        )
    return table


def _objectives(found: Forecast) -> Table:
    table = _table("Objectives")
    for name in ("metric", "bound", "by calculation"):
        table.add_column(name)
    for one in found.objectives:
        style = "yellow" if one.answer == NOT_SHOWN else None
        table.add_row(one.metric, one.bound, f"{one.answer}: {one.why}", style=style)
    return table


def _not_current(found: Forecast) -> list[str]:
    """Return the quotas whose present value was not read from the account, or too long ago, by the reason."""
    names: dict[str, list[str]] = {}
    for row in found.limits:
        if mark := row.mark(freshness.today()):
            names.setdefault(mark, []).append(row.name)
    return [f"Present values ({mark}): {', '.join(quotas)}." for mark, quotas in names.items()]


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False)


def _volume(row: LimitForecast) -> str:
    return volume(row.calls_per_hour, row.volume_half_width)


def _range(quota: QuotaForecast) -> str:
    """Return the mean of the runs' peaks with its interval, and the lowest and highest."""
    if quota.simulated_peak is None:
        return ""
    if quota.simulated_half_width is None:
        return f"{_figure(quota.simulated_peak)} (1 run, no interval)"
    mean = _figure(quota.simulated_peak) + _around(quota.simulated_half_width)
    if quota.simulated_low == quota.simulated_high:
        return _figure(quota.simulated_peak)
    return f"{mean} ({_figure(quota.simulated_low)}-{_figure(quota.simulated_high)})"


def _measured(quota: QuotaForecast) -> str:
    found = quota.measured
    if found is None:
        return ""
    if found.runs == 1:
        return f"{_figure(found.peak)} (1 run)"
    return f"{_figure(found.mean)}{_around(found.half_width)} ({found.runs} runs)"


def _around(half_width: float | None) -> str:
    return f" ± {half_width:,.2g}" if half_width else ""


def _forecast_share(quota: QuotaForecast) -> str:
    return "no quota" if math.isinf(quota.utilisation) else f"{quota.utilisation:.1%}"


def _rejected(quota: QuotaForecast) -> str:
    methods = [
        (quota.rejected_theory, None),
        (quota.rejected_simulated, quota.rejected_half_width),
        (quota.measured.rejected_share, quota.measured.rejected_share_half_width)
        if quota.measured
        else (None, None),
    ]
    if all(share is None for share, _ in methods):
        return ""
    return " / ".join(
        "-" if share is None else f"{share:.1%}" + (f" ± {wide:.1%}" if wide and wide >= 0.0005 else "")
        for share, wide in methods
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.1%}"


def _figure(value: float | None) -> str:
    return "" if value is None else queue_figures.figure(value)
