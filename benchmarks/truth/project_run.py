"""A whole run as `busyhour run` makes it, in virtual time: the same checks, forecast, comparison and verdict.

`harness.run.execute` is called as it is; what starts processes is replaced: the target is an emulator in this process,
the generator a `Drive` on its clock, boto3's clients reach the emulator without a socket. Flow coverage is left out: it has
no part in a verdict.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.messages import Request, Response
from busyhour.emulator.server.router import credential_scope
from busyhour.harness import generator, preflight, run
from busyhour.harness.progress import Silent
from busyhour.harness.target import Target
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Drive
from busyhour.load.settings import Settings
from busyhour.load.users.backend import BackendCalls
from busyhour.load.users.dynamodb import TableCalls
from busyhour.load.users.lambda_ import LambdaCalls
from busyhour.load.users.voice import VoiceCalls
from busyhour.project import Project
from busyhour.results.load_result import LoadResult
from busyhour.results.record import RunRecord
from busyhour.scenarios.model import DriveKind, Scenario

from .in_process import REGION, Healthy, InProcessServices, LoadClock, respond

_KINDS: dict[DriveKind, type[CallBehaviour]] = {
    DriveKind.VOICE: VoiceCalls,
    DriveKind.BACKEND: BackendCalls,
    DriveKind.LAMBDA: LambdaCalls,
    DriveKind.DYNAMODB: TableCalls,
}
_clients: dict[str, Any] = {}
_here: list[Emulator] = []


def run_record(scenario: Scenario, project: Project, **options: Any) -> RunRecord:
    """The record of one run of `scenario`; `options` are further ones of `harness.run.Options`."""
    clock = LoadClock()
    length = scenario.traffic.duration + scenario.traffic.drain
    epoch = time.time() - length - 60.0
    emulator = build(scenario, clock=clock, epoch=epoch)
    emulator.state.url = "http://127.0.0.1:1"
    emulator.dynamodb.plane()
    emulator._load()  # tables are made before the first request
    emulator.sites.start()
    target = _target(emulator)
    _here[:] = [emulator]

    def driven(scenario: Scenario, *_: Any, **__: Any) -> LoadResult:
        return _driven(scenario, emulator, clock, target, epoch)

    @contextlib.contextmanager
    def reached(*_: Any) -> Iterator[tuple[Target, None]]:
        yield target, None

    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(run, "_target", reached),
        patch.object(generator, "drive", driven),
        patch.object(preflight, "branches", lambda _: ([], [])),
        patch.object(Target, "client", lambda _, service: _client(service)),
        patch.object(Target, "snapshot", lambda _: emulator.snapshot()),
    ):
        return run.execute(run.Options(scenario, project, **options), Path(folder), Silent())


def _target(emulator: Emulator) -> Target:
    about = emulator.about()
    return Target(
        "emulator",
        "http://127.0.0.1:1",
        about["region"],
        about["account"],
        about["instance_id"],
        about["instance_arn"],
    )


def _driven(
    scenario: Scenario, emulator: Emulator, clock: LoadClock, target: Target, epoch: float
) -> LoadResult:
    settings = Settings(
        scenario.path, "emulator", target.endpoint, target.instance_id, target.region, target.account
    )
    total = Aggregator(settings, scenario, 1, epoch)
    kind = _KINDS[scenario.drive]()
    drive = Drive(
        settings,
        scenario,
        [kind],
        None,
        lambda part, status: total.add(0, part, status, clock.now()),
        clock=clock,  # type: ignore[arg-type]  # it does what the generator's clock does
    )
    drive._services = InProcessServices(emulator, clock, drive.recorder)  # type: ignore[assignment]  # no wire
    drive._health = Healthy()  # type: ignore[assignment]  # virtual time
    drive._collect = lambda: None  # type: ignore[method-assign]  # virtual time
    drive.prepare()
    drive.run(0.0, epoch)
    total.finished(0, drive.final_notes())
    return total.result(epoch + clock.now(), scenario.drive.value)


def _client(service: str) -> Any:
    """A boto3 client whose requests the emulator of the present run answers; made once."""
    if service not in _clients:
        import boto3

        client = boto3.client(
            service,
            region_name=REGION,
            endpoint_url="http://127.0.0.1:1",
            aws_access_key_id="emulator",
            aws_secret_access_key="emulator",
        )
        client.meta.events.register("before-send", _before_send)
        _clients[service] = client
    return _clients[service]


class _Raw(BytesIO):
    """A body as botocore reads it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it."""
        yield self.read()


def _before_send(request: Any, **_: Any) -> Any:
    from botocore.awsrequest import AWSResponse

    headers = {
        str(name).lower(): value.decode() if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
    }
    parts = urlsplit(request.url)
    access_key, region, service = credential_scope(headers, parts.query)
    body = request.body or b""
    made = Request(
        *(
            request.method,
            parts.path,
            parts.query,
            headers,
            body if isinstance(body, bytes) else body.encode(),
        ),
        *(service, region, access_key, "request"),
    )
    answer: Response = respond(_here[0], made)
    told = {**answer.headers, "content-type": answer.content_type, "content-length": str(len(answer.body))}
    return AWSResponse(request.url, answer.status, told, _Raw(answer.body))


def now() -> datetime:
    """The time, for options of a run."""
    return datetime.now(UTC)
