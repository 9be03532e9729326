"""busyhour quotas: Print every quota with its value, where the value came from and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._instance import check_instance, confirm_instance
from busyhour.cli._page import page
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from busyhour.quotas.aws.clients import Clients
    from busyhour.quotas.evidence import Row
    from busyhour.quotas.resolve import Reading, Source
    from busyhour.quotas.table.quota_table import QuotaTable


@click.group("quotas", invoke_without_command=True)
@click.option(
    "--source",
    "named",
    multiple=True,
    default=("documented",),
    show_default=True,
    metavar="aws|documented|FILE",
    help="aws reads your account (read-only calls); FILE has values that you know. May be repeated.",
)
@click.option("--service", help="Only this service: connect, lambda, dynamodb, ...")
@click.option("--instance", metavar="ARN", help="Connect instance, for the values applied to it.")
@click.option(
    "--table",
    "tables",
    multiple=True,
    metavar="NAME",
    help="With --source aws: also the throughput of this DynamoDB table (DescribeTable). May be repeated.",
)
@click.option("--region", help="AWS Region whose defaults apply; with aws, the configured one if not given.")
@click.option("--endpoint-url", help="Send requests to this endpoint (the emulator) instead of AWS.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--iam-policy",
    is_flag=False,
    flag_value="read",
    type=click.Choice(["read", "request"]),
    help="Print the least IAM policy for --source aws (or for `busyhour request`), and stop.",
)
@click.pass_context
def command(
    context: click.Context,
    named: tuple[str, ...],
    service: str | None,
    instance: str | None,
    tables: tuple[str, ...],
    region: str | None,
    endpoint_url: str | None,
    format_: str,
    iam_policy: str | None,
) -> None:
    """Print every quota with its value, where the value came from and when.

    Example: busyhour quotas --source aws --service connect --instance arn:aws:connect:…:instance/…
    """
    if context.invoked_subcommand is not None:
        return
    from busyhour.quotas.listing import as_data
    from busyhour.quotas.resolve import read_quotas
    from busyhour.quotas.table import quota_table, regions

    if iam_policy:
        from busyhour.quotas.aws import clients as aws

        actions = aws.required_actions() if iam_policy == "read" else aws.REQUEST_ACTIONS
        print_document(json.dumps(aws.iam_policy(actions), indent=2) + "\n", form="json")
        return
    table = quota_table.load()
    clients = None
    if "aws" in named:
        from busyhour.quotas.aws import clients as aws

        check_instance(instance)
        clients = aws.clients(region, endpoint_url)
        region = clients.region
        if instance is not None:
            confirm_instance(instance, clients)
    table = table.for_region(region)
    wanted = table.of_service(service) if service else tuple(table)
    readings = read_quotas(wanted, _sources(named, table, instance, clients, endpoint_url))
    readings += _of_tables(tables, table, clients)
    if format_ == "json":
        print_document(
            json.dumps(as_data(readings, ", ".join(named)), indent=2, ensure_ascii=False) + "\n", form="json"
        )
        return
    _show(readings)
    if region and region not in (known := regions.load()):
        say()
        say(f"AWS documents no endpoint of Connect in {region}; it has: {', '.join(known)}.")
    if "aws" in named and not instance and any(str(r.quota.scope) == "instance" for r in readings):
        say()
        say("Quotas of an instance are shown with their defaults: say --instance for the applied values.")


@command.command("diff")
@click.argument("a", type=click.Path(path_type=Path))
@click.argument("b", type=click.Path(path_type=Path))
def diff(a: Path, b: Path) -> None:
    """Compare two listings of quotas (dates, accounts, Regions); exits with 1 if a value in B is lower.

    Example: busyhour quotas diff production.json disaster-recovery.json
    """
    from busyhour.errors import ExitCode
    from busyhour.quotas.diff import differences, read_listing
    from busyhour.quotas.figures import number

    found = differences(read_listing(a), read_listing(b))
    for difference in found:
        sides = [
            "-" if side is None else f"{number(side.value)} ({side.origin}, {side.read_at[:10]})"
            for side in (difference.a, difference.b)
        ]
        less = "  less in B" if difference.b_is_lower else ""
        say(f"{difference.service} {difference.code or '-'} {difference.name}: {' -> '.join(sides)}{less}")
    lower = sum(difference.b_is_lower for difference in found)
    say(f"{len(found)} quotas differ; {lower} are lower in {b} than in {a}.")
    if lower:
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


@command.command("ledger")
@click.option(
    "--file", "path", type=click.Path(path_type=Path), help="The ledger; the project's if not given."
)
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--check",
    is_flag=True,
    help="Exit with 1 while an applied value is below its need, or a requested value has not been verified under load.",
)
def ledger(path: Path | None, format_: str, check: bool) -> None:
    """Show the needed, requested, applied and load-verified value of each quota.

    Example: busyhour quotas ledger --check
    """
    from busyhour.errors import ExitCode
    from busyhour.project import Project
    from busyhour.quotas import ledger as ledgers

    path = path or Project.find(Path.cwd()).ledger_file
    evidence = ledgers.read(path)
    if format_ == "json":
        print_document(
            json.dumps({"rows": ledgers.as_rows(evidence)}, indent=2, ensure_ascii=False) + "\n", form="json"
        )
    elif not evidence.rows:
        say(f"{path} has no rows. `busyhour run --verify-quotas` and `busyhour request --submit` make them.")
    else:
        _show_ledger(evidence.rows)
    if check and (not evidence.rows or any(row.open for row in evidence.rows)):
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


def _show_ledger(rows: Sequence[Row]) -> None:
    from rich.table import Table

    from busyhour.quotas.ledger import in_words

    console = page()
    for place in dict.fromkeys(row.place for row in rows):
        shown = Table(box=None, pad_edge=False, title=place, title_justify="left", title_style="bold")
        for heading in ("quota", "needed", "requested", "applied", "verified under load"):
            shown.add_column(heading, overflow="fold")
        for row in rows:
            if row.place == place:
                words = in_words(row)
                shown.add_row(*words, style="yellow" if row.open else None)
        console.print(shown)
        console.print()


def _sources(
    named: Sequence[str],
    table: QuotaTable,
    instance: str | None,
    clients: Clients | None,
    endpoint_url: str | None,
) -> list[Source]:
    from busyhour.errors import BusyhourError
    from busyhour.quotas.files.overrides import read_file
    from busyhour.quotas.resolve import DocumentedDefault

    files = [name for name in named if name not in ("aws", "documented")]
    if len(files) > 1:
        raise BusyhourError(
            f"--source is given {len(files)} files: {', '.join(files)}.", "Put the values into one."
        )
    overrides = read_file(Path(files[0]), table) if files else None
    if clients is not None:
        from busyhour.quotas.aws import clients as aws

        return aws.read_only_sources(clients, instance, overrides)
    for option, value in (("--instance", instance), ("--endpoint-url", endpoint_url)):
        if value:
            raise BusyhourError(
                f"{option} {value} has no effect without --source aws.", f"Give --source aws {option} …."
            )
    return [*([overrides] if overrides is not None else []), DocumentedDefault()]


def _of_tables(names: Sequence[str], table: QuotaTable, clients: Clients | None) -> list[Reading]:
    from busyhour.errors import BusyhourError
    from busyhour.quotas.aws.table_descriptions import TableDescriptions

    if names and clients is None:
        raise BusyhourError(
            f"--table {names[0]} has no effect without --source aws.",
            f"Give --source aws --table {names[0]}.",
        )
    return TableDescriptions(clients.dynamodb).read(names, table) if clients is not None else []


def _show(readings: Sequence[Reading]) -> None:
    from rich.table import Table

    from busyhour.quotas.figures import number
    from busyhour.quotas.listing import is_applied, remarks, when

    console = page()
    for service in dict.fromkeys(reading.quota.service for reading in readings):
        rows = Table(box=None, pad_edge=False, title=service, title_justify="left", title_style="bold")
        for heading, right in (
            ("quota", 0),
            ("value", 1),
            ("default", 1),
            ("unit", 0),
            ("code", 0),
            ("from", 0),
        ):
            rows.add_column(
                heading, justify="right" if right else "left", no_wrap=heading in ("code", "value")
            )
        rows.add_column("when", no_wrap=True)
        for reading in readings:
            quota = reading.quota
            if quota.service != service:
                continue
            rows.add_row(
                quota.name + (" *" if quota.note else ""),
                number(reading.value.value),
                number(quota.default),
                quota.unit,
                quota.code or "-",
                str(reading.value.origin),
                when(reading),
                style="bold" if is_applied(reading) and reading.value.value != quota.default else None,
            )
        console.print(rows)
        console.print()
    notes = [f"* {reading.quota.name}: {reading.quota.note}" for reading in readings if reading.quota.note]
    contradictions = remarks(readings)
    if contradictions:
        console.print("Contradictions, and what could not be read", style="bold")
        for text in contradictions:
            console.print(text, markup=False)
        console.print()
    conflicts = [note for note in notes if "CONFLICT" in note or "incorrect" in note]
    for note in conflicts:
        console.print(note, markup=False)
    more = len(notes) - len(conflicts)
    if more:
        console.print(f"* {more} more note{'s' if more > 1 else ''}: see --format json.", markup=False)
