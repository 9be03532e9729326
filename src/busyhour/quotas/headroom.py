"""Headroom on top of a need. It is part of a request only on demand."""

from __future__ import annotations

import math

_ROUNDING = 1e-9


def with_headroom(need: float, headroom: float) -> float:
    """Return the whole value of which the share `headroom` (0 to below 1) stays free at the need."""
    return need if not math.isfinite(need) else float(math.ceil(need / (1.0 - headroom) * (1.0 - _ROUNDING)))
