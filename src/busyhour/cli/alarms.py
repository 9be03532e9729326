"""busyhour alarms: Write CloudWatch alarms for the limits of a scenario, or compare them with those that exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._output import output_option
from busyhour.cli._reader import instance_options, reader_of
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from busyhour.capacity.alarms.alarm import Alarm


@click.command("alarms")
@click.argument("scenario", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["cloudformation", "terraform"]),
    default="cloudformation",
    show_default=True,
    help="Kind of template.",
)
@click.option(
    "--check",
    is_flag=True,
    help="Compare with the alarms that exist; exit with 1 if one is missing or wrong.",
)
@instance_options
@output_option
def command(
    scenario: str | None,
    form: str,
    check: bool,
    named: str | None,
    region: str | None,
    endpoint_url: str | None,
    output: Path | None,
) -> None:
    """Write CloudWatch alarms for the limits of SCENARIO, or compare them with those that exist.

    Alarms are raised at 80 % of quotas, as AWS advises, on every blocked or throttled call, failed flow and throttled
    request, and above what the plan needs by its forecast; each description names who set the threshold.

    Exits with 1 if --check finds an alarm missing or wrong, with 5 if alarms cannot be read.

    Example: busyhour alarms helpdesk -o alarms.json
    """
    from busyhour import extras

    extras.require("forecast")
    from busyhour.atomic_write import write_atomically
    from busyhour.capacity.alarms import alarm, templates
    from busyhour.capacity.forecast.build import forecast
    from busyhour.errors import BusyhourError
    from busyhour.project import Project
    from busyhour.scenarios.reader import load

    if not check and (named or region or endpoint_url):
        raise BusyhourError(
            "--instance, --region and --emulator are for --check.", "Write --check with them."
        )
    project = Project.find(Path.cwd())
    planned = load(project.scenario(scenario or project.only_scenario()), root=project.root)
    say(f"forecasting {planned.name} for the thresholds", err=True)
    found = alarm.alarms(planned, forecast(planned))
    if check:
        _check(found, named, region, endpoint_url)
        return
    document = templates.cloudformation(found) if form == "cloudformation" else templates.terraform(found)
    if output is None:
        print_document(document, form="json")
        return
    write_atomically(output, document.encode())
    say(f"Wrote {output}: {len(found)} alarms.", err=True)
    say("Next: busyhour alarms --check --instance ALIAS", err=True)


def _check(found: list[Alarm], named: str | None, region: str | None, endpoint_url: str | None) -> None:
    from busyhour.capacity.alarms import existing
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.quotas.aws.calls import Failed

    reader, instance = reader_of(named, region, endpoint_url)
    entries: list[dict[str, object]] = []
    wanted = {"AlarmTypes": ["MetricAlarm"]}
    for answer in reader.pages("cloudwatch", "DescribeAlarms", wanted, ("NextToken", "NextToken")):
        if isinstance(answer, Failed):
            raise BusyhourError(
                f"The alarms of the account cannot be read: {answer.code}: {answer.message}",
                "It needs cloudwatch:DescribeAlarms.",
                ExitCode.UNREACHABLE,
            )
        entries += answer.get("MetricAlarms") or ()
    compared = existing.compare(found, entries, instance["Id"])
    for one in compared:
        if one.state != "present":
            say(f"{one.state:8} {one.alarm.name}{f': {one.detail}' if one.detail else ''}")
    off = sum(one.state != "present" for one in compared)
    say(f"{len(compared) - off} of {len(compared)} alarms are present.")
    if off:
        say("Next: busyhour alarms -o alarms.json writes them as a template.", err=True)
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))
