"""Looped prompts that are interrupted within 20 seconds, with a transfer after the interrupt."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, rule

_SHORTEST = 20
_TRANSFERS = frozenset(
    {
        *("DequeueContactAndTransferToQueue", "RouteContactToAgent", "TransferContactToAgent"),
        *("TransferContactToQueue", "TransferParticipantToThirdParty", "TransferToFlow"),
    }
)


@rule(
    id="interrupt-too-short",
    severity="warning",
    summary="Looped prompts are interrupted within 20 seconds, and a transfer follows",
    why="An agent has 20 seconds to accept: the transfer takes the caller away while an agent's phone is ringing.",
    fix="Set the interrupt above 20 seconds.",
    source="AWS administrator guide, Loop prompts: always use an interrupt above 20 seconds before a transfer",
    group="resilience",
    types=("MessageParticipantIteratively",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """Loops with a short interrupt from which a transfer is reached."""
    transfers = [one.index for one in flow.actions if one.type in _TRANSFERS]
    if not transfers:
        return
    for action in flow.of_type("MessageParticipantIteratively"):
        every = action.parameters.get("InterruptFrequencySeconds")
        try:
            seconds = float(every) if isinstance(every, str | int | float) else None
        except ValueError:
            seconds = None
        if seconds is None or seconds >= _SHORTEST or not flow.graph.reachable[action.index]:
            continue
        starts = [
            flow.by_identifier[one.target].index
            for one in action.conditions
            if one.target in flow.by_identifier
        ]
        if action.next in flow.by_identifier:
            starts.append(flow.by_identifier[action.next].index)
        after = flow.graph.reachable_from(starts)
        goal = next((at for at in transfers if after[at]), None)
        if goal is not None:
            yield flow.problem(
                f"interrupted every {seconds:g} s, and {flow.actions[goal].type} follows; AWS asks for more than "
                f"{_SHORTEST} s",
                "Parameters",
                "InterruptFrequencySeconds",
                action=action,
            )
