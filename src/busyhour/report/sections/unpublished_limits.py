"""Limits whose value only AWS knows: what the plan asks of them, as sentences for reports and for AWS Support.

A record of an earlier version has none of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.results.record import RunRecord


def sentences(record: RunRecord) -> list[str]:
    """One sentence or two for each limit: that it is not known to be kept, the demand, what to do."""
    return [
        f"{row['name']} ({row['shows_as']}): not known to be within the limit. {row['calculation']}. {row['ask']}"
        for row in _rows(record)
    ]


def questions(record: RunRecord) -> list[str]:
    """The same, as what AWS Support is asked to confirm."""
    return [
        f"{row['name']} ({row['shows_as']}): {row['peak']:,.0f} {row['unit']} in the 99th percentile, "
        f"{row['mean']:,.3g} in the mean ({row['calculation']})"
        for row in _rows(record)
    ]


def _rows(record: RunRecord) -> list[Mapping[str, Any]]:
    return [row for row in record.forecast.get("unpublished", []) if isinstance(row, dict)]
