"""One run from scenario to record: check, forecast, load, read, compare, decide."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from busyhour import __version__, interrupts
from busyhour.capacity.reasons import judge_run
from busyhour.flows.export.reader import read_file
from busyhour.harness import (
    account_values,
    compared_quotas,
    generator,
    metrics,
    preflight,
    run_folder,
    scenario_record,
)
from busyhour.harness import target as targets
from busyhour.harness.after_load import AfterLoad, times
from busyhour.harness.processes import Child
from busyhour.harness.progress import Progress
from busyhour.harness.safety import gate
from busyhour.harness.safety.abort_monitor import Now, lookout
from busyhour.harness.safety.caller import confirmed
from busyhour.harness.safety.stop_contacts import TARGET_FILE
from busyhour.harness.target import Target
from busyhour.harness.verdict import measured_demands, throttling
from busyhour.harness.verdict import shown as showing
from busyhour.harness.verdict.decision import Measured, decide
from busyhour.harness.verdict.default_objectives import THROTTLED, defaults, judge_defaults
from busyhour.harness.verdict.known_outcomes import of_every_call
from busyhour.harness.verdict.not_driven import not_driven
from busyhour.harness.verdict.objectives import judge
from busyhour.harness.verdict.reach import Reach, announcements
from busyhour.project import Project
from busyhour.quotas import freshness
from busyhour.quotas.aws.clients import Clients, read_only_sources
from busyhour.quotas.aws.table_descriptions import TableDescriptions
from busyhour.quotas.files.account_file import Known
from busyhour.quotas.model import Quota, QuotaValue
from busyhour.quotas.resolve import Reading, read_quotas
from busyhour.quotas.table import quota_table
from busyhour.regression import made_of
from busyhour.results import store
from busyhour.results.codec import encode
from busyhour.results.entries import FindingRecord, FlowCoverage, QuotaRecord, Series
from busyhour.results.load_result import LoadResult
from busyhour.results.measurement.retries import sentences
from busyhour.results.record import RunRecord, Shown
from busyhour.results.throttled import Throttled, by_operation
from busyhour.scenarios.model import DriveKind, Scenario
from busyhour.shared_secret.worker_secret import Address


@dataclass(frozen=True, slots=True)
class Options:
    """Options of the run, as the user gave them."""

    scenario: Scenario
    project: Project
    target: str = "emulator"
    workers: int = 1
    folder: Path | None = None
    """Where to write; a new folder under the project's runs folder when None."""
    port: int = 0
    remote: int = 0
    """Workers on other machines that take part, instead of `workers` here."""
    bind: Address = field(default_factory=Address)
    """Where the master waits for them."""
    beside: tuple[str, ...] = ()
    """Load tests that run beside the scenario's own, by name or path."""
    clearance: gate.Clearance | None = None
    """Clearance of the safety gate; without it no request is sent to AWS."""
    own_rules: bool = False
    """Whether rules of the project's own run, which only a trusted project's may; else the shipped ones alone."""
    by_load: bool = False
    """Judge by what was measured alone, as a search for the limit does: the calculation is printed beside its result."""
    account: Mapping[str, QuotaValue] = field(default_factory=dict)
    """The account's values by quota key, where they were read beforehand."""
    now: Now = lambda: datetime.now(UTC)
    """The time by which a live run is watched; handed in by tests."""


@dataclass(slots=True)
class _Gathered:
    """State that a run collects on its way."""

    findings: list[FindingRecord] = field(default_factory=list)
    coverage: list[FlowCoverage] = field(default_factory=list)
    not_measured: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)


def execute(options: Options, folder: Path, progress: Progress) -> RunRecord:
    """Run the scenario and return its record. Writes raw results into `folder`, but not the record.

    Raises:
        BusyhourError: bad input, the target cannot be reached, the generator has no result, or the run would go to AWS
            and the safety gate has not passed it.
    """
    with run_folder.claimed(folder) as claim:
        return _execute(options, folder, progress, claim)


