"""A caller whose Lambda function failed reaches a person, a message or a callback."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.invariants import Moment, Played, Stage, Violation, invariant
from busyhour.api.invariants import protocol as p

_OVER = (p.EndReason.FLOW_DISCONNECT, p.EndReason.FLOW_ERROR)


@invariant(
    id="lambda-failure-is-handled",
    summary="After a Lambda function failed the caller reaches a person, a message or a callback",
    why="Functions are throttled and time out in the busy hour first: then every caller is disconnected without a prompt.",
    fix="Lead the error branch to a prompt, a queue or a callback.",
)
def check(call: Played) -> Iterator[Violation]:
    """Find a failure after which the caller reached nothing before the end."""
    ended = call.ended
    if (
        ended is None
        or ended.reason not in _OVER
        or ended.terminal in ("EndFlowExecution", "EndFlowModuleExecution")
    ):
        return
    if call.elsewhere or call.call.contact.channel in ("TASK", "EMAIL"):
        return
    failed = next((at for at, one in enumerate(call.moments) if one.is_lambda_failure), None)
    if failed is None or call.moments[failed].stage != Stage.MAIN:
        return
    after = call.moments[failed + 1 :]
    if any(one.fault and not one.is_lambda_failure for one in call.moments):
        return
    if not any(_reaches_anything(one) for one in after):
        effect = call.moments[failed].effect
        name = effect.function_arn.rpartition(":")[2] if isinstance(effect, p.Invoke) else ""
        yield Violation(
            f"function {name!r} fails and the contact ends without a prompt",
            call.action_of(call.moments[failed]),
        )


def _reaches_anything(moment: Moment) -> bool:
    effect, event = moment.effect, moment.event
    if isinstance(effect, p.Service):
        return moment.is_heard or (
            effect.type in ("CreateCallbackContact", "CreateTask") and isinstance(event, p.Succeeded)
        )
    return moment.is_heard or isinstance(event, p.Queued | p.Connected)
