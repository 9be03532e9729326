"""Headroom: the second number beside what a plan needs. It is never part of a request unless it is asked for."""

from __future__ import annotations

import math

_ROUNDING = 1e-9


def with_headroom(need: float, headroom: float) -> float:
    """The value of which a share of `headroom` (0 to below 1) stays free at the need, a whole number."""
    return need if not math.isfinite(need) else float(math.ceil(need / (1.0 - headroom) * (1.0 - _ROUNDING)))
