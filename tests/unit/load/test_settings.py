from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.settings import from_environment

GIVEN = {"BUSYHOUR_SCENARIO": "s.toml", "BUSYHOUR_ENDPOINT": "http://127.0.0.1:1"}


def test_an_endpoint_alone_means_the_emulator():
    settings = from_environment(GIVEN)
    assert (settings.target, settings.aws, settings.run_dir) == ("emulator", False, None)
    assert settings.max_connections > 100
    assert settings.contact_events is None


def test_everything_can_be_said():
    settings = from_environment(
        GIVEN
        | {
            "BUSYHOUR_TARGET": "aws",
            "BUSYHOUR_INSTANCE": "i",
            "BUSYHOUR_REGION": "eu-west-2",
            "BUSYHOUR_ACCOUNT": "1",
            "BUSYHOUR_RUN_DIR": "/r",
            "BUSYHOUR_LATE_MS": "5",
            "BUSYHOUR_MAX_CONNECTIONS": "7",
            "BUSYHOUR_CONTACT_EVENTS": "events.jsonl",
        }
    )
    assert settings.instance_arn == "arn:aws:connect:eu-west-2:1:instance/i"
    assert (settings.run_dir, settings.bounds.late_ms, settings.max_connections) == (Path("/r"), 5.0, 7)
    assert settings.contact_events == Path("events.jsonl")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"BUSYHOUR_SCENARIO": ""}, "No scenario is named"),
        ({"BUSYHOUR_ENDPOINT": ""}, "No target is given"),
        ({"BUSYHOUR_TARGET": "moon"}, "BUSYHOUR_TARGET is 'moon'"),
        ({"BUSYHOUR_TARGET": "emulator", "BUSYHOUR_ENDPOINT": ""}, "BUSYHOUR_ENDPOINT is not set"),
        ({"BUSYHOUR_LATE_MS": "soon"}, "BUSYHOUR_LATE_MS is 'soon'"),
        ({"BUSYHOUR_CPU_SHARE": "-1"}, "BUSYHOUR_CPU_SHARE is '-1'"),
    ],
)
def test_what_is_missing_or_wrong_is_named_with_the_way_out(changes, message):
    with pytest.raises(BusyhourError, match=message) as caught:
        from_environment(GIVEN | changes)
    assert caught.value.hint


def test_aws_is_never_meant_by_accident():
    with pytest.raises(BusyhourError):
        from_environment({"BUSYHOUR_SCENARIO": "s.toml"})
