"""Where a run goes: the embedded emulator on loopback, or a real AWS account."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.processes import Child, child
from busyhour.load.settings import CONTACT_EVENTS
from busyhour.local_http import fetch, proxies_for
from busyhour.scenarios.model import Scenario
from busyhour.shared_secret import emulator_token

START_SECONDS = 60.0
"""How long the emulator may take to be ready; it takes about two seconds on an idle machine."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where requests go. `endpoint` is None for AWS's own endpoints."""

    kind: str
    endpoint: str | None
    region: str
    account: str
    instance_id: str
    instance_arn: str
    caller: str = ""
    """ARN of the caller that STS named; empty for the emulator."""

    def client(self, service: str) -> Any:
        """A boto3 client for reading from the target; it makes no connection yet.

        Not for load: it retries as boto3 does.
        """
        import boto3
        from botocore.config import Config

        from busyhour.quotas.aws.calls import configuration

        names = ("aws_access_key_id", "aws_secret_access_key")
        credentials = dict(zip(names, emulator_token.keys(os.environ), strict=True)) if self.endpoint else {}
        with configuration():
            return boto3.client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint,
                config=Config(
                    connect_timeout=5,
                    read_timeout=30,
                    retries={"mode": "standard", "total_max_attempts": 4},
                    proxies=proxies_for(self.endpoint),
                ),
                **credentials,
            )

    def snapshot(self) -> dict[str, Any]:
        """The emulator's own account of what happened; empty for AWS, which has none."""
        if self.endpoint is None:
            return {}
        parsed: dict[str, Any] = json.loads(fetch(f"{self.endpoint}/_busyhour/snapshot", timeout=30))
        return parsed

    def as_json(self) -> dict[str, Any]:
        """For the run record."""
        return asdict(self)


@contextlib.contextmanager
def emulator(scenario: Scenario, run_dir: Path, *, port: int = 0) -> Iterator[tuple[Target, Child]]:
    """Start the emulator for `scenario` in a process of its own and wait until it answers.

    Raises:
        BusyhourError: it ended or was not ready in time; the end of its log is in the message.
    """
    ready = run_dir / "emulator.ready.json"
    ready.unlink(missing_ok=True)
    command = [
        *(sys.executable, "-m", "busyhour", "emulator"),
        *("--scenario", str(scenario.path), "--port", str(port), "--ready-file", str(ready)),
        *(word for setting in scenario.overrides for word in ("--set", setting)),
    ]
    events = os.environ.get(CONTACT_EVENTS)
    if events:
        command += ["--events", events]
    with child("emulator", command, log=run_dir / "emulator.log", environment={}) as process:
        deadline = time.monotonic() + START_SECONDS
        while not ready.exists():
            if not process.running:
                raise process.error(
                    "The emulator ended before it was ready.",
                    f"Run `busyhour emulator --scenario {scenario.path}` to see all of its output.",
                    ExitCode.UNREACHABLE,
                )
            if time.monotonic() > deadline:
                process.kill()
                raise BusyhourError(
                    f"The emulator was not ready within {START_SECONDS:g} s. The end of {process.log}:\n"
                    f"{process.last_lines(8)}",
                    "Is the machine very busy? Try again.",
                    ExitCode.UNREACHABLE,
                )
            time.sleep(0.05)
        facts = json.loads(ready.read_text(encoding="utf-8"))
        ready.unlink(missing_ok=True)
        yield (
            Target(
                kind="emulator",
                endpoint=facts["url"],
                region=facts["region"],
                account=facts["account"],
                instance_id=facts["instance_id"],
                instance_arn=facts["instance_arn"],
            ),
            process,
        )


def aws(scenario: Scenario) -> Target:
    """The real account that the scenario names. Makes no call."""
    wanted = scenario.aws
    return Target(
        kind="aws",
        endpoint=None,
        region=wanted.region,
        account=wanted.account,
        instance_id=wanted.instance,
        instance_arn=f"arn:aws:connect:{wanted.region}:{wanted.account}:instance/{wanted.instance}",
    )
