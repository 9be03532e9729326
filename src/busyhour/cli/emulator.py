"""busyhour emulator: Serve Amazon Connect contacts with AWS's limits on loopback, for any AWS client."""

from __future__ import annotations

from pathlib import Path

import click

DEFAULT_PORT = 4580


@click.command("emulator")
@click.option(
    "--scenario", help="Scenario (name or TOML file): its flows, callers, queues, functions and quotas."
)
@click.option(
    "--set",
    "overrides",
    multiple=True,
    metavar="KEY=VALUE",
    help="Another value than the scenario's, like queues.Support.agents=20; may be repeated.",
)
@click.option(
    "--flows",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Exported flow, or a folder of them; may be repeated.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port to listen on; 0 is any free one.",
)
@click.option(
    "--quota",
    "quotas",
    multiple=True,
    metavar="CODE=VALUE",
    help="Applied value of a quota, by code, key or name, like L-12AB7C57=500; may be repeated.",
)
@click.option(
    "--number", "numbers", multiple=True, help="Phone number of the instance, E.164; may be repeated."
)
@click.option(
    "--allow",
    "destinations",
    multiple=True,
    metavar="PREFIX",
    help="Further destinations that may be called, like +49; * for all; may be repeated.",
)
@click.option("--region", default="us-east-1", show_default=True, help="Region that the emulator is.")
@click.option("--account", default="123456789012", show_default=True, help="Account that the emulator is.")
@click.option(
    "--over-quota",
    type=click.Choice(["accept_then_fail", "limit_exceeded"]),
    default="accept_then_fail",
    show_default=True,
    help="What StartOutboundVoiceContact does while the concurrent-calls quota is full; AWS documents neither.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="Latency and errors to add, a JSON file as POST /_busyhour/faults takes it.",
)
@click.option(
    "--records", type=click.Path(path_type=Path), help="Append contact records to this file, JSON lines."
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path),
    help="Write URL and identity here, JSON, once requests are taken.",
)
def command(
    scenario: str | None,
    overrides: tuple[str, ...],
    flows: tuple[Path, ...],
    host: str,
    port: int,
    quotas: tuple[str, ...],
    numbers: tuple[str, ...],
    destinations: tuple[str, ...],
    region: str,
    account: str,
    over_quota: str,
    faults: Path | None,
    records: Path | None,
    ready_file: Path | None,
) -> None:
    """Serve Connect, Lambda, DynamoDB, Service Quotas, CloudWatch and STS until Ctrl-C, throttled by quota.

    Example: busyhour emulator --flows examples/helpdesk/flows --quota L-12AB7C57=100
    """
    import logging

    from busyhour.emulator.app import build
    from busyhour.emulator.connect.policy import ConnectPolicy, OverQuota
    from busyhour.emulator.foreground import (
        announce,
        flow_files,
        quota_values,
        read_fault_file,
        serve_until_signal,
    )
    from busyhour.emulator.server import listen
    from busyhour.emulator.state import Account
    from busyhour.errors import BusyhourError
    from busyhour.harness.publishing import problems
    from busyhour.project import Project
    from busyhour.scenarios.reader import load

    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    plan = None
    if scenario is not None:
        project = Project.find()
        plan = load(project.scenario(scenario), root=project.root, overrides=overrides)
    elif overrides:
        raise BusyhourError("--set changes a scenario, and there is none.", "Name one with --scenario.")
    emulator = build(
        plan,
        flows=flow_files(flows),
        quotas=quota_values(quotas),
        account=Account(account, region),
        numbers=numbers,
        destinations=destinations,
        validator=problems,
        policy=ConnectPolicy(over_quota=OverQuota(over_quota)),
        faults=read_fault_file(faults) if faults is not None else (),
        records=records,
    )
    listener = listen(host, port)
    code = serve_until_signal(emulator, listener, lambda: announce(emulator.about(), ready_file))
    raise SystemExit(int(code))
