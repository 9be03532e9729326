from hypothesis import given
from hypothesis import strategies as st

from busyhour.load.outcomes.source import Unknown, Watch, read, share_watched

EPOCH = 1_000_000.0


def test_a_contact_without_an_end_goes_on():
    assert read({"InitiationTimestamp": EPOCH}, EPOCH) is None


def test_the_end_is_read_in_seconds_of_the_run():
    ended = read(
        {
            "InitiationTimestamp": EPOCH + 1,
            "ConnectedToSystemTimestamp": EPOCH + 4,
            "QueueInfo": {"EnqueueTimestamp": EPOCH + 10},
            "AgentInfo": {"ConnectedToAgentTimestamp": EPOCH + 15},
            "DisconnectTimestamp": EPOCH + 60,
            "DisconnectReason": "AGENT_DISCONNECT",
        },
        EPOCH,
    )
    assert (ended.at, ended.connected, ended.queued, ended.answered) == (60, 4, 10, 15)
    assert (ended.reason, ended.blocked) == ("AGENT_DISCONNECT", False)


def test_a_failure_at_once_without_reaching_a_flow_is_taken_for_the_reorder_tone():
    failed = {
        "InitiationTimestamp": EPOCH,
        "DisconnectTimestamp": EPOCH,
        "DisconnectReason": "TELECOM_PROBLEM",
    }
    assert read(failed, EPOCH).blocked
    assert not read(failed | {"DisconnectTimestamp": EPOCH + 20}, EPOCH).blocked
    assert not read(failed | {"ConnectedToSystemTimestamp": EPOCH}, EPOCH).blocked


def test_few_calls_are_all_watched_many_are_sampled():
    assert share_watched(8.0, 2.0) == 1.0
    assert share_watched(9.0, 30.0) == 0.1
    assert share_watched(0.0, 1.0) == 0.0
    assert share_watched(8.0, 0.0) == 1.0


@given(st.integers(2000, 5000), st.floats(0.05, 1.0))
def test_the_weights_of_a_sample_add_up_to_all_contacts(count, share):
    watch = Watch()
    for index in range(count):
        watch.begin(index, f"c{index}", 0.0, share)
    assert abs(watch.weight - count) < 0.03 * count + 2 / share


def test_a_contact_is_asked_for_when_about_its_length_has_passed_and_then_again():
    watch = Watch()
    contact = watch.begin(0, "c", 0.0, 1.0)
    assert watch.next(4.9) is None
    assert watch.next(5.0) is contact
    watch.still_in_progress(contact, 5.0)
    assert watch.next(7.4) is None
    assert watch.next(7.5) is contact


def test_lengths_are_learned():
    watch = Watch()
    watch.ended(watch.begin(0, "a", 0.0, 1.0), 60.0)
    contact = watch.begin(1, "b", 100.0, 1.0)
    assert watch.next(159.0) is None
    assert watch.next(160.0) is contact


def test_towards_the_end_contacts_are_asked_for_before_they_are_due_but_not_without_pause():
    watch = Watch()
    contact = watch.begin(0, "c", 10.0, 1.0)
    assert watch.next(11.0, eager=True) is contact
    watch.still_in_progress(contact, 11.0)
    assert watch.next(11.5, eager=True) is None
    assert watch.next(12.1, eager=True) is contact


def test_an_ended_contact_is_not_asked_for_and_ends_once():
    watch = Watch()
    contact = watch.begin(0, "c", 0.0, 1.0)
    assert watch.ended(contact, 3.0)
    assert not watch.ended(contact, 3.0)
    assert watch.next(100.0) is None
    assert watch.weight == 0


@given(st.integers(0, 300), st.integers(1, 50))
def test_of_contacts_that_nobody_tells_of_all_are_counted_and_the_newest_kept(count, kept):
    unknown = Unknown(kept)
    for number in range(count):
        unknown.add(f"c{number}")
    assert list(unknown.ids) == [f"c{number}" for number in range(max(0, count - kept), count)]
    assert (unknown.count, unknown.forgotten) == (count, max(0, count - kept))
