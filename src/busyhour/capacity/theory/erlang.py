"""Erlang B, Erlang C and Erlang A: concurrency, blocking and waiting for trunks and agents.

Loads are in erlangs (calls per second times mean holding time in seconds). Results are computed by ratios of
neighbouring states, so that 100,000 erlangs and a blocking of 1e-9 are as exact as 5 erlangs and 1 %.

References, by the short name used below:
Erlang 1917: "Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges". Little 1961: "A proof for the queuing formula L = lambda W", Operations Research 9. Jagerman 1974: "Some
properties of the Erlang loss function", Bell System Technical Journal 53(3). Palm 1957: "Research on telephone
traffic carried by full availability groups", Tele 1. Mandelbaum and Zeltyn 2005: "Call centers with impatient
customers: many-server asymptotics of the M/M/n+G queue", Queueing Systems 51.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

from busyhour.capacity.theory import large_systems
from busyhour.errors import BusyhourError

_NEGLIGIBLE = 1e-17
MANY = 5000
"""Number of servers, or erlangs, above which sums include only the states that matter (`large_systems`)."""


def calls_per_hour(load: float, holding_seconds: float) -> float:
    """Compute the calls per hour that offer `load` erlangs, by Little's law: L = lambda W (Little 1961)."""
    _at_least_0(load=load)
    if holding_seconds <= 0:
        return math.inf
    return load * 3600.0 / holding_seconds


def erlang_b(load: float, servers: float) -> float:
    """Share of calls that find all `servers` taken (Erlang 1917).

    By the recursion of the inverse (Jagerman 1974): 1/B(n) = 1 + n/a * 1/B(n-1), 1/B(0) = 1. Every term is
    positive, so nothing cancels. `servers` need not be whole (Hayward's approximation asks for fractions); the
    recursion then starts from Fortet's integral at the fraction.
    """
    _at_least_0(load=load, servers=servers)
    if load == 0:
        return 1.0 if servers == 0 else 0.0
    if servers > MANY:
        return large_systems.erlang_b(load, servers)
    whole = math.floor(servers)
    fraction = servers - whole
    inverse = 1.0 if fraction == 0 else _fortet(load, fraction)
    for n in range(1, whole + 1):
        inverse = 1.0 + (n + fraction) / load * inverse
        if inverse > 1e300:
            return 0.0
    return 1.0 / inverse


def servers_for_blocking(load: float, blocking: float) -> int:
    """Return the fewest servers that block at most the share `blocking` (0..1): the inverse of Erlang B."""
    _share(blocking=blocking)
    _at_least_0(load=load)
    if load == 0:
        return 0
    if load > MANY:
        return large_systems.servers_for_blocking(load, blocking)
    inverse, servers, bound = 1.0, 0, 1.0 / blocking
    while inverse < bound:
        servers += 1
        inverse = 1.0 + servers / load * inverse
    return servers


def load_for_blocking(servers: int, blocking: float) -> float:
    """Return the largest load in erlangs of which `servers` block at most the share `blocking` (0..1).

    Newton's method on ln B with B' = B (n/a - 1 + B) (Jagerman 1974), kept inside a bracket.
    """
    _share(blocking=blocking)
    _at_least_0(servers=servers)
    if servers == 0:
        return 0.0
    # Of a load a, at least a - n is blocked: a (1 - B) < n bounds the answer from above.
    low, high = 0.0, servers / (1.0 - blocking)
    load, target = min(high, max(servers * 0.9, 0.5)), math.log(blocking)
    for _ in range(200):
        found = erlang_b(load, servers)
        if found > blocking:
            high = load
        else:
            low = load
        if high - low <= 1e-12 * high:
            break
        step = load
        if found > 0:
            step = load - (math.log(found) - target) / (servers / load - 1.0 + found)
        load = step if low < step < high else (low + high) / 2
        if abs(load - step) <= 0 and abs(math.log(max(found, 1e-300)) - target) < 1e-13:
            break
    return load


