"""Queues: offered load, AHT and patience of each, and its capacity and staffing compared with the plan.

By Erlang A, and by a simulation with the scenario's own times.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace

from busyhour.capacity.demand.per_call import CallDemand
from busyhour.capacity.forecast.bottlenecks import Bottlenecks
from busyhour.capacity.forecast.limits import (
    IMPATIENT,
    QUEUE_FULL,
    UNDERSTAFFED,
    Limit,
    LimitForecast,
    Staffed,
)
from busyhour.capacity.requirement import Requirement
from busyhour.capacity.simulation.agent_queue import Queueing, QueueSample, ServiceLevel
from busyhour.capacity.simulation.confidence_intervals import CERTAIN, Ratio
from busyhour.capacity.simulation.fluid_queue import MANY, FluidQueue
from busyhour.capacity.staffing_requirements import Abandoned, Agents, Waiting
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.quotas.figures import volume as volume_in_words
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic_plan.draw import Chance, sampler

_FAR = 1.5
"""A simulated volume is searched within this factor of the closed form's."""
_CLOSE = 0.005
"""Relative accuracy of the volume found."""
_CONTACTS = 20_000
"""Fewest contacts with which a queue is simulated."""


def staffed_of(scenario: Scenario, demand: CallDemand) -> Iterator[Staffed]:
    """Return the queues that calls enter, with the demand of one call."""
    callers = scenario.callers
    patience, talk, wrap_up = map(sampler, (callers.patience, callers.talk, callers.wrap_up))
    patient = ProbabilityDistribution(callers.patience)
    talks, wraps = ProbabilityDistribution(callers.talk), ProbabilityDistribution(callers.wrap_up)
    mean_drawn = talks.mean() + wraps.mean()
    talking, aht_cv = 1.0, 0.0
    if mean_drawn:
        talking = talks.mean() / mean_drawn
        aht_cv = math.hypot(talks.mean() * talks.cv, wraps.mean() * wraps.cv) / mean_drawn
    for name, queue in scenario.queues.items():
        load = demand.queues.get(name)
        if load is None or load.contacts <= 0.0:
            continue
        aht = load.handling
        # Whispers, hang-ups and other parts of the flow stretch the declared handling times.
        stretch = aht / mean_drawn if mean_drawn else 0.0

        def handling(source: Chance, stretch: float = stretch) -> float:
            return (talk(source) + wrap_up(source)) * stretch

        sample: Queueing
        if queue.agents >= MANY:
            sample = FluidQueue(aht, patience, scenario.seed)
        else:
            sample = QueueSample(max(_CONTACTS, 20 * queue.agents), handling, patience, scenario.seed)
        yield Staffed(
            name,
            queue.agents,
            queue.capacity,
            load.contacts,
            aht,
            patient.mean(),
            sample,
            load.spread,
            talking,
            aht_cv,
            patient.cv,
        )


def queue_limits(rows: Bottlenecks, staffed: Staffed) -> Iterator[LimitForecast]:
    """Compare capacity and staffing of one queue with the scenario's agents."""
    if staffed.share <= 0 or staffed.aht <= 0:
        return
    load = rows.per_second * staffed.share * staffed.aht
    whole = (
        f"{rows.planned:,.0f} calls/h x {staffed.share:.3g} contacts x {staffed.aht:.1f} s / 3600 = "
        f"{load:,.4g} erlang, mean patience {staffed.patience:.0f} s"
    )
    seconds = rows.scenario.service_level_seconds
    agents = max(staffed.agents, 1)

    def served(factor: float) -> ServiceLevel:
        return staffed.sample.serve(
            rows.per_second * staffed.share * factor, agents, staffed.capacity, seconds
        )

    if staffed.capacity is not None:
        full = Waiting(load, staffed.agents, staffed.aht, staffed.patience)
        yield _queue_row(
            rows,
            Limit(
                f"queue.{staffed.name}.capacity",
                f"Capacity of queue {staffed.name}",
                None,
                staffed.capacity,
                "contacts",
                "scenario",
            ),
            full,
            QUEUE_FULL,
            whole,
            "setting",
            lambda factor: served(factor).blocked_ratio if staffed.agents else CERTAIN,
            staffed,
        )
    late = Agents(load, staffed.aht, staffed.patience, seconds, rows.tolerated.late())
    name = f"Agents of queue {staffed.name}"
    yield _queue_row(
        rows,
        Limit(f"queue.{staffed.name}.agents", name, None, staffed.agents, "agents", "scenario"),
        late,
        UNDERSTAFFED,
        whole,
        "staffing",
        lambda factor: served(factor).late_ratio if staffed.agents else CERTAIN,
        staffed,
    )
    at_most = rows.tolerated.abandoned()
    if at_most is not None:
        yield _queue_row(
            rows,
            Limit(
                f"queue.{staffed.name}.abandoned",
                f"{name}, for abandoned contacts",
                None,
                staffed.agents,
                "agents",
                "scenario",
            ),
            Abandoned(load, staffed.aht, staffed.patience, at_most),
            IMPATIENT,
            whole,
            "staffing",
            lambda factor: served(factor).abandoned_ratio if staffed.agents else CERTAIN,
            staffed,
        )


