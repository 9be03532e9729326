"""Traffic from records of real contacts."""

import json

import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios.traffic_plan.contacts import OUTBOUND, Wanted, read_contacts

HOUR = 3600.0


def record(at, method="INBOUND", channel="VOICE", **more):
    return {"InitiationTimestamp": at, "InitiationMethod": method, "Channel": channel, **more}


CALLS = [
    record("2026-11-02T08:00:00Z", ContactId="a"),
    record("2026-11-02T08:10:00Z", ContactId="b"),
    record("2026-11-02T08:50:00Z", ContactId="c"),
    record("2026-11-02T08:50:00Z", ContactId="c"),
    record("2026-11-02T08:55:00Z", "TRANSFER", ContactId="d"),
    record("2026-11-02T08:56:00Z", channel="CHAT", ContactId="e"),
    record("2026-11-02T09:40:00Z", ContactId="f"),
]
"""Four calls, one of them delivered twice, a transfer and a chat."""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="contacts"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("\n".join(json.dumps(call) for call in CALLS), id="a record a line"),
        pytest.param("".join(json.dumps(call) for call in CALLS), id="as Firehose writes them"),
        pytest.param(json.dumps(CALLS, indent=2), id="an array"),
        pytest.param(json.dumps({"Contacts": CALLS, "TotalCount": 7}), id="an answer of SearchContacts"),
        pytest.param(
            "Contact ID,Channel,Initiation timestamp,Initiation method,Queue\n"
            + "\n".join(
                f"{c['ContactId']},{c['Channel']},{c['InitiationTimestamp']},{c['InitiationMethod']},Basic"
                for c in CALLS
            ),
            id="a contact search as CSV",
        ),
        pytest.param(
            "\ufeffinitiationTimestamp;contactId;channel;initiationMethod\n"
            + "\n".join(
                f"{c['InitiationTimestamp']};{c['ContactId']};{c['Channel']};{c['InitiationMethod']}"
                for c in CALLS
            ),
            id="semicolons and a byte order mark",
        ),
    ],
)
def test_calls_are_counted_by_when_they_began(file, text):
    assert read_contacts(file(text), HOUR, Wanted()) == (3.0, 1.0)
    assert read_contacts(file(text), HOUR / 2, Wanted()) == (2.0, 1.0, 0.0, 1.0)


@pytest.mark.parametrize(
    "at",
    [
        "2026-11-02T08:00:00.000Z",
        "2026-11-02 08:00:00",
        "2026-11-02 08:00:00 UTC",
        "2026-11-02T09:00:00+01:00",
        1793606400,
        "1793606400.0",
    ],
)
def test_timestamps_come_in_several_writings(file, at):
    later = record("2026-11-02T08:00:30Z")
    assert read_contacts(file(json.dumps([record(at), later])), 10.0, Wanted()) == (1.0, 0.0, 0.0, 1.0)


def test_what_counts_may_be_chosen(file):
    path = file(json.dumps(CALLS))
    start = 1793606400.0 + HOUR / 2
    assert read_contacts(path, HOUR, Wanted(start=start)) == (1.0, 1.0)
    assert read_contacts(path, HOUR, Wanted(methods=("TRANSFER",))) == (1.0,)
    assert read_contacts(path, HOUR, Wanted(channel="CHAT")) == (1.0,)


def test_records_that_do_not_say_channel_or_method_count(file):
    assert read_contacts(file("InitiationTimestamp\n2026-11-02T08:00:00Z\n"), HOUR, Wanted()) == (1.0,)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("", "no contact counts", "traffic.contacts.channel"),
        (json.dumps(CALLS[4:6]), "no contact counts: channel VOICE, initiated by INBOUND", "methods"),
        (
            "Contact ID,Start\n1,2\n",
            "line 2: no InitiationTimestamp",
            "Fields here: contactid, start",
        ),
        ('{"ContactId": "a"}', "record 1: no InitiationTimestamp", "Fields here: contactid"),
        (
            '{"InitiationTimestamp": "soon"}',
            "record 1: InitiationTimestamp is 'soon'",
            "2026-11-02T08:00:00Z",
        ),
        ('{"InitiationTimestamp": ', "contacts:1:25: not JSON", "CSV export"),
        (
            json.dumps([record("2020-01-01T00:00:00Z"), record("2026-01-01T00:00:00Z")]),
            "are 3,156,481 intervals of 60 s",
            "longer traffic.contacts.interval",
        ),
    ],
)
def test_a_mistake_is_reported_with_the_way_out(file, text, message, hint):
    with pytest.raises(BusyhourError) as caught:
        read_contacts(file(text), 60.0, Wanted())
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_no_such_file(tmp_path):
    with pytest.raises(BusyhourError, match="No such file"):
        read_contacts(tmp_path / "none", 60.0, Wanted())


def test_what_a_dialler_began_is_not_what_callers_began():
    assert not set(OUTBOUND) & set(Wanted().methods)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"InitiationTimestamp": NaN}', "InitiationTimestamp is nan, not a date and time"),
        ('{"InitiationTimestamp": 1e18}', "not a date and time"),
        (f'{{"InitiationTimestamp": {"9" * 400}}}', "not a date and time"),
        (f'{{"InitiationTimestamp": {"9" * 5000}}}', "an integer of more than 4,300 digits"),
        (f'{{"InitiationTimestamp": "a{" " * 200_000}x"}}', "not a date and time"),
        ('{"Contacts":' * 2000 + "0" + "}" * 2000, "nested more than 100 levels deep"),
        ("[" * 400 + "]" * 400, "nested more than 100 levels deep"),
        ('InitiationTimestamp,a\n2026-11-30T10:00:00Z,"x\n', ":2: opens quotes that are never closed"),
        ("InitiationTimestamp\n" + "x" * 200_000, ":2: field larger than field limit"),
        ("InitiationTimestamp\n\0", ":2: has a NUL character"),
    ],
)
def test_records_that_no_export_has_are_named(tmp_path, text, said):
    path = tmp_path / "contacts"
    path.write_text(text)
    with pytest.raises(BusyhourError) as caught:
        read_contacts(path, 900.0, Wanted())
    assert said in caught.value.message
    assert len(caught.value.message) < 500