def erlang_c(load: float, agents: int) -> float:
    """Compute the share of calls that wait when no caller abandons.

    C = n B / (n - a (1 - B)) (Erlang 1917); 1 when a >= n.
    """
    _at_least_0(load=load, agents=agents)
    if load >= agents:
        return 0.0 if load == 0 else 1.0
    blocking = erlang_b(load, agents)
    return agents * blocking / (agents - load * (1.0 - blocking))


@dataclass(frozen=True, slots=True)
class Waiting:
    """Waiting in a queue with agents. Shares are of all offered calls; times are in seconds."""

    waits: float
    """Share of calls that wait."""
    mean_wait: float
    """Mean over all calls, including those that abandon."""
    abandoned: float
    service_level: float
    """Share answered within the threshold (service level)."""
    occupancy: float
    mean_queue: float
    """Mean number of contacts in queue over time."""


def waiting_without_abandonment(load: float, agents: int, aht: float, threshold: float = 20.0) -> Waiting:
    """Erlang C: mean wait C h / (n - a), service level 1 - C exp(-(n - a) t / h) (Erlang 1917).

    Args:
        load: offered load in erlangs.
        agents: agents staffed.
        aht: average handle time in seconds (talk, hold, wrap-up).
        threshold: seconds within which a call should be answered.

    A load of at least `agents` has no steady state: the wait is infinite and the service level 0.
    """
    _at_least_0(aht=aht, threshold=threshold)
    waits = erlang_c(load, agents)
    if load >= agents:
        empty = load == 0
        return Waiting(
            waits, 0.0 if empty else math.inf, 0.0, float(empty), float(not empty), 0.0 if empty else math.inf
        )
    spare = agents - load
    mean_wait = waits * aht / spare
    level = 1.0 - waits * math.exp(-spare * threshold / aht) if aht > 0 else 1.0
    return Waiting(waits, mean_wait, 0.0, level, load / agents, waits * load / spare)


