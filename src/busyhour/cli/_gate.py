"""Prints what a run against AWS would do, and passes the safety gate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.harness.safety.gate import Clearance
    from busyhour.report.renderers.plain_console import PlainConsole
    from busyhour.scenarios.model import Scenario


def cleared(scenario: Scenario, console: PlainConsole, beside: Sequence[str], *, live: bool) -> Clearance:
    """Print what a run against AWS would do; continue only with permission and --live."""
    from datetime import UTC, datetime

    from busyhour.errors import ExitCode
    from busyhour.harness.safety import dry_run, gate, plan
    from busyhour.harness.safety.approval import approval_of

    approval = approval_of(scenario)
    now = datetime.now(UTC)
    made = plan.make(scenario, now, start=now, approval=approval)
    aws = scenario.aws
    console.print(
        f"Against AWS account {aws.account or '?'}, {aws.region}, instance {aws.instance or '?'}:",
        highlight=False,
    )
    for line in dry_run.lines_of(made, beside):
        console.print(f"  {line}", highlight=False, soft_wrap=True)
    clearance = gate.clear(scenario, made.intent, approval, now)
    if not live:
        console.print("Dry run: nothing was called. Give --live to carry it out.")
        raise SystemExit(int(ExitCode.OK))
    return clearance
