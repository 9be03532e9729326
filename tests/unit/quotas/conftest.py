"""The emulator's Service Quotas behind HTTP, with a clock that tests turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import boto3
import pytest
from botocore.config import Config

from busyhour.emulator.account import EmulatorState, new_state
from busyhour.emulator.faults.requests import Faults
from busyhour.emulator.messages import ApiError, Request, Response
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.router import Router
from busyhour.emulator.service_quotas.increases import ApprovalPolicy
from busyhour.emulator.service_quotas.service import ServiceQuotas
from busyhour.quotas.table.quota_table import load
from busyhour.results.entries import Arrivals, QuotaRecord
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

TABLE = load()
EPOCH = 1_700_000_000.0


@dataclass
class Turned:
    """A clock that is constant until it is advanced."""

    at: float = 0.0

    def now(self) -> float:
        return self.at


@dataclass
class Account:
    """An AWS account as far as quotas go. `denied` operations answer AccessDeniedException."""

    url: str
    state: EmulatorState
    clock: Turned
    service: ServiceQuotas
    denied: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    names = ("servicequotas",)

    def handle(self, request: Request) -> Response:
        self.asked.append(request.target)
        if request.target in self.denied:
            raise ApiError(
                "AccessDeniedException", f"not authorized to perform: servicequotas:{request.target}"
            )
        return self.service.handle(request)

    def error_response(self, error: ApiError, request: Request) -> Response:
        return self.service.error_response(error, request)

    @property
    def client(self) -> Any:
        return boto3.client(
            "service-quotas",
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"total_max_attempts": 1}),
        )


class _Alone:
    """An emulator whose one service each test brings."""

    def __init__(self) -> None:
        self.account: Account | None = None
        self.router = Router([self], faults=Faults(Random(1)))

    names = ("servicequotas",)

    def handle(self, request: Request) -> Response:
        assert self.account is not None
        return self.account.handle(request)

    def error_response(self, error: ApiError, request: Request) -> Response:
        assert self.account is not None
        return self.account.error_response(error, request)

    def admin(self, request: Request) -> Response:
        return Response(404)

    async def start(self, url: str) -> None: ...

    async def stop(self) -> None: ...


@pytest.fixture(scope="session")
def _server() -> Iterator[tuple[str, _Alone]]:
    alone = _Alone()
    with running(alone) as url:
        yield url, alone


@pytest.fixture
def account(_server: tuple[str, _Alone]) -> Account:
    url, alone = _server
    clock = Turned()
    state = new_state(TABLE, clock=clock, epoch=EPOCH)
    alone.account = Account(url, state, clock, ServiceQuotas(state, ApprovalPolicy(delay=5, case_delay=60)))
    return alone.account


@pytest.fixture
def aws_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Test credentials and no configuration of the user who runs the tests."""
    empty = tmp_path_factory.mktemp("aws")
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(empty / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(empty / "credentials"),
    }.items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def quota_record() -> Any:
    """Makes a row of run.json."""
    return _quota_record


@pytest.fixture(scope="session")
def limit_row() -> Any:
    """Makes a row of a run's list of limits."""
    return _limit_row


@pytest.fixture(scope="session")
def run_record() -> Any:
    """Makes a finished run."""
    return _run_record


def _quota_record(name: str, value: float, peak: float | None, **more: Any) -> QuotaRecord:
    """A row of run.json for the quota that `name` means."""
    quota = TABLE.by_key(name) if name in TABLE else TABLE.find(name)
    given: dict[str, Any] = {
        "key": quota.key,
        "service": quota.service,
        "name": quota.name,
        "code": quota.code,
        "scope": str(quota.scope),
        "unit": quota.unit,
        "value": value,
        "origin": "applied (instance)",
        "read_at": "2026-11-22T08:00:00+00:00",
        "default": quota.default,
        "peak": peak,
        "peak_at": 120.0,
        "peak_source": "measured by the emulator",
        "rejected": 0,
        "first_rejected_at": None,
        "utilisation": None,
        "headroom": None,
        "verdict": "holds",
    }
    return QuotaRecord(**{**given, **more})


def _limit_row(name: str, value: float, needed: float | None, **more: Any) -> dict[str, Any]:
    """A row of run.json's list of limits for the quota that `name` means; what it is computed from is not looked at."""
    quota = TABLE.by_key(name) if name in TABLE else TABLE.find(name)
    row = {
        "key": quota.key,
        "name": quota.name,
        "kind": "quota",
        "value": value,
        "unit": quota.unit,
        "origin": "applied (instance)",
        "read_at": "2026-11-22T08:00:00+00:00",
        "load": 30.0,
        "needed": needed,
        "calls_per_hour": 100.0,
        "binds_at_plan": needed is None or needed > value,
        "calculation": "3 x 1",
        "requirement": {"model": "count", "number": 1.0, "grows": True},
    }
    return row | more


def _run_record(
    *quotas: QuotaRecord,
    headroom: float = 0.2,
    instance: str = "",
    kind: str = "emulator",
    limits: Sequence[dict[str, Any]] = (),
) -> RunRecord:
    """A finished run with these quotas and this list of limits."""
    return RunRecord(
        run_id="helpdesk-1",
        busyhour_version="0",
        scenario={"name": "helpdesk", "headroom": headroom},
        target={"kind": kind, "region": "us-east-1", "instance_arn": instance},
        started="2026-11-22T08:00:00+00:00",
        ended="2026-11-22T08:10:00+00:00",
        duration=600.0,
        verdict=VerdictRecord(Outcome.DOES_NOT_HOLD),
        arrivals=Arrivals(1, 1, 0, 0),
        quotas=list(quotas),
        forecast={"calls_per_hour": 3600.0, "quotas": [], "limits": list(limits)} if limits else {},
    )
