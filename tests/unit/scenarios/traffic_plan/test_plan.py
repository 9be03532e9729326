"""The plan of a scenario apart from its test: [traffic] and [test]."""

from pathlib import Path
from typing import Protocol

import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic_plan.arrivals import Schedule

FLOW = Path(__file__).parents[4] / "examples" / "helpdesk" / "flows" / "helpdesk-main.json"
REST = f"""
[flows]
files = ["{FLOW}"]
entry = "helpdesk-main"
[callers]
patience = "60s"
talk = "150s"
wrap_up = "0s"
"""


class Read(Protocol):
    def __call__(self, traffic: str, *overrides: str) -> Scenario: ...


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def made(traffic: str, *overrides: str) -> Scenario:
        file = tmp_path / "plan.toml"
        (tmp_path / "day.csv").write_text("calls\n100\n900\n300\n", encoding="utf-8")
        file.write_text(f'drive = "backend"\n{traffic}{REST}', encoding="utf-8")
        return load(file, overrides=overrides)

    return made


def test_a_held_rate_is_tested_by_ramp_hold_and_drain(read: Read) -> None:
    scenario = read(
        '[traffic]\ncalls_per_hour = 3600\n[test]\nramp_up = "60s"\nhold = "5m"\nramp_down = "20s"\ndrain = "40s"\n'
    )
    assert scenario.plan.calls_per_hour == pytest.approx(3600)
    assert scenario.plan.day is None
    assert scenario.test.stated
    schedule = Schedule(scenario.traffic, 1)
    assert scenario.traffic.duration == 380
    assert scenario.traffic.drain == 40
    assert [schedule.rate_at(t) for t in (0, 30, 60, 359, 370)] == pytest.approx([0, 0.5, 1, 1, 0.5])


def test_without_a_test_table_the_durations_of_the_traffic_are_the_tests(read: Read) -> None:
    scenario = read(
        '[traffic]\ncalls_per_hour = 3600\nduration = "100s"\nramp_up = "60s"\n', "traffic.duration=80s"
    )
    assert scenario.plan.calls_per_hour == pytest.approx(3600)
    assert not scenario.test.stated
    assert (scenario.test.ramp_up, scenario.test.hold, scenario.test.drain) == (60, 20, 30)


@pytest.mark.parametrize("hold", ["40s", "2h"])
def test_the_length_of_the_test_does_not_change_the_plan(read: Read, hold: str) -> None:
    short = read('[traffic]\ncalls_per_hour = 3600\ngrowth = 1.5\n[test]\nhold = "60s"\n')
    assert (
        read(
            '[traffic]\ncalls_per_hour = 3600\ngrowth = 1.5\n[test]\nhold = "60s"\n', f"test.hold={hold}"
        ).plan
        == short.plan
    )
    assert short.plan.calls_per_hour == pytest.approx(5400)


def test_the_factor_raises_the_test_and_not_the_plan(read: Read) -> None:
    scenario = read('[traffic]\ncalls_per_hour = 3600\n[test]\nhold = "60s"\nfactor = 1.25\n')
    assert scenario.plan.calls_per_hour == pytest.approx(3600)
    assert Schedule(scenario.traffic, 1).rate_at(30) == pytest.approx(1.25)


DAY = 'intervals = { file = "day.csv", interval = "30m" }'


def test_a_day_is_planned_at_its_busiest_interval_and_replayed_without_a_test_table(read: Read) -> None:
    scenario = read(f"[traffic]\n{DAY}\n")
    assert scenario.plan.calls_per_hour == pytest.approx(1800)
    assert scenario.plan.day == scenario.traffic
    assert scenario.traffic.duration == 5400


def test_a_test_of_a_day_holds_its_busiest_interval(read: Read) -> None:
    scenario = read(f'[traffic]\n{DAY}\n[test]\nhold = "10m"\n')
    assert scenario.plan.day is not None
    assert scenario.plan.day.duration == 5400
    assert scenario.traffic.duration == 600
    assert Schedule(scenario.traffic, 1).rate_at(300) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("key", "way_out"), [("duration", "test.hold"), ("ramp_up", "test.ramp_up"), ("drain", "test.drain")]
)
def test_keys_of_the_test_are_refused_in_the_traffic_beside_a_test_table(
    read: Read, key: str, way_out: str
) -> None:
    with pytest.raises(BusyhourError, match=f"traffic.{key}") as raised:
        read(f'[traffic]\ncalls_per_hour = 3600\n{key} = "60s"\n[test]\nhold = "60s"\n')
    assert way_out in str(raised.value.hint)


