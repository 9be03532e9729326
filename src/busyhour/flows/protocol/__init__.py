"""Protocol of the flow machine: the effects it yields and the events it receives.

The machine does no I/O. `Call.start()` and `Call.send(event)` return the next effect that needs an answer
(a prompt to play, a Lambda function to invoke, ...). The driver of the call answers with one event.
`HungUp`, `Stopped` and, while the contact is in a queue, `AgentAnswered` may be sent at any moment instead
of the answer that the pending effect waits for, and so may `WaitOver` while the contact continues beside a wait
(`Pause.continues`). Any other event that does not answer the pending effect raises
`ProtocolError`. Once a call has ended, `HungUp` and `Stopped` have no effect.

While the customer is held without a flow (no customer queue flow, or it has ended) the effect is a `Loop` with
an empty action and infinite seconds. A second `Enqueue` while queued moves the contact to another queue.

| effect | answered by |
|---|---|
| Play | Done, Failed |
| Loop | Done when the interrupt is due (never if `seconds` is infinite), Failed |
| Collect | Digits, Silence, Failed |
| Converse | LexResult, Silence, Failed |
| Invoke | LambdaResult, LambdaFailed |
| CheckHours | Hours, Failed |
| ReadMetrics | Metrics, Failed |
| Enqueue | Queued, AtCapacity, Failed |
| Whisper effects are Play with `audience` agent or customer | Done |
| Talk | Done (the conversation and hold are over), HungUp |
| Dial | Connected, Failed |
| Pause | Done, CustomerReturned, Succeeded, Failed |
| Service | Succeeded, Failed |
| Ended | no event: the call is over |
"""

from __future__ import annotations

from busyhour.flows.protocol.effects import (
    Audience,
    CheckHours,
    Collect,
    Converse,
    Dial,
    Effect,
    Ended,
    EndReason,
    Enqueue,
    Invoke,
    Loop,
    Pause,
    Play,
    ReadMetrics,
    Service,
    Talk,
)
from busyhour.flows.protocol.events import (
    AgentAnswered,
    AtCapacity,
    Connected,
    CustomerReturned,
    Digits,
    Done,
    Event,
    Failed,
    Hours,
    HungUp,
    LambdaFailed,
    LambdaResult,
    LexResult,
    Metrics,
    Queued,
    Silence,
    Stopped,
    Succeeded,
    WaitOver,
)

__all__ = [
    "AgentAnswered",
    "AtCapacity",
    "Audience",
    "CheckHours",
    "Collect",
    "Connected",
    "Converse",
    "CustomerReturned",
    "Dial",
    "Digits",
    "Done",
    "Effect",
    "EndReason",
    "Ended",
    "Enqueue",
    "Event",
    "Failed",
    "Hours",
    "HungUp",
    "Invoke",
    "LambdaFailed",
    "LambdaResult",
    "LexResult",
    "Loop",
    "Metrics",
    "Pause",
    "Play",
    "ProtocolError",
    "Queued",
    "ReadMetrics",
    "Service",
    "Silence",
    "Stopped",
    "Succeeded",
    "Talk",
    "WaitOver",
]


class ProtocolError(Exception):
    """The driver sent an event that does not answer the pending effect: a mistake in the driver."""
