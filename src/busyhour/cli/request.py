"""busyhour request: Print the quota increases that a run needs; file them with --submit."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from busyhour.cli._say import print_document, say
from busyhour.input_files import read_text

if TYPE_CHECKING:
    from busyhour.quotas.aws.increase_requests import Filing, Ledger
    from busyhour.quotas.increases import Increase, Needs
    from busyhour.results.record import RunRecord


@click.command("request")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--headroom",
    type=float,
    default=0.0,
    show_default=True,
    help="Headroom as a share of the expected value, like 0.2. AWS wants values without headroom.",
)
@click.option("--submit", is_flag=True, help="File the requests with Service Quotas, after confirmation.")
@click.option("--yes", is_flag=True, help="With --submit or --attach: do not ask for confirmation.")
@click.option("--status", is_flag=True, help="Follow the requests that were filed for this run.")
@click.option(
    "--attach",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Attach this file (PDF) to the Support cases of the requests, after confirmation; may be repeated.",
)
@click.option(
    "--message",
    type=click.Path(path_type=Path),
    help="Text for the cases; the report for Support if not given.",
)
@click.option("--instance", metavar="ARN", help="Connect instance; the run's if not given.")
@click.option("--region", help="AWS Region; the run's if not given.")
@click.option("--endpoint-url", help="Send requests to this endpoint (the emulator) instead of AWS.")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(
    run: Path,
    headroom: float,
    submit: bool,
    yes: bool,
    status: bool,
    attach: tuple[Path, ...],
    message: Path | None,
    instance: str | None,
    region: str | None,
    endpoint_url: str | None,
    format_: str,
) -> None:
    """Print the quota increases that RUN (a run's folder or its run.json) needs; file them with --submit.

    Writes the report for AWS Support beside the run: support.pdf, support.text, increases.json.

    Example: busyhour request reports/out/latest --headroom 0.2
    """
    from busyhour.errors import ExitCode
    from busyhour.quotas.aws.increase_requests import Ledger
    from busyhour.quotas.increases import needs
    from busyhour.quotas.table import quota_table
    from busyhour.results import store

    record = store.read_run(run)
    if instance:
        record.target = {**record.target, "instance_arn": instance}
    found = needs(record, quota_table.load(), headroom)
    folder = run if run.is_dir() else run.parent
    ledger = Ledger.of(folder)
    region = region or record.target.get("region")
    outcome_texts: dict[str, str] = {}
    failed = False
    if format_ == "text":
        _show(found, record, region)
        _show_headroom(record, found, headroom)
    written = _write_report(record, found, folder, instance or "", headroom)
    if (status or attach or message) and ledger.requests:
        _check_target(record, instance, endpoint_url)
    if status and ledger.requests:  # without one there is nothing to ask AWS
        _filing(ledger, region, endpoint_url).follow()
    if submit and found.increases:
        _check_target(record, instance, endpoint_url)
        _check_current(record, found, endpoint_url)
        outcome_texts, failed = _submit(_filing(ledger, region, endpoint_url), found, yes=yes)
    if submit or status:
        _keep_evidence(record, ledger)
    if attach or message:
        _attach(written.get("support.text", b"").decode(), ledger, attach, message, endpoint_url, yes=yes)
    if format_ == "json":
        print_document(
            json.dumps(_as_data(record, found, ledger, outcome_texts), indent=2, ensure_ascii=False) + "\n",
            form="json",
        )
    else:
        _show_outcome(found, ledger, outcome_texts)
        if written:
            say(f"For AWS Support: {', '.join(str(folder / name) for name in written)}")
    if failed:
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))


def _filing(ledger: Ledger, region: str | None, endpoint_url: str | None) -> Filing:
    from busyhour.quotas.aws import clients
    from busyhour.quotas.aws.increase_requests import Filing

    return Filing(clients.clients(region, endpoint_url).service_quotas, ledger)


def _check_target(record: RunRecord, instance: str | None, endpoint_url: str | None) -> None:
    """A run against the emulator knows no instance of the user's account, and AWS is not asked about it.

    Raises:
        BusyhourError: neither an instance nor an endpoint was given.
    """
    from busyhour.errors import BusyhourError

    if record.target.get("kind") != "aws" and not endpoint_url and not instance:
        raise BusyhourError(
            f"Run {record.run_id} was driven against the emulator: it does not know which instance to raise.",
            "Give --instance ARN (and --region) of the instance in your account, or --endpoint-url of the emulator.",
        )


def _check_current(record: RunRecord, found: Needs, endpoint_url: str | None) -> None:
    """A request to AWS names present values that were read from the account in the last 30 days.

    Requests to the emulator may use its own values.

    Raises:
        BusyhourError: a present value is not current (exit code 3).
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.local_http import on_loopback
    from busyhour.quotas import freshness

    of_emulator = endpoint_url is not None and on_loopback(urlsplit(endpoint_url).hostname or "")
    gaps = {
        increase.quota.name: gap
        for increase in found.increases
        if (gap := freshness.mark_of(record, increase.origin, increase.read_at))
        and not (of_emulator and gap == freshness.EMULATOR_MARK)
    }
    if gaps:
        raise BusyhourError(
            f"Run {record.run_id} is a draft: "
            + "; ".join(f"the present value of {name} is {gap}" for name, gap in gaps.items())
            + ". Nothing was filed.",
            "Read the account's values, then run the scenario with them: `busyhour quotas --source aws --instance ARN "
            "--format json > values.json`, `busyhour run SCENARIO --source values.json`.",
            ExitCode.REFUSED,
        )


def _submit(filing: Filing, found: Needs, *, yes: bool) -> tuple[dict[str, str], bool]:
    """File the requests that AWS does not have yet; return a message for each quota, and whether one failed."""
    from busyhour.quotas.figures import number

    known = {increase.quota.key: filing.known(increase) for increase in found.increases}
    unfiled = [increase for increase in found.increases if known[increase.quota.key] is None]
    outcome_texts = {key: text for key, text in known.items() if text is not None}
    if not unfiled:
        return outcome_texts, False
    names = ", ".join(f"{increase.quota.name} to {number(increase.requested)}" for increase in unfiled)
    if not yes and not _confirmed(f"File {len(unfiled)} request(s) with AWS: {names}?"):
        return {
            **outcome_texts,
            **{increase.quota.key: "not filed: not confirmed" for increase in unfiled},
        }, False
    outcomes = filing.file(unfiled)
    outcome_texts.update({outcome.increase.quota.key: outcome.text for outcome in outcomes})
    return outcome_texts, any(outcome.failed for outcome in outcomes)


def _keep_evidence(record: RunRecord, filed: Ledger) -> None:
    """Write needed and requested values to the project's evidence ledger."""
    from busyhour.project import Project
    from busyhour.quotas import ledger

    path = Project.find(Path.cwd()).ledger_file
    evidence = ledger.with_needs(ledger.read(path), record)
    ledger.write(path, ledger.with_requests(evidence, filed.requests, record))


def _write_report(
    record: RunRecord, found: Needs, folder: Path, instance: str, headroom: float
) -> dict[str, bytes]:
    """Write the report for Support if an increase is needed; return the files written, by name."""
    from busyhour.atomic_write import write_atomically
    from busyhour.project import Project
    from busyhour.report.renderers import support_pdf, support_text
    from busyhour.report.sections import support

    facts = support.case(record, found, instance=instance, headroom=headroom)
    if not facts.asks:
        return {}
    templates = Project.find(Path.cwd()).report_templates()
    requests = json.dumps([increase.arguments for increase in found.increases], indent=2) + "\n"
    files = {
        "support.pdf": support_pdf.of_case(record, facts, templates),
        "support.text": support_text.of_case(facts, templates).encode(),
        "increases.json": requests.encode(),
    }
    for name, content in files.items():
        write_atomically(folder / name, content, make_folder=True)
    return files


def _attach(
    report: str,
    ledger: Ledger,
    paths: tuple[Path, ...],
    message: Path | None,
    endpoint_url: str | None,
    *,
    yes: bool,
) -> None:
    """Add text and files to every open case of the run's requests."""
    from busyhour.errors import BusyhourError
    from busyhour.quotas.aws import clients, support_cases

    files = support_cases.read_attachments(paths)
    if message is None:
        text = support_cases.checked_text(report, "The report for Support")
    else:
        try:
            text = support_cases.checked_text(read_text(message), str(message))
        except (OSError, UnicodeDecodeError) as error:
            raise BusyhourError(
                f"{message}: cannot be read: {error}.", "Give a text file in UTF-8."
            ) from None
    cases = dict.fromkeys(
        filed.case for filed in ledger.requests if filed.case and filed.status == "CASE_OPENED"
    )
    if not cases:
        raise BusyhourError(
            "No request of this run has an open Support case.",
            "Give --submit first, then --status to see the cases.",
        )
    names = ", ".join(path.name for path in paths) or "the text"
    if not yes and not _confirmed(f"Add {names} to case {', '.join(map(str, cases))}?"):
        return
    support = support_cases.Attaching(clients.support(endpoint_url))
    for case in cases:
        support.attach(str(case), text, files)
        say(f"Case {case}: added {names}.", err=True)


def _confirmed(question: str) -> bool:
    from busyhour.errors import BusyhourError, ExitCode

    try:
        return click.confirm(question, err=True)
    except click.Abort:
        raise BusyhourError(
            "There is no terminal to confirm on; nothing was sent.",
            "Give --yes to go on without asking.",
            ExitCode.REFUSED,
        ) from None


def _show(found: Needs, record: RunRecord, region: str | None) -> None:
    from busyhour.quotas import freshness
    from busyhour.quotas.own_settings import own_settings

    if not found.increases:
        say(f"Run {record.run_id} calls for no increase that Service Quotas takes.")
    for number, increase in enumerate(found.increases, 1):
        quota = increase.quota
        say(
            f"{number}. {quota.name} ({quota.service} {quota.code}): {increase.present:,g} -> {increase.requested:,g}",
            bold=True,
        )
        if gap := freshness.mark_of(record, increase.origin, increase.read_at):
            say(f"   Gap in the present value: {gap}.", fg="yellow")
        for step in increase.steps:
            say(f"   {step}")
        say(f"   {_cli(increase, region)}")
        say()
    for setting in own_settings(record):
        say(f"- {setting.words}", bold=True)
        if setting.calculation:
            say(f"   Calculation: {setting.calculation}.")
    for other in found.unrequestable:
        say(f"- {other.quota.name}: {other.reason} {other.way_out}", bold=True)
        for step in other.increase.steps if other.increase else ():
            say(f"   {step}")


def _show_headroom(record: RunRecord, found: Needs, headroom: float) -> None:
    """Print the value with the scenario's own headroom, where it was left out."""
    from busyhour.quotas.figures import number
    from busyhour.quotas.increases import needs
    from busyhour.quotas.table import quota_table

    wanted = float(record.scenario.get("headroom") or 0.0)
    if headroom or not wanted:
        return
    requested = {increase.quota.key: increase.requested for increase in found.increases}
    more = [
        f"{increase.quota.name} {number(increase.requested)}"
        for increase in needs(record, quota_table.load(), wanted).increases
        if increase.requested > requested.get(increase.quota.key, 0.0)
    ]
    if more:
        say(
            f"The scenario wants {wanted:.0%} of each quota to stay free; AWS asks for expected values without "
            f"padding, so headroom is left out here. With {wanted:.0%} headroom (--headroom {wanted:g}) the request "
            f"would be: {', '.join(more)}."
        )
        say()


def _cli(increase: Increase, region: str | None) -> str:
    """The request as a line for AWS CLI (2.13.20 or newer for quotas of an instance)."""
    words = [
        *("aws", "service-quotas", "request-service-quota-increase"),
        *("--service-code", increase.quota.service, "--quota-code", str(increase.quota.code)),
        *("--desired-value", f"{increase.requested:.0f}"),
    ]
    if str(increase.quota.scope) == "instance":
        words += ["--context-id", increase.context or "INSTANCE-ARN"]
    if region:
        words += ["--region", region]
    return shlex.join(words)


def _show_outcome(found: Needs, ledger: Ledger, outcome_texts: Mapping[str, str]) -> None:
    for increase in found.increases:
        if increase.quota.key in outcome_texts:
            say(f"{increase.quota.name}: {outcome_texts[increase.quota.key]}")
    if ledger.requests:
        say()
        say("Requests filed for this run:")
    for filed in ledger.requests:
        case = f", case {filed.case}" if filed.case else ""
        say(f"  {filed.id}  {filed.name} to {filed.desired:,g}: {filed.status}{case}, seen {filed.seen_at}")


def _as_data(
    record: RunRecord, found: Needs, ledger: Ledger, outcome_texts: Mapping[str, str]
) -> dict[str, Any]:
    from busyhour.quotas import freshness
    from busyhour.quotas.own_settings import own_settings

    return {
        "run": record.run_id,
        "increases": [
            {
                "key": increase.quota.key,
                "name": increase.quota.name,
                "present": increase.present,
                "origin": increase.origin,
                "read_at": increase.read_at,
                "gap": freshness.mark_of(record, increase.origin, increase.read_at),
                "needed": increase.needed,
                "measured_peak": increase.peak,
                "requested": increase.requested,
                "calculation": list(increase.steps),
                "request": increase.arguments,
                "outcome": outcome_texts.get(increase.quota.key),
            }
            for increase in found.increases
        ],
        "not_requestable": [
            {
                "name": other.quota.name,
                "reason": other.reason,
                "way_out": other.way_out,
                "requested": other.increase.requested if other.increase else None,
                "calculation": list(other.increase.steps) if other.increase else [],
            }
            for other in found.unrequestable
        ],
        "own_settings": [asdict(setting) for setting in own_settings(record)],
        "requests": [asdict(filed) for filed in ledger.requests],
    }