@pytest.mark.parametrize(
    ("traffic", "text"),
    [
        ("[traffic]\ncalls_per_hour = 3600\n", "hold"),
        ('[traffic]\ncalls_per_hour = 3600\n[test]\nramp_up = "60s"\n', "hold"),
        ('[traffic]\ncalls_per_hour = 3600\n[test]\nhold = "0s"\n', "hold"),
        ('[traffic]\ncalls_per_hour = 3600\n[test]\nhold = "9s"\nfactor = 0\n', "factor"),
        ('[traffic]\ncalls_per_hour = 3600\n[test]\nholds = "9s"\nhold = "9s"\n', "holds"),
    ],
)
def test_a_test_that_cannot_be_made_is_refused(read: Read, traffic: str, text: str) -> None:
    with pytest.raises(BusyhourError) as raised:
        read(traffic)
    assert text in f"{raised.value.message} {raised.value.hint}"


HELD = '[traffic]\ncalls_per_hour = 3600\n[test]\nramp_up = "10s"\nhold = "60s"\ndrain = "40s"\n'


def test_settings_of_the_traffics_durations_are_those_of_the_test(read: Read) -> None:
    scenario = read(HELD, "traffic.duration=40s", "traffic.ramp_up=4s", "traffic.drain=5s")
    assert (scenario.test.ramp_up, scenario.test.hold, scenario.test.drain) == (4, 36, 5)
    assert scenario.traffic.duration == 40
    assert scenario.test.stated
    assert scenario.overrides == ("traffic.duration=40s", "traffic.ramp_up=4s", "traffic.drain=5s")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("traffic.duration=10s", "test.hold has no time left: the ramps take 10 s of 10 s"),
        ("traffic.duration=soon", 'test.hold is "soon"'),
        ("traffic.duration=0s", 'test.hold is "0s"; it must be more than 0'),
    ],
)
def test_a_duration_that_leaves_no_hold_is_refused_at_the_setting(
    read: Read, setting: str, said: str
) -> None:
    with pytest.raises(BusyhourError) as raised:
        read(HELD, setting)
    assert raised.value.message.startswith(f"--set {setting}: {said}")


def test_growth_stays_with_the_driven_traffic_so_that_it_can_be_raised(read: Read) -> None:
    scenario = read(HELD, "traffic.growth=1.5")
    assert scenario.plan.calls_per_hour == pytest.approx(5400)
    assert scenario.traffic.growth == 1.5
    assert Schedule(scenario.traffic, 1).rate_at(30) == pytest.approx(1.5)


@pytest.mark.parametrize(
    "planned",
    [
        DAY,
        'calls_per_hour = 1800\nduration = "90m"\nshape = [{ at = "0s", factor = 0.1 }, { at = "45m", factor = 0.1 }, { at = "45m", factor = 1 }]',
    ],
)
@pytest.mark.parametrize("test", ["", '[test]\nhold = "10m"\n'])
def test_a_duration_that_is_set_for_one_run_cuts_nothing_off_the_planned_day(
    read: Read, planned: str, test: str
) -> None:
    scenario = read(f"[traffic]\n{planned}\n{test}", "traffic.duration=40s")
    assert scenario.plan.calls_per_hour == pytest.approx(1800)
    assert scenario.traffic.duration == 40


@pytest.mark.parametrize(
    ("setting", "hold", "factor"),
    [("test.hold=20s", 20, 1), ("test.factor=1.5", 90, 1.5), ("test.smoke=true", 90, 1)],
)
def test_settings_of_the_test_work_without_a_test_table(
    read: Read, setting: str, hold: float, factor: float
) -> None:
    scenario = read(
        '[traffic]\ncalls_per_hour = 3600\nduration = "100s"\nramp_up = "10s"\ndrain = "5s"\n', setting
    )
    assert (scenario.test.ramp_up, scenario.test.hold, scenario.test.drain) == (10, hold, 5)
    assert (scenario.test.factor, scenario.plan.calls_per_hour) == (factor, 3600)


def test_a_run_of_the_beginning_of_a_day_leaves_the_whole_day_planned(read: Read) -> None:
    scenario = read(f'[traffic]\n{DAY}\nduration = "30m"\n')
    assert scenario.traffic.duration == 1800
    assert scenario.plan.calls_per_hour == pytest.approx(1800)
    assert read(
        f'[traffic]\n{DAY}\nduration = "30m"\n[test]\nhold = "5m"\n'
    ).plan.calls_per_hour == pytest.approx(200)


def test_a_plan_of_no_calls_is_refused(read: Read) -> None:
    with pytest.raises(BusyhourError, match="plans no calls"):
        read('[traffic]\ncalls_per_hour = 0\n[test]\nhold = "60s"\n')
