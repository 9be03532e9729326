from typing import Any

from busyhour.flows.protocol import Collect, EndReason, Enqueue, Play
from busyhour.scenarios.model import Distribution, MenuBehaviour, Queue

HELLO = Play("hello", "hello", 3.0)
TO_SALES = Enqueue("enqueue", "sales")


def timeline(make_bench: type, seed: int, calls: int = 200) -> list[Any]:
    bench = make_bench()
    bench.centre(
        HELLO,
        Collect("menu", "press", 2.0, 5.0, menu=True, choices=("1", "2")),
        TO_SALES,
        queues=[Queue("sales", 5, capacity=20)],
        seed=seed,
        patience=Distribution("exponential", 60.0),
        talk=Distribution("lognormal", 100.0, 0.8),
        hang_up_rate=0.02,
    )
    bench.arrive_at(*[float(second) * 4 for second in range(calls)])
    bench.clock.run()
    return bench.journal.events


def test_the_same_seed_gives_the_same_timeline(bench: Any):
    assert timeline(type(bench), 3) == timeline(type(bench), 3)


def test_another_seed_gives_another(bench: Any):
    assert timeline(type(bench), 3) != timeline(type(bench), 4)


def test_choices_of_a_call_are_independent_of_other_calls(bench: Any):
    menu = Collect("menu", "press", 2.0, 5.0, menu=True, choices=tuple("123456789"))
    centre = bench.centre(menu)
    alone = centre.arrive(17)
    for index in range(17):
        centre.arrive(index)
    again = centre.arrive(17)
    bench.clock.run()
    assert alone.machine_call.heard == again.machine_call.heard
    assert alone.contact_id == again.contact_id


def test_calls_in_progress_are_counted_with_their_peak(bench: Any):
    centre = bench.centre(HELLO)
    bench.arrive_at(0.0, 1.0, 2.0, 10.0)
    bench.clock.run(until=2.5)
    assert (centre.in_progress, centre.peak_in_progress, centre.peak_in_progress_at) == (3, 3, 2.0)
    bench.clock.run()
    assert (centre.in_progress, centre.peak_in_progress, centre.arrived) == (0, 3, 4)


def test_stop_all_ends_every_call(bench: Any):
    centre = bench.centre(HELLO, TO_SALES, queues=[Queue("sales", 1)])
    bench.arrive_at(0.0, 0.0, 5.0)
    bench.clock.run(until=6.0)
    assert centre.stop_all("end of the run") == 3
    assert centre.in_progress == 0
    assert centre.end_reasons == {EndReason.STOPPED: 3}


def test_a_given_contact_id_and_attributes_are_kept(bench: Any):
    call = bench.centre(HELLO).arrive(0, contact_id="c-1", attributes={"tier": "gold"})
    assert call.contact_id == "c-1"
    assert call.attributes["tier"] == "gold"


def test_metrics_cover_one_queue_or_all_queues(bench: Any):
    centre = bench.centre(TO_SALES, queues=[Queue("sales", 1, arn="arn:q"), Queue("service", 4)])
    bench.arrive_at(0.0, 0.0, 0.0)
    bench.clock.run(until=10.0)
    one, every = centre.metrics("sales").values, centre.metrics().values
    assert (one["NumberOfContactsInQueue"], one["OldestContactInQueueAgeSeconds"]) == (2, 10.0)
    assert (one["NumberOfAgentsAvailable"], one["NumberOfAgentsStaffed"]) == (0, 1)
    assert (one["queue_name"], one["queue_arn"]) == ("sales", "arn:q")
    assert (every["NumberOfAgentsAvailable"], every["NumberOfAgentsStaffed"]) == (4, 5)


def test_notes_list_assumptions_and_unused_entries(bench: Any):
    centre = bench.centre(TO_SALES, menus={"Main menu": MenuBehaviour({"1": 1.0})})
    assert centre.notes() == []
    centre.arrive(0)
    said = " ".join(centre.notes())
    assert "'sales' is not in the scenario" in said
    assert "'Main menu'" in said
