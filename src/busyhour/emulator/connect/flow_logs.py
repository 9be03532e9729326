"""Flow logs as Connect writes them to CloudWatch: in memory for the Logs API, and in a file.

A contact is logged from a Set logging behavior block on, while the instance has the attribute
CONTACTFLOW_LOGS. Its entries are written together at its end, each with its own time.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from busyhour.calls.ports import FlowMachine, MachineCall
from busyhour.emulator.connect.resources.instance import Instance, resource_id
from busyhour.emulator.server.sinks import Sink
from busyhour.flows.call import Call
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.model import Action, Flow
from busyhour.flows.playback.call_trace import Trace, Tracer
from busyhour.flows.playback.flow_log import entries
from busyhour.flows.protocol import Effect, Ended, Event

KEPT = 100_000


def log_group(alias: str) -> str:
    """Return the name of an instance's log group (Administrator Guide, "Enable flow logs")."""
    return f"/aws/connect/{alias}"


@dataclass(frozen=True, slots=True)
class LogEvent:
    """One entry as CloudWatch stores it; `at` is milliseconds of the epoch."""

    number: int
    group: str
    stream: str
    at: int
    message: str


class FlowLogs:
    """The log entries of all instances, the last 100,000 of them.

    Args:
        sink: also receives every entry, or None.
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self._sink = sink
        self._events: deque[LogEvent] = deque(maxlen=KEPT)
        self.written = 0

    def write(self, instance: Instance, trace: Trace, started: float) -> None:
        """Log an ended contact; `started` is epoch seconds."""
        if instance.attributes.get("CONTACTFLOW_LOGS", "true") != "true":
            return
        group = log_group(instance.account.alias)
        for entry in entries(trace, datetime.fromtimestamp(started, UTC)):
            entry["ContactFlowId"] = _arn(instance, entry["ContactFlowId"])
            if "ModuleExecutionStack" in entry:
                entry["ModuleExecutionStack"] = [_arn(instance, one) for one in entry["ModuleExecutionStack"]]
            when = datetime.fromisoformat(entry["Timestamp"])
            stream = f"{when:%Y/%m/%d/%H}/stream-{instance.id[:8]}"
            self.written += 1
            message = json.dumps(entry, default=_plain)
            at = round(when.timestamp() * 1000)
            self._events.append(LogEvent(self.written, group, stream, at, message))
            if self._sink is not None:
                self._sink.write(json.loads(message))

    def events(self, group: str) -> Iterator[LogEvent]:
        """Return the entries of a log group by time."""
        found = [event for event in self._events if event.group == group]
        return iter(sorted(found, key=lambda event: (event.at, event.number)))

    def close(self) -> None:
        """Write out remaining entries."""
        if self._sink is not None:
            self._sink.close()


class Observer:
    """Passes every action of a machine to the tracer of its call."""

    def __init__(self) -> None:
        self.tracers: dict[int, Tracer] = {}

    def on_action(self, call: Call, flow: Flow, action: Action) -> None:
        """Record an action."""
        self.tracers[id(call)].on_action(call, flow, action)

    def on_branch(self, call: Call, flow: Flow, action: Action, kind: str, index: int) -> None:
        """Record a branch."""
        self.tracers[id(call)].on_branch(call, flow, action, kind, index)


class LoggingMachine:
    """A flow machine whose calls are logged.

    Args:
        machine: the machine; `observer` is its observer.
        observer: the machine's observer.
        time: epoch seconds.
        done: called with the trace of every ended call, and its start.
    """

    def __init__(
        self,
        machine: FlowMachine,
        observer: Observer,
        time: Callable[[], float],
        done: Callable[[Trace, float], None],
    ) -> None:
        self._machine = machine
        self._observer = observer
        self._time = time
        self._done = done

    @property
    def queue_names(self) -> Mapping[str, tuple[str, str]]:
        """Name and ARN of queues by reference."""
        return self._machine.queue_names

    @property
    def library(self) -> FlowLibrary:
        """The flows."""
        return self._machine.library

    def call(self, entry: str, contact: Contact) -> MachineCall:
        """Create a call that is logged when it ends."""
        return _LoggedCall(
            self._machine.call(entry, contact), contact, self._observer, self._time, self._done
        )


class _LoggedCall:
    """A call of the machine whose effects and events are traced."""

    def __init__(
        self,
        call: Any,
        contact: Contact,
        observer: Observer,
        time: Callable[[], float],
        done: Callable[[Trace, float], None],
    ) -> None:
        self._call = call
        self._contact = contact
        self._observer = observer
        self._time = time
        self._done = done
        self._tracer = Tracer()
        self._began = self._last = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._call, name)

    def start(self) -> Effect:
        """Run to the first effect."""
        self._began = self._last = self._time()
        self._observer.tracers[id(self._call)] = self._tracer
        self._tracer.started(self._call)
        return self._yielded(self._call.start())

    def send(self, event: Event) -> Effect:
        """Pass in an event; run to the next effect."""
        now = self._time()
        self._tracer.answered(event, now - self._last)
        self._last = now
        return self._yielded(self._call.send(event))

    def _yielded(self, effect: Effect) -> Effect:
        if id(self._call) in self._observer.tracers:
            self._tracer.yielded(self._call, effect)
            if isinstance(effect, Ended):
                del self._observer.tracers[id(self._call)]
                trace = Trace(self._contact, self._tracer.steps, self._call, self._tracer.now)
                self._done(trace, self._began)
        return effect


def _arn(instance: Instance, reference: str) -> str:
    """Return the ARN that a flow has in the instance: flows of exports are known there by their name."""
    flow = instance.flow(reference) or instance.flow_named(resource_id(reference))
    return reference if flow is None else flow.arn


def _plain(value: Any) -> Any:
    return dict(value) if hasattr(value, "items") else str(value)
