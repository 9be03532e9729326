"""`--set KEY=VALUE`: one value of a scenario for one run."""

from typing import Any

import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios.settings import put


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        pytest.param("seed=7", {"seed": 7, "traffic": {"duration": "60s"}}, id="a number"),
        pytest.param("traffic.duration=20s", {"traffic": {"duration": "20s"}}, id="a string without quotes"),
        pytest.param(
            "quotas.applied.L-12AB7C57=500",
            {"traffic": {"duration": "60s"}, "quotas": {"applied": {"L-12AB7C57": 500}}},
            id="a new table",
        ),
        pytest.param(
            'callers.menus."Main menu"={ 1 = 0.5 }',
            {"traffic": {"duration": "60s"}, "callers": {"menus": {"Main menu": {"1": 0.5}}}},
            id="a quoted part and a table",
        ),
        pytest.param(
            "aws.destinations=['+15555550100']",
            {"traffic": {"duration": "60s"}, "aws": {"destinations": ["+15555550100"]}},
            id="a list",
        ),
        pytest.param(
            "description=a = b",
            {"traffic": {"duration": "60s"}, "description": "a = b"},
            id="an equals sign in the value",
        ),
    ],
)
def test_is_put_in_its_place(setting: str, expected: dict[str, Any]) -> None:
    data: dict[str, Any] = {"traffic": {"duration": "60s"}}
    put(data, setting)
    assert data == expected


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        pytest.param("traffic.duration", "The setting 'traffic.duration' is not KEY=VALUE.", id="no value"),
        pytest.param("=5", "The setting '=5' is not KEY=VALUE.", id="no key"),
        pytest.param(
            "traffic.duration.x=5",
            "The setting 'traffic.duration.x=5': 'duration' is '60s' in the scenario, no table.",
            id="through a value",
        ),
        pytest.param("a b=5", "The setting 'a b=5': 'a b' is no dotted key.", id="a bad key"),
    ],
)
def test_a_bad_one_is_named(setting: str, message: str) -> None:
    with pytest.raises(BusyhourError) as caught:
        put({"traffic": {"duration": "60s"}}, setting)
    assert caught.value.message == message
    assert caught.value.hint
