"""busyhour history: Store runs, list and show them, and detect change points in their metrics."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._say import say
from busyhour.input_files import DATA_BYTES, read_standard_input, read_text

if TYPE_CHECKING:
    from busyhour.history.entry import Entry, Night
    from busyhour.history.store import History

_FILE = click.option(
    "--history",
    "database",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The history's file instead of the project's (reports/history.sqlite).",
)


@click.group("history")
def command() -> None:
    """Store runs in reports/history.sqlite, the baseline of `busyhour compare --baseline history`.

    Example: busyhour history add reports/out/tonight
    """


def _open(database: Path | None) -> History:
    from busyhour.history.store import History
    from busyhour.project import Project

    return History.open(database or Project.find(Path.cwd()).history_file)


@command.command("add")
@click.argument("runs", metavar="RUN...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--revision", default=None, help="Commit that was tested; determined from git if not given.")
@_FILE
def add(runs: tuple[Path, ...], revision: str | None, database: Path | None) -> None:
    """Add runs (their folders) with their verdict by `busyhour compare`: a regressed run is not used as a baseline.

    Example: busyhour history add reports/out/tonight
    """
    from busyhour.history.trends import night_of, repeats_of
    from busyhour.project import Project
    from busyhour.results import store

    project = Project.find(Path.cwd())
    with store.naming(*runs):
        nights = [night_of(path, project, revision) for path in runs]
        repeats = [one for night, path in zip(nights, runs, strict=True) for one in repeats_of(night, path)]
    with _open(database) as history:
        history.add([*nights, *repeats])
    for night in nights:
        words = "a regression; no baseline until accepted" if night.regressed else "a baseline from now on"
        if not night.observation.valid:
            words = f"{night.observation.outcome}; never a baseline"
        if night.confirmation is not None:
            words = f"{words} ({night.confirmation.words})"
        say(f"{night.observation.run_id}: {words}; kept as {night.observation.name}")


@command.command("list")
@click.option("--scenario", help="Only runs of this scenario.")
@_FILE
def list_(scenario: str | None, database: Path | None) -> None:
    """List the runs, the oldest first.

    Example: busyhour history list --scenario helpdesk
    """
    with _open(database) as history:
        entries = history.entries(scenario)
    if not entries:
        say("The history is empty." if scenario is None else f"The history has no run of {scenario!r}.")
    ids = [one.run_id for one in entries]
    for one in entries:
        label = one.name if ids.count(one.run_id) > 1 else one.run_id
        say(
            f"{one.id:>5}  {one.started[:19]}  {label}  {one.scenario}  {one.outcome}  "
            f"{_verdict(one)}  {one.revision[:10]}".rstrip()
            + (f"  repeat of {one.repeat_of}" if one.repeat_of else "")
            + _by(one.version)
        )


def _by(version: str) -> str:
    """Return the version of busyhour that gave the verdict, where it is not this one."""
    from busyhour import __version__

    return f"  (by busyhour {version})" if version and version != __version__ else ""


def _verdict(one: Entry | Night) -> str:
    from busyhour.history.entry import Night

    shown = one.judgement.shown if isinstance(one, Night) else one.shown
    if one.regressed is None:
        return "not compared"
    if one.regressed:
        return "regressed, accepted" if one.accepted else "regressed"
    return "no regression" if shown else "not shown"


@command.command("show")
@click.argument("run")
@_FILE
def show(run: str, database: Path | None) -> None:
    """Show the metrics of RUN (its id, its name, or its number in the list).

    Example: busyhour history show 12
    """
    from busyhour.regression.metrics.scalars import values
    from busyhour.regression.render import again, number

    with _open(database) as history:
        night = history.find(run)
    one = night.observation
    by = _by(night.judgement.version)
    say(
        f"{one.run_id}, {one.started[:19]}: {one.outcome}{_by(one.version)}, {_verdict(night)}{by}, {one.calls} calls"
    )
    say(f"kept as {one.name}")
    if night.revision:
        say(f"commit {night.revision}")
    if night.repeat_of:
        say(f"a repeat of {night.repeat_of}; never a baseline")
    for line in again(night.confirmation):
        say(line)
    for failed in night.judgement.failed:
        say(f"failed: {failed}")
    rows = values(one)
    width = max((len(name) for name in rows), default=0)
    for name, (value, unit) in rows.items():
        say(f"{name:<{width}}  {number(value, unit)}")
    for finding in one.findings:
        say(f"finding: {finding}")


@command.command("changes")
@click.option("--scenario", required=True, help="Scenario whose runs to analyse.")
@click.option("--metric", help="Only metrics whose name contains this.")
@click.option(
    "--least",
    type=click.FloatRange(0.0),
    default=0.03,
    show_default=True,
    help="Ignore changes below this size (relative; for shares, absolute).",
)
@_FILE
def changes(scenario: str, metric: str | None, least: float, database: Path | None) -> None:
    """Detect change points: nights from which on a metric differs, with the other changes of that night.

    Each change is dated once: to the night on which the comparison found it, or to its change point over the nights.
    Quotas that were cut are listed too. The newest nights are too early for change points.

    Example: busyhour history changes --scenario helpdesk
    """
    from busyhour.history.onsets import AFTER, BEFORE, EARLY
    from busyhour.history.trends import trends
    from busyhour.regression.metrics.observation import differences
    from busyhour.regression.render import number

    with _open(database) as history:
        every = [night for night in history.nights(scenario) if night.observation.valid]
    nights = [one for one in every if not differences(every[-1].observation, one.observation)]
    if len(nights) < len(every):
        say(f"{len(every) - len(nights)} runs of another plan, test or seed are left out.", err=True)
    found = trends(nights, metric or "", least) if nights else []
    beside: list[str] = []
    for at, one in enumerate(found):
        size = f" ({one.relative:+.0%})" if one.relative is not None else ""
        how = ", found when it was compared" if one.by == "compare" else ""
        say(
            f"{one.started[:10]}  {one.run_id}  {one.metric}: {number(one.before, one.unit)} to "
            f"{number(one.after, one.unit)}{size}{how}"
        )
        beside += [words for words in one.beside if words not in beside]
        if at + 1 == len(found) or found[at + 1].index != one.index:
            for words in beside:
                say(f"            {words}")
            beside = []
    if len(nights) < BEFORE + AFTER:
        say(f"{len(nights)} runs of {scenario!r}: a change shows from {BEFORE + AFTER} on.", err=bool(found))
    else:
        early = f"the newest {EARLY} nights are too early to tell"
        say(
            f"{early[0].upper()}{early[1:]}."
            if found
            else f"No change in {len(nights)} runs of {scenario!r}; {early}.",
            err=bool(found),
        )


@command.command("accept")
@click.argument("run")
@_FILE
def accept(run: str, database: Path | None) -> None:
    """Accept a regressed RUN as part of the baseline of later nights.

    Example: busyhour history accept 12
    """
    with _open(database) as history:
        night = history.find(run)
        history.accept(night)
    say(f"{night.observation.run_id}: accepted; a baseline from now on")


@command.command("prune")
@click.option("--keep", type=click.IntRange(0), help="Keep the N newest runs of each plan.")
@click.option("--before", metavar="DATE", help="Remove runs that started before this date (2026-01-31).")
@_FILE
def prune(keep: int | None, before: str | None, database: Path | None) -> None:
    """Remove old runs.

    Example: busyhour history prune --keep 90
    """
    from datetime import date

    from busyhour.errors import BusyhourError

    if keep is None and before is None:
        raise BusyhourError(
            "Neither --keep nor --before is given: nothing to remove.",
            "Give --keep 90, or --before 2026-01-31.",
        )
    if before is not None:
        try:
            before = date.fromisoformat(before).isoformat()
        except ValueError:
            raise BusyhourError(f"--before {before}: not a date.", "Write it as 2026-01-31.") from None
    with _open(database) as history:
        removed = history.prune(keep=keep, before=before)
    say(f"{removed} runs removed.")


@command.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), default="-")
@_FILE
def export(file: Path, database: Path | None) -> None:
    """Write the history as JSON Lines to FILE (standard output where it is not given).

    Example: busyhour history export nights.jsonl
    """
    from busyhour.errors import BusyhourError

    with _open(database) as history:
        if str(file) == "-":
            history.export(sys.stdout)
            return
        try:
            with file.open("w", encoding="utf-8") as out:
                count = history.export(out)
        except OSError as error:
            raise BusyhourError(
                f"{file}: cannot be written: {error.strerror}.", "Name another file."
            ) from None
    say(f"{count} runs written to {file}.")


@command.command("import")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@_FILE
def import_(file: Path, database: Path | None) -> None:
    """Add the runs that `busyhour history export` wrote to FILE (- is standard input).

    Example: busyhour history import nights.jsonl
    """
    from busyhour.errors import BusyhourError

    try:
        text = read_standard_input(DATA_BYTES) if str(file) == "-" else read_text(file, DATA_BYTES)
        lines = text.split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BusyhourError(
            f"{file}: cannot be read: {getattr(error, 'strerror', None) or error}.",
            "Name what `history export` wrote.",
        ) from None
    with _open(database) as history:
        count = history.import_(lines, str(file))
    say(f"{count} runs added.")
