"""Whole runs of one worker in this process, without Locust, against a stand-in for AWS."""

import gevent

import json
import re
import time

import pytest

from busyhour.errors import BusyhourError
from busyhour.load.behaviour import CallBehaviour
from busyhour.load.client.credentials import FixedCredentials
from busyhour.load.client.load_client import Client
from busyhour.load.client.sigv4 import Prepared
from busyhour.load.outcomes.clean_up import AWS_SECONDS
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Drive
from busyhour.load.safety.permit import Permit, plan_of
from busyhour.load.settings import for_scenario, from_environment
from busyhour.load.users import voice
from busyhour.load.users.backend import BackendCalls
from busyhour.load.users.lambda_ import LambdaCalls
from busyhour.load.users.voice import VoiceCalls
from busyhour.results import journal
from busyhour.scenarios.reader import load

QUIET = {"BUSYHOUR_SLIP_P99_MS": "2000", "BUSYHOUR_CPU_SHARE": "9"}
"""The stand-in shares this process and its lock, and tests share the machine: here neither makes a run invalid."""


class QuickVoice(VoiceCalls):
    outcomes_per_second = 100.0


def run(kinds, url, path, *, interrupt_after=None, target=None, permitted=None, **environment):
    settings = from_environment(
        {"BUSYHOUR_ENDPOINT": url, "BUSYHOUR_TARGET": target or "emulator", **QUIET, **environment}, path
    )
    scenario = load(path)
    total = Aggregator(settings, scenario, 1, time.time())
    permit = None
    if permitted is not None:
        settings = for_scenario(settings, scenario)
        where = (settings.account, settings.region, settings.instance)
        permit = Permit("run", *where, plan_of(scenario), 0, time.time() + permitted, "")
    drive = Drive(
        settings,
        scenario,
        kinds,
        None,
        lambda part, status: total.add(0, part, status, 0.0),
        permit=permit,
    )
    drive.prepare()
    if interrupt_after is not None:
        gevent.spawn_later(interrupt_after, drive.interrupt)
        total.interrupted = True
    started = time.time() + 0.05
    total.started = started
    with gevent.Timeout(30):
        gevent.spawn(drive.run, time.monotonic() + 0.05, started).get()
    total.finished(0, drive.final_notes())
    return total.result(time.time(), scenario.drive.value), drive


def operation(result, name):
    return next(each for each in result.operations if each.name == name)


def test_every_planned_call_is_placed_once_and_its_outcome_known(fake_aws, write_scenario):
    result, _ = run([QuickVoice()], fake_aws.url, write_scenario(rate=20, duration=1))
    arrivals = result.arrivals
    assert (arrivals.planned, arrivals.started, arrivals.completed, arrivals.dropped) == (20, 20, 20, 0)
    assert result.calls["ends"] == {"CUSTOMER_DISCONNECT": 20}
    assert fake_aws.count("/contact/outbound-voice") == 20
    assert result.valid, result.reasons


def test_calls_start_on_time_however_slow_the_target_is_and_the_latency_shows_it(fake_aws, write_scenario):
    fake_aws.delay = 0.8

    class Voice(VoiceCalls):
        outcomes_per_second = 0.0

    result, _ = run([Voice()], fake_aws.url, write_scenario(rate=30, duration=1))
    assert result.arrivals.started == 30
    assert result.arrivals.slip_ms.p50 < 100
    latency = operation(result, "StartOutboundVoiceContact").latency
    assert latency.p50 >= 800
    assert result.peaks["requests:connect:StartOutboundVoiceContact"].value >= 25


def test_latency_counts_from_the_intended_start_and_service_time_from_the_sending(fake_aws, write_scenario):
    class Blocked(QuickVoice):
        def arrive(self, index, intended):
            if index == 0:
                time.sleep(0.3)
            super().arrive(index, intended)

    result, _ = run([Blocked()], fake_aws.url, write_scenario(rate=20, duration=1), BUSYHOUR_SLIP_P99_MS="50")
    placed = operation(result, "StartOutboundVoiceContact")
    assert placed.latency.max > 250
    assert placed.service_time.p50 < 200
    assert result.arrivals.late >= 5
    assert not result.valid
    assert "slip p99" in " ".join(result.reasons)


