"""Move settings of the test from keys of [traffic], as in files without a [test] table.

--set traffic.duration=40s.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

from busyhour.project.toml_file import TomlFile
from busyhour.scenarios.units import seconds, written

OF_THE_TEST = ("ramp_up", "ramp_down", "drain")
OF_A_DAY = ("intervals", "contacts", "shape", "layers")
"""Keys of [traffic] with which its duration is the length of the planned day."""


def is_day(traffic: Mapping[str, Any]) -> bool:
    """Whether a [traffic] table plans the course of a day and not only a rate."""
    return any(key in traffic for key in OF_A_DAY)


def has_test(file: TomlFile) -> bool:
    """Whether the file itself has a [test] table; one made by settings alone does not count."""
    test = file.data.get("test")
    return isinstance(test, dict) and not (test and all(("test", key) in file.elsewhere for key in test))


def with_settings_moved(file: TomlFile, written_in_file: Mapping[str, Any]) -> TomlFile:
    """Return the file with settings of [traffic] that belong to the test moved to its [test] table.

    These are `traffic.duration`, ramps and drain. Keys of the file itself are not moved, and a file without a
    [test] table is unchanged. A duration becomes the hold between the ramps; the length of a planned day
    stays that of the file: `written_in_file` is its content without the settings.

    Raises:
        BusyhourError: the ramps do not fit into the duration.
    """
    data: dict[str, Any] = deepcopy(file.data)
    traffic, test = data.get("traffic"), data.get("test")
    if not isinstance(traffic, dict) or not isinstance(test, dict):
        return file
    elsewhere = dict(file.elsewhere)
    if "test" not in written_in_file:  # settings alone make the table: move the file's own durations into it
        for key in OF_THE_TEST:
            if key in traffic:
                test.setdefault(key, traffic.pop(key))
        if "duration" in traffic and not is_day(traffic):
            if "hold" in test:
                del traffic["duration"]
            else:
                elsewhere.setdefault(("traffic", "duration"), file.at(("traffic", "duration")))
    for key in OF_THE_TEST:
        if key in traffic and ("traffic", key) in elsewhere:
            test[key] = traffic.pop(key)
            elsewhere["test", key] = elsewhere.pop(("traffic", key))
    if "duration" in traffic and ("traffic", "duration") in elsewhere:
        duration = traffic.pop("duration")
        own = written_in_file.get("traffic", {})
        if is_day(traffic) and "duration" in own:
            traffic["duration"] = own["duration"]
        elsewhere["test", "hold"] = elsewhere.pop(("traffic", "duration"))
        file = replace(file, data=data, elsewhere=elsewhere)
        test["hold"] = duration
        with contextlib.suppress(
            ValueError, TypeError
        ):  # an invalid duration is reported with the rest of the file
            ramps = seconds(test.get("ramp_up", 0.0)) + seconds(test.get("ramp_down", 0.0))
            hold = seconds(duration) - ramps
            if hold <= 0 < seconds(duration):
                raise file.error(
                    ("test", "hold"),
                    f"has no time left: the ramps take {ramps:g} s of {seconds(duration):g} s",
                    "Shorten test.ramp_up and test.ramp_down, or lengthen the test.",
                )
            if hold > 0:
                test["hold"] = written(hold)
    return replace(file, data=data, elsewhere=elsewhere)
