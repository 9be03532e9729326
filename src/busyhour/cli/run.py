"""busyhour run: Drive a scenario's traffic, compare what was measured with the service quotas, and report."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from busyhour import lifeline
from busyhour.cli import _entries
from busyhour.cli._display import Display
from busyhour.cli._find_limit import find_limit
from busyhour.cli._gate import cleared
from busyhour.cli._nights import hold, look_back, with_verdict
from busyhour.cli._page import page
from busyhour.cli._say import say
from busyhour.cli._trust import Own, trust_options
from busyhour.cli._write import kept, write

if TYPE_CHECKING:
    from busyhour.quotas.evidence import Evidence
    from busyhour.quotas.model import QuotaValue
    from busyhour.results.record import RunRecord
    from busyhour.scenarios.model import Scenario


@click.command("run")
@click.argument("scenario")
@click.option(
    "--target",
    type=click.Choice(["emulator", "aws"]),
    default="emulator",
    show_default=True,
    help="With aws, only a dry run unless --live is given.",
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
    help="Wait for N workers on other machines instead of starting any here, with the secret that both have in "
    "BUSYHOUR_WORKER_SECRET or BUSYHOUR_WORKER_SECRET_FILE; see docs/distributed.md.",
)
@click.option(
    "--bind",
    metavar="ADDRESS",
    help="With --remote-workers: IP address of this machine, with or without a port, at which workers connect.  "
    "[default: 127.0.0.1:5557]",
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
    help="Additional load test to run alongside the scenario's, like control_room; may be repeated.",
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Override a scenario value, like test.hold=20s or quotas.L-12AB7C57=500; may be repeated.",
)
@click.option(
    "--verify-quotas",
    is_flag=True,
    help="Record in the evidence ledger the needed quota values that this run verifies; exit with 1 if one is not verified.",
)
@click.option(
    "--find-limit",
    "find",
    is_flag=True,
    help="Search for the highest rate within all limits, by repeated runs; emulator only.",
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
    help="With --confirm: maximum number of repetitions.",
)
@click.option(
    "--smoke",
    is_flag=True,
    help="A quick check: errors and throttles are judged, the capacity is reported as not shown; exit code 0 unless "
    "something judged fails.",
)
@click.option(
    "--source",
    metavar="aws|FILE",
    help="Quota values of the account: read now (read-only calls), or from a file of them with its date, as `busyhour "
    "quotas --source aws --format json` writes it. The emulator then enforces these.  [default: aws for --target aws]",
)
@click.option(
    "--live", is_flag=True, help="With --target aws: place real calls. Dials real numbers and incurs charges."
)
@trust_options
def command(
    scenario: str,
    target: str,
    workers: int,
    remote: int,
    bind: str | None,
    out: Path | None,
    port: int,
    beside: tuple[str, ...],
    overrides: tuple[str, ...],
    verify_quotas: bool,
    find: bool,
    confirm: bool,
    baseline: tuple[str, ...],
    repeats: int,
    smoke: bool,
    source: str | None,
    live: bool,
    trust: bool,
    shipped_rules_only: bool,
) -> None:
    """Run SCENARIO (a name or a TOML file) and end with a report and a verdict.

    Exit code 0: HOLDS, or a smoke run without findings. 1: DOES NOT HOLD, or regressed (--confirm). 2: bad input.
    3: refused or aborted by the safety gate. 4: NOT SHOWN (the test did not reach the plan's load, or something is not
    decided) or invalid. 5: the target cannot be reached.

    Example: busyhour run scenarios/helpdesk.toml
    """
    import os
    import signal
    from datetime import UTC, datetime

    from busyhour import extras, interrupts
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.report.renderers.plain_console import PlainConsole
    from busyhour.shared_secret import worker_secret

    extras.require(
        "emulator", "forecast", "load", "report"
    )  # the run's processes import them when much is done
    from busyhour.harness import account_values, preflight, run_folder
    from busyhour.harness.run import Options, execute
    from busyhour.harness.verdict.decision import exit_code
    from busyhour.project import Project
    from busyhour.quotas import ledger
    from busyhour.quotas.table import quota_table
    from busyhour.report.renderers import terminal
    from busyhour.results import store

    console = PlainConsole(stderr=True)
    listens = worker_secret.listening(remote, bind, os.environ)
    project = Project.find(Path.cwd())
    own = Own(project, project.rules_folders(), "rule", trust=trust, shipped_only=shipped_rules_only)
    if own.report():  # a verdict without them would not be the team's
        raise SystemExit(int(ExitCode.BAD_INPUT))
    planned = _load(project, scenario, overrides, smoke=smoke)
    _refuse_smoke(planned, verify_quotas=verify_quotas, find=find)
    preflight.check_quotas(planned)
    _entries.check(planned)
    account: dict[str, QuotaValue] = {}
    if source and not (source == account_values.AWS and target == "aws"):  # a run against AWS reads it anyway
        account = account_values.read(source, planned, quota_table.load())
        if target == "emulator":
            enforced = account_values.settings(account, planned, quota_table.load())
            planned = _load(project, scenario, (*enforced, *overrides), smoke=smoke)
    evidence = ledger.read(project.ledger_file)  # a broken one is reported before the load, not after it
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
        raise BusyhourError("--baseline is what --confirm compares with.", "Give --confirm too.")
    clearance = cleared(planned, console, beside, live=live) if target == "aws" else None
    interrupts.install(interrupts.interrupt, signal.SIGTERM)  # like Ctrl-C: live calls ended, report written
    for name in beside:
        project.loadtest(name)  # a wrong name is reported before anything starts
    options = Options(
        *(planned, project, target, workers, out, port, remote, listens, beside, clearance),
        account=account,
        own_rules=not own.left_out,
    )
    folder = run_folder.made(planned.name, project.runs_folder, datetime.now(UTC), options.folder)
    with run_folder.claimed(folder), _nothing_left_behind():
        if find:
            raise SystemExit(int(find_limit(options, folder, console)))
        with Display(console, planned) as display:
            record = execute(options, folder, display)
            store.write_run(folder, record)  # kept before anything else is tried
            with kept(folder):
                held = hold(options, folder, record, display, baseline, repeats) if confirm else None
        with kept(folder):
            look_back(record, folder, project)
            evidence = ledger.confirm(evidence, record) if verify_quotas else evidence
            record.ledger = ledger.as_rows(evidence)
            terminal.show(record, page())
            write(record, folder, project)
    unproven = _keep_evidence(evidence, record, project) if verify_quotas else []
    code = exit_code(record)
    if unproven and code is ExitCode.OK:
        code = ExitCode.DOES_NOT_HOLD
    raise SystemExit(int(code if held is None else with_verdict(held, code)))


@contextlib.contextmanager
def _nothing_left_behind() -> Iterator[None]:
    """End every process below this one afterwards, also what a killed emulator or a handler in its own session has left."""
    lifeline.adopt_orphans()
    try:
        yield
    finally:
        lifeline.end_descendants()


def _load(project: Any, name: str, overrides: tuple[str, ...], *, smoke: bool) -> Scenario:
    from busyhour.scenarios import reader
    from busyhour.scenarios.traffic_plan.plan import as_smoke

    loaded = reader.load(project.scenario(name), root=project.root, overrides=overrides)
    return as_smoke(loaded) if smoke else loaded


def _refuse_smoke(planned: Scenario, *, verify_quotas: bool, find: bool) -> None:
    """Reject options about capacity for a smoke run, which shows none.

    Raises:
        BusyhourError: --smoke was given together with such an option.
    """
    from busyhour.errors import BusyhourError

    if not planned.test.smoke:
        return
    for option, given in (("--verify-quotas", verify_quotas), ("--find-limit", find)):
        if given:
            raise BusyhourError(
                f"A smoke run shows no capacity, which {option} is about.",
                f"Leave out --smoke (or test.smoke), or {option}.",
            )


def _keep_evidence(evidence: Evidence, record: RunRecord, project: Any) -> list[str]:
    """Write the verified values to the ledger; return the quotas that are not verified. The run is stored already."""
    from busyhour.quotas import ledger

    ledger.write(project.ledger_file, evidence)
    rows = ledger.unproven(evidence, record)
    missing = [f"{row.name}: {row.verified.why if row.verified else 'not verified'}" for row in rows]
    for text in missing:
        say(f"Not proven: {text}", err=True)
    say(f"Ledger: {project.ledger_file}")
    return missing
