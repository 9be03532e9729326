"""The action does not know this error type."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import OUTCOMES_OF_A_CALL, FlowType, FlowView, Problem, from_schema, rule


@rule(
    id="disallowed-error",
    severity="error",
    summary="The action does not know this error type",
    why="Connect rejects the flow on publish.",
    fix="Remove the branch, or use an error type of this action.",
    source="Rejections by CreateContactFlow on record in public projects, 2026",
    group="schema",
)
def check(flow: FlowView) -> Iterator[Problem]:
    """The action does not know this error type."""
    yield from from_schema(flow, "disallowed-error")
    if flow.flow_type is FlowType.AGENT_TRANSFER:
        for action in flow.of_type("TransferParticipantToThirdParty"):
            for error in action.errors:
                if error.error_type in OUTCOMES_OF_A_CALL:
                    yield flow.problem(
                        f"in a flow of type AGENT_TRANSFER this transfer has no branch for {error.error_type}",
                        "Transitions",
                        "Errors",
                        error.at,
                        "ErrorType",
                        action=action,
                    )
