"""Nothing dials AWS but a generator that `busyhour run` started after the safety gate had passed the very same plan."""

import json
import os
import time
from dataclasses import replace

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.load.runner.generator import Drive
from busyhour.load.safety import permit
from busyhour.load.safety.permit import Permit
from busyhour.load.settings import for_scenario, from_environment
from busyhour.load.users.control_room import ControlRoom
from busyhour.load.users.dynamodb import TableCalls
from busyhour.load.users.lambda_ import LambdaCalls
from busyhour.load.users.voice import VoiceCalls
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic_plan.plan import with_traffic

AWS = """
[aws]
account = "123456789012"
instance = "i-1"
source_number = "+12025550100"
destinations = ["+12025550101"]
max_calls = 3
[tables.customers]
definition = "table.json"
"""
TABLE = {
    "TableName": "customers",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


@pytest.fixture
def scenario(write_scenario, tmp_path):
    (tmp_path / "table.json").write_text(json.dumps(TABLE))
    return load(write_scenario(more=AWS))


@pytest.fixture
def started(scenario, tmp_path, monkeypatch):
    """Settings as a generator has them that this very process started: it is its own parent here."""
    monkeypatch.setattr(os, "getppid", os.getpid)

    def make(secret, **changes):
        given = {"BUSYHOUR_TARGET": "aws", "BUSYHOUR_RUN_DIR": str(tmp_path), "BUSYHOUR_PERMIT": secret}
        return for_scenario(from_environment({**given, **changes}, scenario.path), scenario)

    return make


def refusal(settings, scenario, now=None):
    with pytest.raises(BusyhourError) as caught:
        permit.take(settings, scenario, time.time() if now is None else now)
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "--target aws --live" in caught.value.hint
    return caught.value.message


def test_the_generator_that_the_run_started_takes_its_permit(started, scenario, tmp_path):
    taken = permit.take(started(permit.issue(tmp_path, scenario, 60.0)), scenario, time.time())
    assert (taken.account, taken.instance, taken.run) == ("123456789012", "i-1", tmp_path.name)


def test_a_permit_is_good_for_one_generator(started, scenario, tmp_path):
    settings = started(permit.issue(tmp_path, scenario, 60.0))
    permit.take(settings, scenario, time.time())
    assert "was used already" in refusal(settings, scenario)


def test_a_permit_that_cannot_be_marked_as_taken_is_not_taken(started, scenario, tmp_path):
    settings = started(permit.issue(tmp_path, scenario, 60.0))
    (tmp_path / permit.TAKEN_FILE / "x").mkdir(parents=True)
    assert "was used already" in refusal(settings, scenario)


def test_without_a_permit_aws_is_refused(started, scenario):
    assert "was not started by `busyhour run`" in refusal(started(""), scenario)


def test_a_permit_that_was_taken_back_is_none(started, scenario, tmp_path):
    secret = permit.issue(tmp_path, scenario, 60.0)
    permit.withdraw(tmp_path)
    assert "no such file" in refusal(started(secret), scenario)


def test_a_wrong_secret_is_refused_and_the_right_one_is_not_on_disk(started, scenario, tmp_path):
    secret = permit.issue(tmp_path, scenario, 60.0)
    assert secret not in (tmp_path / permit.FILE).read_text()
    assert "is not the secret" in refusal(started("guessed"), scenario)


def test_the_time_that_the_gate_allowed_is_kept(started, scenario, tmp_path):
    settings = started(permit.issue(tmp_path, scenario, 60.0, now=1000.0))
    assert "has expired" in refusal(settings, scenario, now=1060.0)
    permit.take(settings, scenario, 1059.0)


def test_a_process_that_the_run_did_not_start_is_refused(started, scenario, tmp_path, monkeypatch):
    settings = started(permit.issue(tmp_path, scenario, 60.0))
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert "its own `busyhour run` starts" in refusal(settings, scenario)


@pytest.mark.parametrize(
    "change",
    [
        {"destinations": ("+12025550199",)},
        {"max_calls": 4},
        {"max_cost_usd": 99.0},
        {"loopback": "other"},
    ],
)
def test_a_scenario_that_the_gate_has_not_seen_is_refused(started, scenario, tmp_path, change):
    settings = started(permit.issue(tmp_path, scenario, 60.0))
    other = replace(scenario, aws=replace(scenario.aws, **change))
    assert "is for a plan other" in refusal(settings, other)


def test_more_traffic_is_another_plan(started, scenario, tmp_path):
    settings = started(permit.issue(tmp_path, scenario, 60.0))
    other = with_traffic(scenario, replace(scenario.traffic, growth=2.0))
    assert "is for a plan other" in refusal(settings, other)


def test_another_instance_is_refused(started, scenario, tmp_path):
    secret = permit.issue(tmp_path, scenario, 60.0)
    assert "is for instance 'i-1', not 'i-2'" in refusal(started(secret, BUSYHOUR_INSTANCE="i-2"), scenario)


def test_a_permit_of_another_run_is_refused(started, scenario, tmp_path):
    elsewhere = tmp_path / "other"
    elsewhere.mkdir()
    secret = permit.issue(tmp_path, scenario, 60.0)
    (tmp_path / permit.FILE).rename(elsewhere / permit.FILE)
    assert "is the permit of the run" in refusal(started(secret, BUSYHOUR_RUN_DIR=str(elsewhere)), scenario)


def test_a_worker_of_another_machine_keeps_the_time_by_its_own_clock(scenario, tmp_path, started):
    taken = permit.take(started(permit.issue(tmp_path, scenario, 60.0, now=1000.0)), scenario, 1010.0)
    there = Permit.from_wire(taken.to_wire(1010.0), 500.0)
    assert there.expires == 550.0
    assert replace(there, expires=taken.expires) == taken


@pytest.mark.parametrize("kind", [VoiceCalls, LambdaCalls, TableCalls, ControlRoom])
def test_no_kind_of_load_reaches_a_real_account_without_a_permit(
    started, scenario, kind, monkeypatch, fake_aws
):
    monkeypatch.setenv("AWS_ENDPOINT_URL", fake_aws.url)
    drive = Drive(started(""), scenario, [kind()], None, lambda *_: None)
    with pytest.raises(BusyhourError, match="is not dialled: this process has no permit"):
        drive.prepare()
    assert fake_aws.requests == []
