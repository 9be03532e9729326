"""Assembles an emulator: account, quotas, services, the call centre, and the HTTP routes to them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

from busyhour.emulator.account import Account, EmulatorState, new_state
from busyhour.emulator.admin import Admin
from busyhour.emulator.connect.assembly import first_instance, open_sites
from busyhour.emulator.connect.contacts.publish import Outlets
from busyhour.emulator.connect.flow_logs import FlowLogs
from busyhour.emulator.connect.instance_runtime import InstanceRuntimes
from busyhour.emulator.connect.lambda_invoker import LambdaFunctions
from busyhour.emulator.connect.policy import ConnectPolicy
from busyhour.emulator.connect.resources.allowed_countries import Destinations
from busyhour.emulator.connect.resources.flow_content import Validator
from busyhour.emulator.connect.snapshot import ConnectState
from busyhour.emulator.dynamodb.seed import load_tables
from busyhour.emulator.factories import Parts, services
from busyhour.emulator.faults.conditions import Conditions
from busyhour.emulator.faults.requests import Condition, Fault, Faults
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.quotas.new_account import LOWER
from busyhour.emulator.quotas.throttling import Limits
from busyhour.emulator.server.router import Router
from busyhour.emulator.server.sinks import JsonLines, sink
from busyhour.emulator.server.timers import LoopClock, VirtualClock
from busyhour.emulator.service_quotas.increases import ApprovalPolicy
from busyhour.emulator.services import other_services
from busyhour.emulator.snapshot import StateFolder
from busyhour.errors import BusyhourError
from busyhour.quotas.dynamodb.operations import queried_items
from busyhour.quotas.table.quota_table import QuotaTable
from busyhour.quotas.table.quota_table import load as load_quota_table
from busyhour.scenarios.model import Callers, Distribution, DriveKind, Flows, Function, Scenario
from busyhour.scenarios.traffic import Direction, LoadProfile, Plan, Traffic
from busyhour.shared_secret.emulator_token import ACCESS_KEY

_log = logging.getLogger(__name__)


class Emulator:
    """One emulated AWS account. Made by `build`; served by `server.serve` or `server.running`."""

    def __init__(
        self,
        state: EmulatorState,
        clock: LoopClock | VirtualClock,
        sites: InstanceRuntimes,
        admin: Admin,
        router: Router,
        scenario: Scenario,
        conditions: Conditions,
        closing: Iterable[Any],
    ) -> None:
        self.state = state
        self.clock = clock
        self.sites = sites
        """Every Connect instance."""
        self.instance = sites.first.instance
        self.contacts = sites.first.contacts
        self.router = router
        self.scenario = scenario
        self._admin = admin
        self._conditions = conditions
        self._closing = tuple(closing)
        self.dynamodb: Any = None
        self.folder: StateFolder | None = None
        """Folder of the state; None: the state is not stored."""
        self.save_every: float | None = None
        self._restored = False
        """Whether saving is allowed: not before the saved state is loaded."""

    def admin(self, request: Request) -> Response:
        """Handle a request under /_busyhour/."""
        return self._admin.handle(request)

    def snapshot(self) -> dict[str, Any]:
        """Return the emulator's state; see `Admin.snapshot`. From the server's thread only."""
        return self._admin.snapshot()

    def about(self) -> dict[str, Any]:
        """Return connection data for clients: the ready file's contents without the process id."""
        account = self.state.account
        return {
            "url": self.state.url,
            "instance_id": account.instance_id,
            "instance_arn": account.instance_arn,
            "region": account.region,
            "account": account.account_id,
            "flows": {flow.name: flow.id for flow in self.instance.flows()},
            "queues": {queue.name: queue.id for queue in self.instance.queues()},
            "numbers": [number.number for number in self.instance.numbers()],
            "references": "looked up" if self.sites.policy.look_up else "not looked up",
        }

    async def start(self, url: str) -> None:
        """Load tables, start the clock."""
        self.state.url = url
        await asyncio.to_thread(self._load)
        self.clock.attach(asyncio.get_running_loop())
        self.sites.start()
        self._conditions.start()
        if self.folder is not None and self.save_every is not None:
            pause = self.save_every
            self.clock.call_later(pause, lambda: self._save_again(pause))

    def _load(self) -> None:
        """Restore the saved state, then create those of the scenario's tables that are missing."""
        if self.folder is not None:
            self.folder.claim()
            self.folder.load()
            self._restored = True
        if self.scenario.tables:
            operations = self.dynamodb.load()
            load_tables(
                operations,
                [table for table in self.scenario.tables.values() if operations.table(table.name) is None],
                made_up=partial(queried_items, self.scenario)
                if self.scenario.drive is DriveKind.DYNAMODB
                else None,
            )

    def save(self) -> int:
        """Write a snapshot of the state; return its size in bytes. From the server's thread only.

        Raises:
            BusyhourError: there is no state folder, or it is not writable.
        """
        if self.folder is None:
            raise BusyhourError("The emulator keeps no state.", "Start it with --state DIR.")
        return self.folder.save()

    def _save_again(self, pause: float) -> None:
        try:
            self.save()
        except BusyhourError as error:
            _log.error("%s", error.message)
        self.clock.call_later(pause, lambda: self._save_again(pause))

    async def stop(self) -> None:
        """End every contact, so that each has its record; stop worker processes."""
        try:
            for site in self.sites:
                site.contacts.stop_all()
            if self._restored:
                self.save()
        finally:
            if self.folder is not None:
                self.folder.release()
            self.clock.stop()
            for thing in self._closing:
                thing.close()


