"""An instance with 1,000 flows and 500 queues is read at the account's own rates, in virtual time."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.instance.answers import FromClients, Recording
from busyhour.instance.masking import Mask
from busyhour.quotas.table.quota_table import load

from .conftest import Centre, welcome

FLOWS, QUEUES = 1000, 500


def build(make: Callable[..., Any]) -> Centre:
    centre: Centre = make(
        quotas={"connect.contact-flows-per-instance": 2000, "connect.queues-per-instance": 1000}
    )
    connect, here = centre.client("connect"), {"InstanceId": centre.emulator.state.account.instance_id}
    hours = connect.list_hours_of_operations(**here)["HoursOfOperationSummaryList"][0]["Id"]
    for number in range(QUEUES):
        centre.clock.advance(1.0)
        queue = connect.create_queue(**here, Name=f"Q{number}", HoursOfOperationId=hours)["QueueId"]
    for number in range(FLOWS):
        centre.clock.advance(1.0)
        connect.create_contact_flow(**here, Name=f"F{number}", Type="CONTACT_FLOW", Content=welcome(queue))
    centre.clock.advance(60.0)
    centre.requests.clear()
    return centre


def memory(name: str) -> int:
    """A figure of this process in MB."""
    status = Path("/proc/self/status").read_text()
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    assert found is not None
    return int(found[1]) // 1024


@pytest.mark.slow
def test_a_large_instance_is_read_in_the_predicted_time_and_resumes(
    make: Callable[..., Any], tmp_path: Path
) -> None:
    centre = build(make)
    Path("/proc/self/clear_refs").write_text("5")
    before, begun = memory("VmRSS"), centre.clock.now()
    centre.interrupt_after = 3000
    for attempt in range(2):
        recording = Recording(FromClients(centre.client, Mask()), tmp_path / "journal", "x", 60.0 * attempt)
        try:
            pulled = centre.pull(tmp_path / "instance", reader=centre.reader(source=recording))
        except KeyboardInterrupt:
            centre.interrupt_after = None
        finally:
            recording.close()
    took = centre.clock.now() - begun

    assert (pulled.counts["flows"], pulled.counts["queues"]) == (FLOWS, QUEUES + 1)
    assert pulled.unread == []
    assert memory("VmHWM") - before < 300
    assert not any("throttled" in line for line in centre.lines)
    (predicted, *_) = (
        float(found[1]) * 60
        for line in centre.lines
        if (found := re.search(r"takes about (\d+) min", line)) is not None
    )
    assert took == pytest.approx(predicted, rel=0.05)

    table, moments = load(), {}
    for at, service, operation in centre.requests:
        if service == "connect":
            moments.setdefault(operation, []).append(at)
    assert len(moments["DescribeContactFlow"]) >= 2 * FLOWS
    for operation, times in moments.items():
        quota, _ = table.rate("connect", operation)
        for first, later in zip(times, times[int(quota.default) :], strict=False):
            assert later - first > 0.999, operation  # N requests a second: the next one is a second later
