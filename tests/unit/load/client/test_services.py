"""The AWS services of one process: opened once, each with a retry policy of its own."""

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.client.services import Services, reachable
from busyhour.load.event_loop import GeventClock
from busyhour.load.recorder import Recorder
from busyhour.load.settings import from_environment
from busyhour.scenarios.reader import load


def services(path, url):
    return Services(
        from_environment({"BUSYHOUR_ENDPOINT": url}, path), load(path), GeventClock(), Recorder(10.0), None
    )


def test_a_service_is_opened_once_and_starts_without_connections(fake_aws, write_scenario):
    made = services(write_scenario(), fake_aws.url)
    assert made.get("lambda", 0) is made.get("lambda", 0)
    assert made.get("lambda", 0) is not made.get("dynamodb", 0)
    assert made.connections == 0
    made.close()


def test_each_client_has_the_scenarios_retry_policy_and_chance_of_its_own(fake_aws, write_scenario):
    path = write_scenario(more='[client]\nretry = "standard"\n')
    first, second = services(path, fake_aws.url), services(path, fake_aws.url)
    retriers = [
        first.get("dynamodb", 0).retrier,
        first.get("lambda", 0).retrier,
        second.get("dynamodb", 1).retrier,
    ]
    assert None not in retriers
    assert len({id(retrier) for retrier in retriers}) == 3
    assert services(write_scenario(), fake_aws.url).get("dynamodb", 0).retrier is None


def test_a_target_where_nothing_answers_is_named(write_scenario):
    settings = from_environment({"BUSYHOUR_ENDPOINT": "http://127.0.0.1:9"}, write_scenario())
    with pytest.raises(BusyhourError, match="Cannot connect to") as caught:
        reachable(settings)
    assert caught.value.exit_code is ExitCode.UNREACHABLE