def _execute(options: Options, folder: Path, progress: Progress, claim: run_folder.Claim) -> RunRecord:
    scenario = options.scenario
    if options.target == "aws":
        gate.recheck(options.clearance, scenario, options.now())
    gathered = _Gathered()
    table = quota_table.load()
    progress.stage("Checking the flows")
    gathered.findings = preflight.check_flows(scenario, options.project, own_rules=options.own_rules)
    gathered.coverage, unexplored = preflight.branches(scenario)
    gathered.not_measured += [f"Branch coverage of flow {name}: no time for it" for name in unexplored]
    progress.stage("Starting the target" if options.target == "emulator" else "Reading the target")
    with _target(options, folder) as (target, process), contextlib.ExitStack() as from_load_on:
        store.write_json(
            folder / TARGET_FILE, {**target.as_json(), "run": claim.run}
        )  # before the first call: a clean-up needs it
        read = _reader(options, target)
        progress.stage("Forecasting")
        forecast = preflight.forecast(
            scenario,
            [
                reading.value
                for reading in (
                    *read(compared_quotas.touched_before(scenario, table)),
                    *TableDescriptions(target.client("dynamodb")).read(scenario.tables, table),
                )
            ],
        )
        if target.kind == "aws":
            account_values.require_current(forecast.as_json["limits"], table, freshness.today())
        _announce(forecast.reach, scenario, progress)
        progress.stage("Load")
        begun = datetime.now(UTC)
        left = gate.recheck(options.clearance, scenario, options.now()) if target.kind == "aws" else None
        signals = from_load_on.enter_context(interrupts.deferred())
        after = AfterLoad(signals, gathered.not_measured, gathered.invalid)
        with lookout(scenario, target, options.remote or options.workers, options.now) as watch:
            load = generator.drive(
                scenario,
                options.project.loadtest(scenario.drive.value),
                target,
                folder,
                workers=options.workers,
                progress=progress,
                remote=options.remote,
                bind=options.bind,
                beside=[options.project.loadtest(name) for name in options.beside],
                watched=process,
                lookout=watch,
                permitted=left,
                claim=claim,
            )
        progress.stage("Reading quotas and metrics of the target")
        start, end = times(load, begun)
        observed = metrics.Readings([], [], [])
        snapshot: dict[str, Any] = {}
        if process is None or process.running:
            snapshot = after.of("what the target counted itself", target.snapshot, {})
            if not gathered.invalid:
                observed = after.of(
                    "the target's metrics",
                    lambda: metrics.read(
                        target.client("cloudwatch"),
                        _names(scenario, target),
                        start,
                        end,
                        period=1 if target.endpoint else 60,
                    ),
                    observed,
                )
            gathered.not_measured += observed.problems
            if observed.metrics and scenario.drive is not DriveKind.VOICE:
                observed = _driven_here(observed, load, scenario.drive)
        else:
            gathered.invalid.append(
                f"The {process.name} ended during the run; the end of its log: {process.last_lines(3)}"
            )
        wanted = measured_demands.gather(
            load, snapshot, observed.series, table, start.timestamp(), measured_demands.pool_of(scenario)
        )
        if scenario.drive is DriveKind.VOICE:
            load = of_every_call(load, snapshot, observed.metrics)
        shown = _shown(forecast.reach, scenario, load, observed)
        throttled = by_operation(load.operations, observed.metrics, snapshot.get("functions"))
        quotas = compared_quotas.compare(
            wanted,
            forecast,
            load,
            scenario,
            lambda quotas: (
                _documented(quotas)
                if gathered.invalid
                else after.of("quota values", lambda: read(quotas), _documented(quotas))
            ),
            table,
            gathered.notes,
            shown,
            throttled,
            by_load=options.by_load,
        )
        load.interrupted = load.interrupted or signals.count > 0
    return _record(
        options, folder, target, load, observed, quotas, forecast, snapshot, gathered, shown, throttled
    )


def _documented(quotas: Iterable[Quota]) -> list[Reading]:
    """Documented values, where the target could not be read."""
    return read_quotas(quotas, [])


def _announce(reach: Reach | None, scenario: Scenario, progress: Progress) -> None:
    """Print, before the load starts, what the test cannot show, and what it drives beside the plan."""
    for line in announcements(reach, smoke=scenario.test.smoke):
        progress.say(line)


def _shown(
    reach: Reach | None, scenario: Scenario, load: LoadResult, observed: metrics.Readings
) -> Shown | None:
    """Return what the run showed of the plan; calls in progress as the target counted them, else as the generator did."""
    if reach is None:
        return None
    series = {one.name: one for one in load.series}
    counted: Series | None = series.get("calls in progress")
    if scenario.drive is DriveKind.VOICE:
        name = "ConcurrentHighVolumeCalls" if scenario.traffic.campaign else "ConcurrentCalls"
        counted = next((one for one in observed.series if one.name == name), counted)
    return showing.shown(
        reach, load.arrivals, counted, series.get("arrivals started"), smoke=scenario.test.smoke
    )


@contextlib.contextmanager
def _target(options: Options, folder: Path) -> Iterator[tuple[Target, Child | None]]:
    if options.target == "aws":
        yield confirmed(targets.aws(options.scenario)), None
    else:
        with targets.emulator(options.scenario, folder, port=options.port) as started:
            yield started


