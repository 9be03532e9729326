"""Shares of a limit's present value: one name and one definition for each, in every output.

An amount is divided by the value in force. The four shares have different amounts and cannot be compared with
each other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from busyhour.results.entries import QuotaRecord

NEEDED = "needed of the value"
"""Smallest value that carries the plan, without headroom, divided by the present value.

Above 100 %: the plan exceeds the limit.
"""
MEASURED = "measured peak of the value"
"""Highest value that the run measured, divided by the present value.

For a rate it is that of one second, which the burst may carry above 100 %.
"""
FORECAST = "forecast peak of the value"
"""Larger of the 99th percentile of the theory and the mean of the simulated peaks, divided by the present
value.
"""
MEAN = "mean demand of the value"
"""Mean demand at a held volume, divided by the present value.

It is below `NEEDED`, since demand varies about its mean.
"""


def nearest(quotas: Iterable[QuotaRecord], most: int = 1) -> list[str]:
    """Format the quotas with the largest needs as a share of the value; by measured peak without needs."""
    known = list(quotas)
    for name, amounts in ((NEEDED, [q.forecast for q in known]), (MEASURED, [q.peak for q in known])):
        shares = [(of_value(a, q.value), q.name) for a, q in zip(amounts, known, strict=True)]
        found = sorted(((share, what) for share, what in shares if share is not None), reverse=True)
        if found:
            amount, _, value = name.rpartition(" of ")
            return [f"{what}, {amount} {share:.0%} of {value}" for share, what in found[:most]]
    return []


def of_value(amount: float | None, value: float) -> float | None:
    """Return the share; None if there is no amount, or if the value is 0 and the amount is not."""
    if amount is None or not math.isfinite(amount):
        return None
    if value == 0:
        return 0.0 if amount == 0 else None
    return amount / value
