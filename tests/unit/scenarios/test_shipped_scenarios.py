"""The scenarios that ship: each can be read, and is what its first lines say."""

import math
import tomllib

import pytest

from busyhour.scenarios.model import DriveKind
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import ArrivalProcess, Direction
from busyhour.scenarios.traffic_plan.arrivals import Schedule
from busyhour.shipped import shipped_root

ROOM = shipped_root() / "scenarios"
FILES = sorted(ROOM.glob("*.toml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_shipped_scenario_can_be_read(path):
    scenario = load(path)
    assert scenario.description
    assert path.read_text().startswith("#:schema ./scenario.schema.json\n")
    assert f"`{path.name}`" in (ROOM / "README.md").read_text()
    assert scenario.traffic.duration + scenario.traffic.drain <= 150


def erlang_c(load, agents):
    """Probability that a call waits (Erlang C, by the recursion of Erlang B)."""
    blocking = 1.0
    for n in range(1, agents + 1):
        blocking = load * blocking / (n + load * blocking)
    return blocking / (1 - load / agents * (1 - blocking))


def test_the_helpdesk_is_staffed_to_hold():
    scenario = load(ROOM / "helpdesk.toml")
    assert scenario.drive is DriveKind.BACKEND
    assert scenario.traffic.direction is Direction.INBOUND
    assert scenario.quotas == {"L-12AB7C57": 200.0}
    rate = Schedule(scenario.traffic, scenario.seed).expected / scenario.traffic.duration
    aht = scenario.callers.talk.mean + scenario.callers.wrap_up.mean
    for queue, share in (("Support", 0.64), ("Accounts", 0.22)):
        agents, offered = scenario.queues[queue].agents, rate * share * aht
        late = erlang_c(offered, agents) * math.exp(-(agents - offered) * 10 / aht)
        assert late < 0.05, queue


def test_the_dialler_stays_below_the_rate_of_its_api():
    scenario = load(ROOM / "outbound.toml")
    assert scenario.drive is DriveKind.VOICE
    assert scenario.traffic.arrivals is ArrivalProcess.EVEN
    assert 2 < scenario.traffic.calls_per_hour / 3600 < scenario.quotas["L-4E9BCC96"]


def test_the_two_peaks_differ_in_their_quotas_and_in_the_arrivals_that_verify_them():
    default, raised = (tomllib.loads((ROOM / f"{name}.toml").read_text()) for name in ("peak", "peak_raised"))
    assert "quotas" not in default
    assert raised.pop("quotas").keys() == {"L-12AB7C57", "L-4E9BCC96"}
    assert "factor" not in default["test"]
    assert raised["test"].pop("factor") > 1, "a quota is proven by load that reaches the need"
    assert default.pop("description") != raised.pop("description")
    assert default == raised


def test_the_peak_goes_past_the_default_quotas():
    scenario = load(ROOM / "peak.toml")
    schedule = Schedule(scenario.traffic, scenario.seed)
    assert scenario.drive is DriveKind.VOICE
    assert schedule.rate_at(scenario.traffic.duration - 1) == 3.0  # the API's default is 2 a second
    assert schedule.rate.cumulative(30) > 10  # calls last 35 s in the mean: above 10 at once during the ramp
