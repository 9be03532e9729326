"""The runs behind `busyhour run --find-limit`: one whole run of the scenario for each step of the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import Any

from busyhour.harness.limit_search.causes import Bracket
from busyhour.harness.limit_search.search import Limit, confidence, search
from busyhour.harness.progress import Progress
from busyhour.harness.run import Options, execute
from busyhour.harness.verdict.decision import exceeded
from busyhour.results import store
from busyhour.results.codec import encode
from busyhour.results.record import LimitCause, LimitRecord, LimitRun, Outcome, RunRecord, VerdictRecord
from busyhour.scenarios import reader
from busyhour.scenarios.traffic import ArrivalProcess

LIMIT_FILE = "limit.json"
MOST_RUNS = 16


def find(
    options: Options, folder: Path, progress: Progress, *, most_runs: int = MOST_RUNS
) -> tuple[Limit, RunRecord | None]:
    """Search the highest rate that holds; each run is kept in a folder of its own below `folder`.

    Returns:
        What was found, and the record for `folder`: that of the run at the highest rate that held, else of the one at
        the lowest that broke, with what the search came to. None where no run was finished.

    Raises:
        BusyhourError: as `execute`, at the first run.
    """
    plan = options.scenario
    per_hour = plan.plan.calls_per_hour
    records: dict[str, RunRecord] = {}
    progress.say(
        f"At most {most_runs} runs of up to {plan.traffic.duration + plan.traffic.drain:,.0f} s each, and some seconds "
        "between them. Ctrl-C ends the search with what it has found."
    )

    def measure(factor: float, number: int) -> RunRecord:
        """Growth carries the factor, so that shape and recorded intervals stay what they are."""
        overrides = (
            *plan.overrides,
            f"traffic.growth={plan.traffic.growth * factor:.6g}",
            f"seed={plan.seed + number}",
        )
        scenario = reader.load(plan.path, root=options.project.root, overrides=overrides)
        progress.stage(
            f"Run {number + 1} of at most {most_runs}: {scenario.plan.calls_per_hour:,.0f} calls/h, "
            f"{factor:.3g} times the plan"
        )
        below = folder / f"step-{number + 1:02d}"
        below.mkdir(parents=True, exist_ok=True)
        record = execute(
            replace(options, scenario=scenario, folder=below, by_load=True), below, _Inner(progress)
        )
        store.write_run(below, record)
        records[record.run_id] = record
        progress.say(f"  {record.verdict.summary}")
        return record

    def likely(record: RunRecord) -> float | None:
        """Where the forecast sees the first limit, less the headroom that the scenario asks for."""
        first = min(_forecast(record).values(), default=None)
        return None if first is None or per_hour <= 0 else first * (1.0 - plan.headroom) / per_hour

    def chance(record: RunRecord) -> float:
        """Numbers of calls that come by chance differ by their square root (Poisson); even ones do not."""
        even = plan.traffic.arrivals is ArrivalProcess.EVEN
        return 0.0 if even else 1.0 / sqrt(max(1, record.arrivals.started))

    found = search(measure, likely=likely, chance=chance, most_runs=most_runs)
    if not records:
        return found, None
    shown = records[_shown(found)]
    limit = as_record(found, per_hour, plan.traffic.duration, shown)
    store.write_json(folder / LIMIT_FILE, encode(limit))
    at_plan = next((records[step.run_id] for step in found.steps if step.factor == 1.0), shown)
    return found, _whole(found, limit, shown, folder.name, exceeded(at_plan.forecast.get("limits", ())))


def _shown(found: Limit) -> str:
    """Id of the run whose figures the report shows."""
    at = found.holds if found.holds is not None else found.breaks
    return next((step.run_id for step in found.steps if step.factor == at), found.steps[-1].run_id)


def _forecast(record: RunRecord) -> dict[str, float]:
    """Calls per hour at which each quota rejects 1 % of requests, by its key, as the run's forecast has them."""
    limits: list[Mapping[str, Any]] = record.forecast.get("limits", [])
    return {row["key"]: row["calls_per_hour"] for row in limits if row.get("calls_per_hour")}