def test_throttled_calls_are_blocked_and_not_tried_again(fake_aws, write_scenario):
    fake_aws.answers["/contact/outbound-voice"] = (
        429,
        {"x-amzn-ErrorType": "TooManyRequestsException"},
        b"{}",
    )
    result, _ = run([QuickVoice()], fake_aws.url, write_scenario(rate=10, duration=1))
    assert result.arrivals.blocked == 10
    placed = operation(result, "StartOutboundVoiceContact")
    assert (placed.requests, placed.throttles, placed.errors) == (10, 10, 0)
    assert result.first_errors[0].kind == "rate_throttle"
    assert result.valid


def test_with_the_applications_retry_policy_attempts_are_counted_apart_and_the_call_is_placed(
    fake_aws, write_scenario
):
    throttle = (429, {"x-amzn-ErrorType": "TooManyRequestsException"}, b"{}")
    usual = fake_aws.answer

    def first_three_are_throttled(method, path, body):
        at = "/contact/outbound-voice"
        return throttle if path == at and fake_aws.count(at) <= 3 else usual(method, path, body)

    fake_aws.answer = first_three_are_throttled
    path = write_scenario(rate=10, duration=0.5, drain=6, more='[client]\nretry = "standard"')
    result, _ = run([QuickVoice()], fake_aws.url, path)
    (retried,) = result.retries
    placed = operation(result, "StartOutboundVoiceContact")
    assert (retried.operations, retried.attempts) == (5, placed.requests)
    assert placed.throttles == retried.throttles == retried.recovered == 3
    assert result.arrivals.completed == 5 - retried.failed
    tokens = {
        body.split(b'"ClientToken":"')[1].split(b'"')[0]
        for _, at, _, body in fake_aws.requests
        if at == "/contact/outbound-voice"
    }
    assert len(tokens) == 5  # an attempt is no second call
    assert "DescribeContact" not in {record.name for record in result.retries}


def test_connects_own_requests_to_lambda_are_not_tried_again_by_the_applications_policy(
    fake_aws, write_scenario
):
    fake_aws.answers["/2015"] = (429, {"x-amzn-ErrorType": "TooManyRequestsException"}, b"{}")
    path = write_scenario(drive="lambda", rate=10, duration=0.5, more='[client]\nretry = "standard"')
    result, _ = run([LambdaCalls()], fake_aws.url, path)
    assert fake_aws.count("/2015-03-31/functions/lookup/invocations") == 5
    assert result.retries == []


def test_calls_that_outlast_the_drain_are_cut_off(fake_aws, write_scenario):
    fake_aws.ends_after = 60.0
    result, _ = run([QuickVoice()], fake_aws.url, write_scenario(rate=10, duration=0.5, drain=0.5))
    assert result.arrivals.cut_off == 5
    assert fake_aws.stopped == []


def test_an_interrupted_run_stops_dialling_and_stops_every_live_contact(fake_aws, write_scenario):
    fake_aws.ends_after = 60.0
    result, _ = run([QuickVoice()], fake_aws.url, write_scenario(rate=10, duration=30), interrupt_after=1.0)
    assert result.interrupted
    assert 5 <= result.arrivals.started <= 15
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)
    assert result.arrivals.cut_off == result.arrivals.started


def test_on_aws_live_contacts_are_stopped_at_the_end_and_every_id_is_in_the_journal(
    fake_aws, write_scenario, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    fake_aws.ends_after = 60.0
    more = '[aws]\naccount = "123456789012"\ninstance = "i"\nsource_number = "+12025550100"\ndestinations = ["+12025550101"]\nmax_calls = 3\nmax_concurrent = 500\nmax_cost_usd = 500'
    path = write_scenario(rate=10, duration=0.5, drain=0.2, more=more)
    result, _ = run(
        [QuickVoice()], fake_aws.url, path, target="aws", permitted=600.0, BUSYHOUR_RUN_DIR=str(tmp_path)
    )
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts) == ["contact-0", "contact-1", "contact-2"]
    assert (tmp_path / "contacts-0.log").read_text().split() == ["contact-0", "contact-1", "contact-2"]
    assert result.arrivals.dropped_reasons == {"cap on calls": 2}
    assert b"+12025550101" in next(
        body for _, at, _, body in fake_aws.requests if at == "/contact/outbound-voice"
    )


