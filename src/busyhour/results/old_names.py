"""Names of members in records of versions before 0.2.0, read as today's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FORECAST = {"ladder": "limits"}
_ROWS = {
    "quotas": {
        "turned_away_theory": "rejected_theory",
        "turned_away_simulated": "rejected_simulated",
        "turned_away_half_width": "rejected_half_width",
    },
    "queues": {"turned_away": "blocked"},
}
"""By list of the forecast: old name of a row's member -> today's."""
_MEASURED = {"turned_away": "rejected_share", "turned_away_half_width": "rejected_share_half_width"}
"""Of the member `measured` of a row of `quotas`; `intervals` of a row of `queues` has the row's own names."""


def with_current_names(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the JSON of a run record with today's names in its forecast.

    Members of unexpected types are left as they are: the decoder reports them. A member with an old and a new name
    keeps the value of the new one.
    """
    forecast = record.get("forecast")
    if not isinstance(forecast, Mapping):
        return record
    made = _renamed(forecast, _FORECAST)
    for name, names in _ROWS.items():
        rows = made.get(name)
        if isinstance(rows, list):
            made[name] = [_row(row, names) if isinstance(row, Mapping) else row for row in rows]
    return {**record, "forecast": made}


def _row(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    made = _renamed(row, names)
    for member, inner in (("measured", _MEASURED), ("intervals", names)):
        if isinstance(made.get(member), Mapping):
            made[member] = _renamed(made[member], inner)
    return made


def _renamed(members: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Rename members; the order is kept."""
    return {
        names.get(name, name): value
        for name, value in members.items()
        if name not in names or names[name] not in members
    }