def as_record(found: Limit, per_hour: float, seconds: float, shown: RunRecord) -> LimitRecord:
    """Return the result of the search, for records and limit.json.

    Args:
        found: by the search.
        per_hour: the plan's busiest rate, calls per hour.
        seconds: for how long calls arrive in each run.
        shown: the run whose figures the report shows.
    """
    forecast = _forecast(shown)

    def rate(factor: float | None) -> float | None:
        return None if factor is None else factor * per_hour

    def cause(bracket: Bracket) -> LimitCause:
        return LimitCause(
            name=bracket.cause.text,
            holds_calls_per_hour=rate(bracket.holds),
            times=bracket.times,
            confidence=confidence(bracket.times),
            breaks_calls_per_hour=bracket.breaks * per_hour,
            forecast_calls_per_hour=forecast.get(bracket.cause.key),
        )

    return LimitRecord(
        planned_calls_per_hour=per_hour,
        holds_calls_per_hour=rate(found.holds),
        times=found.times,
        confidence=found.confidence,
        breaks_calls_per_hour=rate(found.breaks),
        cause=found.cause,
        stopped=found.stopped,
        shown=shown.run_id,
        run_seconds=seconds,
        run_calls=shown.arrivals.started,
        runs=[
            LimitRun(
                run_id=step.run_id,
                calls_per_hour=step.factor * per_hour,
                factor=step.factor,
                outcome=step.outcome,
                cause=step.causes[0].text if step.causes else "",
            )
            for step in found.steps
        ],
        causes=[cause(bracket) for bracket in found.causes],
    )


def _whole(
    found: Limit, limit: LimitRecord, shown: RunRecord, run_id: str, by_calculation: list[str]
) -> RunRecord:
    """The shown run's record as that of the whole search: its verdict is on the plan, by calculation and by load."""
    name = shown.scenario.get("name", "")
    binds = f"; beyond it binds: {limit.cause}" if limit.cause else ""
    if found.holds is None or limit.holds_calls_per_hour is None:
        result = "no rate held" + (
            f"; at {limit.breaks_calls_per_hour:,.0f} calls/h {binds[2:]}" if binds else ""
        )
    else:
        result = (
            f"up to {limit.holds_calls_per_hour:,.0f} calls/h hold, {found.holds:.3g} times the plan{binds}"
        )
    if by_calculation or (found.breaks is not None and found.breaks <= 1.0):
        outcome = Outcome.DOES_NOT_HOLD
    elif found.holds is not None and found.holds >= 1.0:
        outcome = Outcome.NOT_SHOWN if found.not_shown else Outcome.HOLDS
    else:
        outcome = Outcome.INTERRUPTED if found.interrupted else Outcome.INVALID
    reasons = [*by_calculation]
    if outcome is not Outcome.HOLDS:
        reasons.append(f"{result[0].upper()}{result[1:]}.")
    if found.not_shown:
        reasons.append(found.not_shown)
    if found.stopped:
        reasons.append(f"The search ended early: {found.stopped}.")
    return replace(
        shown,
        run_id=run_id,
        verdict=VerdictRecord(outcome, reasons, f"{name}: {result}."),
        notes=[
            f"Figures are those of the run {shown.run_id}, one of {len(limit.runs)} of the search.",
            *shown.notes,
        ],
        limit=limit,
    )


class _Inner:
    """Progress of one run of many: its stages are not told, the load is."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def stage(self, text: str) -> None:
        """Nothing."""

    def load(self, tick: Mapping[str, Any]) -> None:
        """Passed on."""
        self._progress.load(tick)

    def say(self, text: str) -> None:
        """Passed on."""
        self._progress.say(text)
