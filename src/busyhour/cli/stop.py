"""busyhour stop: End the contacts that a killed run may have left live, from its journal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from busyhour.cli._say import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from busyhour.harness.safety.stop_contacts import Swept


@click.command("stop")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help="For a run against AWS: call StopContact there.")
def command(run: Path, live: bool) -> None:
    """End every contact that RUN (a run's folder) started and that is not known to have ended.

    For a run that was killed: a run that ends by itself, by Ctrl-C or by SIGTERM stops its own contacts. Safe to
    re-run: it resumes from the journal. Exit code 0: no contact is live. 1: some could not be stopped. 4: the run was
    killed while it started a contact, and a search for its name did not find it: whether it is live is not known.

    Example: busyhour stop reports/out/latest --live
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.harness.safety import stop_contacts
    from busyhour.harness.safety.caller import confirmed
    from busyhour.load.outcomes.clean_up import STOPS_PER_SECOND
    from busyhour.report.renderers.plain_console import PlainConsole
    from busyhour.results import journal

    target = stop_contacts.target_of(run)
    contacts = journal.live(run)
    unknown = journal.unanswered(run)
    if contacts is None and not unknown:
        what = (
            "placed no call" if target.kind == "aws" else "went to the emulator, and its calls ended with it"
        )
        say(f"{run} has no journal of contacts: the run {what}.")
        return
    where = f"account {target.account}, {target.region}, instance {target.instance_id}"
    if contacts:
        seconds = len(contacts) / STOPS_PER_SECOND
        say(
            f"{len(contacts):,} contacts may be live in {where}; asking each to stop takes about {seconds:,.0f} s."
        )
    if unknown:
        say(
            f"{len(unknown):,} requests to start a contact in {where} have no answer in the journal; --live searches their "
            "contacts by name (SearchContacts)."
        )
    if (contacts or unknown) and target.kind == "aws" and not live:
        say("Dry run: nothing was called. Give --live to stop them.")
        if not contacts:
            _report_unanswered(unknown, target.instance_id)
        return
    if not contacts and not unknown:
        say("Nothing to do: every contact of the journal is known to have ended.")
        return
    console = PlainConsole(stderr=True)
    # Another account would answer that it knows no such contact, which is what an ended one looks like.
    confirmed(target)
    if stop_contacts.going_on(run):
        console.print("The run goes on and starts more calls: end it with Ctrl-C, then stop again.")
    connect = target.client("connect")
    why = ""
    if unknown:
        why = stop_contacts.look_up(connect, target.instance_id, unknown, run)
        contacts, unknown = journal.live(run) or [], journal.unanswered(run)
    contacts = contacts or []
    done = stop_contacts.Swept()
    interrupted = False
    with console.status("") as status:

        def progress(so_far: Swept) -> None:
            status.update(_summary(so_far))

        try:
            stop_contacts.sweep(connect, target.instance_id, contacts, run, progress=progress, into=done)
        except KeyboardInterrupt:
            interrupted = True
    say(_summary(done))
    for contact, why in list(done.failed.items())[:10]:
        say(f"  {contact}: {why}", err=True)
    left = len(contacts) - len(done.stopped) - len(done.gone) - len(done.failed)
    if interrupted:
        say(f"Interrupted: {left:,} contacts were not asked. The same command goes on with them.", err=True)
        raise SystemExit(int(ExitCode.INTERRUPTED))
    if done.failed:
        reached = done.stopped or done.gone
        raise BusyhourError(
            f"{len(done.failed):,} contacts could not be stopped and may still be live.",
            "Run the same command again; or end them in the Connect console under real-time metrics.",
            ExitCode.DOES_NOT_HOLD if reached else ExitCode.UNREACHABLE,
        )
    _report_unanswered(unknown, target.instance_id, why)


def _report_unanswered(tokens: Sequence[str], instance: str, why: str = "") -> None:
    """Name requests without a known outcome; `why` says why the search for their contacts ended early.

    Sending such a request again would return the id, or start the contact that it asks for.

    Raises:
        BusyhourError: there are such requests (exit code 4).
    """
    from busyhour.errors import BusyhourError, ExitCode
    from busyhour.printable import printable

    if not tokens:
        return
    for token in tokens[:10]:
        say(f"  no answer to the request with ClientToken {printable(token)}", err=True)
    if why:
        say(f"  SearchContacts: {printable(why)}", err=True)
    raise BusyhourError(
        f"{len(tokens):,} requests to start a contact have no answer in the journal and no contact that was found: whether "
        "these contacts are live is not known.",
        "Contacts can be searched some minutes after their start: run `busyhour stop` with --live again. Or search the contacts "
        f"of instance {printable(instance)} by name, which is the ClientToken, in the Connect console, and end them there.",
        ExitCode.INVALID_RUN,
    )


def _summary(done: Swept) -> str:
    return (
        f"{len(done.stopped):,} stopped, {len(done.gone):,} had ended already, {len(done.failed):,} failed."
    )
