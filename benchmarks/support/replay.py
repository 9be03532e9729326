"""A whole day of calls in seconds: sampled calls replayed at every start of the schedule.

A few thousand calls are run through their flows (`traces`). Each call of the schedule then takes one of them at
random for what it does, and its own place in its queue for how long it waits: queues and agents are simulated call by
call, first come first served, with every caller's own patience. What is lost against `simulation`: priorities,
branches taken on queue metrics or on a full queue (such a call ends there), and retries of throttled functions.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.traces import Trace, traces_of

from busyhour.calls.centre import policy_of
from busyhour.calls.policy import CallPolicy
from busyhour.calls.ports import FlowMachine
from busyhour.capacity.simulation.functions import Answers
from busyhour.capacity.simulation.simulate import INFINITE
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.arrivals import Schedule

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ReplayedQueue:
    """One queue over the whole schedule; times in seconds."""

    name: str
    offered: int
    answered: int
    answered_in_time: int
    abandoned: int
    rejected: int
    left_by_flow: int
    mean_wait: float
    longest_wait: float
    busy_seconds: float

    @property
    def service_level(self) -> float | None:
        """Share of answered and abandoned contacts answered within the threshold; None: there were none."""
        total = self.answered + self.abandoned
        return self.answered_in_time / total if total else None


@dataclass(frozen=True, slots=True)
class ReplayResult:
    """What a schedule came to. Peaks with the second at which they were."""

    calls: int
    sampled: int
    """Distinct calls that were run through the flows."""
    peak_calls: int
    peak_calls_at: float
    peak_starts: int
    peak_executions: int
    peak_executions_at: float
    invocations: dict[str, int]
    mean_seconds: float
    """Mean life of a contact."""
    queues: dict[str, ReplayedQueue]
    hours: list[int]
    """Calls that started in each hour."""
    notes: list[str]


def replay(
    scenario: Scenario,
    machine: FlowMachine,
    *,
    sample: int = 5000,
    answers: Answers | None = None,
    policy: CallPolicy | None = None,
) -> ReplayResult:
    """Run the scenario's whole schedule from `sample` traced calls. Quotas reject no call here.

    Args:
        scenario: traffic, callers, flows, queues, functions.
        machine: of the scenario's flows.
        sample: calls that are run through the flows.
        answers: what real handlers answer.
        policy: what the scenario has no key for.
    """
    import numpy as np

    policy = policy or policy_of(scenario)
    traces, notes = traces_of(scenario, machine, sample, answers=answers, policy=policy)
    starts = np.fromiter((arrival.at for arrival in Schedule(scenario.traffic, scenario.seed)), np.float64)
    chosen = np.random.default_rng(scenario.seed).integers(len(traces), size=len(starts))
    # A call's own end: with no queue it is known at once, with one it is known when the queue has been simulated.
    ends = starts + np.array([t.before for t in traces])[chosen]
    waits = np.full(len(starts), -1.0)
    answered = np.zeros(len(starts), dtype=bool)
    names = sorted({t.queue for t in traces if t.queue is not None})
    number = np.array([names.index(t.queue) if t.queue is not None else -1 for t in traces])[chosen]
    queues = {}
    for place, name in enumerate(names):
        members = np.flatnonzero(number == place)
        # Those who arrive in the queue first come first: the order of starts is not that of queueing.
        members = members[np.argsort(ends[members], kind="stable")]
        staffed = scenario.queues.get(name)
        agents = staffed.agents if staffed else None
        capacity = staffed.capacity if staffed else None
        queues[name] = _queue(
            name,
            ends,
            members,
            chosen,
            traces,
            agents,
            capacity,
            policy.service_level_seconds,
            waits,
            answered,
        )
    executions = _executions(starts, chosen, traces, waits, answered)
    peak, peak_at = _most(starts, ends)
    busiest, busiest_at = _most(executions[0], executions[1]) if len(executions[0]) else (0, 0.0)
    seconds = np.bincount(starts.astype(np.int64)) if len(starts) else np.zeros(1, dtype=np.int64)
    hours = np.bincount((starts // 3600).astype(np.int64)) if len(starts) else np.zeros(1, dtype=np.int64)
    return ReplayResult(
        calls=len(starts),
        sampled=len(traces),
        peak_calls=peak,
        peak_calls_at=peak_at,
        peak_starts=int(seconds.max()),
        peak_executions=busiest,
        peak_executions_at=busiest_at,
        invocations=executions[2],
        mean_seconds=float((ends - starts).mean()) if len(starts) else 0.0,
        queues=queues,
        hours=[int(n) for n in hours],
        notes=notes,
    )


def _queue(
    name: str,
    ends: Floats,
    members: Any,
    chosen: Any,
    traces: list[Trace],
    agents: int | None,
    capacity: int | None,
    threshold: float,
    waits: Floats,
    answered: Any,
) -> ReplayedQueue:
    """Serve one queue first come first served; writes ends, waits and who was answered.

    With first come first served the next agent to be free takes the next contact that is still there, so each
    contact in turn is compared with the earliest free agent; exact, with no event list.
    """
    joined = ends[members].tolist()
    who = chosen[members].tolist()
    out_ends, out_waits, out_answered = [], [], []
    free = [0.0] * agents if agents is not None else []
    leaving: list[float] = []
    in_time = abandoned = turned = by_flow = taken = 0
    longest = total = busy = 0.0
    replace_, push, pop = heapq.heapreplace, heapq.heappush, heapq.heappop
    for now, index in zip(joined, who, strict=True):
        trace = traces[index]
        if agents is None:
            begins = now
        else:
            begins = free[0] if agents else INFINITE
            if begins < now:
                begins = now
        if capacity is not None and begins > now:
            while leaving and leaving[0] <= now:
                pop(leaving)
            if len(leaving) >= capacity:
                turned += 1
                out_ends.append(now)
                out_waits.append(0.0)
                out_answered.append(False)
                continue
        wait = begins - now
        if wait > trace.gives_up:
            wait = trace.gives_up
            out_ends.append(now + wait)
            out_answered.append(False)
            if trace.abandons:
                abandoned += 1
            else:
                by_flow += 1
        else:
            occupied = trace.agent + trace.wrap_up
            if agents is not None:
                replace_(free, begins + occupied)
            busy += occupied
            total += wait
            taken += 1
            if wait <= threshold:
                in_time += 1
            out_ends.append(begins + trace.agent + trace.after)
            out_answered.append(True)
        if wait > longest:
            longest = wait
        if capacity is not None and wait > 0.0:
            push(leaving, now + wait)
        out_waits.append(wait)
    ends[members] = out_ends
    waits[members] = out_waits
    answered[members] = out_answered
    mean = total / taken if taken else 0.0
    return ReplayedQueue(name, len(joined), taken, in_time, abandoned, turned, by_flow, mean, longest, busy)


def _executions(
    starts: Floats, chosen: Any, traces: list[Trace], waits: Floats, answered: Any
) -> tuple[Floats, Floats, dict[str, int]]:
    """Begin and end of every Lambda execution, and how many there were of each function."""
    import numpy as np

    begins: list[Floats] = []
    ends: list[Floats] = []
    counts: dict[str, int] = {}

    def add(origin: Floats, which: Any, kind: str, until: Floats | None = None) -> None:
        lists = [getattr(trace, kind) for trace in traces]
        sizes = np.array([len(item) for item in lists])
        if not sizes.sum():
            return
        first = np.concatenate(([0], np.cumsum(sizes)[:-1]))
        flat = [item for items in lists for item in items]
        offsets = np.array([item[0] for item in flat])
        lengths = np.array([item[2] for item in flat])
        functions = sorted({item[1] for item in flat})
        labels = np.array([functions.index(item[1]) for item in flat])
        each = sizes[which]
        owner = np.repeat(np.arange(len(which)), each)
        nth = np.arange(len(owner)) - np.repeat(np.cumsum(each) - each, each)
        item = first[which][owner] + nth
        if until is not None:
            kept = offsets[item] < until[owner]
            owner, item = owner[kept], item[kept]
        at = origin[owner] + offsets[item]
        begins.append(at)
        ends.append(at + lengths[item])
        for label, count in zip(functions, np.bincount(labels[item], minlength=len(functions)), strict=True):
            counts[label] = counts.get(label, 0) + int(count)

    add(starts, chosen, "invocations")
    queued = np.flatnonzero(waits >= 0.0)
    if len(queued):
        before = np.array([trace.before for trace in traces])
        joined = starts[queued] + before[chosen[queued]]
        add(joined, chosen[queued], "waiting", waits[queued])
        served = queued[answered[queued]]
        add(starts[served] + before[chosen[served]] + waits[served], chosen[served], "talking")
    if not begins:
        return np.empty(0), np.empty(0), counts
    return np.concatenate(begins), np.concatenate(ends), counts


def _most(begins: Floats, ends: Floats) -> tuple[int, float]:
    """Most at once, and when: what has begun less what has ended, at every beginning."""
    import numpy as np

    if not len(begins):
        return 0, 0.0
    up = np.sort(begins)
    level = np.arange(1, len(up) + 1) - np.searchsorted(np.sort(ends), up, side="right")
    at = int(np.argmax(level))
    return int(level[at]), float(up[at])
