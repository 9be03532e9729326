"""Closed forms of traffic theory, written from their definitions: sums over states, not the recursions in use elsewhere.

Loads in erlangs, times in seconds, shares 0..1.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal, localcontext

import numpy as np
from scipy import special, stats


def little(per_second: float, seconds: float) -> float:
    """Mean number in a system: arrivals a second times mean stay."""
    return per_second * seconds


def lost(load: float, lines: float) -> float:
    """Erlang's loss formula: the Poisson weight of `lines` among the weights up to it; fractions by the gamma function."""
    if load <= 0:
        return 0.0 if lines > 0 else 1.0
    if lines == math.inf:
        return 0.0
    if lines == int(lines):
        return float(np.exp(stats.poisson.logpmf(int(lines), load) - stats.poisson.logcdf(int(lines), load)))
    log_weight = lines * math.log(load) - load - math.lgamma(lines + 1.0)
    return math.exp(log_weight) / float(special.gammaincc(lines + 1.0, load))


def lost_peaked(load: float, lines: float, peakedness: float) -> float:
    """Hayward: traffic of variance-to-mean ratio z on n lines is lost as load a/z on n/z lines."""
    if peakedness <= 1e-9:
        return max(0.0, 1.0 - lines / load)
    return lost(load / peakedness, lines / peakedness)


