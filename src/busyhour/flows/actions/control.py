"""Flow control: comparisons, counters, hours, metrics, ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from busyhour.flows import protocol as p
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import branches, number
from busyhour.flows.model import Action, FlowType
from busyhour.flows.references import compile_text, compile_value, getter, text_of, whole

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine


class Disconnect(Node):
    """DisconnectParticipant: ends the contact."""

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """Remove the tags."""
        return call.disconnect(self.action.type)


_BEHIND = frozenset(
    {
        FlowType.CUSTOMER_HOLD,
        FlowType.CUSTOMER_WHISPER,
        FlowType.AGENT_HOLD,
        FlowType.AGENT_WHISPER,
        FlowType.OUTBOUND_WHISPER,
    }
)
"""Flow types that run while the contact is elsewhere; a queue flow is recognised by the call's stage."""


class EndFlow(Node):
    """EndFlowExecution: ends this flow, and the contact only if nothing else runs.

    In an inbound, transfer or disconnect flow it acts like DisconnectParticipant (AWS administrator guide,
    End flow / Resume).
    """

    __slots__ = ()

    def run(self, call: Call) -> Node | None:
        """End the flow."""
        return call.flow_over(self.action.type, disconnects=self.flow.flow.type not in _BEHIND)


class Compare(Node):
    """Compare: the first condition that matches a value. A missing value matches no condition."""

    __slots__ = ("_value",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        raw = text_of(action.parameters.get("ComparisonValue"))
        reference = whole(raw)
        self._value = getter(reference) if reference else compile_text(raw)

    def run(self, call: Call) -> Node | None:
        """Compare."""
        value = self._value
        result = value(call) if callable(value) else value
        if type(result) is not str:
            if result is None:
                return self.unmatched(call)
            result = text_of(result)
        return self.match(call, result) or self.unmatched(call)


class LoopCounter(Node):
    """Loop: ContinueLooping for each round, DoneLooping once, then again from the start.

    Rounds are a number, or the elements of a list; a loop with a name fills `$.Loop.<name>` (AWS administrator guide,
    Loop; of a loop over a list the parameter with the list has no published name).
    """

    __slots__ = ("_count", "_key", "_list", "_name")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._count = self.text("LoopCount")
        counts = "LoopCount" in action.parameters
        self._key = "" if counts else next((key for key in action.parameters if key != "LoopName"), "")
        self._list = _list_of(action.parameters.get(self._key))
        self._name = self.text("LoopName")

    def _elements(self, call: Call) -> list[Any] | None:
        given = self._list(call) if callable(self._list) else self._list
        return given if isinstance(given, list) else None

    def run(self, call: Call) -> Node | None:
        """Count, or take the next element."""
        elements = None
        if self._list is not None:
            elements = self._elements(call)
            if elements is None:
                return self.missing(call, self._key, f"{self._key} is not a list")
            times: float | None = len(elements)
        else:
            times = number(self._count(call) if callable(self._count) else self._count)
        if times is None:
            return self.missing(call, "LoopCount", "LoopCount is not a number")
        if call.loops is None:
            call.loops = {}
        done = call.loops.get(self, 0)
        name = self._name(call) if callable(self._name) else self._name
        if name:
            loops = dict((call.extras or {}).get("Loop") or {})
            loops[name] = {"Index": str(done)}
            if elements is not None:
                loops[name] |= {"Elements": elements, "Element": elements[done] if done < times else None}
            call.put("Loop", loops)
        if done < times:
            call.loops[self] = done + 1
            return self.match(call, "ContinueLooping") or self.unmatched(call)
        call.loops.pop(self, None)
        return self.match(call, "DoneLooping") or self.unmatched(call)


def _list_of(raw: Any) -> Any:
    """Compile the parameter with a loop's list; unlike other parameters it may be a list of a function's response."""
    reference = whole(raw) if isinstance(raw, str) else None
    return compile_value(raw, None) if reference is None else getter(reference, lists=True)


class Hours(Node):
    """CheckHoursOfOperation: whether these hours, or those of the target queue, are open now.

    An operand other than True and False is the name of an override with a branch of its own (AWS administrator guide,
    Check hours of operation; the form of these branches in exports is not published).
    """

    __slots__ = ("_hours", "_overrides")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._hours = self.text("HoursOfOperationId")
        self._overrides = tuple(one for one in branches(action) if one not in ("True", "False"))

    def run(self, call: Call) -> Node | None:
        """Request the state of the hours."""
        hours = self._hours(call) if callable(self._hours) else self._hours
        if not hours and call.queue is None and self.machine.policy.hours_need_queue:
            detail = "no hours are named and no queue is set"
            return self.fail(call, detail=detail, cause=Cause.NO_QUEUE)
        call.pending = p.CheckHours(self.identifier, hours or None, call.queue, self._overrides)
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Take the branch of the override in force if it has one, else the branch for open or closed."""
        match event:
            case p.Hours(open, override):
                own = self.match(call, override) if override in self._overrides else None
                return own or self.choose(call, "True" if open else "False")
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)


class ReadMetrics(Node):
    """GetMetricData: metrics of a queue or agent into `$.Metrics`."""

    __slots__ = ("_agent", "_channel", "_queue")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._queue = self.text("QueueId")
        self._agent = self.text("AgentId")
        self._channel = self.text("QueueChannel")

    def _ask(self, call: Call, metric: str | None) -> None:
        agent = self._agent(call) if callable(self._agent) else self._agent
        queue = self._queue(call) if callable(self._queue) else self._queue
        channel = self._channel(call) if callable(self._channel) else self._channel
        if not queue and not agent:
            queue = call.queue or ""
        call.pending = p.ReadMetrics(self.identifier, queue or None, agent or None, metric, channel or None)

    def run(self, call: Call) -> Node | None:
        """Request all metrics."""
        self._ask(call, None)
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Store the metrics."""
        match event:
            case p.Metrics(values):
                get = values.get
                agents = {
                    name: {"Count": get(f"NumberOfAgents{name}")}
                    for name in (
                        "Online",
                        "Available",
                        "Staffed",
                        "AfterContactWork",
                        "Busy",
                        "Missed",
                        "NonProductive",
                    )
                }
                queue = {
                    "Name": get("queue_name"),
                    "ARN": get("queue_arn"),
                    "Size": get("NumberOfContactsInQueue"),
                    "OldestContactAge": get("OldestContactInQueueAgeSeconds"),
                }
                call.put("Metrics", {"Queue": queue, "Agents": agents})
                return self.next
            case p.Failed(error, detail):
                return self.fail(call, error, detail)
            case _:
                return super().resume(call, event)


class CheckMetrics(ReadMetrics):
    """CheckMetricData: a branch on one metric."""

    __slots__ = ("_metric",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._metric = text_of(action.parameters.get("MetricType"))

    def run(self, call: Call) -> Node | None:
        """Request the metric."""
        self._ask(call, self._metric)
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Branch on the metric's value; a metric without a value matches no condition."""
        if not isinstance(event, p.Metrics):
            return super().resume(call, event)
        value = event.values.get(self._metric)
        if value is None:
            return self.unmatched(call)
        seconds = number(value)
        if self._metric == "OldestContactInQueueAgeSeconds" and self.machine.policy.queue_age_in_milliseconds:
            seconds = None if seconds is None else seconds * 1000.0
        return self.choose(call, str(value) if seconds is None else f"{seconds:.15g}")