class Unasked(VoiceCalls):
    """Its contacts are never described, and stopping them is quick."""

    outcomes_per_second = 0.0
    stops_per_second = 100.0


def test_contacts_whose_ids_are_not_in_memory_any_more_are_stopped_from_the_journal(
    fake_aws, write_scenario, tmp_path, monkeypatch
):
    monkeypatch.setattr(voice, "IDS_KEPT", 2)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    more = '[aws]\naccount = "123456789012"\ninstance = "i"\nsource_number = "+12025550100"\ndestinations = ["+12025550101"]\nmax_calls = 500\nmax_concurrent = 500\nmax_cost_usd = 500'
    path = write_scenario(rate=20, duration=30, more=more)
    result, _ = run(
        [Unasked()],
        fake_aws.url,
        path,
        interrupt_after=1.0,
        target="aws",
        permitted=600.0,
        BUSYHOUR_RUN_DIR=str(tmp_path),
    )
    assert len(fake_aws.contacts) > 5
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)
    said = " ".join(result.notes)
    assert re.search(r"newest 2 were kept in memory and \d+ were not; the run journal has all of them", said)
    assert "could not be stopped" not in said
    assert journal.live(tmp_path) == []


def test_without_a_journal_those_that_are_out_of_reach_are_counted(fake_aws, write_scenario, monkeypatch):
    monkeypatch.setattr(voice, "IDS_KEPT", 2)
    result, _ = run([Unasked()], fake_aws.url, write_scenario(rate=20, duration=30), interrupt_after=1.0)
    forgotten = len(fake_aws.contacts) - len(fake_aws.stopped)  # and what was on its way is stopped as well
    assert 2 <= len(fake_aws.stopped) <= 6
    assert forgotten > 5
    said = " ".join(result.notes)
    assert f"kept in memory and {forgotten} were not." in said
    assert f"{forgotten} contacts could not be stopped in time and may still be live." in said


def test_contacts_of_a_lost_worker_are_ended_by_its_heirs_each_by_one(
    fake_aws, write_scenario, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    (tmp_path / "contacts-1.log").write_text("".join(f"left-{number}\n" for number in range(7)))
    (tmp_path / "ended-1.log").write_text("left-3\n")

    class Heir(QuickVoice):
        """One of two workers that are left when worker 1 dies; what it does of the calls is not of interest."""

        def begin(self):
            super().begin()
            self.drive.clock.call_at(0.1, lambda: self.worker_lost(1, 0, 2))

    more = '[aws]\naccount = "123456789012"\ninstance = "i"\nsource_number = "+12025550100"\ndestinations = ["+12025550101"]\nmax_calls = 500\nmax_concurrent = 500\nmax_cost_usd = 500'
    path = write_scenario(rate=4, duration=0.5, drain=3, more=more)
    run([Heir()], fake_aws.url, path, target="aws", permitted=600.0, BUSYHOUR_RUN_DIR=str(tmp_path))
    left = [contact for contact in fake_aws.stopped if contact.startswith("left")]
    assert sorted(left) == ["left-1", "left-4", "left-6"]
    assert {"left-1", "left-4", "left-6"} <= set((tmp_path / "ended-0.log").read_text().split())


def test_the_generator_itself_ends_the_run_before_its_permit_does(
    fake_aws, write_scenario, tmp_path, monkeypatch
):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    fake_aws.ends_after = 60.0
    more = '[aws]\naccount = "123456789012"\ninstance = "i"\nsource_number = "+12025550100"\ndestinations = ["+12025550101"]\nmax_calls = 500\nmax_concurrent = 500\nmax_cost_usd = 500'
    path = write_scenario(rate=5, duration=60, more=more)
    ends = AWS_SECONDS + 2.0  # it takes AWS_SECONDS to end live calls
    result, drive = run(
        [QuickVoice()], fake_aws.url, path, target="aws", permitted=ends, BUSYHOUR_RUN_DIR=str(tmp_path)
    )
    assert drive.interrupted
    assert 5 <= result.arrivals.started <= 20
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)
    assert "The time that the safety gate allowed is over" in " ".join(result.notes)


