"""Shares of a limit's present value: one name and one definition for each, in every output.

An amount is divided by the value in force. The four differ in the amount, so that no two of them can be compared.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from busyhour.results.record import QuotaRecord

NEEDED = "needed of the value"
"""Smallest value that carries the plan, without headroom, by the present value. Above 100 %: the plan exceeds the limit."""
MEASURED = "measured peak of the value"
"""Highest value that the run measured, by the present value. Of a rate it is one second's, which the burst may carry above
100 %."""
FORECAST = "forecast peak of the value"
"""Larger of the 99th percentile of the theory and the mean of the simulated peaks, by the present value."""
MEAN = "mean demand of the value"
"""Mean demand at a held volume, by the present value. It is below `NEEDED`, since demand varies about its mean."""


def nearest(quotas: Iterable[QuotaRecord], most: int = 1) -> list[str]:
    """The quotas of which the plan needs the largest shares of the value, as words; by measured peak without needs."""
    known = list(quotas)
    for name, amounts in ((NEEDED, [q.forecast for q in known]), (MEASURED, [q.peak for q in known])):
        shares = [(of_value(a, q.value), q.name) for a, q in zip(amounts, known, strict=True)]
        found = sorted(((share, what) for share, what in shares if share is not None), reverse=True)
        if found:
            amount, _, value = name.rpartition(" of ")
            return [f"{what}, {amount} {share:.0%} of {value}" for share, what in found[:most]]
    return []


def of_value(amount: float | None, value: float) -> float | None:
    """The share; None where there is no amount, or where the value is 0 and the amount is not."""
    if amount is None or not math.isfinite(amount):
        return None
    if value == 0:
        return 0.0 if amount == 0 else None
    return amount / value