def _reader(options: Options, target: Target) -> Callable[[Iterable[Quota]], list[Reading]]:
    """Reads quotas of the target; values of the account that are known already go before what AWS answers."""
    sources = read_only_sources(_clients(target), target.instance_arn)
    if target.kind != "aws":
        return lambda quotas: account_values.told_by_emulator(read_quotas(quotas, sources), options.account)
    known = Known(dict(options.account))
    return lambda quotas: read_quotas(quotas, [known, *sources])


def _driven_here(observed: metrics.Readings, load: LoadResult, drive: DriveKind) -> metrics.Readings:
    """Connect counted no call of this run, so what it shows is the idle instance; the generator's view replaces it.

    Services that took no part are left out.
    """
    others = [
        metric
        for metric, watched in zip(observed.metrics, metrics.WATCHED, strict=True)
        if watched.namespace != metrics.CONNECT and watched.service in drive.services
    ]
    series = [one for one in observed.series if not one.source.endswith(metrics.CONNECT)]
    own = metrics.of_generator(load) if drive.has_calls else []
    return metrics.Readings([*own, *others], series, observed.problems)


def _clients(target: Target) -> Clients:
    return Clients(
        region=target.region,
        service_quotas=target.client("service-quotas"),
        lambda_=target.client("lambda"),
        dynamodb=target.client("dynamodb"),
        cloudwatch=target.client("cloudwatch"),
    )


def _names(scenario: Scenario, target: Target) -> metrics.Names:
    return metrics.Names(
        instance_id=target.instance_id,
        flows=[read_file(path).name for path in scenario.flows.files],
        queues=list(scenario.queues),
        functions=list(scenario.functions),
        tables=list(scenario.tables),
    )


def _record(
    options: Options,
    folder: Path,
    target: Target,
    load: LoadResult,
    observed: metrics.Readings,
    quotas: list[QuotaRecord],
    forecast: preflight.Preview,
    snapshot: dict[str, Any],
    gathered: _Gathered,
    shown: Shown | None,
    throttled: list[Throttled],
) -> RunRecord:
    scenario = options.scenario
    objectives = [*judge(scenario.objectives, load, throttled), *judge_defaults(scenario, load, throttled)]
    unmodelled = {**load.unmodelled, **snapshot.get("unmodelled", {})}
    gathered.notes += [f"{kind} is not modelled and took its default path." for kind in sorted(unmodelled)]
    gathered.notes += [*load.notes, *sentences(load.retries, scenario.client.retry.value)]
    gathered.not_measured += load.not_measured
    gathered.not_measured += not_driven(scenario, target.kind)
    gathered.not_measured += [
        f"{one.metric} (default objective): {one.why}"
        for one in objectives
        if one.default and one.measured is None
    ]
    invalid = [*gathered.invalid, *([] if load.valid else load.reasons)]
    unplanned, undecided = judge_run(load.call_outcomes, scenario, forecast.outcomes, by_load=options.by_load)
    return RunRecord(
        run_id=folder.name,
        busyhour_version=__version__,
        scenario={
            **scenario_record.described(scenario),
            made_of.KEY: encode(made_of.collect(scenario, options.project.root)),
        },
        target=target.as_json() | ({"quota_values": "account"} if options.account else {}),
        started=load.started,
        ended=load.ended,
        duration=load.duration,
        verdict=decide(
            scenario.name,
            load.arrivals,
            Measured(
                quotas,
                objectives,
                gathered.findings,
                limits=() if options.by_load else forecast.as_json.get("limits", ()),
                throttled=[]
                if THROTTLED in defaults(scenario)
                else throttling.beyond(scenario, throttled, load.arrivals.started),
                unplanned=unplanned,
                unmet=() if options.by_load else forecast.unmet,
                undecided=undecided,
                shown=shown,
            ),
            headroom=scenario.headroom,
            smoke=scenario.test.smoke,
            invalid=invalid,
            interrupted=load.interrupted,
            lost=bool(gathered.invalid),
            abort=load.abort,
        ),
        abort=load.abort,
        arrivals=load.arrivals,
        operations=load.operations,
        series=[*load.series, *observed.series],
        metrics=observed.metrics,
        quotas=quotas,
        objectives=objectives,
        findings=gathered.findings,
        coverage=gathered.coverage,
        forecast=forecast.as_json,
        calls=load.calls,
        outcomes=load.call_outcomes,
        not_measured=list(dict.fromkeys(gathered.not_measured)),
        notes=list(dict.fromkeys(gathered.notes)),
        generator={**load.generator, "workers": load.workers, "valid": load.valid},
        retries=load.retries,
        shown=shown,
        throttled=throttled,
        run=load.run,
    )
