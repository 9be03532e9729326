"""Runs made up second by second, like real ones, with what is wrong known: the comparison is measured with them.

What makes real runs hard to compare is in them: calls arrive at random (Poisson); the system is a little slower for a
while and then a little faster (latency level: AR(1) by second); now and then everything stalls for a second; nights
differ from each other as a whole; throttles come in bursts; latencies have a long tail (lognormal).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from busyhour.regression.metrics.observation import Observation, Parts, QuotaUse, Share
from busyhour.results.measurement.windows import MOST, WindowRecord
from busyhour.results.record import Outcome

OPERATION = "lambda:Invoke"


@dataclass(frozen=True, slots=True)
class System:
    """A made-up system under a made-up load."""

    calls_per_second: float = 10.0
    seconds: int = 300
    invocations_per_call: float = 1.6
    latency_ms: float = 40.0
    """Median of one invocation."""
    spread: float = 0.35
    """Standard deviation of the logarithm of a latency within a second."""
    tail_share: float = 0.005
    """Share of invocations that take `tail_factor` times as long."""
    tail_factor: float = 4.0
    wander: float = 0.06
    """Standard deviation of the logarithm of the latency level over the run."""
    memory: float = 0.9
    """Correlation of the level with that of the second before."""
    stalls: float = 0.004
    """Share of seconds in which all is three times as slow."""
    run_noise: float = 0.01
    """Standard deviation of the logarithm of the level from run to run."""
    throttle_share: float = 0.0
    """Share of invocations that are throttled, in bursts."""
    flow_seconds: float = 14.0
    functions: tuple[tuple[str, float, float], ...] = ()
    """Lambda functions: name, share of the invocations, latency as a multiple of `latency_ms`; none: not told apart."""


def run(system: System, seed: int) -> Observation:
    """One run of the system; another seed is another night."""
    rng = np.random.default_rng(seed)
    n = system.seconds
    calls = rng.poisson(system.calls_per_second, n)
    whole, part = divmod(system.invocations_per_call, 1.0)
    requests = calls * int(whole) + rng.binomial(calls, part)
    level = rng.normal(0.0, system.run_noise) + _wander(system, rng)
    level += math.log(3.0) * (rng.random(n) < system.stalls)
    at = np.repeat(np.arange(n), requests)
    latency = np.exp(math.log(system.latency_ms) + level[at] + rng.normal(0.0, system.spread, len(at)))
    latency = np.where(rng.random(len(at)) < system.tail_share, latency * system.tail_factor, latency)
    names = [name for name, _, _ in system.functions]
    which = np.zeros(len(at), dtype=np.int64)
    if names:
        which = rng.choice(len(names), len(at), p=[share for _, share, _ in system.functions])
        latency = latency * np.array([factor for _, _, factor in system.functions])[which]
    # One second in five takes all the throttles.
    burst = np.where(rng.random(n) < 0.2, 5.0, 0.0) * system.throttle_share
    throttles = rng.binomial(requests, np.minimum(burst, 1.0))
    started = int(calls.sum())
    below = [float(value) for value in requests]
    in_flow = rng.lognormal(math.log(system.flow_seconds) - 0.125, 0.5, started) * 1e6
    return Observation(
        run_id=f"generated-{seed}",
        started=f"2026-01-01T00:00:00+00:00#{seed}",
        identity={"name": "generated"},
        seconds=float(n),
        calls=started,
        outcome=Outcome.HOLDS.value,
        windows=_windows(at, latency * 1000.0, n, names, which),
        ratios={"Lambda invocations per call": Parts(below, [float(value) for value in calls])},
        rates={
            "request_throttle_share": Parts([float(value) for value in throttles], below),
            "error_share": Parts([0.0] * n, below),
        },
        shares={"blocked calls": Share(0.0, float(started))},
        samples={"time in flow": _pairs(_coarse(in_flow))},
        quotas={"concurrent calls": _use(calls, system, rng)},
    )


def _wander(system: System, rng: np.random.Generator) -> NDArray[np.float64]:
    steps = rng.normal(0.0, system.wander * math.sqrt(1.0 - system.memory**2), system.seconds)
    out = np.empty(system.seconds)
    last = rng.normal(0.0, system.wander)
    for i, step in enumerate(steps):
        last = system.memory * last + step
        out[i] = last
    return out


def _use(calls: NDArray[np.int64], system: System, rng: np.random.Generator) -> QuotaUse:
    peak = float(rng.poisson(system.calls_per_second * system.flow_seconds, 20).max())
    value = system.calls_per_second * system.flow_seconds * 3.0
    return QuotaUse("concurrent calls", value, peak, 1.0 - peak / value)


def _coarse(values_us: NDArray[np.float64]) -> NDArray[np.int64]:
    """`results.measurement.windows.coarse_bucket` of many values."""
    values = np.maximum(values_us, 0.0).astype(np.int64)
    bits = np.frexp(values.astype(float))[1]
    shift = np.maximum(bits - 8, 0)
    return np.where(values < 256, values, (shift << 7) + (values >> shift)).astype(np.int64)


def _pairs(buckets: NDArray[np.int64]) -> list[int]:
    used, counts = np.unique(buckets, return_counts=True)
    return [int(n) for n in np.column_stack((used, counts)).ravel()]


def _windows(
    at: NDArray[np.int64],
    latency_us: NDArray[np.float64],
    seconds: int,
    names: list[str],
    which: NDArray[np.int64],
) -> WindowRecord:
    width = 1
    while seconds > MOST * width:
        width *= 2
    buckets = _coarse(latency_us)
    number = at // width

    def rows(of: NDArray[np.bool_] | slice) -> list[list[int]]:
        edges = np.searchsorted(number[of], np.arange(math.ceil(seconds / width) + 1))
        return [_pairs(buckets[of][a:b]) for a, b in pairwise(edges)]

    functions = {name: rows(which == k) for k, name in enumerate(names)}
    return WindowRecord(float(width), {OPERATION: rows(slice(None))}, functions)
