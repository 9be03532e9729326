"""What the application's retry policy does to a busy hour: one hot partition, three policies, side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()


def run(busyhour: Busyhour, folder: Path, policy: str) -> dict[str, Any]:
    done = busyhour(
        *("run", "hot_customer", "--out", folder, "--set", f"client.retry={policy}"),
        *("--set", "traffic.drain=30s"),
        cwd=ROOT,
    )
    record: dict[str, Any] = done.record(folder)
    assert record["verdict"]["outcome"] == "does not hold", record["verdict"]
    assert record["arrivals"]["cut_off"] == 0
    if policy != "none":
        assert "Retries of the application" in done.out
        assert "Retries of the application" in (folder / "report.html").read_text(encoding="utf-8")
    return record


@pytest.mark.slow
def test_none_fails_fast_standard_pays_with_requests_adaptive_with_time(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    none, standard, adaptive = (
        run(busyhour, tmp_path / policy, policy) for policy in ("none", "standard", "adaptive")
    )
    sent = {
        name: one["operations"][0]
        for name, one in (("none", none), ("standard", standard), ("adaptive", adaptive))
    }
    assert none["retries"] == []
    ((again,), (held,)) = standard["retries"], adaptive["retries"]
    calls = none["arrivals"]["started"]
    assert calls == again["operations"] == held["operations"], "the same plan"
    # Without retries every throttle is a failure, at once.
    assert sent["none"]["requests"] == calls
    assert sent["none"]["throttles"] == none["arrivals"]["blocked"] > 10
    # Standard retries bring calls through, for more requests, more throttles and seconds of waiting.
    assert again["failed"] == standard["arrivals"]["blocked"] < none["arrivals"]["blocked"]
    assert again["recovered"] > 0
    assert sent["standard"]["requests"] == again["attempts"] > calls
    assert sent["standard"]["throttles"] > sent["none"]["throttles"]
    assert again["latency"]["p99"] > 5 * sent["none"]["latency"]["p99"]
    # Adaptive ones slow the whole client down until there is hardly a throttle left.
    assert sent["adaptive"]["throttles"] < sent["standard"]["throttles"]
    assert held["attempts"] < again["attempts"]
    assert held["failed"] <= again["failed"]
    assert held["latency"]["p50"] > 10 * again["latency"]["p50"]
