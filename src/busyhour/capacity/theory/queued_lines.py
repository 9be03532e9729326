"""Blocking of lines that calls keep while they wait for an agent: Poisson calls in flows, queues with agents behind them.

Waiting makes the calls in progress vary more than a Poisson variable, so that Erlang B of their mean is too low. Calls in
flows and in queues with agents are a network of stations whose stationary distribution is a product, also where calls that
find every line taken are lost (Jackson 1963, "Jobshop-like queueing systems", Management Science 10; Kelly 1979,
"Reversibility and Stochastic Networks", 3.5): exact for exponential handling times. Patience of any distribution acts by
its cumulative hazard H: with k waiting, callers abandon at the rate lambda H(k / lambda), since the j-th from the end has
waited about j / lambda (Whitt 2005, "Engineering solution of a basic call-center model", Management Science 51). Handling times of
another variability stretch the states with waiting callers as they do in the diffusion limit, by (1 + cv^2) / 2. Agents who
are busy without a call (wrap-up) keep no line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from busyhour.capacity.theory.erlang import waiting_with_abandonment

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Weights = NDArray[np.float64]

_DIRECT = 4096
"""States above which weights are convolved by Fourier transforms."""
_STEEPEST = 50.0
"""Largest shape of the Weibull distribution that patience is taken as; above it patience is constant."""


@dataclass(frozen=True, slots=True)
class AgentQueue:
    """One queue: `load` erlangs of handling offered to `agents`, of `aht` seconds each with the variation `aht_cv`.

    `talking` is the share of the handling time with the caller on the line. `patience` is the mean in seconds,
    `patience_cv` its coefficient of variation (0: constant, 1: exponential). `capacity` is the most that may wait, below 0
    without a limit.
    """

    load: float
    agents: float
    aht: float
    aht_cv: float
    talking: float
    patience: float
    patience_cv: float
    capacity: float = -1.0


def blocked(
    flow: float, queues: Sequence[AgentQueue], lines: int, volume: float = 1.0, staffing: float = 1.0
) -> float:
    """Return the share of calls that find all `lines` taken.

    Args:
        flow: erlangs of calls in flows, without those in queues and with agents.
        queues: of the calls.
        lines: calls in progress that are possible.
        volume: multiple of all loads.
        staffing: multiple of all agents.
    """
    if lines < 0:
        return 1.0
    size = 1 << max(6, lines.bit_length())
    return float(_shares(flow, tuple(queues), size, volume, staffing)[lines])


def mean_calls(queue: AgentQueue) -> float:
    """Return the mean of the calls that wait or have an agent, without a limit on lines; exponential times."""
    if queue.capacity < 0:
        waiting = waiting_with_abandonment(queue.load, math.floor(queue.agents), queue.aht, queue.patience)
        return waiting.mean_queue + queue.load * (1.0 - waiting.abandoned) * queue.talking
    import numpy as np

    size = math.floor(queue.agents) + int(queue.capacity) + 2
    weights = _station(queue, size, 1.0, 1.0)
    return float(weights @ np.arange(size) / weights.sum())


@lru_cache(maxsize=64)
def _shares(
    flow: float, queues: tuple[AgentQueue, ...], size: int, volume: float, staffing: float
) -> Weights:
    """Return the share blocked with 0, 1, 2 … `size` - 1 lines."""
    import numpy as np

    total = _poisson(flow * volume, size)
    for queue in queues:
        total = _convolved(total, _station(queue, size, volume, staffing), size)
    taken = np.cumsum(total)
    # The weights of far states may vanish beside the largest: with that few lines every call is blocked.
    found: Weights = np.divide(total, taken, out=np.ones_like(total), where=taken > 0.0)
    return found


def _poisson(load: float, size: int) -> Weights:
    """Return weights of 0, 1, 2 … calls on infinitely many lines."""
    import numpy as np
    from scipy.special import gammaln

    states = np.arange(size)
    if load <= 0.0:
        none: Weights = (states == 0).astype(np.float64)
        return none
    logs: NDArray[np.floating[Any]] = states * math.log(load) - gammaln(states + 1.0)
    return _scaled(logs)


def _station(queue: AgentQueue, size: int, volume: float, staffing: float) -> Weights:
    """Return weights of 0, 1, 2 … calls that wait for an agent or have one."""
    import numpy as np
    from scipy.special import gammaln
    from scipy.stats import binom, poisson

    load = queue.load * volume
    if load <= 0.0 or queue.aht <= 0.0:
        return _poisson(0.0, size)
    agents = queue.agents * staffing
    whole = math.floor(agents + 1e-9)
    rate = load / queue.aht
    on_line, off_line = load * queue.talking, load * (1.0 - queue.talking)
    states = np.arange(min(whole, size - 1) + 1)
    # Fewer busy than there are: Poisson on the line, and off the line what the other agents leave room for.
    free = np.full(size, -np.inf)
    lines = (
        states * math.log(on_line) - gammaln(states + 1.0)
        if on_line > 0.0
        else np.where(states, -np.inf, 0.0)
    )
    free[: len(states)] = lines + off_line + poisson.logcdf(whole - states, off_line)
    # All busy and k waiting.
    places = size if queue.capacity < 0 else min(size, int(queue.capacity) + 1)
    if places <= 1:
        return _scaled(free)
    waiting = np.arange(1, places)
    leaving = rate * _hazard((whole + waiting - agents) / rate, queue.patience, queue.patience_cv)
    with np.errstate(divide="ignore"):
        steps = (math.log(rate) - np.log(agents / queue.aht + leaving)) * 2.0 / (1.0 + queue.aht_cv**2)
    queued = np.full(size, -np.inf)
    queued[1:places] = whole * math.log(load) - math.lgamma(whole + 1) + np.cumsum(steps)
    top = max(float(free.max()), float(queued.max()))
    weights = np.exp(free - top)
    busy = binom.pmf(np.arange(min(whole, size - 1) + 1), whole, queue.talking)
    weights += _convolved(np.exp(queued - top), busy, size)
    return weights


def _hazard(seconds: NDArray[np.floating[Any]], mean: float, cv: float) -> Weights:
    """Return the cumulative hazard of patience, taken as Weibull distributed with this mean and coefficient of variation."""
    import numpy as np

    shape = cv**-1.086 if cv > 0.0 else math.inf
    if mean <= 0.0:
        return np.full_like(seconds, np.inf)
    if shape > _STEEPEST:
        return np.where(seconds < mean, 0.0, np.inf)
    with np.errstate(over="ignore"):
        found: Weights = (seconds * (math.gamma(1.0 + 1.0 / shape) / mean)) ** shape
    return found


def _convolved(one: Weights, other: Weights, size: int) -> Weights:
    """Return the weights of the sum of two independent numbers, up to `size` - 1."""
    import numpy as np
    from scipy.signal import fftconvolve

    if size <= _DIRECT:
        return np.convolve(one, other)[:size]
    found: Weights = np.maximum(fftconvolve(one, other)[:size], 0.0)
    return found


def _scaled(logs: NDArray[np.floating[Any]]) -> Weights:
    """Return weights of their logarithms, 1 for the largest."""
    import numpy as np

    found: Weights = np.exp(logs - logs.max())
    return found
