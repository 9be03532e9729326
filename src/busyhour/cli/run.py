"""busyhour run: Drive a scenario's traffic, compare what was measured with the service quotas, and report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from busyhour.cli._nights import hold, look_back, with_verdict
from busyhour.cli._page import page

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

    from busyhour.harness.gate import Clearance
    from busyhour.harness.run import Options
    from busyhour.quotas.ledger import Evidence
    from busyhour.results.record import RunRecord
    from busyhour.scenarios.model import Scenario


@click.command("run")
@click.argument("scenario")
@click.option(
    "--target",
    type=click.Choice(["emulator", "aws"]),
    default="emulator",
    show_default=True,
    help="aws is a dry run unless --live is said too.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes of the load generator.",
)
@click.option(
    "--remote-workers",
    "remote",
    type=click.IntRange(0, 1000),
    default=0,
    metavar="N",
    help="Wait for N workers on other machines (locust --worker) instead of starting any here; see docs/distributed.md.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder of this run instead of a new one in the runs folder.",
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="Port of the emulator; 0 is any free one."
)
@click.option(
    "--beside",
    multiple=True,
    metavar="NAME|FILE",
    help="A load test to run beside the scenario's own, like control_room; may be repeated.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value than the scenario's, like traffic.duration=20s or quotas.L-12AB7C57=500; may be repeated.",
)
@click.option(
    "--verify-quotas",
    is_flag=True,
    help="Mark in the evidence ledger which needed quota values this run proves; end with 1 where one stays unproven.",
)
@click.option(
    "--find-limit",
    "find",
    is_flag=True,
    help="Raise the rate in steps until something breaks; report the highest that holds. Many runs; emulator only.",
)
@click.option(
    "--confirm",
    is_flag=True,
    help="Compare with earlier runs, and repeat the run before reporting what regressed; emulator only.",
)
@click.option(
    "--baseline",
    multiple=True,
    metavar="RUN",
    help="With --confirm: an earlier run; may be repeated.  [default: the nights before, from the history]",
)
@click.option(
    "--repeats",
    type=click.IntRange(1, 10),
    default=2,
    show_default=True,
    help="With --confirm: how often at most.",
)
@click.option(
    "--live", is_flag=True, help="With --target aws: really do it. Dials, calls AWS and costs money."
)
def command(
    scenario: str,
    target: str,
    workers: int,
    remote: int,
    out: Path | None,
    port: int,
    beside: tuple[str, ...],
    overrides: tuple[str, ...],
    verify_quotas: bool,
    find: bool,
    confirm: bool,
    baseline: tuple[str, ...],
    repeats: int,
    live: bool,
) -> None:
    """Run SCENARIO (a name or a TOML file) and end with a report and a verdict.

    Exit code 0: all holds. 1: something does not hold, or regressed (--confirm). 2: bad input. 3: refused or aborted
    by the safety gate. 4: the run proves nothing. 5: the target cannot be reached.

    Example: busyhour run scenarios/helpdesk.toml
    """
    import signal
    from datetime import UTC, datetime

    from rich.console import Console

    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.harness import preflight
    from busyhour.harness.run import Options, execute, new_folder
    from busyhour.harness.verdict import EXIT_CODES
    from busyhour.project import Project
    from busyhour.quotas import ledger, table
    from busyhour.regression import verdicts
    from busyhour.report import terminal
    from busyhour.results import store

    console = Console(stderr=True)
    project = Project.find(Path.cwd())
    planned = _load(project, scenario, overrides)
    preflight.check_quotas(planned)
    evidence = ledger.read(project.ledger_file)  # a broken one is said before the load, not after it
    if target == "aws" and find:
        raise BusyhourError(
            "--find-limit makes many runs, more than an approval of AWS covers.",
            "Search against the emulator with the quotas that AWS has raised; then confirm that one rate against AWS.",
            ExitCode.REFUSED,
        )
    if target == "aws" and confirm:
        raise BusyhourError(
            "--confirm may repeat the run, more than an approval of AWS covers.",
            "Run it without, then: busyhour compare RUN --baseline history.",
            ExitCode.REFUSED,
        )
    if baseline and not confirm:
        raise BusyhourError("--baseline is what --confirm compares with.", "Say --confirm too.")
    clearance = _gate(planned, console, beside, live=live) if target == "aws" else None
    signal.signal(signal.SIGTERM, _as_interrupt)  # ends like Ctrl-C: live calls ended, report written
    for name in beside:
        project.loadtest(name)  # a wrong name is said before anything starts
    options = Options(planned, project, target, workers, out, port, remote, beside, clearance)
    folder = new_folder(options, datetime.now(UTC))
    if find:
        _find_limit(options, folder, console)
    verdicts.clear(folder)
    with _Display(console, planned) as display:
        record = execute(options, folder, display)
        store.write_run(folder, record)  # kept before anything else is tried
        held = hold(options, folder, record, display, baseline, repeats) if confirm else None
    look_back(record, folder, project)
    evidence = ledger.confirm(evidence, record, table.load()) if verify_quotas else evidence
    record.ledger = ledger.as_rows(evidence)
    terminal.show(record, page())
    _write(record, folder, project)
    unproven = _keep_evidence(evidence, record, project) if verify_quotas else []
    code = ExitCode.REFUSED if record.abort is not None else EXIT_CODES[record.verdict.outcome]
    if unproven and code is ExitCode.OK:
        code = ExitCode.DOES_NOT_HOLD
    raise SystemExit(int(code if held is None else with_verdict(held, code)))


def _find_limit(options: Options, folder: Path, console: Console) -> NoReturn:
    """Search, say what was found, and end: 0 where the plan holds, 1 where it does not, 4 where nothing is proven."""
    from busyhour.capacity.demand import busiest_rate
    from busyhour.errors import ExitCode
    from busyhour.harness import limit_runs

    with _Display(console, options.scenario) as display:
        found = limit_runs.find(options, folder, display)
    for line in limit_runs.lines(found, busiest_rate(options.scenario)):
        click.echo(line)
    click.echo(f"Runs: {folder}")
    if found.holds is None:
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD if found.breaks is not None else ExitCode.INVALID_RUN))
    raise SystemExit(int(ExitCode.OK if found.holds >= 1.0 else ExitCode.DOES_NOT_HOLD))


def _as_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _load(project: Any, name: str, overrides: tuple[str, ...]) -> Scenario:
    from busyhour.scenarios import reader

    return reader.load(project.scenario(name), root=project.root, overrides=overrides)


def _keep_evidence(evidence: Evidence, record: RunRecord, project: Any) -> list[str]:
    """Write the ledger with what the run proves; the quotas that stay unproven. The run itself is kept already."""
    from busyhour.quotas import ledger

    ledger.write(project.ledger_file, evidence)
    rows = ledger.unproven(evidence, record)
    missing = [f"{row.name}: {row.verified.why if row.verified else 'not verified'}" for row in rows]
    for text in missing:
        click.echo(f"Not proven: {text}", err=True)
    click.echo(f"Ledger: {project.ledger_file}")
    return missing


def _gate(scenario: Scenario, console: Console, beside: Sequence[str], *, live: bool) -> Clearance:
    """Say what a run against AWS would do; go on only when it is allowed and was asked for."""
    from datetime import UTC, datetime

    from busyhour.errors import ExitCode
    from busyhour.harness import dry_run, gate, plan

    approval = gate.read_approval(scenario.aws.approval) if scenario.aws.approval else None
    now = datetime.now(UTC)
    made = plan.make(scenario, now, start=now, approval=approval)
    aws = scenario.aws
    console.print(
        f"Against AWS account {aws.account or '?'}, {aws.region}, instance {aws.instance or '?'}:",
        highlight=False,
    )
    for line in dry_run.lines_of(made, beside):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    clearance = gate.clear(scenario, made.intent, approval, now)
    if not live:
        console.print("Dry run: nothing was called. Say --live to do it.")
        raise SystemExit(int(ExitCode.OK))
    return clearance


def _write(record: RunRecord, folder: Path, project: Any) -> None:
    """run.json first: it is all that the other formats need."""
    from busyhour.errors import BusyhourError
    from busyhour.report.renderers import RENDERERS
    from busyhour.results import store

    store.write_run(folder, record)
    page = folder / RENDERERS["html"].file_name
    try:
        page.write_bytes(RENDERERS["html"].render(record, project.report_templates()))
    except OSError as error:
        raise BusyhourError(
            f"{page}: cannot be written: {error.strerror}. The run is kept in {folder / store.RUN_FILE}.",
            f"Free some space, then: busyhour report {folder} --format html",
        ) from None
    latest = folder.parent / "latest"
    if folder.parent == project.runs_folder and (latest.is_symlink() or not latest.exists()):
        latest.unlink(missing_ok=True)
        latest.symlink_to(folder.name)
    click.echo(f"Report: {page}")
    click.echo(record.verdict.summary)


class _Display:
    """Stages as lines, the load as a progress bar; on a pipe a line every ten seconds instead of a bar."""

    def __init__(self, console: Console, scenario: Scenario) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self._console = console
        self._total = scenario.traffic.duration + scenario.traffic.drain
        self._bar = Progress(
            TextColumn("  "),
            BarColumn(bar_width=30),
            TimeRemainingColumn(),
            TextColumn("{task.description}"),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None
        self._said = 0.0

    def __enter__(self) -> _Display:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop_bar()

    def stage(self, text: str) -> None:
        """A line for the stage; the bar starts with the load."""
        self._stop_bar()
        self._said = 0.0
        self._console.print(f"[bold]{text}[/bold]", highlight=False)

    def load(self, tick: Mapping[str, Any]) -> None:
        """Move the bar."""
        text = (
            f"{tick.get('started', 0):,} of {tick.get('planned', 0):,} calls started, "
            f"{tick.get('in_progress', 0):,} in progress, {tick.get('throttles', 0):,} throttled, "
            f"{tick.get('errors', 0):,} errors"
        )
        at = float(tick.get("t", 0.0))
        if self._console.is_terminal:
            if self._task is None:
                self._bar.start()
                self._task = self._bar.add_task("", total=float(tick.get("total") or self._total))
            self._bar.update(self._task, completed=at, description=text)
        elif at >= self._said + 10:
            self._said = at
            self._console.print(f"  {at:.0f} s: {text}", highlight=False)

    def say(self, text: str) -> None:
        """A line above the bar."""
        self._console.print(text, highlight=False)

    def _stop_bar(self) -> None:
        if self._task is not None:
            self._bar.stop()
            self._task = None