def build(
    scenario: Scenario | None = None,
    *,
    flows: Iterable[Path] = (),
    quotas: Mapping[str, float] | None = None,
    account: Account | None = None,
    numbers: Iterable[str] = (),
    destinations: Iterable[str] = (),
    policy: ConnectPolicy | None = None,
    validator: Validator | None = None,
    faults: Iterable[Fault | Condition] = (),
    functions: Iterable[Function] = (),
    credentials: Mapping[str, str] | None = None,
    token: str | None = None,
    state_folder: Path | None = None,
    save_every: float | None = None,
    approval: ApprovalPolicy | None = None,
    table_delay: float = 0.0,
    records: Path | None = None,
    events: str | None = None,
    flow_logs: Path | None = None,
    table: QuotaTable | None = None,
    clock: LoopClock | VirtualClock | None = None,
    epoch: float | None = None,
) -> Emulator:
    """Assemble an emulator, ready to be served.

    Args:
        scenario: callers, queues, functions, tables, quotas; None: callers behave as in `ConnectPolicy`.
        flows: exported flows in addition to those of the scenario.
        quotas: applied values by code or key; they override the scenario's.
        account: account, Region and instance.
        numbers: phone numbers of the instance. Without any, every source number counts as claimed.
        destinations: further prefixes that may be called (`+49`; `*` for all).
        policy: choices for what AWS does not document about Connect.
        validator: a stricter check of flow content for CreateContactFlow and UpdateContactFlowContent.
        faults: latency and errors from the start.
        functions: Lambda functions in addition to those of the scenario.
        credentials: secret key by access key; requests must be signed with one of them. None: signatures are
            parsed but not verified.
        token: shared with clients; signs as the secret key of the access key `busyhour`, and proves to them that this
            is the emulator they were given the token for. Signatures are verified.
        state_folder: stores tables, functions, increase requests and Connect's resources between runs.
        save_every: seconds between snapshots while running; None: only at the end.
        approval: how increase requests are decided.
        table_delay: seconds to create, change or delete a DynamoDB table.
        records: file that contact records are appended to, as JSON lines.
        events: file that contact events are appended to, or URL that they are posted to.
        flow_logs: file that flow logs are appended to; CloudWatch Logs has them too. None: flows are not
            logged.
        table: the quota table; the shipped one if None.
        clock: drives calls, buckets and latency models; wall time if None. Real handlers need wall time.
        epoch: epoch seconds at the clock's zero; matches the wall clock if None.

    Raises:
        BusyhourError: a flow cannot be read, or a quota is unknown.
    """
    if token is not None:
        credentials = {**(credentials or {}), ACCESS_KEY: token}
    policy = policy or ConnectPolicy()
    plan = scenario or default_scenario(policy)
    applied = {**LOWER[policy.age], **plan.quotas, **(quotas or {})}
    clock = clock or LoopClock()
    state = new_state(
        table or load_quota_table(), account=account, quotas=applied, clock=clock, epoch=epoch, seed=plan.seed
    )
    instance = first_instance(state, plan, flows, numbers)
    added = Faults(Random(f"{plan.seed}/faults"))
    state.misses, state.upload_fails = added.misses, added.upload_fails
    others = other_services(
        state, clock, plan, added, functions, age=policy.age, approval=approval, table_delay=table_delay
    )
    invoked = LambdaFunctions(others.lambda_, state.notes)
    allowed = Destinations(state.account.region, destinations)
    outlets = Outlets(
        state.time,
        clock,
        JsonLines(records) if records is not None else None,
        sink(events) if events is not None else None,
    )
    logs = FlowLogs(JsonLines(flow_logs)) if flow_logs is not None else None
    sites = open_sites(state, clock, plan, invoked, instance, policy, allowed, outlets, validator, logs)
    served = services(Parts(others, sites, logs))
    router = Router(
        served.values(),
        fallback=others.fallback,
        unsigned=served["connect"],
        faults=added,
        verifier=others.verifier(credentials),
    )
    admin = Admin(state, sites, added, plan.flows.entry, others.quotas.decide)
    admin.token = token
    conditions = Conditions(
        state, clock, added, lambda: [(site.instance.id, site.contacts.centre) for site in sites]
    )
    added.set(faults)
    closing = [
        thing for thing in (*served.values(), others.fallback, outlets, logs) if hasattr(thing, "close")
    ]
    emulator = Emulator(state, clock, sites, admin, router, plan, conditions, closing)
    emulator.dynamodb = others.dynamodb
    if state_folder is not None:
        # Instances before the increases that were granted to them.
        parts = (ConnectState(sites), *others.kept())
        identity = {"account": state.account.account_id, "Region": state.account.region}
        emulator.folder = StateFolder(state_folder, parts, identity)
        emulator.save_every = save_every
        admin.on_save = emulator.save
    return emulator


def default_scenario(policy: ConnectPolicy) -> Scenario:
    """Callers of `busyhour emulator --flows`: all menu choices have the same probability, every call is answered.

    Patience and talk time are exponential with the means of the policy. Queues are not staffed: every contact
    in one is answered at once.
    """
    return Scenario(
        name="emulator",
        path=Path("emulator"),
        description="callers of the emulator without a scenario",
        seed=1,
        drive=DriveKind.VOICE,
        traffic=Traffic(Direction.OUTBOUND, 0.0),
        plan=Plan(0.0),
        test=LoadProfile(0.0),
        callers=Callers(
            patience=Distribution("exponential", policy.default_patience),
            talk=Distribution("exponential", policy.default_talk),
            wrap_up=Distribution("exponential", policy.default_wrap_up),
        ),
        flows=Flows((), ""),
    )


__all__ = ["Emulator", "Limits", "build", "default_scenario"]
