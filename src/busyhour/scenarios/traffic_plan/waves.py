"""Read the [[waves]] of a scenario file: migration waves."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.project.violations import value_shown
from busyhour.scenarios.traffic import Wave
from busyhour.scenarios.traffic_plan.arrival_source import Source

_ROUNDING = 1e-9


def dates_as_text(data: Mapping[str, Any]) -> dict[str, Any]:
    """Convert TOML dates in the parsed file to texts, so that `2027-01-15` and `"2027-01-15"` are equal."""
    contacts = (data.get("traffic") or {}).get("contacts") if isinstance(data.get("traffic"), dict) else None
    if isinstance(contacts, dict) and isinstance(contacts.get("start"), datetime.datetime):
        contacts = {**contacts, "start": contacts["start"].isoformat()}
        data = {**data, "traffic": {**data["traffic"], "contacts": contacts}}
    waves = data.get("waves")
    if not isinstance(waves, list):
        return dict(data)

    def as_text(wave: Any) -> Any:
        when = wave.get("date") if isinstance(wave, dict) else None
        if type(when) is datetime.date:
            return {**wave, "date": when.isoformat()}
        return wave

    return {**data, "waves": [as_text(wave) for wave in waves]}


def read_waves(
    source: Source, data: Sequence[Mapping[str, Any]], queues: Collection[str]
) -> tuple[Wave, ...]:
    """Read the waves, in order of their dates.

    Raises:
        BusyhourError: a date is invalid or not ascending, a queue is unknown or moves twice, the shares
            exceed 1, or a wave does not give a volume.
    """
    made: list[Wave] = []
    moved: dict[str, str] = {}
    total = 0.0
    for index, given in enumerate(data):
        keys = ("waves", index)
        when = _date(source, (*keys, "date"), given["date"])
        if made and when < made[-1].date:
            raise source.error(
                (*keys, "date"),
                f"is {when}, before the wave above it, which is on {made[-1].date}",
                "Put the waves in order of time.",
            )
        ways = [way for way in ("share", "queues", "calls_per_hour") if way in given]
        if not ways or ("share" in ways and len(ways) > 1):
            problem = "has both share and " + ways[1] if ways else "does not give a volume"
            raise source.error(
                keys, problem, "Give share, or queues, or calls_per_hour (which may go with queues)."
            )
        for name in given.get("queues", ()):
            if name not in queues:
                raise source.error(
                    (*keys, "queues"),
                    f"names the queue {name!r}, which the scenario does not have.{did_you_mean(name, queues)}",
                    f"Queues here: {', '.join(queues) or 'none'}.",
                )
            if name in moved:
                raise source.error(
                    (*keys, "queues"),
                    f"names {name!r}, which wave {moved[name]!r} has moved already",
                    "Name it once.",
                )
            moved[name] = given["name"]
        total += float(given.get("share", 0.0))
        if total > 1 + _ROUNDING:
            raise source.error(
                (*keys, "share"),
                f"makes {total:g} of the volume with the waves before it",
                "Together at most 1.",
            )
        volume = given.get("calls_per_hour")
        made.append(
            Wave(
                given["name"],
                when,
                share=float(given["share"]) if "share" in given else None,
                queues=tuple(given.get("queues", ())),
                calls_per_hour=None if volume is None else float(volume),
            )
        )
    return tuple(made)


def _date(source: Source, keys: tuple[str | int, ...], value: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(value)
    except ValueError:
        raise source.error(
            keys, f"is {value_shown(value)}, which is not a date", "Write for example 2027-01-15."
        ) from None
