"""Requirements in words and in run records."""

from __future__ import annotations

import json
import math

import pytest

from busyhour.capacity.requirement import as_json, from_json, in_words
from busyhour.capacity.requirement_kinds import Bucket, Count, Executions, Lines
from busyhour.capacity.staffing_requirements import Abandoned, Agents, QueuedLines, Waiting
from busyhour.capacity.throughput_requirements import Partitions, Throughput
from busyhour.errors import BusyhourError


@pytest.mark.parametrize(
    ("data", "text"), [({"model": "line"}, "Did you mean"), ({"model": "lines"}, "has no erlang")]
)
def test_a_record_that_cannot_be_read_names_what_is_wrong(data: dict[str, str], text: str) -> None:
    with pytest.raises(BusyhourError, match=text) as raised:
        from_json(data)
    assert raised.value.hint


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        (Lines(1234.56), "1,235 erlang at most 1 % blocked, by Erlang B"),
        (
            Lines(20.0, 1e-6, peakedness=1.25),
            "20 erlang of peakedness 1.2 at most 1 of 1,000,000 blocked, by Hayward",
        ),
        (Lines(20.0, redial_share=0.5), "20 erlang and redials at most 1 % blocked, by Erlang B"),
        (
            QueuedLines(11.5, 2.0, ()),
            "11.5 erlang, callers who wait for agents included, at most 1 % blocked, by a network of queues",
        ),
        (
            QueuedLines(11.5, 2.0, (), 0.02, redial_share=0.5),
            "11.5 erlang and redials, callers who wait for agents included, at most 2 % blocked, by a network of queues",
        ),
        (
            Executions(3.0, 6000.0),
            "3 erlang at most 1 % of first attempts throttled, by a Markov chain with its retries; 6,000 requests/s at 10 for each execution",
        ),
        (Bucket(4.0, 2.0, 5.0), "4 Poisson requests/s at most 1 % throttled by a token bucket"),
        (Bucket(4.0, 2.0, 5.0, even=True), "4 requests/s at even intervals, at most 1 % throttled"),
        (Agents(30.0, 180.0, 90.0, 20.0, 0.2), "30 erlang, 80% answered within 20 s, by Erlang A"),
        (Abandoned(30.0, 180.0, 90.0, 0.03), "30 erlang, at most 3 % abandoned, by Erlang A"),
        (Waiting(9.0, 8, 60.0, 60.0), "9 erlang at 8 agents, at most 1 % find the queue full"),
        (
            Partitions(50.0, by_partition=(50.0, 30.0)),
            "50 a second on the busiest of 2 partitions, in the mean",
        ),
        (Throughput(120.5), "120.5 a second, in the mean"),
        (Count(7.0), "7"),
    ],
    ids=lambda each: getattr(each, "model", ""),
)
def test_the_closed_form_in_words(requirement, words):
    assert in_words(requirement) == words


def test_the_queues_of_lines_are_read_back():
    queued = QueuedLines(
        11.5, 2.0, ((9.0, 10.0, 60.0, 1.0, 0.8, 90.0, 0.0, -1.0), (1.0, 2.0, 60.0, 1.0, 1.0, 90.0, 1.0, 3.0))
    )
    assert from_json(json.loads(json.dumps(as_json(queued)))) == queued


def test_infinite_patience_is_none_in_a_record():
    requirement = Agents(30.0, 180.0, math.inf, 20.0, 0.2)
    written = as_json(requirement)
    assert written == {
        "model": "agents",
        "erlang": 30.0,
        "aht": 180.0,
        "patience": None,
        "threshold": 20.0,
        "share": 0.2,
    }
    assert from_json(written) == requirement
    table = Partitions(50.0, by_partition=(50.0, 30.0))
    assert from_json(as_json(table) | {"by_partition": [50.0, 30.0]}) == table