def lines_for(load: float, share: float, peakedness: float = 1.0) -> int:
    """Fewest lines that lose at most `share` of the calls."""
    high = 1
    while lost_peaked(load, high, peakedness) > share:
        high *= 2
    return min(n for n in range(high // 2, high + 1) if lost_peaked(load, n, peakedness) <= share)


def waits(load: float, agents: int) -> float:
    """Erlang C: share of callers who wait where none gives up; from the weights of all states."""
    if load >= agents:
        return 1.0
    logs = [n * math.log(load) - math.lgamma(n + 1) for n in range(agents + 1)]
    top = max(logs)
    below = math.fsum(math.exp(each - top) for each in logs[:-1])
    queued = math.exp(logs[-1] - top) / (1.0 - load / agents)
    return queued / (below + queued)


class Impatient:
    """Erlang A: Poisson callers, exponential handling and patience, `agents` agents, no limit on the queue.

    The birth-and-death chain is solved exactly; waiting times by following a caller's place in the queue.
    """

    def __init__(self, per_second: float, handling: float, agents: int, patience: float) -> None:
        self._arrive, self._serve, self._leave = per_second, 1.0 / handling, 1.0 / patience
        self._agents = agents
        spread = per_second / (self._leave or 1e-12)
        most = agents + int(min(200_000, 50 + spread + 12.0 * math.sqrt(spread) + 40 * agents**0.5))
        states = np.arange(1, most + 1)
        deaths = np.minimum(states, agents) * self._serve + np.maximum(states - agents, 0) * self._leave
        logs = np.concatenate([[0.0], np.cumsum(np.log(per_second) - np.log(deaths))])
        weights = np.exp(logs - logs.max())
        self.states = weights / weights.sum()
        waiting = np.maximum(np.arange(most + 1) - agents, 0)
        self.queue = float((self.states * waiting).sum())

    @property
    def abandoned(self) -> float:
        """Share of callers who give up."""
        return self._leave * self.queue / self._arrive

    @property
    def mean_wait(self) -> float:
        """Seconds in the queue, those who give up included."""
        return self.queue / self._arrive

    def answered_within(self, seconds: float) -> float:
        """Share of callers who are answered within a number of seconds: place k moves up at n mu + k theta."""
        at_once = float(self.states[: self._agents].sum())
        ahead = self.states[self._agents :]
        last = int(np.searchsorted(np.cumsum(ahead), ahead.sum() * (1 - 1e-13))) + 1
        here = ahead[:last].copy()
        rates = self._agents * self._serve + np.arange(last) * self._leave
        fastest = float(rates.max() + self._leave)
        # Uniformised: at each of Poisson many moments a caller moves up, is answered from place 0, gives up, or stays.
        answered, total, mean = 0.0, 0.0, fastest * seconds
        for step in range(int(mean + 10 * math.sqrt(mean) + 40)):
            total += answered * float(stats.poisson.pmf(step, mean))
            answered += float(here[0]) * rates[0] / fastest
            up = here * rates / fastest
            here = here - up - here * self._leave / fastest
            here[:-1] += up[1:]
        return at_once + total

    def level(self, seconds: float) -> float:
        """Share of those offered who are answered in time."""
        return self.answered_within(seconds)


def lost_while_some_wait(
    per_second: float, flow_seconds: float, handling: float, agents: int, patience: float, lines: int
) -> float:
    """Share of calls that find every line taken where those that wait for an agent keep theirs.

    The weights of all states of a network: n calls in the flow (Poisson), m at the agents (Erlang A), no more
    than `lines` together. Exact for exponential handling and patience.
    """
    at_agents = np.zeros(lines + 1)
    for there in range(1, lines + 1):
        leave = min(there, agents) / handling + max(0, there - agents) / patience
        at_agents[there] = at_agents[there - 1] + math.log(per_second / leave)
    here = stats.poisson.logpmf(np.arange(lines + 1), per_second * flow_seconds)
    of_sum = [special.logsumexp(here[: n + 1] + at_agents[n::-1]) for n in range(lines + 1)]
    return float(np.exp(of_sum[-1] - special.logsumexp(of_sum)))


def agents_for(per_second: float, handling: float, patience: float, level: float, within: float) -> int:
    """Fewest agents that answer `level` of the callers in time."""
    agents = max(1, int(per_second * handling * 0.5))

    def enough(count: int) -> bool:
        return Impatient(per_second, handling, count, patience).level(within) >= level

    while not enough(agents):
        agents += max(1, agents // 16)
    while agents > 1 and enough(agents - 1):
        agents -= 1
    return agents


def refused_by_bucket(per_second: float, rate: float, burst: float) -> float:
    """Share of Poisson requests that find no token, `rate` new tokens a second and room for `burst` (whole).

    Missing tokens are work in an M/D/1 queue that admits while at most burst - 1 are missing. With x = rho (b - 1 - k),
    the probability of an empty bounded queue is in proportion to sum over k of (-x)^k e^x / k!, exact in long decimals.
    """
    if burst == math.inf or rate == math.inf:
        return 0.0
    rho, whole = per_second / rate, math.floor(burst)
    with localcontext() as digits:
        digits.prec = 60 + int(2.2 * rho * whole)
        total, factorial, ratio = Decimal(0), Decimal(1), Decimal(rho)
        for k in range(whole):
            factorial *= max(k, 1)
            x = ratio * (whole - 1 - k)
            total += ((-x) ** k if k else Decimal(1)) * x.exp() / factorial
        return float(1 - total / (1 + ratio * total))


def rate_for(per_second: float, share: float, burst_at: Callable[[float], float]) -> int:
    """Smallest whole rate of a bucket that refuses at most `share`; `burst_at` is the size that comes with a rate."""
    rate = 1
    while rate < 0.5 * per_second or refused_by_bucket(per_second, rate, burst_at(rate)) > share:
        rate += 1
    return rate


def longer(kind: str, mean: float, cv: float, seconds: float) -> float:
    """Share of random durations (`constant`, `exponential` or `lognormal`) that are longer than a number of seconds."""
    if kind == "exponential":
        return math.exp(-seconds / mean)
    if kind == "lognormal":
        variance = math.log(1.0 + cv * cv)
        return float(stats.norm.sf((math.log(seconds / mean) + variance / 2.0) / math.sqrt(variance)))
    return float(mean > seconds)


def rank_shares(keys: int, exponent: float) -> np.ndarray:
    """Share of requests of each key, the key of rank r in proportion to 1 / r^exponent."""
    weights = 1.0 / np.arange(1, keys + 1) ** exponent
    return weights / weights.sum()


def units_of(operation: str, item_bytes: int) -> float:
    """Capacity units of one operation: 1 KB a write unit, 4 KB a read unit, half for eventually consistent reads."""
    if operation in ("PutItem", "UpdateItem", "DeleteItem"):
        return float(max(1, math.ceil(item_bytes / 1024)))
    return max(1, math.ceil(item_bytes / 4096)) * 0.5
