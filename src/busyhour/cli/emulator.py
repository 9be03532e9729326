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
    help="Override a scenario value, like queues.Support.agents=20; may be repeated.",
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
@click.option("--region", default="us-east-1", show_default=True, help="AWS Region to emulate.")
@click.option("--account-id", default="123456789012", show_default=True, help="Account ID to emulate.")
@click.option(
    "--account",
    "age",
    type=click.Choice(["new", "mature"]),
    default="mature",
    show_default=True,
    help="Initial quota values: the lower ones of a new account, or the documented defaults.",
)
@click.option(
    "--function",
    "functions",
    multiple=True,
    metavar="NAME=WHERE",
    help="Lambda function: FILE.py:CALLABLE, or the URL of any other runtime; may be repeated.",
)
@click.option(
    "--auth",
    is_flag=False,
    flag_value="",
    default=None,
    metavar="[FILE]",
    help="Verify signatures, with the keys of a credentials file or those in AWS_ACCESS_KEY_ID and "
    "AWS_SECRET_ACCESS_KEY.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the token that signs clients' requests and proves the emulator to them; without it "
    "BUSYHOUR_EMULATOR_TOKEN is read. This, or --auth, is required to listen beyond loopback.",
)
@click.option(
    "--allow-host",
    "hosts",
    multiple=True,
    metavar="NAME",
    help="Host name or address by which clients may call the emulator besides loopback; may be repeated.",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="ORIGIN",
    help="Origin whose web pages may use the participant API, like http://localhost:8080; may be repeated.",
)
@click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to keep tables, functions, Connect's resources and increase requests in from run to run.",
)
@click.option(
    "--state-every",
    type=click.FloatRange(min=1.0),
    metavar="SECONDS",
    help="Write the state this often; else at the end and on POST /_busyhour/state.",
)
@click.option(
    "--increase-delay",
    type=click.FloatRange(min=0.0),
    default=2.0,
    show_default=True,
    metavar="SECONDS",
    help="Time from a quota increase request to its approval.",
)
@click.option(
    "--case-delay",
    default="10",
    show_default=True,
    metavar="SECONDS|never",
    help="Time from the opening of a case for a large increase to its approval.",
)
@click.option(
    "--table-delay",
    type=click.FloatRange(min=0.0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Time to create, change or delete a DynamoDB table; 500 such operations run at a time.",
)
@click.option(
    "--fail",
    "failures",
    multiple=True,
    metavar="REASON=SHARE",
    help="Share of outbound calls that end with a DisconnectReason before they are answered, like "
    "TELECOM_BUSY=0.02; may be repeated.",
)
@click.option(
    "--over-quota",
    type=click.Choice(["accept_then_fail", "limit_exceeded"]),
    default="accept_then_fail",
    show_default=True,
    help="Behaviour of StartOutboundVoiceContact while the concurrent-calls quota is full; AWS documents neither.",
)
@click.option(
    "--faults",
    type=click.Path(path_type=Path),
    help="Faults and conditions from the start, a JSON file in the format of POST /_busyhour/faults.",
)
@click.option(
    "--records", type=click.Path(path_type=Path), help="Append contact records to this file, JSON lines."
)
@click.option(
    "--events",
    metavar="FILE|URL",
    help="Append contact events to this file, JSON lines, or post them to a URL.",
)
@click.option(
    "--flow-logs",
    type=click.Path(path_type=Path),
    help="Log flows that enable logging: append to this file, JSON lines, and answer CloudWatch Logs.",
)
@click.option(
    "--machine",
    "machines",
    multiple=True,
    metavar="STATUS=SHARE",
    help="Share of calls with answering machine detection that a machine answers, like VoicemailBeep=0.3; "
    "may be repeated.",
)
@click.option(
    "--strict-references/--lenient-references",
    "strict",
    default=None,
    help="Whether the resources that a published flow refers to must be in its instance, as in AWS. Strict by default; lenient "
    "with --scenario, whose exports come from another instance.",
)
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path),
    help="Write URL and identity to this file, JSON, once the emulator accepts requests.",
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
    account_id: str,
    age: str,
    functions: tuple[str, ...],
    auth: str | None,
    token_file: Path | None,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
    state: Path | None,
    state_every: float | None,
    increase_delay: float,
    case_delay: str,
    table_delay: float,
    failures: tuple[str, ...],
    over_quota: str,
    faults: Path | None,
    records: Path | None,
    events: str | None,
    flow_logs: Path | None,
    machines: tuple[str, ...],
    strict: bool | None,
    ready_file: Path | None,
) -> None:
    """Serve Connect, Lambda, DynamoDB, Lex, Service Quotas, CloudWatch and STS until Ctrl-C, throttled by quota.

    Example: busyhour emulator --flows examples/helpdesk/flows --quota L-12AB7C57=100
    """
    import logging
    import os

    from busyhour import extras, lifeline
    from busyhour.shared_secret import emulator_token

    lifeline.follow(lifeline.end_self)  # a run that dies leaves no emulator
    extras.require("emulator")
    from busyhour.emulator import options
    from busyhour.emulator.account import Account
    from busyhour.emulator.app import build
    from busyhour.emulator.connect.contacts.describe import MACHINE_STATUS
    from busyhour.emulator.connect.policy import ConnectPolicy, OverQuota
    from busyhour.emulator.process import announce, serve_until_signal
    from busyhour.emulator.quotas.new_account import AccountAge
    from busyhour.emulator.server.listener import beyond_loopback, listen
    from busyhour.emulator.server.request_guard import RequestGuard
    from busyhour.errors import BusyhourError
    from busyhour.harness.publishing import problems
    from busyhour.printable import PrintableFormatter
    from busyhour.project import Project
    from busyhour.scenarios.reader import load

    shown = logging.StreamHandler()
    shown.setFormatter(PrintableFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[shown])
    plan = None
    if scenario is not None:
        project = Project.find()
        plan = load(project.scenario(scenario), root=project.root, overrides=overrides)
    elif overrides:
        raise BusyhourError("--set changes a scenario, and there is none.", "Name one with --scenario.")
    guard = RequestGuard(hosts, origins)
    token = emulator_token.read(os.environ, token_file)
    emulator = build(
        plan,
        flows=options.flow_files(flows),
        quotas=options.quota_values(quotas),
        account=Account(account_id, region),
        numbers=numbers,
        destinations=destinations,
        validator=problems,
        policy=ConnectPolicy(
            over_quota=OverQuota(over_quota),
            failures=options.shares_of("--fail", failures, options.DISCONNECT_REASONS),
            machines=options.shares_of("--machine", machines, MACHINE_STATUS),
            age=AccountAge(age),
            look_up=strict if strict is not None else scenario is None,
        ),
        faults=options.read_fault_file(faults) if faults is not None else (),
        functions=options.functions_of(functions),
        credentials=options.secrets_of(auth, os.environ),
        token=token,
        state_folder=state,
        save_every=state_every,
        approval=options.approval_policy(increase_delay, case_delay),
        table_delay=table_delay,
        records=records,
        events=events,
        flow_logs=flow_logs,
    )
    listener = listen(host, port)
    notes = []
    if not emulator.sites.policy.look_up:
        notes.append(options.LENIENT_NOTE)
    if beyond_loopback(listener):
        guard.add_host(host)
        notes.append(options.open_note(host, signed=auth is not None, token=token is not None))
    code = serve_until_signal(
        emulator, listener, lambda: announce(emulator.about(), ready_file, notes), guard
    )
    raise SystemExit(int(code))
