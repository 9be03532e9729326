"""Ends of contacts by contact events in a file that grows while it is read."""

import itertools
import json
import os
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.capacity.simulation.clock import VirtualClock
from busyhour.errors import BusyhourError
from busyhour.load.outcomes import contact_events
from busyhour.load.outcomes.contact_events import ContactEventSource, FileTail, read_end
from busyhour.load.outcomes.source import Ended

EPOCH = 1628098673.0  # 2021-08-04T17:37:53Z


def event(contact="c", kind="DISCONNECTED", **detail):
    detail = {
        "eventType": kind,
        "contactId": contact,
        "channel": "VOICE",
        "initiationMethod": "API",
        "initiationTimestamp": "2021-08-04T17:37:54.000Z",
        **detail,
    }
    return {
        "version": "0",
        "detail-type": "Amazon Connect Contact Event",
        "source": "aws.connect",
        "detail": detail,
    }


def line(*given, **detail):
    return json.dumps(event(*given, **detail)).encode()


OVER = {"disconnectTimestamp": "2021-08-04T17:38:54.500Z", "disconnectReason": "CUSTOMER_DISCONNECT"}


def test_the_end_is_read_in_seconds_of_the_run():
    found = read_end(
        line(
            connectedToSystemTimestamp="2021-08-04T17:37:56.000Z",
            queueInfo={"queueArn": "q", "enqueueTimestamp": "2021-08-04T17:38:00.000Z"},
            agentInfo={"agentArn": "a", "connectedToAgentTimestamp": "2021-08-04T17:38:03.000Z"},
            **OVER,
        ),
        EPOCH,
    )
    assert found == ("c", Ended(61.5, "CUSTOMER_DISCONNECT", 3.0, 7.0, 10.0, 1.0))
    assert not found[1].blocked


def test_a_call_that_failed_at_once_was_blocked():
    _, ended = read_end(
        line(disconnectTimestamp="2021-08-04T17:37:54.010Z", disconnectReason="TELECOM_PROBLEM"), EPOCH
    )
    assert ended.blocked


@pytest.mark.parametrize("kind", ["INITIATED", "CONNECTED_TO_SYSTEM", "QUEUED", "CONTACT_DATA_UPDATED"])
def test_an_event_before_the_end_tells_of_none(kind):
    assert read_end(line("c", kind), EPOCH) is None


