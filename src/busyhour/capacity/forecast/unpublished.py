"""Limits that AWS applies without publishing a value: the plan's demand, to be confirmed with AWS Support.

They are data, unpublished.csv beside this file: name, metric or log entry of the limit, formula of the mean
demand, the increase that raises it, source. Without a known value no verdict is given, only the demand.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.capacity.forecast.evaluate import Formula
from busyhour.capacity.theory.erlang import poisson_quantile
from busyhour.quotas.table.csv_rows import read

if TYPE_CHECKING:
    from busyhour.capacity.forecast.model import Forecast

UNPUBLISHED = Path(__file__).with_name("unpublished.csv")
EXECUTIONS = "lambda.concurrent-executions"
_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Throttle:
    """One row of the file; `formula` gives the mean demand at the busiest held rate."""

    key: str
    name: str
    shows_as: str
    unit: str
    formula: Formula
    symptom: str
    raised_with: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class Unpublished:
    """Demand on one limit whose value only AWS knows.

    `mean` is the demand at the busiest held rate, `peak` its 99th percentile, in `unit`; `shows_as` is the
    metric or log entry that shows the limit, `raised_with` the quota increase that raises it.
    """

    key: str
    name: str
    shows_as: str
    unit: str
    mean: float
    peak: float
    calculation: str
    symptom: str
    raised_with: str
    source: str
    date: str

    @property
    def ask(self) -> str:
        """The required action in one sentence."""
        return (
            f"AWS publishes no value: confirm with AWS Support that {self.peak:,.0f} {self.unit} are allowed "
            f"(mean {self.mean:,.3g}); it is raised with {self.raised_with}."
        )

    def as_json(self) -> dict[str, Any]:
        """Return the limit for the run record."""
        return {**asdict(self), "ask": self.ask}


def load(path: Path = UNPUBLISHED) -> tuple[Throttle, ...]:
    """Read the rows of the file.

    Raises:
        BusyhourError: a row is malformed; names file and line.
    """
    return tuple(
        Throttle(
            key=row.text("key"),
            name=row.text("name"),
            shows_as=row.text("shows_as"),
            unit=row.text("unit"),
            formula=row.made("formula", Formula),
            symptom=row.text("symptom"),
            raised_with=row.text("raised_with"),
            source=row.text("source"),
            date=row.text("date"),
        )
        for row in read(path)
    )


def with_unpublished(forecast: Forecast, *, even: bool) -> Forecast:
    """Add the plan's demand on limits without a published value to the forecast.

    Args:
        forecast: of the scenario, with its list of limits.
        even: calls arrive at even intervals; a second then has at most the mean, rounded up.
    """
    figures = {
        "calls_per_hour": forecast.calls_per_hour,
        "calls_per_second": forecast.calls_per_hour / 3600.0,
        "lambda_at_once": next((row.load for row in forecast.limits if row.key == EXECUTIONS), 0.0),
    }
    found = []
    for one in load():
        mean = one.formula(figures)
        if mean <= 0:
            continue
        steady = even and one.formula.text == "calls_per_second"
        peak = math.ceil(mean - 1e-9) if steady else poisson_quantile(mean, _SHARE)
        found.append(
            Unpublished(
                key=one.key,
                name=one.name,
                shows_as=one.shows_as,
                unit=one.unit,
                mean=mean,
                peak=float(peak),
                calculation=_calculation(one, forecast.calls_per_hour, mean, peak, steady=steady),
                symptom=one.symptom,
                raised_with=one.raised_with,
                source=one.source,
                date=one.date,
            )
        )
    return replace(forecast, unpublished=found)


def _calculation(one: Throttle, per_hour: float, mean: float, peak: float, *, steady: bool) -> str:
    held = f"{per_hour:,.0f} calls/h / 3600" if one.formula.text == "calls_per_second" else "by Little's law"
    spread = "even arrivals" if steady else "99th percentile (Poisson)"
    return f"{held} = {mean:.4g} in the mean at the busiest held rate; {spread} {peak:,.0f}"
