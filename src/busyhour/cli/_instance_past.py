"""What `busyhour learn --from` reads of an instance, and what each part of it teaches."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from busyhour.cli._say import say

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from busyhour.instance.past import Past
    from busyhour.learning.findings import Findings
    from busyhour.learning.learnt import Learnt

MOST_DAYS = 90
"""Days that GetMetricDataV2 goes back: three months."""


def days(text: str) -> int:
    """Return the days of `14d`, `2w` or `14`.

    Raises:
        BusyhourError: it is none of these, or more than Connect keeps.
    """
    from busyhour.errors import BusyhourError

    number, unit = (text[:-1], text[-1]) if text[-1:] in ("d", "w") else (text, "d")
    found = int(number) * (7 if unit == "w" else 1) if number.isdecimal() and len(number) < 5 else 0
    if not 1 <= found <= MOST_DAYS:
        raise BusyhourError(
            f"--from {text!r} is not a number of days from 1 to {MOST_DAYS}: Connect keeps metrics for three months.",
            "Write --from 14d, or --from 2w.",
        )
    return found


def read(
    named: str | None,
    region: str | None,
    endpoint_url: str | None,
    length: int,
    zone: ZoneInfo,
    queue: str,
    functions: Iterable[str],
) -> tuple[Findings, list[str]]:
    """Read an instance's last days.

    Args:
        named: alias, id or ARN; None: the only one.
        region: of the instance; None: the configured one.
        endpoint_url: of the emulator, or another endpoint; None: AWS.
        length: days, up to now.
        zone: of the days.
        queue: only calls of this queue; empty: all.
        functions: whose logs are read, beside those in the flow log.

    Returns:
        What was learnt, and what could not be read, with reasons.

    Raises:
        BusyhourError: the instance cannot be found or reached.
    """
    from busyhour.cli._reader import reader_of
    from busyhour.errors import BusyhourError
    from busyhour.instance.past import Past
    from busyhour.learning.findings import Findings
    from busyhour.learning.recorded import flow_logs, function_reports

    reader, instance = reader_of(named, region, endpoint_url)
    end = datetime.now(UTC).replace(microsecond=0)
    start = end.replace(minute=end.minute // 15 * 15, second=0) - timedelta(days=length)
    past = Past(reader, instance["Alias"], start, end)
    source = f"{instance['Alias']}, last {length} days"
    missed = past.missed

    say(f"Reading {source}: metrics, flow logs, logs of functions.", err=True)
    calls, choices, times = None, None, []
    try:
        calls = _calls(past, source, zone, queue)
    except BusyhourError as error:
        missed.append(error.message)
    try:
        entries = ((f"/aws/connect/{past.alias}", one) for one in past.flow_log())
        choices = flow_logs.tally(entries, f"flow log of {past.alias}")
    except BusyhourError as error:
        missed.append(error.message)
    for name in sorted({*functions, *(choices.functions if choices is not None else ())}):
        group = f"/aws/lambda/{name}"
        messages = [one.get("message") for one in past.log(group, "REPORT")]
        if any(one.startswith(f"{group}: not read") for one in missed):
            continue
        try:
            times.append(function_reports.of_messages(name, messages, group))
        except BusyhourError as error:
            missed.append(error.message)
    return Findings(calls, choices, times), missed


def _calls(past: Past, source: str, zone: ZoneInfo, queue: str) -> Learnt:
    from busyhour.learning.recorded import queue_metrics

    names = past.queues()
    flows = past.entry_flows()
    return queue_metrics.learn(
        past.metrics(queue_metrics.QUEUE_METRICS, "QUEUE", sorted(names)),
        past.metrics((queue_metrics.FLOW_METRIC,), "FLOWS_RESOURCE_ID", flows),
        names,
        source,
        zone,
        queue,
    )
