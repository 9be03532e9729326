"""[[waves]]: what moves when, and what the reader refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios import reader
from busyhour.scenarios.business import business
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.traffic import Wave
from busyhour.scenarios.traffic_plan.plan import with_traffic

HELPDESK = reader.schema_path().with_name("helpdesk.toml")
ROOT = HELPDESK.parents[1]

Read = Callable[[str], Scenario]
"""[[waves]] in TOML -> the scenario with them."""


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def make(waves: str) -> Scenario:
        text = HELPDESK.read_text(encoding="utf-8").replace('"../examples', f'"{ROOT}/examples')
        file = tmp_path / "migration.toml"
        file.write_text(f"{text}\n{waves}", encoding="utf-8")
        return reader.load(file)

    return make


def test_shares_queues_and_volumes_in_order_of_time(read: Read) -> None:
    scenario = read(
        '[[waves]]\nname = "pilot"\ndate = 2027-01-15\nshare = 0.1\n'
        '[[waves]]\nname = "help desk"\ndate = "2027-02-01"\nqueues = ["Support"]\n'
        '[[waves]]\nname = "rest"\ndate = 2027-03-01\nqueues = ["Accounts"]\ncalls_per_hour = 2000\n'
    )
    assert scenario.waves == (
        Wave("pilot", date(2027, 1, 15), share=0.1),
        Wave("help desk", date(2027, 2, 1), queues=("Support",)),
        Wave("rest", date(2027, 3, 1), queues=("Accounts",), calls_per_hour=2000.0),
    )
    assert [wave["date"] for wave in business(scenario)["waves"]] == [
        "2027-01-15",
        "2027-02-01",
        "2027-03-01",
    ]


@pytest.mark.parametrize(
    ("waves", "said"),
    [
        ('[[waves]]\nname = "a"\ndate = "soon"\nshare = 0.1', '"soon", which is not a date'),
        (
            '[[waves]]\nname = "a"\ndate = 2027-02-01\nshare = 0.1\n[[waves]]\nname = "b"\ndate = 2027-01-01\nshare = 0.1',
            "before the wave above it",
        ),
        ('[[waves]]\nname = "a"\ndate = 2027-02-01', "does not give a volume"),
        (
            '[[waves]]\nname = "a"\ndate = 2027-02-01\nshare = 0.1\nqueues = ["Support"]',
            "has both share and queues",
        ),
        ('[[waves]]\nname = "a"\ndate = 2027-02-01\nqueues = ["Suport"]', "did you mean 'Support'"),
        (
            '[[waves]]\nname = "a"\ndate = 2027-02-01\nqueues = ["Support"]\n'
            '[[waves]]\nname = "b"\ndate = 2027-02-02\nqueues = ["Support"]',
            "which wave 'a' has moved already",
        ),
        (
            '[[waves]]\nname = "a"\ndate = 2027-02-01\nshare = 0.7\n[[waves]]\nname = "b"\ndate = 2027-02-02\nshare = 0.7',
            "makes 1.4 of the volume",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(read: Read, waves: str, said: str) -> None:
    with pytest.raises(BusyhourError) as caught:
        read(waves)
    assert said.lower() in caught.value.message.lower()
    assert "migration.toml:" in caught.value.message
    assert "waves" in caught.value.message


def test_the_business_figures_of_the_helpdesk(read: Read) -> None:
    figures = business(read('[support]\nuse_case = "Help desk of 2,000 shops."'))
    assert list(figures["agents"]) == ["Support", "Accounts"]
    assert all(agents > 0 for agents in figures["agents"].values())
    assert figures["aht_seconds"] == figures["talk_seconds"] + figures["wrap_up_seconds"]
    assert figures["calls_by_hour"] == []
    assert figures["support"]["use_case"] == "Help desk of 2,000 shops."


def test_calls_by_hour_of_a_day(read: Read) -> None:
    from dataclasses import replace

    scenario = read("")
    day = with_traffic(scenario, replace(scenario.traffic, duration=3 * 3600.0))
    assert business(day)["calls_by_hour"] == pytest.approx([9000.0, 9000.0, 9000.0])
