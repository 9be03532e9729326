"""The contracts as the emulator's publish check: what CreateContactFlow would refuse."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from busyhour.contracts.check import Checker


def problems(content: str) -> list[str]:
    """Why Connect would refuse to publish `content`, a message for each; empty where it would not."""
    from busyhour.contracts.finding import Severity
    from busyhour.contracts.sources import Gathered, Source
    from busyhour.flows.document import parse

    report = _checker().check(Gathered((Source("content", parse(content)),), {}))
    return [f"{finding.message} Path: {finding.pointer}" for finding in report.at_least(Severity.ERROR)]


@lru_cache(maxsize=1)
def _checker() -> Checker:
    """Rules and schemas are read at the first flow that is published, not when the emulator starts."""
    from busyhour.contracts.check import Checker

    return Checker()