def test_more_connections_than_allowed_drop_calls_and_the_run_says_so(fake_aws, write_scenario):
    fake_aws.delay = 0.5
    path = write_scenario(rate=20, duration=1)
    result, _ = run([QuickVoice()], fake_aws.url, path, BUSYHOUR_MAX_CONNECTIONS="3")
    assert result.arrivals.dropped_reasons["connections"] > 0
    assert result.arrivals.started + result.arrivals.dropped == 20
    assert not result.valid


def test_whole_calls_drive_lambda_as_connect_would(fake_aws, write_scenario):
    result, _ = run([BackendCalls()], fake_aws.url, write_scenario(drive="backend", rate=10, duration=1))
    assert (result.arrivals.started, result.arrivals.completed) == (10, 10)
    assert result.calls["ends"] == {"CONTACT_FLOW_DISCONNECT": 10}
    assert fake_aws.count("/2015-03-31/functions/lookup/invocations") == 10
    (function,) = result.functions
    assert (function.name, function.invocations, function.per_call) == ("lookup", 10, 1.0)
    assert b'"ContactFlowEvent"' in fake_aws.requests[-1][3]


def test_a_throttled_lambda_is_tried_three_times_more_as_connect_does(fake_aws, write_scenario):
    fake_aws.answers["/2015"] = (429, {"x-amzn-ErrorType": "TooManyRequestsException"}, b"{}")
    result, _ = run([BackendCalls()], fake_aws.url, write_scenario(drive="backend", rate=4, duration=1))
    assert fake_aws.count("/2015-03-31/functions/lookup/invocations") == 16
    assert operation(result, "Invoke").throttles == 16
    assert result.calls["error_branches"] == 4
    assert result.arrivals.completed == 4


def test_lambda_alone(fake_aws, write_scenario):
    result, _ = run([LambdaCalls()], fake_aws.url, write_scenario(drive="lambda", rate=20, duration=0.5))
    assert result.arrivals.completed == 10
    assert operation(result, "Invoke").requests == 10


def test_two_workers_together_drive_the_same_schedule(fake_aws, write_scenario):
    path = write_scenario(rate=20, duration=1, arrivals="poisson")
    schedule = list(
        Drive(
            from_environment({"BUSYHOUR_ENDPOINT": fake_aws.url}, path), load(path), [], None, None
        ).schedule
    )
    seen = []

    class Noting(QuickVoice):
        def arrive(self, index, intended):
            seen.append((index, intended))
            super().arrive(index, intended)

    for k in (0, 1):
        settings = from_environment({"BUSYHOUR_ENDPOINT": fake_aws.url}, path)
        drive = Drive(settings, load(path), [Noting()], None, lambda part, status: None)
        drive.prepare(k, 2)
        with gevent.Timeout(20):
            gevent.spawn(drive.run, time.monotonic(), time.time()).get()
    assert sorted(seen) == [(call, at) for call, at in schedule]


def test_an_entry_flow_that_the_instance_does_not_have_is_named(fake_aws, write_scenario):
    fake_aws.answers["/contact-flows-summary/"] = (
        200,
        {},
        b'{"ContactFlowSummaryList":[{"Id":"1","Name":"entri"}]}',
    )
    with pytest.raises(BusyhourError, match=r"no flow named .entry.\. Did you mean .entri."):
        run([QuickVoice()], fake_aws.url, write_scenario())


def test_a_kind_that_fails_makes_the_run_invalid_and_says_so(fake_aws, write_scenario, capsys):
    class Broken(QuickVoice):
        def attributes_of(self, index):
            if index == 3:
                raise RuntimeError("boom")
            return {}

    result, _ = run([Broken()], fake_aws.url, write_scenario(rate=10, duration=0.5, drain=0.5))
    assert not result.valid
    assert "1 callbacks of the generator raised" in " ".join(result.reasons)
    assert "boom" in capsys.readouterr().err


UNLISTED = "+12025550177"
LIVE = """[aws]
account = "123456789012"
instance = "i"
source_number = "+12025550100"
destinations = ["+12025550101"]
max_calls = {calls}
max_concurrent = 50
max_cost_usd = 5
"""


