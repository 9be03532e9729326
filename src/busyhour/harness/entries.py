"""Unused entries of a scenario, reported before a run: an error if the file has a [test] table."""

from __future__ import annotations

from collections.abc import Callable

from busyhour.calls.unused import unused
from busyhour.errors import BusyhourError
from busyhour.flows.export.reader import read_file
from busyhour.project.toml_file import TomlFile
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.moved import has_test


def check_entries(scenario: Scenario, warn: Callable[[str], None]) -> None:
    """Report unused entries.

    Args:
        scenario: as it was read, with its overrides.
        warn: receives a message for each of them if the file has no [test] table: older files stay valid.

    Raises:
        BusyhourError: the file has a [test] table and an entry that nothing uses; or a flow cannot be read.
    """
    found = unused(scenario, (read_file(path) for path in scenario.flows.files))
    if not found:
        return
    file = TomlFile.read(scenario.path, "scenario").with_values(scenario.overrides)
    errors = [file.error(one.keys, one.problem, one.hint) for one in found]
    if has_test(file):
        raise BusyhourError("\n".join(error.message for error in errors), errors[0].hint)
    for error in errors:
        warn(f"{error.message} {error.hint or ''}".strip())
