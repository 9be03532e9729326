"""Capacity rules: quotas whose demand is a formula over the forecast and figures that only the team knows.

The rules are data, rules.csv beside this file: quota, figures that it needs, formula, symptom, source. A rule
is compared with its quota if all its figures are known. Those of the forecast always are, those of the
scenario's [usage] if they are given. A note lists what the flows use and the team gave no figure for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from busyhour.capacity.forecast.evaluate import Formula
from busyhour.capacity.forecast.limits import Limit, LimitForecast, by_volume, row_of
from busyhour.capacity.forecast.model import Forecast, QuotaForecast
from busyhour.capacity.requirement import Requirement
from busyhour.capacity.requirement_kinds import Count, Lines
from busyhour.capacity.theory.erlang import poisson_quantile
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table.csv_rows import read
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.scenarios.model import Scenario

RULES = Path(__file__).with_name("rules.csv")
_CALLS = "connect.concurrent-active-calls-per-instance"
_SHARE = 0.99


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `needs` are figures without which it does not apply.

    With `spread` the demand is the mean of a concurrent number that varies by chance (Poisson); without it a
    fixed number. A rule that `grows` is proportional to the volume and has a row in the list of limits.
    """

    key: str
    needs: tuple[str, ...]
    formula: Formula
    spread: bool
    grows: bool
    symptom: str
    source: str
    date: str


def load(path: Path = RULES) -> tuple[Rule, ...]:
    """Read the rules.

    Raises:
        BusyhourError: a row is malformed; names file and line.
    """
    return tuple(
        Rule(
            row.text("key"),
            tuple(row.text("needs").split()),
            row.made("formula", Formula),
            row.yes("spread"),
            row.yes("grows"),
            *map(row.text, ("symptom", "source", "date")),
        )
        for row in read(path)
    )


def with_rules(
    forecast: Forecast,
    scenario: Scenario,
    table: QuotaTable,
    values: Mapping[str, QuotaValue],
    rules: Iterable[Rule] | None = None,
) -> Forecast:
    """Add the demand of the rules to the forecast, on quotas and in the list of limits.

    Args:
        forecast: of the scenario.
        scenario: its [usage] has the team's own figures.
        table: the quota table.
        values: values in force by quota key; the documented defaults are used for the rest.
        rules: by default the shipped ones.
    """
    figures = figures_of(forecast, scenario)
    quotas, rows, notes = list(forecast.quotas), list(forecast.limits), list(forecast.notes)
    for rule in load() if rules is None else rules:
        missing = [name for name in rule.needs if not figures.get(name)]
        if missing:
            if figures.get(rule.needs[0]):
                keys = ", ".join(f"usage.{name}" for name in missing)
                notes.append(
                    f"{table.by_key(rule.key).name}: not compared with its quota; give {keys} in the scenario"
                )
            continue
        found = _held(rule, figures, table, values)
        quotas.append(found)
        if found.theory_mean > 0:
            adjustable = table.by_key(rule.key).adjustable
            read_at = values[rule.key].read_at if rule.key in values else table.by_key(rule.key).date
            limit = Limit(
                *(
                    found.key,
                    found.name,
                    found.code,
                    found.value,
                    found.unit,
                    found.origin,
                    adjustable,
                    read_at,
                )
            )
            rows.append(_limit_row(rule, found, forecast.calls_per_hour, scenario.headroom, limit))
    return replace(forecast, quotas=quotas, limits=by_volume(rows), notes=notes)


def figures_of(forecast: Forecast, scenario: Scenario) -> dict[str, float]:
    """Return the figures that formulas can use: those of the forecast and those of [usage]."""
    mean = forecast.demand.mean
    calls = next((quota for quota in forecast.quotas if quota.key == _CALLS), None)
    return {
        "calls_per_hour": forecast.calls_per_hour,
        "calls_per_second": forecast.calls_per_hour / 3600.0,
        "call_minutes": mean("at once") / 60.0,
        "agent_seconds": mean("with agent"),
        "concurrent_calls": calls.peak if calls else 0.0,
        "lex_turns": mean("Lex turns"),
        "functions": float(len(scenario.functions)),
        **scenario.usage,
    }


def _held(
    rule: Rule, figures: Mapping[str, float], table: QuotaTable, values: Mapping[str, QuotaValue]
) -> QuotaForecast:
    quota, known = table.by_key(rule.key), values.get(rule.key)
    demand = rule.formula(figures)
    return QuotaForecast(
        key=quota.key,
        name=quota.name,
        service=quota.service,
        code=quota.code,
        unit=quota.unit,
        value=known.value if known else quota.default,
        origin=str(known.origin if known else Origin.DOCUMENTED),
        theory_mean=demand,
        theory_peak=float(poisson_quantile(demand, _SHARE)) if rule.spread else demand,
        calculation=f"{rule.formula.text} = {rule.formula.shown(figures)} = {demand:.4g} ({rule.source})",
    )


def _limit_row(
    rule: Rule, found: QuotaForecast, planned: float, headroom: float, limit: Limit
) -> LimitForecast:
    """Make the row of a rule: Erlang B for concurrent numbers, the number itself for others."""
    demand = found.theory_mean
    requirement: Requirement = Lines(demand) if rule.spread else Count(demand, rule.grows)
    return row_of(
        limit,
        requirement,
        planned,
        symptom=rule.symptom,
        calculation=found.calculation,
        headroom=headroom,
    )
