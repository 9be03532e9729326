"""busyhour pull: Read a Connect instance into the project; nothing is changed in AWS."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._reader import instance_options
from busyhour.cli._say import print_document, say

if TYPE_CHECKING:
    from busyhour.instance.answers import Recording, Source
    from busyhour.instance.pull import Pulled

_SHOWN = 50
"""Differences and dangling references that are printed; the rest is counted."""
_PROJECT = """# A busyhour project, written by `busyhour pull`.
flows = ["instance/flows/*.json", "instance/modules/*.json"]
"""


@click.command("pull")
@instance_options
@click.option(
    "--into",
    "out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Root of the project; files are written into its folder `instance`. The current folder if not given.",
)
@click.option(
    "--from-answers",
    type=click.Path(exists=True, path_type=Path),
    help="Read recorded answers instead of AWS.",
)
@click.option(
    "--save-answers",
    type=click.Path(file_okay=False, path_type=Path),
    help="Record every answer in this folder, masked, for --from-answers.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if instance and project differ.")
@click.option("--keep-numbers", is_flag=True, help="Keep phone numbers; they are masked if not given.")
@click.option(
    "--share",
    type=click.FloatRange(0, 1, min_open=True),
    default=0.75,
    show_default=True,
    help="Share of the account's API rates to use.",
)
@click.option("--iam-policy", is_flag=True, help="Print the least IAM policy that a pull needs, and stop.")
def command(
    named: str | None,
    region: str | None,
    out: Path,
    endpoint_url: str | None,
    from_answers: Path | None,
    save_answers: Path | None,
    check: bool,
    keep_numbers: bool,
    share: float,
    iam_policy: bool,
) -> None:
    """Read a Connect instance into the project; nothing is changed in AWS.

    Flows, modules, queues, hours, routing profiles, prompts, numbers, functions, tables, quotas and more become one file
    each in the folder `instance`, without phone numbers, e-mail addresses and names of users. Reading is paced by the
    account's own API rates; the expected duration is printed first, and an interrupted pull continues where it was.

    Exits with 1 if --check finds differences, with 4 if something could not be read.

    Example: busyhour pull --instance my-centre --region eu-central-1
    """
    import json
    import time

    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.instance import kinds
    from busyhour.instance.answers import FILE, FromClients, Recorded, Recording
    from busyhour.instance.folder import FOLDER, JOURNAL, Folder
    from busyhour.instance.masking import Mask
    from busyhour.instance.pace import Pace
    from busyhour.instance.pull import find_instance, pull
    from busyhour.instance.reading import Reader
    from busyhour.quotas.aws import clients as aws
    from busyhour.quotas.table import quota_table

    if iam_policy:
        policy = aws.iam_policy(kinds.actions(), "BusyhourPull")
        print_document(json.dumps(policy, indent=2) + "\n", form="json")
        return
    if from_answers is not None and endpoint_url is not None:
        raise BusyhourError(
            f"--endpoint-url {endpoint_url} is of no use with --from-answers.", "Leave one of them out."
        )
    root = out / FOLDER
    table = quota_table.load()
    source: Source
    journal: Recording | None = None
    if from_answers is not None:
        source = recorded = Recorded(from_answers)
        if not len(recorded):
            raise BusyhourError(
                f"{from_answers}: no answer is recorded.",
                "Name a folder that `busyhour pull --save-answers DIR` wrote.",
            )
    else:
        if named is None:
            raise BusyhourError(
                "No instance is given.", "Write --instance ALIAS; `aws connect list-instances` shows it."
            )
        region, client = aws.client_maker(region, endpoint_url, attempts=1)
        source = FromClients(client, Mask(keep_numbers))
        of = json.dumps([region, endpoint_url, keep_numbers])
        journal = Recording(source, (save_answers or root) / JOURNAL, of, time.time())
        if journal.resumed:
            say(f"Resumed: {journal.resumed} answers of an interrupted pull are in {journal.path}.")
        source = journal
    pace = Pace(table.for_region(region), share)
    reader = Reader(source, pace, tell=lambda text: say(text, err=True), is_paced=from_answers is None)
    try:
        instance = find_instance(reader, named)
        reader.of(instance)
        pulled = pull(reader, Folder(root, writes=not check), instance)
    except KeyboardInterrupt:
        if journal is not None:
            say(f"Interrupted. {journal.path} has what was read; the same command continues.", err=True)
        raise
    finally:
        if journal is not None:
            journal.close()
    if journal is not None and save_answers is not None:
        journal.path.replace(save_answers / FILE)
    elif journal is not None:
        journal.path.unlink(missing_ok=True)
    if not check:
        _make_project(out)
    _show(pulled, check, root)
    if not check:
        _first_scenario(out, instance["Alias"])
    if check and pulled.differences:
        raise SystemExit(int(ExitCode.DOES_NOT_HOLD))
    if pulled.unread:
        raise SystemExit(int(ExitCode.INVALID_RUN))


def _make_project(root: Path) -> None:
    """Write the project's settings, unless the folder is in a project already."""
    from busyhour.atomic_write import write_atomically
    from busyhour.project import CONFIG, Project

    project = Project.find(root)
    if project.config is None:
        write_atomically(root / CONFIG, _PROJECT)
        say(f"{root / CONFIG} is written: the pulled flows are the project's.")
    elif not any(pattern.startswith("instance/") for pattern in project.flow_patterns):
        say(
            f'{project.config}: flows does not name the pulled flows. Add "instance/flows/*.json" and "instance/modules/*.json".'
        )


def _first_scenario(root: Path, alias: str) -> None:
    """Write a scenario of the pulled instance into a project that has none."""
    from busyhour.errors import BusyhourError
    from busyhour.instance.scaffold.new import name_of, write_scenario
    from busyhour.project import Project

    project = Project.find(root)
    if project.own_scenarios() or project.root.resolve() != root.resolve():
        return
    try:
        written = write_scenario(project, name_of(alias), None, force=False)
    except BusyhourError as error:
        say(f"No scenario was written: {error.message}", err=True)
        return
    say(f"{written} `busyhour scenario check` lists them.")
    say(
        f"Next: busyhour learn --from 14d (or --calls FILE) --into {written.path}, busyhour forecast",
        err=True,
    )


def _show(pulled: Pulled, check: bool, root: Path) -> None:
    for folder, count in pulled.counts.items():
        say(f"{folder.removesuffix('.json'):20} {count:6}")
    if pulled.first and check:
        say(f"Nothing was pulled into {root} yet: every resource is new.")
    elif not pulled.first:
        for difference in pulled.differences[:_SHOWN]:
            say(str(difference))
        if len(pulled.differences) > _SHOWN:
            say(f"... and {len(pulled.differences) - _SHOWN} more differences.")
    for reference in pulled.dangling[:_SHOWN]:
        say(f"dangling: {reference}", err=True)
    if len(pulled.dangling) > _SHOWN:
        say(
            f"... and {len(pulled.dangling) - _SHOWN} more dangling references; {root / 'index.json'} has all."
        )
    for unread in pulled.unread[:_SHOWN]:
        say(str(unread), err=True)
    if len(pulled.unread) > _SHOWN:
        say(f"... and {len(pulled.unread) - _SHOWN} more; {root / 'index.json'} has all.", err=True)
    if pulled.unread:
        actions = sorted({one.action for one in pulled.unread})
        say(f"Not everything was read; missing or failing: {', '.join(actions)}.", err=True)
    found = "" if pulled.first else f"{len(pulled.differences)} differences between instance and project, "
    say(f"{found}{pulled.written} files written, {pulled.removed} removed, {pulled.requests} requests.")
