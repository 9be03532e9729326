"""Services and backends beside Connect, put together."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.faults.requests import Faults
from busyhour.emulator.messages import Service
from busyhour.emulator.quotas.new_account import AccountAge
from busyhour.emulator.server.sigv4 import Verifier
from busyhour.emulator.server.timers import LoopClock, VirtualClock
from busyhour.scenarios.model import Function, Scenario

if TYPE_CHECKING:
    from busyhour.emulator.dynamodb.api.service import DynamoDbService
    from busyhour.emulator.lambda_.api.service import LambdaService
    from busyhour.emulator.lex.service import LexService
    from busyhour.emulator.moto.lazy_import import MotoGate
    from busyhour.emulator.service_quotas.increases import ApprovalPolicy
    from busyhour.emulator.service_quotas.service import ServiceQuotas
    from busyhour.emulator.snapshot import Part


@dataclass(slots=True)
class OtherServices:
    """The services and what they share; `fallback` takes requests for any other service."""

    fallback: Service
    lambda_: LambdaService
    dynamodb: DynamoDbService
    lex: LexService
    quotas: ServiceQuotas
    gate: MotoGate
    state: EmulatorState
    secret_key: str = field(repr=False)
    """Signing key of functions' handlers."""

    def after_moto(self, service: Service) -> Service:
        """Return the service behind the gate at which requests wait until moto is imported."""
        from busyhour.emulator.moto.lazy_import import AfterMoto

        return AfterMoto(service, self.gate)

    def kept(self) -> tuple[Part, ...]:
        """Services with state to store, quotas first."""
        return self.quotas, self.lambda_, self.dynamodb

    def verifier(self, credentials: Mapping[str, str] | None) -> Verifier | None:
        """Make the signature verifier: the given keys and the handlers' own; None if disabled."""
        from busyhour.emulator.lambda_.functions.variables import HANDLER_KEY

        if credentials is None:
            return None
        secrets_by_key = {**credentials, HANDLER_KEY: self.secret_key}
        return Verifier(secrets_by_key, self.state.account.region, self.state.time)


def other_services(
    state: EmulatorState,
    clock: LoopClock | VirtualClock,
    scenario: Scenario,
    faults: Faults,
    functions: Iterable[Function] = (),
    *,
    age: AccountAge = AccountAge.MATURE,
    approval: ApprovalPolicy | None = None,
    table_delay: float = 0.0,
) -> OtherServices:
    """Make the services of an account.

    `functions` in addition to those of the scenario, `approval` of increase requests.

    `table_delay` is the number of seconds to create, change or delete a DynamoDB table.
    """
    from busyhour.emulator.dynamodb.api.service import DynamoDbService
    from busyhour.emulator.lambda_.api.service import LambdaService
    from busyhour.emulator.lambda_.functions.store import FunctionTable
    from busyhour.emulator.lambda_.runtime.asynchronous import EventQueue
    from busyhour.emulator.lambda_.runtime.engine import LambdaEngine
    from busyhour.emulator.lambda_.runtime.pool import EnvironmentPool
    from busyhour.emulator.lex.model import LexModel
    from busyhour.emulator.lex.service import LexService
    from busyhour.emulator.moto.lazy_import import AfterMoto, MotoGate
    from busyhour.emulator.moto.passthrough import MotoRest
    from busyhour.emulator.service_quotas.service import ServiceQuotas

    account, limits = state.account, state.limits
    secret_key = secrets.token_urlsafe(30)
    deployed = {**scenario.functions, **{function.name: function for function in functions}}
    engine = LambdaEngine(
        FunctionTable(deployed, account.region, account.account_id, Random(scenario.seed)),
        quotas=limits,
        metrics=state.metrics,
        clock=clock,
        time=state.time,
        seed=scenario.seed,
        pool=EnvironmentPool(),
        endpoint_url=lambda: state.url,
        region=account.region,
        secret_key=secret_key,
        faults=faults,
    )
    lex = LexModel(state, clock, faults)
    state.bots = lex
    events = EventQueue(engine, state.metrics, clock, state.time)
    lambda_ = LambdaService(engine, events, limits, state.time)
    dynamodb = DynamoDbService(
        limits, state.metrics, state.time, account.region, account.account_id, table_delay
    )
    quotas = ServiceQuotas(state, approval, clock.call_later, age)
    gate = MotoGate()
    fallback = AfterMoto(MotoRest(account.account_id), gate)
    return OtherServices(
        fallback, lambda_, dynamodb, LexService(lex, state.time), quotas, gate, state, secret_key
    )
