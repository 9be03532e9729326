"""The capacity report for AWS Support as plain text: the body of the case, at most 8,000 characters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from busyhour.errors import BusyhourError
from busyhour.printable import printable_lines
from busyhour.report.renderers.templating import fill
from busyhour.report.sections import support
from busyhour.results.record import RunRecord

MAX_CHARACTERS = 8_000
"""Length of a case body or communication (Support API, CreateCase and AddCommunicationToCase)."""
TEXT_TEMPLATE = "support.txt.j2"
FULL, SHORT = 3, 0
"""How much detail the text has: with 2 it leaves volumes by hour and waves to the PDF, with 1 also the impact of later
limits, with 0 also the steps of the calculations."""


def render(record: RunRecord, templates: Sequence[Path]) -> bytes:
    """UTF-8 text of the record's case; raises as `support.case` and `of_case` do."""
    return of_case(support.case(record), templates).encode()


def of_case(facts: support.Case, templates: Sequence[Path]) -> str:
    """The body of the case from templates/support.txt.j2, at most 8,000 characters: shortened until it fits.

    Raises:
        BusyhourError: the template is missing or wrong, or even its shortest form is too long.
    """
    for detail in range(FULL, SHORT - 1, -1):
        filled = fill(TEXT_TEMPLATE, templates, autoescape=False, case=facts, detail=detail)
        made = printable_lines(filled.decode().strip()) + "\n"
        if len(made) <= MAX_CHARACTERS:
            return made
    raise BusyhourError(
        f"The text for Support has {len(made):,} characters even without its details; a case takes "
        f"{MAX_CHARACTERS:,}.",
        f"Shorten the texts in [support], or the template {TEXT_TEMPLATE}.",
    )
