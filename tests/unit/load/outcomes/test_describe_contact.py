"""Ends of contacts by DescribeContact, in virtual time: which are requested, how often, and how the others are reported."""

import json
from types import SimpleNamespace

from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.load.error_classes import Class
from busyhour.load.outcomes.describe_contact import ContactPoller

ANSWER_SECONDS = 0.02


class Centre:
    """A drive whose contacts last as long as `length(index)` says; `later` calls at another rate follow the first."""

    def __init__(self, calls, rate, length, *, n=1, per_second=8.0, throttles=0, later=(0, 1.0)):
        self.clock = VirtualClock()
        self.n = n
        self.started_at = 0.0
        self.settings = SimpleNamespace(instance="i")
        first, duration = calls / rate, calls / rate + later[0] / later[1]
        rates = [rate, later[1]] if later[0] else [rate]
        self.schedule = SimpleNamespace(planned_series=lambda step: ([], rates), duration=duration)
        self.scenario = SimpleNamespace(traffic=SimpleNamespace(duration=duration))
        self.notes = []
        self.asked = []
        self.on_end = {}
        self.unknown = []
        self._throttles = throttles
        self._length = length
        self._began = {}
        self.source = ContactPoller(
            self, per_second, lambda contact, ended: self.on_end.update({contact.id: ended})
        )
        self.clock.call_later(0.0, self.source.begin)
        for index in range(calls + later[0]):
            at = index / rate if index < calls else first + (index - calls) / later[1]
            self.clock.call_later(at, lambda index=index: self._accept(index))

    def service(self, name):
        return SimpleNamespace(operation=lambda name, sample, application: self)

    def note(self, text):
        self.notes.append(text)

    def _accept(self, index):
        identity = f"{index}"
        self._began[identity] = self.clock.now()
        left = self.source.follow(index, identity, self.clock.now())
        if left is not None:
            self.unknown.append(left)

    def send(self, body, intended, done, path):
        """A DescribeContact."""
        self.asked.append(self.clock.now())
        identity = path.rpartition("/")[2]
        began = self._began[identity]
        contact = {"InitiationTimestamp": began, "ConnectedToSystemTimestamp": began}
        ends = began + self._length(int(identity))
        if ends <= self.clock.now():
            contact |= {"DisconnectTimestamp": ends, "DisconnectReason": "CUSTOMER_DISCONNECT"}
        answer = SimpleNamespace(kind=Class.OK, ok=True, body=json.dumps({"Contact": contact}).encode())
        if self._throttles:
            self._throttles -= 1
            answer = SimpleNamespace(kind=Class.RATE_THROTTLE, ok=False, body=b"{}")
        self.clock.call_later(ANSWER_SECONDS, lambda: done(answer))


@settings(deadline=None, max_examples=25)
@given(
    calls=st.integers(1, 400),
    rate=st.floats(0.2, 50.0),
    lengths=st.lists(st.floats(0.1, 100.0), min_size=1, max_size=7),
    until=st.floats(1.0, 500.0),
)
def test_each_accepted_contact_is_told_of_or_still_asked_for_or_known_to_be_unknown(
    calls, rate, lengths, until
):
    centre = Centre(calls, rate, lambda index: lengths[index % len(lengths)])
    centre.clock.run(until)
    accepted = list(centre._began)
    found = [*centre.on_end, *centre.source.followed, *centre.unknown]
    assert sorted(found) == sorted(accepted)
    for identity, ended in centre.on_end.items():
        assert abs(ended.at - centre._began[identity] - lengths[int(identity) % len(lengths)]) < 1e-6
    left = {contact.id for contact in centre.source.end()}
    assert sorted([*centre.on_end, *left, *centre.unknown]) == sorted(accepted)
    asked = len(centre.asked)
    centre.clock.run(until + 60.0)
    assert len([at for at in centre.asked[asked:] if at > until]) == 0


@settings(deadline=None, max_examples=4)
@given(rate=st.sampled_from([10.0, 20.0]), period=st.integers(2, 9), short=st.integers(1, 8))
def test_the_sample_has_short_and_long_contacts_as_all_contacts_have_them(rate, period, short):
    short = min(short, period - 1)
    centre = Centre(int(600 * rate), rate, lambda index: 5.0 if index % period < short else 30.0)
    centre.clock.run(800.0)
    share = sum(1 for ended in centre.on_end if int(ended) % period < short) / len(centre.on_end)
    assert len(centre.on_end) > 1000
    assert abs(share - short / period) < 0.05
    assert not centre.source.followed


def test_quiet_and_busy_minutes_are_in_the_sample_as_calls_are_in_them():
    centre = Centre(600, 1.0, lambda index: 5.0 if index < 600 else 30.0, later=(2400, 20.0))
    centre.clock.run(900.0)
    quiet = sum(1 for ended in centre.on_end if int(ended) < 600)
    assert len(centre.on_end) > 300
    assert abs(quiet / len(centre.on_end) - 0.2) < 0.03


@given(n=st.integers(1, 4), rate=st.floats(1.0, 100.0))
@settings(deadline=None, max_examples=10)
def test_no_more_is_asked_than_this_workers_part_of_the_rate(n, rate):
    centre = Centre(300, rate, lambda index: 20.0, n=n)
    centre.clock.run(60.0)
    assert len(centre.asked) <= 60.0 * 8.0 / n + 1


def test_at_a_rate_of_none_nothing_is_asked_and_all_are_unknown():
    centre = Centre(10, 5.0, lambda index: 1.0, per_second=0.0)
    centre.clock.run(100.0)
    assert centre.asked == []
    assert len(centre.unknown) == 10
    assert "not polled for 10" in centre.source.final_notes(0, 10)[0]


def test_where_all_were_asked_for_nothing_needs_saying():
    assert Centre(1, 1.0, lambda index: 1.0).source.final_notes(1, 0) == []


def test_throttles_slow_the_questions_down_and_are_said():
    centre = Centre(50, 2.0, lambda index: 1.0, throttles=3)
    centre.clock.run(200.0)
    assert {note for note in centre.notes if "throttled" in note}
    assert len(centre.on_end) == 50
