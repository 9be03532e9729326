"""A call centre simulated in the plainest way, as a reference: one event list, no flows, nothing of busyhour.

Calls come as a Poisson process at a constant rate. A call needs a token where `tokens` are given, finds a line or is
blocked, hears a prompt, may invoke a function, and may reach a queue with agents. Times in seconds.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

Draw = Callable[[random.Random], float]


@dataclass(frozen=True)
class Centre:
    """What is simulated; `math.inf` is without limit."""

    per_second: float
    prompt: float = 0.0
    lines: float = math.inf
    tokens: tuple[float, float] | None = None
    """A second, and at most."""
    ring: float = 0.0
    answered: float = 1.0
    ring_timeout: float = 60.0
    executions: float = math.inf
    latency: Draw | None = None
    retries: tuple[float, ...] = (0.2, 0.4, 0.8)
    retry_limit: float = 8.0
    agents: int = 0
    """0: the call ends after the prompt."""
    places: float = math.inf
    talk: Draw | None = None
    wrap_up: Draw | None = None
    patience: Draw | None = None
    threshold: float = 20.0


@dataclass
class Seen:
    """Counts from `start` on."""

    attempts: int = 0
    blocked: int = 0
    no_token: int = 0
    invocations: int = 0
    throttled: int = 0
    """Invocations whose first attempt was throttled."""
    offered: int = 0
    taken: int = 0
    in_time: int = 0
    abandoned: int = 0
    full: int = 0
    waited: float = 0.0
    busy: float = 0.0
    peaks: list[int] = field(default_factory=list)
    lives: list[float] = field(default_factory=list)
    queueing: list[float] = field(default_factory=list)
    talking: float = 0.0
    ended: int = 0


def simulate(centre: Centre, start: float, end: float, window: float, seed: int) -> Seen:
    """Run until `end`; count from `start` on. `Seen.peaks` are the most calls in progress in each `window`."""
    chance = random.Random(seed)
    seen = Seen()
    events: list[tuple[float, int, Callable[[], None]]] = []
    number = count()
    now = last = 0.0
    calls = executing = busy = 0
    tokens, filled = (centre.tokens or (0.0, 0.0))[1], 0.0
    waiting: deque[list[float | bool | Callable[[], None]]] = deque()
    in_queue = 0
    peak, edge = 0, start

    def at(seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(events, (now + seconds, next(number), action))

    def arrive() -> None:
        nonlocal calls, tokens, filled, peak
        at(chance.expovariate(centre.per_second), arrive)
        counts = now >= start
        seen.attempts += counts
        if centre.tokens is not None:
            rate, most = centre.tokens
            tokens, filled = min(most, tokens + (now - filled) * rate), now
            if tokens < 1.0:
                seen.no_token += counts
                return
            tokens -= 1.0
        if calls >= centre.lines:
            seen.blocked += counts
            return
        calls += 1
        if counts and calls > peak:
            peak = calls
        began = now
        if centre.ring and chance.random() >= centre.answered:
            at(centre.ring_timeout, lambda: end_call(began, 0.0))
        elif centre.latency is not None:
            at(centre.ring + centre.prompt, lambda: invoke(began, now, 0, centre.latency(chance)))
        else:
            at(centre.ring + centre.prompt, lambda: after_prompt(began))

    def invoke(began: float, first: float, attempt: int, seconds: float) -> None:
        nonlocal executing
        counts = now >= start and attempt == 0
        seen.invocations += counts
        if executing < centre.executions:
            executing += 1

            def over() -> None:
                nonlocal executing
                executing -= 1

            at(seconds, over)
            at(seconds, lambda: after_prompt(began))
            return
        seen.throttled += counts
        if attempt < len(centre.retries) and now + centre.retries[attempt] < first + centre.retry_limit:
            at(centre.retries[attempt], lambda: invoke(began, first, attempt + 1, seconds))
        else:
            after_prompt(began)

    def after_prompt(began: float) -> None:
        nonlocal in_queue
        if not centre.agents:
            end_call(began, 0.0)
            return
        seen.offered += now >= start
        joined = now
        place: list = [True, joined, began]
        if busy < centre.agents:
            take(place)
        elif in_queue >= centre.places:
            seen.full += now >= start
            end_call(began, 0.0)
        else:
            in_queue += 1
            waiting.append(place)
            if centre.patience is not None:
                at(centre.patience(chance), lambda: give_up(place))

    def give_up(place: list) -> None:
        nonlocal in_queue
        if place[0]:
            place[0] = False
            in_queue -= 1
            seen.abandoned += now >= start
            end_call(place[2], now - place[1])

    def take(place: list) -> None:
        nonlocal busy
        place[0] = False
        busy += 1
        wait = now - place[1]
        if now >= start:
            seen.taken += 1
            seen.in_time += wait <= centre.threshold
            seen.waited += wait
        talk = centre.talk(chance)
        after = centre.wrap_up(chance) if centre.wrap_up is not None else 0.0
        if place[2] >= start:
            seen.talking += talk
        at(talk, lambda: end_call(place[2], wait))
        at(talk + after, release)

    def release() -> None:
        nonlocal busy, in_queue
        busy -= 1
        while waiting:
            place = waiting.popleft()
            if place[0]:
                in_queue -= 1
                take(place)
                return

    def end_call(began: float, wait: float) -> None:
        nonlocal calls
        calls -= 1
        if began >= start:
            seen.ended += 1
            seen.lives.append(now - began)
            seen.queueing.append(wait)

    at(chance.expovariate(centre.per_second), arrive)
    while events and events[0][0] <= end:
        then, _, action = heapq.heappop(events)
        if then >= start:
            seen.busy += busy * (then - max(last, start))
            while then >= edge:
                if edge > start:
                    seen.peaks.append(peak)
                peak, edge = calls, edge + window
        now = last = then
        action()
    return seen


def erlang_b(load: float, lines: int) -> float:
    """Share of calls that find all lines taken."""
    inverse = 1.0
    for n in range(1, lines + 1):
        inverse = 1.0 + n / load * inverse
    return 1.0 / inverse


def erlang_a(per_second: float, agents: int, handling: float, patience: float) -> tuple[float, float]:
    """Share of contacts that give up, and mean contacts in queue: the birth and death process, state by state."""
    weights = [1.0]
    for n in range(1, 40 * agents + 400):
        leaving = min(n, agents) / handling + max(0, n - agents) / patience
        weights.append(weights[-1] * per_second / leaving)
    whole = math.fsum(weights)
    in_queue = math.fsum(max(0, n - agents) * weight for n, weight in enumerate(weights)) / whole
    return in_queue / patience / per_second, in_queue
