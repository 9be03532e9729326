"""The worked case of a new account, as `busyhour forecast` shows it.

10 concurrent calls at 180 s: 200 calls an hour by Little's law, 89 at 1 % blocking by Erlang B, and the API's two starts
a second are far from binding; with 1,000 concurrent calls they are what binds.
"""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from busyhour.cli.forecast import command

FLOW = {
    "Version": "2019-10-30",
    "StartAction": "talk",
    "Actions": [
        {
            "Identifier": "talk",
            "Type": "MessageParticipant",
            "Parameters": {"PromptId": "three-minutes"},
            "Transitions": {
                "NextAction": "bye",
                "Errors": [{"NextAction": "bye", "ErrorType": "NoMatchingError"}],
                "Conditions": [],
            },
        },
        {"Identifier": "bye", "Type": "DisconnectParticipant", "Parameters": {}, "Transitions": {}},
    ],
}
SCENARIO = """
drive = "voice"
[traffic]
direction = "outbound"
calls_per_hour = 60
duration = "1h"
[flows]
files = ["talk.json"]
entry = "talk"
[prompts]
three-minutes = "180s"
[callers]
answer = "1ms"
patience = "60s"
talk = "1s"
wrap_up = "1s"
"""


@pytest.fixture
def forecast(tmp_path: Path):
    (tmp_path / "talk.json").write_text(json.dumps(FLOW), encoding="utf-8")
    path = tmp_path / "new_account.toml"
    path.write_text(SCENARIO, encoding="utf-8")

    def run(*options: str) -> Result:
        return CliRunner(env={"COLUMNS": "180"}).invoke(command, [str(path), "--calls", "200", *options])

    return run


def test_ten_calls_at_once_are_200_an_hour_by_little_and_89_by_erlang_b(forecast):
    shown = forecast()
    assert shown.exit_code == 0, shown.output
    assert "First bottleneck: Concurrent active calls per instance = 10, at 89 calls/h" in shown.output
    [row] = [line for line in shown.output.splitlines() if "L-12AB7C57" in line]
    assert row.split()[:4] == ["89", "1.49", "x", "200"]
    [api] = [line for line in shown.output.splitlines() if "L-4E9BCC96" in line]
    assert int(api.split()[0].replace(",", "")) > 4000


def test_with_a_thousand_the_api_binds_first(forecast):
    shown = forecast("--set", "quotas.L-12AB7C57=1000")
    assert (
        "First bottleneck: Rate of StartOutboundVoiceContact API requests = 2, at 4,620 calls/h"
        in shown.output
    )


def test_at_200_an_hour_it_does_not_fit_and_the_way_out_is_named(forecast):
    shown = forecast("--set", "traffic.calls_per_hour=200")
    assert shown.exit_code == 1
    assert (
        "The plan exceeds Concurrent active calls per instance (L-12AB7C57) = 10, needed 18." in shown.output
    )
    assert "200 calls/h x 180.0 s / 3600 = 10 erlang; 10 erlang at most 1 % blocked, by Erlang B: 18" in (
        " ".join(shown.output.split())
    )


@pytest.mark.parametrize(("value", "code"), [(18, 1), (35, 1), (36, 0)])
def test_a_scenario_that_asks_for_headroom_does_not_hold_without_it(forecast, value, code):
    """10 erlang need 18 lines; half of the lines are to stay free: 36."""
    shown = forecast(
        "--set", "traffic.calls_per_hour=200", "--set", f"quotas.L-12AB7C57={value}", "--set", "headroom=0.5"
    )
    assert shown.exit_code == code, shown.output
    assert ("Less headroom than the scenario requires" in shown.output) is (code == 1)
