"""A live run against an emulator that stands in for AWS (AWS_ENDPOINT_URL): `live_run.py INSTANCE FOLDER`."""

from __future__ import annotations

import signal
import sys
from datetime import UTC, datetime
from pathlib import Path

from busyhour import interrupts
from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.progress import Silent
from busyhour.harness.run import Options, execute
from busyhour.harness.safety import gate
from busyhour.harness.safety.approval import read_approval
from busyhour.harness.safety.intent import intent
from busyhour.harness.verdict.decision import exit_code
from busyhour.project import Project
from busyhour.results import store
from busyhour.scenarios import reader
from busyhour.shipped import shipped_root

NIGHT = datetime(2026, 12, 2, 3, 0, tzinfo=UTC)
APPROVAL = """
id = "LT-1"
account = "123456789012"
region = "us-east-1"
instance = "{instance}"
not_before = 2020-01-01T00:00:00Z
not_after = 2099-01-01T00:00:00Z
emergency_contact = "+1 555 555 0199"
max_calls = 500
max_concurrent = 100
"""


def main(instance: str, folder: Path) -> int:
    """Drive calls for up to a minute; return the exit code."""
    approval = folder.parent / "approval.toml"
    approval.write_text(APPROVAL.format(instance=instance), encoding="utf-8")
    overrides = (
        *('aws.account="123456789012"', f'aws.instance="{instance}"', 'aws.source_number="+12025550100"'),
        *('aws.destinations=["+12025550101"]', "aws.max_calls=500", "aws.max_concurrent=100"),
        *("aws.max_cost_usd=50", f'aws.approval="{approval}"', "callers.answered=1.0"),
        *("traffic.duration=10s", "traffic.drain=2s"),
    )
    scenario = reader.load(
        shipped_root() / "scenarios" / "outbound.toml", root=shipped_root(), overrides=overrides
    )
    clearance = gate.clear(scenario, intent(scenario), read_approval(approval), NIGHT)
    options = Options(scenario, Project.at(shipped_root()), "aws", clearance=clearance, now=lambda: NIGHT)
    folder.mkdir()
    try:
        record = execute(options, folder, Silent())
    except BusyhourError as error:
        sys.stderr.write(f"{error.message}\n{error.hint or ''}\n")
        return int(error.exit_code)
    store.write_run(folder, record)
    return int(exit_code(record))


if __name__ == "__main__":
    try:
        with interrupts.interruptible():
            interrupts.install(interrupts.interrupt, signal.SIGTERM)
            code = main(sys.argv[1], Path(sys.argv[2]))
    except KeyboardInterrupt:  # as the command line does it
        code = ExitCode.INTERRUPTED
    raise SystemExit(code)
