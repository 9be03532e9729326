"""Messages of commands for unused scenario entries: an error, or warnings for a file without [test]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from busyhour.cli._say import say

if TYPE_CHECKING:
    from busyhour.scenarios.model import Scenario


def check(scenario: Scenario) -> None:
    """Report the entries that nothing uses.

    Raises:
        BusyhourError: there is one, and the file has a [test] table.
    """
    from busyhour.harness.entries import check_entries

    check_entries(scenario, lambda text: say(f"warning: {text}", err=True))