def _queue_row(
    rows: Bottlenecks,
    limit: Limit,
    requirement: Requirement,
    symptom: str,
    text: str,
    kind: str,
    simulated: Callable[[float], Ratio],
    staffed: Staffed,
) -> LimitForecast:
    """Make a row of a queue: the closed form, and a simulation with the scenario's own times.

    The volume at which it binds is the simulated one. If the two disagree on the plan by more than the
    simulation's interval, the row is undecided. Very many agents are not simulated, see `fluid_queue`.

    Args:
        simulated: share rejected at a multiple of the planned volume, with its interval.
        staffed: the queue; its `spread` is that of the load, see `row_of`.
        limit: the limit.
        requirement: the closed form.
        symptom: of the limit.
        text: the calculation.
        kind: of the limit.
    """
    share, at_plan = requirement.share, simulated(1.0)
    exceeds = requirement.rejected(limit.value) > share
    if staffed.sample.sampled:
        apart = at_plan.high <= share if exceeds else at_plan.low > share
    else:  # near full load Erlang A replaces the fluid limit, but for exponential patience only
        apart = (at_plan.value > share) != exceeds
    around = f"{at_plan.value:.2%} ({at_plan.low:.2%} to {at_plan.high:.2%})"
    row = rows.row(
        limit,
        requirement,
        symptom,
        f"{text}; {around} rejected in {staffed.sample.method}",
        kind,
        undecided=apart,
        spread=staffed.spread,
    )
    guess = row.calls_per_hour / rows.planned
    factor = _refined(lambda one: simulated(one).value, share, guess)
    if factor != guess:
        volume = rows.planned * factor
        half = math.hypot(rows.planned * _uncertain(simulated, factor), volume * staffed.spread)
        where = "in the simulation" if staffed.sample.sampled else "there"
        text = f"{row.calculation}; binds at {volume_in_words(volume, half)} calls/h {where}"
        row = replace(row, calculation=text, calls_per_hour=volume, volume_half_width=half)
    return row


def _refined(share: Callable[[float], float], bound: float, guess: float) -> float:
    """Return the volume at which a simulated `share` reaches `bound`, near the closed form's `guess`.

    `guess` if far off.
    """
    if not 0.0 < guess < math.inf:
        return guess
    low, high = guess / _FAR, guess * _FAR
    if share(low) >= bound or share(high) < bound:
        return guess
    while high - low > _CLOSE * guess:
        middle = (low + high) / 2
        low, high = (low, middle) if share(middle) >= bound else (middle, high)
    return (low + high) / 2


def _uncertain(simulated: Callable[[float], Ratio], factor: float) -> float:
    """Return the half-width of the volume's interval: that of the simulated share, divided by its slope."""
    found = simulated(factor)
    rise = simulated(1.02 * factor).value - simulated(0.98 * factor).value
    return (found.high - found.low) / 2.0 * 0.04 * factor / rise if rise > 0.0 else math.inf
