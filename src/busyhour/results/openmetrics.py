"""Format values as OpenMetrics text, which GitLab's metrics reports and Prometheus read.

Sources: github.com/prometheus/OpenMetrics, specification 1.0, "Text format";
docs.gitlab.com/ci/testing/metrics_reports (read 2026-11-22): GitLab compares the values as texts, so they are
rounded.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from busyhour.printable import printable_lines

DIGITS = 4
"""Significant digits that are written: more would differ in every run."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric. `name` consists of lower-case letters, digits and underscores."""

    name: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def text(samples: Iterable[Sample], prefix: str = "busyhour_") -> str:
    """Format all samples as gauges, those of one metric together; values that are not finite are left out."""
    families: dict[str, list[str]] = {}
    for one in samples:
        if not math.isfinite(one.value):
            continue
        name = prefix + re.sub(r"[^a-z0-9_]+", "_", one.name.lower())
        inner = ",".join(f'{key}="{_escaped(value)}"' for key, value in one.labels.items())
        families.setdefault(name, []).append(
            f"{name}{{{inner}}} {_number(one.value)}" if inner else f"{name} {_number(one.value)}"
        )
    lines = [line for name, rows in families.items() for line in (f"# TYPE {name} gauge", *rows)]
    return "\n".join([*lines, "# EOF"]) + "\n"


def _number(value: float) -> str:
    return f"{float(f'{value:.{DIGITS}g}'):.12g}"


def _escaped(value: str) -> str:
    return printable_lines(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
