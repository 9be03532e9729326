"""`busyhour run --target aws --live` as a user types it, all of it: the emulator is AWS, and it is night in its Region."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from busyhour.load.safety.policy import REGION_TIME_ZONES, closes_at, in_window
from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
RECORD = """
id = "LT-1"
account = "123456789012"
region = "{region}"
instance = "{instance}"
not_before = 2020-01-01T00:00:00Z
not_after = 2099-01-01T00:00:00Z
emergency_contact = "+1 555 555 0199"
max_calls = 500
max_concurrent = 100
"""

pytestmark = pytest.mark.slow


def night() -> str:
    """A Region in which load tests are allowed for another half an hour: there is always one."""
    now = datetime.now(UTC)
    return next(
        region
        for region in REGION_TIME_ZONES
        if in_window(now, region) and closes_at(now, region) - now > timedelta(minutes=30)
    )


class Aws:
    """The emulator in a process of its own, and what it takes to mistake it for AWS."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        self.region = night()
        ready = folder / "ready.json"
        command = [sys.executable, "-m", "busyhour", "emulator", "--scenario", "outbound", "--port", "0"]
        command += ["--region", self.region, "--ready-file", str(ready), *arguments]
        with (folder / "emulator.log").open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
        deadline = time.monotonic() + 90
        while not ready.exists():
            assert time.monotonic() < deadline, (folder / "emulator.log").read_text()
            assert self.process.poll() is None, (folder / "emulator.log").read_text()
            time.sleep(0.1)
        facts = json.loads(ready.read_text())
        self.url, self.instance = facts["url"], facts["instance_id"]
        (folder / "approval.toml").write_text(RECORD.format(region=self.region, instance=self.instance))

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ENDPOINT_URL": self.url, "AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret"}

    def settings(self, *more: str) -> list[str]:
        """Options that make the shipped campaign one against this account."""
        given = (
            *('aws.account="123456789012"', f'aws.region="{self.region}"', f'aws.instance="{self.instance}"'),
            *('aws.source_number="+12025550100"', 'aws.destinations=["+12025550101"]', "aws.max_calls=500"),
            *("aws.max_concurrent=100", "aws.max_cost_usd=50", f'aws.approval="{self.folder}/approval.toml"'),
            *("callers.answered=1.0", *more),
        )
        return [word for setting in given for word in ("--set", setting)]

    def health(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.url}/_busyhour/health", timeout=5) as answer:
            found: dict[str, Any] = json.load(answer)
            return found


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[Callable[..., Aws]]:
    made: list[Aws] = []

    def start(*arguments: str) -> Aws:
        made.append(Aws(tmp_path, *arguments))
        return made[-1]

    yield start
    for each in made:
        each.process.terminate()
        each.process.wait(20)


def test_a_dry_run_dials_nothing_and_a_live_one_dials_with_its_permit_and_leaves_nothing_live(
    aws: Callable[..., Aws], busyhour: Busyhour, tmp_path: Path
) -> None:
    target, folder = aws(), tmp_path / "run"
    command = ["run", "outbound", "--target", "aws", "--out", folder, "--workers", "2"]
    command += target.settings("traffic.duration=10s", "traffic.drain=3s")
    ports = {"LOCUST_MASTER_BIND_PORT": free_port()}
    ports["LOCUST_MASTER_NODE_PORT"] = ports["LOCUST_MASTER_BIND_PORT"]
    dry = busyhour(*command, cwd=ROOT, **target.environment)
    assert dry.code == 0, dry.err
    assert "Dry run: nothing was called" in dry.err
    assert not folder.exists()
    live = busyhour(*command, "--live", cwd=ROOT, **target.environment, **ports)
    record = live.record(folder)
    assert record["arrivals"]["started"] == record["arrivals"]["planned"] == 24
    assert record["abort"] is None
    assert (folder / "permit.taken.json").exists()
    assert not (folder / "permit.json").exists()
    assert target.health()["contacts_in_progress"] == 0
    again = busyhour("stop", folder, "--live", cwd=ROOT, **target.environment)
    assert "Nothing to do" in again.out


def test_what_cloudwatch_counts_ends_the_run(
    aws: Callable[..., Aws], busyhour: Busyhour, tmp_path: Path
) -> None:
    """AWS has the default of 10 calls at once; the plan needs more. Nothing but CloudWatch tells of it."""
    target, folder = aws("--quota", "L-12AB7C57=10"), tmp_path / "run"
    settings = target.settings("traffic.duration=80s", "aws.error_budget=1.0")
    command = ["run", "outbound", "--target", "aws", "--live", "--out", folder, *settings]
    done = busyhour(*command, cwd=ROOT, seconds=240, **target.environment)
    assert done.code == 3, done.err
    record = done.record(folder)
    assert record["abort"]["condition"] == "breach"
    assert "CloudWatch CallsBreachingConcurrencyQuota is" in record["abort"]["text"]
    assert record["arrivals"]["started"] < record["arrivals"]["planned"]
    assert target.health()["contacts_in_progress"] == 0


def test_the_same_locustfile_without_the_gate_dials_nothing(aws: Callable[..., Aws], tmp_path: Path) -> None:
    target = aws()
    overrides = target.settings()[1::2]
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtests" / "voice.py"), "--headless"],
        env={
            **os.environ,
            **target.environment,
            "BUSYHOUR_SCENARIO": "outbound",
            "BUSYHOUR_TARGET": "aws",
            "BUSYHOUR_RUN_DIR": str(tmp_path),
            "BUSYHOUR_OVERRIDES": json.dumps(overrides),
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "Refused: AWS account 123456789012" in done.stderr
    assert target.health()["contacts_in_progress"] == 0


def free_port() -> str:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return str(found.getsockname()[1])
