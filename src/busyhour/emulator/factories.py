"""Makes the services of an emulator: one factory for each row of the catalogue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from busyhour.emulator.account import EmulatorState
from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.cloudwatch.alarms import Alarms
from busyhour.emulator.cloudwatch.service import CloudWatch
from busyhour.emulator.connect.api.participant import ParticipantService
from busyhour.emulator.connect.flow_logs import FlowLogs
from busyhour.emulator.connect.instance_runtime import InstanceRuntimes
from busyhour.emulator.connect.logs_service import FlowLogService
from busyhour.emulator.connect.service import ConnectService
from busyhour.emulator.messages import Service
from busyhour.emulator.services import OtherServices
from busyhour.emulator.sts import Sts


@dataclass(frozen=True, slots=True)
class Parts:
    """Parts of which services are made: the account's state and backends, Connect's instances, flow logs where they are kept."""

    backends: OtherServices
    sites: InstanceRuntimes
    logs: FlowLogs | None


def _flow_logs(parts: Parts) -> Service | None:
    return None if parts.logs is None else FlowLogService(parts.logs, parts.sites, parts.backends.fallback)


def _cloudwatch(state: EmulatorState) -> Service:
    alarms = Alarms(state.time, lambda name: state.account.arn("cloudwatch", f"alarm:{name}"))
    return CloudWatch(state.metrics, state.limits, alarms)


FACTORIES: Mapping[str, Callable[[Parts], Service | None]] = {
    "connect": lambda parts: ConnectService(parts.sites),
    "execute-api": lambda parts: ParticipantService(parts.sites),
    "dynamodb": lambda parts: parts.backends.after_moto(parts.backends.dynamodb),
    "lambda": lambda parts: parts.backends.lambda_,
    "lex": lambda parts: parts.backends.lex,
    "logs": _flow_logs,
    "monitoring": lambda parts: _cloudwatch(parts.backends.state),
    "servicequotas": lambda parts: parts.backends.quotas,
    "sts": lambda parts: Sts(parts.backends.state.account),
}
"""By signing name; one that makes None leaves its requests to moto."""


def services(parts: Parts) -> dict[str, Service]:
    """Make every service of the catalogue, by signing name."""
    made = {entry.name: FACTORIES[entry.name](parts) for entry in SERVICES}
    return {name: service for name, service in made.items() if service is not None}