def test_what_is_no_contact_event_tells_of_no_end():
    assert read_end(b'{"detail-type": "Amazon Connect Contact Lens", "detail": {}}', EPOCH) is None


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.text(st.characters(blacklist_characters="\n", blacklist_categories=["Cs"]), max_size=30),
        max_size=20,
    ),
    st.lists(st.integers(0, 200), max_size=8),
    st.integers(1, 64),
)
def test_a_growing_file_is_read_line_by_line_wherever_it_is_cut(tmp_path_factory, texts, cuts, chunk):
    path = tmp_path_factory.mktemp("tail") / "events.jsonl"
    path.write_bytes(b"from before\n")
    tail = FileTail(path)
    whole = "".join(f"{text}\n" for text in texts).encode()
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    found = []
    before, contact_events.CHUNK = contact_events.CHUNK, chunk
    try:
        for start, end in itertools.pairwise(edges):
            with path.open("ab") as out:
                out.write(whole[start:end])
            found += tail.lines()
        for _ in range(len(whole) // chunk + 1):
            found += tail.lines()
    finally:
        contact_events.CHUNK = before
    assert found == [text.encode() for text in texts]


def test_a_file_that_is_made_later_or_replaced_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "events.jsonl"
    tail = FileTail(path)
    assert tail.lines() == []
    path.write_bytes(b"one\ntwo\n")
    assert tail.lines() == [b"one", b"two"]
    path.rename(tmp_path / "events.1.jsonl")
    path.write_bytes(b"three\n")
    assert tail.lines() == [b"three"]
    path.write_bytes(b"4\n")
    assert tail.lines() == [b"4"]


@pytest.mark.parametrize("name", [".", "missing/events.jsonl"])
def test_a_place_where_no_such_file_can_be_is_said(tmp_path, name):
    with pytest.raises(BusyhourError, match="BUSYHOUR_CONTACT_EVENTS") as caught:
        FileTail(tmp_path / name)
    assert caught.value.hint


class Run:
    """A drive in virtual time, and a file that tests append events to."""

    def __init__(self, folder):
        self.clock = VirtualClock()
        self.started_at = EPOCH
        self.path = folder / "events.jsonl"
        self.on_end = {}
        drive = SimpleNamespace(clock=self.clock, started_at=EPOCH)
        self.source = ContactEventSource(
            drive, self.path, lambda contact, ended: self.on_end.update({contact.id: ended})
        )
        self.source.begin()

    def write(self, *lines):
        with self.path.open("ab") as out:
            out.writelines(line + b"\n" for line in lines)
        self.clock.run(self.clock.now() + 1.0)


@pytest.fixture
def run(tmp_path):
    return Run(tmp_path)


def test_every_contact_is_followed_until_its_event_comes(run):
    assert [run.source.follow(n, f"c{n}", 1.0) for n in range(3)] == [None] * 3
    assert run.source.weight == 3.0
    run.write(line("c1", "INITIATED"), line("c1", **OVER), line("c1", "COMPLETED", **OVER))
    assert list(run.on_end) == ["c1"]
    assert sorted(run.source.followed) == ["c0", "c2"]


def test_an_event_may_come_before_the_answer_that_the_contact_was_accepted(run):
    run.write(line("c", **OVER))
    assert run.source.follow(0, "c", 1.0) is None
    assert run.on_end["c"].at == 61.5
    assert not run.source.followed


def test_events_that_were_written_but_not_yet_read_count_at_the_end(run):
    run.source.follow(0, "a", 1.0)
    run.source.follow(1, "b", 1.0)
    with run.path.open("ab") as out:
        out.write(line("a", **OVER) + b"\n")
    assert [contact.id for contact in run.source.end()] == ["b"]
    (said,) = run.source.final_notes(1, 0)
    assert "known for 1 calls, unknown for 1" in said
    assert "late or lost" in said


def test_events_after_one_longer_than_a_read_count_at_the_end(run):
    run.source.follow(0, "b", 1.0)
    with run.path.open("ab") as out:
        out.write(line("a", **OVER, padding="x" * 300_000) + b"\n" + line("b", **OVER) + b"\n")
    assert run.source.end() == []


def test_a_writer_that_never_stops_does_not_delay_the_end(run, monkeypatch):
    """The file grows by a line for each read; a bound of reads fails the test instead of a hang."""
    real, reads = FileTail.lines, []

    def growing(tail):
        reads.append(1)
        assert len(reads) < 50, "the end waits for the writer"
        with run.path.open("ab") as out:
            out.write(line("x", **OVER) + b"\n")
        return real(tail)

    with run.path.open("ab") as out:
        out.write(line("a", **OVER) + b"\n")
    run.source.follow(0, "a", 1.0)
    monkeypatch.setattr(FileTail, "lines", growing)
    assert run.source.end() == []


@pytest.mark.parametrize("identity", [None, 7, [], {}, "", "x" * 257])
def test_an_identity_that_no_contact_has_is_not_kept(identity):
    """Early ends are kept by identity: 20,000 of a megabyte each would fill the memory."""
    with pytest.raises(ValueError, match="no valid contactId"):
        read_end(line(identity, **OVER), 0.0)


def test_lines_that_are_broken_are_counted_and_said_and_the_others_are_read(run):
    run.source.follow(0, "c", 1.0)
    run.write(
        b'{"DISCONNECTED',
        b'["DISCONNECTED"]',
        b"chatter",
        line("c", **OVER | {"disconnectTimestamp": "soon"}),
        line("c", **OVER | {"disconnectTimestamp": "2021-08-04T17:38:54"}),
        line("c", **OVER | {"queueInfo": "q"}),
    )
    run.write(line("c", **OVER))
    assert list(run.on_end) == ["c"]
    run.source.end()
    assert run.source.final_notes(1, 0) == [f"5 lines of {run.path} could not be read as contact events."]


def test_a_reason_that_is_no_word_of_connect_is_cut_or_unknown(run):
    for contact, reason in (("a", "x" * 10_000), ("b", {"a": 1})):
        run.source.follow(0, contact, 1.0)
        run.write(line(contact, **OVER | {"disconnectReason": reason}))
    assert run.on_end["a"].reason == "x" * contact_events.REASON_LENGTH
    assert run.on_end["b"].reason == "unknown"


def test_contacts_whose_events_are_lost_do_not_fill_the_memory(run, monkeypatch):
    monkeypatch.setattr(contact_events, "FOLLOWED_AT_MOST", 3)
    monkeypatch.setattr(contact_events, "EARLY_AT_MOST", 2)
    assert [run.source.follow(n, f"c{n}", 1.0) for n in range(5)] == [None, None, None, "c0", "c1"]
    run.write(*(line(f"other{n}", **OVER) for n in range(5)))
    assert run.source.follow(9, "other4", 1.0) is None
    assert list(run.on_end) == ["other4"]
    assert run.source.follow(10, "other0", 1.0) == "c2"


def test_a_line_without_end_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(contact_events, "LINE_BYTES", 1000)
    path = tmp_path / "events.jsonl"
    tail = FileTail(path)
    path.write_bytes(b"x" * 200_000)
    for _ in range(200_000 // contact_events.CHUNK + 1):
        assert tail.lines() == []
    with path.open("ab") as file:
        file.write(b"\n" + line(**OVER) + b"\n")
    found = tail.lines()
    assert len(found[0]) <= 1000
    with pytest.raises(ValueError, match="unexpected"):
        read_end(found[0], EPOCH)
    assert read_end(found[1], EPOCH) is not None


def test_a_pipe_or_a_device_is_not_waited_for(tmp_path):
    path = tmp_path / "events.jsonl"
    tail = FileTail(path)
    os.mkfifo(path)
    assert tail.lines() == []
    path.unlink()
    path.symlink_to("/dev/zero")
    assert tail.lines() == []
    with pytest.raises(BusyhourError, match="is not a file"):
        FileTail(path)
