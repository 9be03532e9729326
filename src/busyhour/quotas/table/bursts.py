"""Bucket size at a raised rate: no API reports it, so there is one rule."""

from __future__ import annotations

from busyhour.quotas.model import Quota


def burst_with(rate: Quota, burst: Quota, applied_rate: float) -> float:
    """Return the bucket size if `applied_rate` is in force.

    AWS's documented pairs (2/5, 10/15, 20/25) keep burst - rate nearly constant, so the burst grows by as
    much as the rate was raised. It is at least 1.
    """
    return max(1.0, burst.default + max(0.0, applied_rate - rate.default))