def waiting_with_abandonment(
    load: float, agents: int, aht: float, patience: float, threshold: float = 20.0
) -> Waiting:
    """Erlang A, M/M/n+M: callers give up after an exponential time with mean `patience` seconds (Palm 1957).

    States relative to "all agents busy, no call waits": sum over n or fewer calls is 1/B(n); k waiting has
    probability r_k = r_(k-1) * lambda / (n mu + k theta). The service level is the integral of the wait's density
    (Mandelbaum and Zeltyn 2005, section 2): v(x) = n mu p_n exp(lambda (1 - exp(-theta x))/theta - n mu x), times
    the share exp(-theta x) who are still there.
    """
    _at_least_0(load=load, agents=agents, threshold=threshold)
    if aht <= 0 or load == 0:
        return Waiting(0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    if patience == math.inf:
        return waiting_without_abandonment(load, agents, aht, threshold)
    rate, serve = load / aht, agents / aht
    if patience <= 0:
        blocking = erlang_b(load, agents)
        return Waiting(
            blocking, 0.0, blocking, 1.0 - blocking, load * (1 - blocking) / agents if agents else 0.0, 0.0
        )
    leave = 1.0 / patience
    # 1/B may overflow a float when there are very many agents; then no call waits.
    blocking = erlang_b(load, agents)
    if blocking == 0.0:
        return Waiting(0.0, 0.0, 0.0, 1.0, load / agents, 0.0)
    total, weighted, scale = _waiting_states(rate, serve, leave)
    unit = 10.0**-scale if scale < 300.0 else 0.0
    full = 1.0 / (unit / blocking + total)
    waits = full * (unit + total)
    queue = full * weighted
    abandoned = min(1.0, leave * queue / rate)
    if rate / leave > MANY:
        answered_late = large_systems.answered_after(
            threshold, rate, serve, leave, max(0.0, waits - abandoned)
        )
    else:
        log_full = math.log(full) - scale * math.log(10.0)
        answered_late = _answered_after(threshold, rate, serve, leave, log_full)
    level = max(0.0, 1.0 - abandoned - answered_late)
    occupancy = load * (1.0 - abandoned) / agents if agents else 0.0
    return Waiting(waits, queue / rate, abandoned, level, occupancy, queue)


def _waiting_states(rate: float, serve: float, leave: float) -> tuple[float, float, float]:
    """Sum r_k and k r_k over k from 1; returns both sums divided by 10^scale, and the scale."""
    if rate / leave > MANY:
        return large_systems.waiting_states(rate, serve, leave)
    # r_k may grow to e^(large) under overload before it falls: keep it scaled.
    total, weighted, term, k, scale = 0.0, 0.0, 1.0, 0, 0.0
    while True:
        k += 1
        ratio = rate / (serve + k * leave)
        term *= ratio
        total += term
        weighted += k * term
        if term > 1e200:
            total, weighted, term, scale = total * 1e-200, weighted * 1e-200, term * 1e-200, scale + 200
        if ratio < 1 and term <= _NEGLIGIBLE * total * (1 - ratio):
            break
    return total, weighted, scale


def poisson_quantile(mean: float, share: float) -> int:
    """Return the smallest number that a Poisson variable exceeds with probability at most 1 - `share`.

    The number of calls in progress on infinitely many servers is Poisson for any holding time (Palm
    1957), so this is the percentile of concurrency; with `mean` as the rate per second, the percentile of
    starts in a second.
    """
    _at_least_0(mean=mean)
    _share(share=share)
    if mean == 0:
        return 0
    if mean > MANY**2:
        from scipy.stats import poisson

        return int(poisson.ppf(share, mean))
    # Start so far below the mean that the omitted probability is negligible; in logs to avoid underflow.
    start = max(0, math.floor(mean - 12.0 * math.sqrt(mean) - 20))
    term = math.exp(start * math.log(mean) - mean - math.lgamma(start + 1)) if start else math.exp(-mean)
    total, n = term, start
    if total == 0.0:
        from scipy.stats import poisson

        return int(poisson.ppf(share, mean))
    while total < share:
        n += 1
        term *= mean / n
        total += term
        if term < 1e-300:
            break
    return n


def _fortet(load: float, fraction: float) -> float:
    """1/B for 0 < servers < 1: Gamma(x+1, a) e^a a^-x (Fortet's integral in closed form; Jagerman 1974)."""
    from scipy.special import gammaincc

    x = fraction
    upper = float(gammaincc(x + 1.0, load))
    if upper < 1e-280:
        # Large loads: the integral of e^-t (1 + t/a)^x, first terms.
        return 1.0 + x / load + x * (x - 1.0) / load**2
    return math.exp(math.log(upper) + math.lgamma(x + 1.0) + load - x * math.log(load))


def _answered_after(start: float, rate: float, serve: float, leave: float, log_full: float) -> float:
    """Compute the share of all calls answered after more than `start` seconds (M/M/n+M).

    `log_full` is ln p_n.
    """
    from scipy.integrate import quad

    if serve <= 0.0:
        return 0.0
    log_factor = math.log(serve) + log_full

    def density(x: float) -> float:
        power = log_factor + rate * -math.expm1(-leave * x) / leave - serve * x - leave * x
        return math.exp(power) if power > -745.0 else 0.0

    # The density peaks where rate * exp(-leave x) = serve + leave, with curvature leave * (serve + leave) there:
    # split around the peak so that the quadrature cannot step over it.
    peak = math.log(rate / (serve + leave)) / leave if rate > serve + leave else 0.0
    width = 1.0 / math.sqrt(leave * (serve + leave))
    marks = {
        start,
        *(peak + step * width for step in (-40, -8, -2, 0, 2, 8, 40, 200) if peak + step * width > start),
    }
    return float(sum(quad(density, a, b, limit=200)[0] for a, b in pairwise(sorted(marks))))


def _at_least_0(**values: float) -> None:
    for name, value in values.items():
        if not value >= 0:
            raise BusyhourError(
                f"{name} = {value!r}: it must be at least 0", "Loads, counts and times start at 0."
            )


def _share(**values: float) -> None:
    for name, value in values.items():
        if not 0 < value < 1:
            raise BusyhourError(f"{name} = {value!r}: it must lie between 0 and 1", "Write 1 % as 0.01.")
