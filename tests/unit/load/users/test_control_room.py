"""Dashboards poll at their pace, spread evenly; desktops read each contact once; all of it within the run."""

import gevent

import json
import time

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.client import serializer
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Drive
from busyhour.load.settings import from_environment
from busyhour.load.users.control_room import ControlRoom
from busyhour.load.users.voice import VoiceCalls
from busyhour.scenarios.reader import load

QUIET = {"BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "9"}


class Busy(ControlRoom):
    dashboards = 4
    refresh_seconds = 0.8
    read_after_seconds = 0.1


class QuickVoice(VoiceCalls):
    outcomes_per_second = 0.0


def queues(*ids):
    found = [{"Id": each, "Arn": f"arn:{each}", "Name": each, "QueueType": "STANDARD"} for each in ids]
    return 200, {}, json.dumps({"QueueSummaryList": found}).encode()


@pytest.fixture
def centre(fake_aws):
    fake_aws.answers = {
        "/queues-summary/": queues("q-1", "q-2"),
        "/metrics/current/": (200, {}, b'{"MetricResults":[]}'),
        "/contact/attributes/": (200, {}, b'{"Attributes":{}}'),
    }
    return fake_aws


def run(kinds, url, path, k=0, n=1):
    settings = from_environment({"BUSYHOUR_ENDPOINT": url, **QUIET}, path)
    scenario = load(path)
    total = Aggregator(settings, scenario, 1, time.time(), calls=any(kind.takes_calls for kind in kinds))
    drive = Drive(settings, scenario, kinds, None, lambda part, status: total.add(0, part, status, 0.0))
    drive.prepare(k, n)
    gevent.spawn(drive.run, time.monotonic(), time.time()).get(timeout=20)
    total.finished(0, drive.final_notes())
    return total.result(time.time(), "voice")


def test_dashboards_alone_poll_all_queues_at_their_pace_and_no_call_is_driven(centre, write_scenario):
    result = run([Busy()], centre.url, write_scenario(duration=2.0))
    assert result.arrivals.planned == result.arrivals.started == 0
    polls = [body for _, path, _, body in centre.requests if path.startswith("/metrics/current/")]
    assert len(polls) == 10  # 4 dashboards at 0, 0.2, 0.4, 0.6 and every 0.8 s after, for 2 s
    asked = json.loads(polls[0])
    assert asked["Filters"]["Queues"] == ["q-1", "q-2"]
    assert {"Name": "OLDEST_CONTACT_AGE", "Unit": "SECONDS"} in asked["CurrentMetrics"]
    (operation,) = result.operations
    assert (operation.service, operation.name, operation.requests, operation.errors) == (
        *("connect", "GetCurrentMetricData"),
        *(10, 0),
    )
    assert any("desktops read nothing" in note for note in result.notes)


def test_beside_voice_each_contact_is_read_once_by_a_desktop(centre, write_scenario):
    result = run([QuickVoice(), Busy()], centre.url, write_scenario(rate=5, duration=1.0, drain=1.0))
    assert result.arrivals.started == 5
    read = [
        path.rpartition("/")[2]
        for _, path, _, _ in centre.requests
        if path.startswith("/contact/attributes/")
    ]
    assert sorted(read) == sorted(centre.contacts)
    requests = {each.name: each.requests for each in result.operations}
    assert requests["GetContactAttributes"] == requests["DescribeContact"] == 5
    assert requests["GetCurrentMetricData"] >= 4


def test_a_share_of_the_contacts_comes_to_a_desktop(centre, write_scenario):
    class Half(Busy):
        read_share = 0.5
        reads = ("GetContactAttributes",)

    run([QuickVoice(), Half()], centre.url, write_scenario(rate=8, duration=1.0, drain=1.0))
    assert centre.count("/contact/attributes/") == 4


def test_two_workers_have_the_dashboards_between_them(centre, write_scenario):
    path = write_scenario(duration=0.7)
    run([Busy()], centre.url, path, k=0, n=2)
    assert centre.count("/metrics/current/") == 2  # at 0 and at 0.4
    run([Busy()], centre.url, path, k=1, n=2)
    assert centre.count("/metrics/current/") == 4  # at 0.2 and at 0.6


def test_throttled_polls_are_counted_and_the_dashboards_go_on(centre, write_scenario):
    centre.answers["/metrics/current/"] = (
        *(429, {"x-amzn-errortype": "ThrottlingException"}),
        b'{"message":"Rate exceeded"}',
    )
    result = run([Busy()], centre.url, write_scenario(duration=2.0))
    assert result.operations[0].throttles == result.operations[0].requests == 10


def test_more_queues_than_one_request_takes_are_asked_for_in_parts(centre, write_scenario):
    centre.answers["/queues-summary/"] = queues(*(f"q-{i}" for i in range(150)))

    class One(Busy):
        dashboards = 1

    run([One()], centre.url, write_scenario(duration=0.5))
    sizes = [
        len(json.loads(body)["Filters"]["Queues"])
        for _, path, _, body in centre.requests
        if path.startswith("/metrics/current/")
    ]
    assert sorted(sizes) == [50, 100]


def test_an_instance_without_queues_is_said(centre, write_scenario):
    centre.answers["/queues-summary/"] = queues()
    result = run([Busy()], centre.url, write_scenario(duration=0.3))
    assert any("no queue" in note for note in result.notes)


def test_an_unknown_read_is_refused(centre, write_scenario):
    class Wrong(Busy):
        reads = ("GetEverything",)

    with pytest.raises(BusyhourError, match="A desktop cannot read GetEverything"):
        run([Wrong()], centre.url, write_scenario(duration=0.3))


@pytest.mark.parametrize(
    ("name", "key", "path"),
    [
        ("GetContactAttributes", "InitialContactId", "/contact/attributes/i/c"),
        ("DescribeContact", "ContactId", "/contacts/i/c"),
    ],
)
def test_paths_are_those_of_botocores_model(name, key, path):
    assert serializer.write("connect", name, {"InstanceId": "i", key: "c"}).path == path
