"""The [traffic] table of a scenario file -> Traffic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from busyhour.scenarios.intervals import read_intervals
from busyhour.scenarios.model import ArrivalProcess, Direction, Layer, ShapePoint, Traffic
from busyhour.scenarios.source import Source


def read_traffic(source: Source, data: Mapping[str, Any]) -> Traffic:
    """Make the planned traffic.

    Raises:
        BusyhourError: two keys say the same thing, none says it, or the intervals can not be read.
    """
    intervals, width = _intervals(source, data)
    if "duration" in data:
        duration = source.duration(("traffic", "duration"), data["duration"], positive=True)
    elif intervals:
        duration = width * len(intervals)
    else:
        raise source.error(
            ("traffic",), "has no 'duration'", 'Say how long calls arrive, as in duration = "100s".'
        )
    return Traffic(
        direction=Direction(data.get("direction", "inbound")),
        duration=duration,
        arrivals=ArrivalProcess(data.get("arrivals", "poisson")),
        calls_per_hour=float(data.get("calls_per_hour", 0.0)),
        growth=float(data.get("growth", 1.0)),
        shape=_shape(source, data, duration),
        intervals=intervals,
        interval_seconds=width,
        drain=source.duration(("traffic", "drain"), data.get("drain", 30.0)),
        layers=tuple(
            _layer(source, index, layer, duration) for index, layer in enumerate(data.get("layers", ()))
        ),
    )


def _intervals(source: Source, data: Mapping[str, Any]) -> tuple[tuple[float, ...], float]:
    """Calls of each interval and its length in seconds; no calls where the traffic is given as a rate."""
    given = data.get("intervals")
    if given is None:
        if "calls_per_hour" not in data and "layers" not in data:
            raise source.error(
                ("traffic",),
                "has neither calls_per_hour nor intervals",
                'Give calls_per_hour = 9000, or intervals = { file = "monday.csv" }.',
            )
        return (), 1800.0
    for other in ("calls_per_hour", "shape", "ramp_up", "ramp_down"):
        if other in data:
            raise source.error(
                ("traffic", other), "does not go with intervals", "Keep one of the two; growth scales both."
            )
    keys = ("traffic", "intervals")
    width = source.duration((*keys, "interval"), given.get("interval", 1800.0), positive=True)
    file = source.path((*keys, "file"), given["file"], "a CSV file of intervals")
    return read_intervals(file, given.get("column")), width


def _shape(source: Source, data: Mapping[str, Any], duration: float) -> tuple[ShapePoint, ...]:
    if "shape" in data:
        for other in ("ramp_up", "ramp_down"):
            if other in data:
                raise source.error(("traffic", other), "does not go with shape", "Keep one of the two.")
        return source.shape(("traffic", "shape"), data["shape"])
    up = source.duration(("traffic", "ramp_up"), data.get("ramp_up", 0.0))
    down = source.duration(("traffic", "ramp_down"), data.get("ramp_down", 0.0))
    if up + down > duration:
        key = "ramp_up" if up > duration else "ramp_down"
        raise source.error(
            ("traffic", key),
            f"ends after the traffic: the ramps take {up + down:g} s, the duration is {duration:g} s",
            "Shorten the ramps or lengthen the duration.",
        )
    points = []
    if up:
        points += [ShapePoint(0.0, 0.0), ShapePoint(up, 1.0)]
    if down:
        points += [ShapePoint(duration - down, 1.0), ShapePoint(duration, 0.0)]
    return tuple(points)


def _layer(source: Source, index: int, data: Mapping[str, Any], duration: float) -> Layer:
    keys = ("traffic", "layers", index)
    start = source.duration((*keys, "start"), data.get("start", 0.0))
    if start >= duration:
        raise source.error(
            (*keys, "start"),
            f"is {start:g} s, when the traffic has ended: its duration is {duration:g} s",
            "Begin the layer earlier, or lengthen the duration.",
        )
    length = (
        source.duration((*keys, "duration"), data["duration"], positive=True)
        if "duration" in data
        else duration - start
    )
    return Layer(
        data["name"],
        start,
        length,
        float(data["calls_per_hour"]),
        source.shape((*keys, "shape"), data.get("shape", ())),
    )