@pytest.fixture
def live(fake_aws, write_scenario, tmp_path, monkeypatch):
    """Run kinds of callers against the stand-in as a live account."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def drive(*kinds, calls=50):
        path = write_scenario(rate=10, duration=0.8, drain=1.0, more=LIVE.format(calls=calls))
        environment = {"BUSYHOUR_RUN_DIR": str(tmp_path)}
        result, _ = run(list(kinds), fake_aws.url, path, target="aws", permitted=600.0, **environment)
        return result

    return drive


class Elsewhere(QuickVoice):
    def destination(self, index):
        return UNLISTED


class Beside(CallBehaviour):
    """Places contacts at its own pace, without the scenario's arrivals."""

    takes_calls = False
    number = "+12025550101"
    contacts = 15

    def prepare(self):
        self.start = self.drive.service("connect").operation("StartOutboundVoiceContact", self.request(0))

    def request(self, index):
        return {
            "InstanceId": "i",
            "ContactFlowId": "flow-1",
            "SourcePhoneNumber": "+12025550100",
            "DestinationPhoneNumber": self.number,
            "ClientToken": f"beside-{index}",
        }

    def begin(self):
        for index in range(self.contacts):
            self.send(json.dumps(self.request(index)).encode())

    def send(self, body):
        self.start.send(body, self.drive.clock.now())

    @property
    def in_progress(self):
        return 0.0

    def settled(self):
        return True


class Unlisted(Beside):
    number = UNLISTED


class OwnClient(Unlisted):
    """Makes a client of its own, as if the run's were not there."""

    def prepare(self):
        url = self.drive.settings.endpoint
        self.client = Client(url, self.drive.clock, FixedCredentials())
        self.client.open()
        headers = {"content-type": "application/json"}
        self.prepared = Prepared(
            "PUT", self.client.host, "/contact/outbound-voice", headers, "us-east-1", "connect"
        )

    def send(self, body):
        self.client.send(self.prepared, body, lambda answer: None)


class OtherPath(Unlisted):
    """Prepares a request that reads, and sends it to another path."""

    def prepare(self):
        parameters = {"InstanceId": "i", "ContactId": "c"}
        self.start = self.drive.service("connect").operation("StopContact", parameters)

    def send(self, body):
        self.start.send(body, self.drive.clock.now(), path="/contact/outbound-voice")


@pytest.mark.parametrize(
    "kinds", [(Elsewhere,), (Unlisted,), (OwnClient,)], ids=lambda kinds: kinds[0].__name__
)
def test_a_number_that_is_not_listed_does_not_ring(live, fake_aws, kinds):
    result = live(*[kind() for kind in kinds])
    assert fake_aws.count("/contact/outbound-voice") == 0
    said = " ".join(result.notes)
    assert f"DestinationPhoneNumber '{UNLISTED}' is not in [aws] destinations" in said
    assert not result.valid
    assert "requests did not leave: the safety gate refused them" in " ".join(result.reasons)


def test_a_request_is_judged_by_its_path_not_by_its_name(live, fake_aws):
    live(OtherPath())
    assert not fake_aws.contacts


def test_a_class_beside_the_scenarios_own_shares_its_caps_and_its_journal(live, fake_aws, tmp_path):
    result = live(QuickVoice(), Beside(), calls=10)
    assert fake_aws.count("/contact/outbound-voice") == 10
    written = (tmp_path / "contacts-0.log").read_text().split()
    assert sorted(written) == sorted(fake_aws.contacts)
    assert len((tmp_path / "requests-0.log").read_text().split()) == 10
    assert "max_calls is 10" in " ".join(result.notes)


def test_what_was_asked_for_is_on_disk_before_the_target_sees_it(live, fake_aws, tmp_path):
    seen = []
    plain = fake_aws.answer

    def answer(method, path, body):
        if path == "/contact/outbound-voice":
            token = json.loads(body)["ClientToken"]
            seen.append(token in (tmp_path / "requests-0.log").read_text().split())
        return plain(method, path, body)

    fake_aws.answer = answer
    live(QuickVoice())
    assert len(seen) == 8
    assert all(seen)
