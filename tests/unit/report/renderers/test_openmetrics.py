"""The run's figures for GitLab's metrics report."""

from __future__ import annotations

from busyhour.report.renderers.registry import RENDERERS
from busyhour.results.entries import FlowCoverage
from busyhour.results.record import RunRecord


def test_what_a_run_measured_is_there_by_name(record: RunRecord) -> None:
    record.coverage = [FlowCoverage("main", 3, 4, 5)]
    made = RENDERERS["metrics"].render(record, []).decode()
    for line in (
        "busyhour_calls_planned 400",
        "busyhour_blocked_share 0.0175",
        'busyhour_latency_milliseconds{operation="connect:StartOutboundVoiceContact",quantile="0.95"} 41',
        'busyhour_request_throttle_share{operation="connect:StartOutboundVoiceContact"} 0.0125',
        'busyhour_headroom{quota="Concurrent executions"} 0.988',
        'busyhour_branch_coverage{flow="main"} 0.75',
        'busyhour_findings{severity="warning"} 1',
    ):
        assert f"{line}\n" in made
    assert made.endswith("# EOF\n")
