"""How the tool fails: one exception with a way out, and the exit codes of every command.

What is wrong with a user's flows, run or quotas is a finding: data, never an exception.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit code of the process; the same for every command."""

    OK = 0
    """HOLDS: every limit carries the plan by calculation, and what was measured shows it. Or a smoke run without findings."""
    DOES_NOT_HOLD = 1
    """DOES NOT HOLD: a limit does not carry the plan, or something measured fails: a finding, an objective, a quota, a
    regression."""
    BAD_INPUT = 2
    """The input or the command line is wrong."""
    REFUSED = 3
    """The safety gate refused."""
    INVALID_RUN = 4
    """Not shown, not decided, or invalid: the test did not reach the plan's load, a sample leaves it open, or the generator
    could not keep its schedule."""
    UNREACHABLE = 5
    """The target could not be reached, or the output could not be written."""
    INTERNAL = 70
    """A fault of busyhour itself, which is no result about the input."""
    INTERRUPTED = 130
    """Stopped by Ctrl-C; what was measured until then is reported."""


class BusyhourError(Exception):
    """A failure of the tool or of its input, in the user's words.

    Args:
        message: names the value, what is wrong with it and the place (file, line:column or key).
        hint: the way out, as a sentence.
        exit_code: what the process ends with.
    """

    def __init__(
        self, message: str, hint: str | None = None, exit_code: ExitCode = ExitCode.BAD_INPUT
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.exit_code = exit_code


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the known name nearest to `name`, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" Did you mean {near[0]!r}?" if near else ""
