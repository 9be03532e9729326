"""A telephone number is written into the flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_NUMBER = re.compile(r"\+?[\d][\d ().-]{6,}\d")
_SHARED = re.compile(r"\+?1?8(?:00|33|44|55|66|77|88)|\+?44800|\+?49800|\+?33800")
"""Beginnings of numbers without charge: lines of organisations."""


@rule(
    id="personal-number",
    severity="warning",
    summary="A telephone number is written into the flow",
    why="Numbers of persons end up in exports and repositories, and calls follow them when they change.",
    fix="Take the number from a function or an attribute, or use a quick connect.",
    source="a team's policy",
    group="security",
    types=("TransferParticipantToThirdParty",),
    optional=True,
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Fixed numbers to which callers are transferred, other than freephone numbers."""
    for action in flow.of_type("TransferParticipantToThirdParty"):
        number = action.parameters.get("ThirdPartyPhoneNumber")
        if isinstance(number, str) and _NUMBER.fullmatch(number.strip()) and not _SHARED.match(number):
            yield flow.problem(
                f"the number {number} is fixed in the flow",
                "Parameters",
                "ThirdPartyPhoneNumber",
                action=action,
            )
