"""The outcome of one call: how far it got, and which failures stopped it.

Every driver classifies with `CallCentre.outcome` and counts the keys; `results.outcomes.from_counts` reads the
sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from busyhour.calls.missing import reason_of, remedy
from busyhour.flows.failure import WANTING, Cause, Failure
from busyhour.flows.protocol import EndReason
from busyhour.results import outcomes as o
from busyhour.results.outcomes import Ending

if TYPE_CHECKING:
    from busyhour.calls.call_data import CallData
    from busyhour.flows.library import FlowLibrary
    from busyhour.scenarios.model import Scenario

_BY_CAUSE: Mapping[Cause, Ending] = MappingProxyType(
    {
        Cause.EMPTY_REFERENCE: Ending.EMPTY_REFERENCE,
        Cause.NO_QUEUE: Ending.NO_QUEUE,
        Cause.FLOW_MISSING: Ending.MISSING_FLOW,
        Cause.MODULE_MISSING: Ending.MISSING_FLOW,
        Cause.FUNCTION_MISSING: Ending.MISSING_FUNCTION,
    }
)
_BY_REASON: Mapping[str, Ending] = MappingProxyType(
    {
        EndReason.FLOW_DISCONNECT: Ending.SELF_SERVICE,
        EndReason.CUSTOMER_DISCONNECT: Ending.HUNG_UP,
        EndReason.THIRD_PARTY_DISCONNECT: Ending.THIRD_PARTY,
        EndReason.STOPPED: Ending.CUT_OFF,
        EndReason.FLOW_ERROR: Ending.ERROR_BRANCH,
    }
)


class OutcomeKeys:
    """Makes the keys under which the outcome of a call is counted.

    Args:
        scenario: functions, queues and flows that exist.
        library: the flows.
    """

    def __init__(self, scenario: Scenario, library: FlowLibrary) -> None:
        self._scenario = scenario
        self._library = library
        self._problems: dict[Failure, str] = {}

    def of(self, call: CallData, *, cut_off: bool = False) -> list[str]:
        """Return the keys of a call that is over, or that is in progress and `cut_off` now."""
        failures = call.failures
        taken = [one for one in failures if one.cause is not Cause.HOOK_MISSING]
        keys = [o.ENDING + ending_of(call, taken, cut_off=cut_off)]
        if call.queue_name is not None:
            keys.append(o.QUEUE + call.queue_name)
        if taken:
            keys.append(o.ERRORS)
            if any(one.cause in WANTING for one in taken):
                keys.append(o.WANTING)
        return [*keys, *dict.fromkeys(map(self._problem, failures))]

    def _problem(self, failure: Failure) -> str:
        found = self._problems.get(failure)
        if found is None:
            found = self._problems[failure] = o.problem_key(
                failure.flow,
                failure.action,
                failure.name,
                reason_of(failure),
                remedy(failure, self._scenario, self._library),
                wanting=failure.cause in WANTING,
            )
        return found


def ending_of(call: CallData, failures: Sequence[Failure], *, cut_off: bool = False) -> Ending:
    """Return how far a call got: an agent, a queue, or what ended it before."""
    if call.answered is not None:
        return Ending.AGENT
    if call.enqueued is not None:
        return Ending.QUEUE
    if call.connected_to_system is None:
        return Ending.CUT_OFF if cut_off or call.end_reason == EndReason.STOPPED else Ending.NOT_ANSWERED
    if failures:
        wanting = next((one.cause for one in failures if one.cause in WANTING), None)
        return _BY_CAUSE[wanting] if wanting is not None else Ending.ERROR_BRANCH
    if cut_off:
        return Ending.CUT_OFF
    return _BY_REASON.get(call.end_reason or "", Ending.OTHER)
