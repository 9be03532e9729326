"""What is learnt of exports: the right columns, values that cover what the export was drawn from, nothing passed over."""

import math
import random
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from busyhour.errors import BusyhourError
from busyhour.learning import fits
from busyhour.learning.exports import call_export, interval_export
from busyhour.learning.exports.mapping import Level, map_columns
from busyhour.learning.exports.table import read_table

UTC = ZoneInfo("UTC")
HEADERS = {
    "Amazon Connect": "Queue,StartInterval,EndInterval,Contacts queued,Contacts handled,Contacts abandoned",
    "Genesys": "Interval Start UTC Date,Queue,Media Type,Offered,Interactions Handled,Total Handle Time (Seconds)",
    "Avaya": "row_date;starttime;split;acdcalls;abncalls;acdtime;acwtime",
    "Cisco": "Call Date\tHalf Hour\tCalls Offered\tCalls Handled\tNG Calls Abandoned",
    "simple": "Date,Time,Incoming Calls,Answered Calls,Abandoned Calls,AHT",
}


def learnt(path, text, *, encoding="utf-8", given=None, **more):
    path.write_text(text, encoding=encoding)
    table = read_table(path)
    columns = map_columns(table, given)
    learn = interval_export.learn if columns.level is Level.INTERVAL else call_export.learn
    return learn(table, columns, more.pop("zone", UTC), **more)


@pytest.mark.parametrize("system", HEADERS)
def test_the_columns_of_known_systems_are_recognised(tmp_path, system):
    (tmp_path / "a.csv").write_text(HEADERS[system] + "\n")
    assert map_columns(read_table(tmp_path / "a.csv")).level is Level.INTERVAL


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_spreadsheets(tmp_path, encoding):
    text = "Date;Time;Queue;Incoming Calls\n2026-11-02;8:00;Büro;5\n2026-11-02;8:30;Büro;7\n"
    assert learnt(tmp_path / "a.csv", text, encoding=encoding).by_queue == {"Büro": 12.0}


def intervals(*rows):
    return "Date,Time,Queue,Incoming Calls,Answered Calls,Abandoned Calls,Talk Duration (AVG)\n" + "".join(
        f"{row}\n" for row in rows
    )


def test_queues_are_added_and_one_can_be_chosen(tmp_path):
    text = intervals(
        "2026-11-02,8:00,A,10,9,1,3:00", "2026-11-02,8:00,B,20,20,0,60", "2026-11-02,8:30,A,4,4,0,-"
    )
    whole = learnt(tmp_path / "a.csv", text)
    assert (whole.arrivals.seconds, whole.arrivals.busiest_rate) == (1800.0, 60.0)
    assert whole.by_queue == {"A": 14.0, "B": 20.0}
    one = learnt(tmp_path / "a.csv", text, queue="A")
    assert one.arrivals.busiest_rate == 20.0
    by_key = {value.key: value for value in whole.values}
    assert by_key["callers.talk"].around.value == pytest.approx((9 * 180 + 20 * 60) / 29)
    assert by_key["callers.talk"].assumed


def test_intervals_without_a_row_are_no_calls_and_are_said(tmp_path):
    text = intervals(*(f"2026-11-02,{time},A,10,,,-" for time in ("8:00", "8:15", "8:30", "9:15")))
    found = learnt(tmp_path / "a.csv", text)
    assert found.arrivals.missing == 2
    assert any("2 intervals between the first and the last" in note for note in found.notes)


def test_rows_that_repeat_and_rows_of_other_channels_are_left_out_and_said(tmp_path):
    text = (
        "Interval Start UTC Date,Queue,Media Type,Offered\n2026-11-02T08:00:00Z,A,voice,5\n2026-11-02T08:15:00Z,A,voice,5\n"
        "2026-11-02T08:15:00Z,A,voice,5\n2026-11-02T08:15:00Z,A,chat,99\n"
    )
    found = learnt(tmp_path / "a.csv", text)
    assert found.by_queue == {"A": 10.0}
    assert sum("1 rows" in note for note in found.notes) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("just text\n", "is no header"),
        ("Date,Colour\n2026-11-02,red\n", "no column says when"),
        ("Date,Time,Colour\n2026-11-02,8:00,red\n", "how many calls were offered"),
        (intervals("2026-11-02,8:00,A,many,,,"), ":2: 'many' is not a number"),
        (intervals("2026-11-02,25:00,A,1,,,"), ":2: '25:00' is not a time of day"),
        (intervals("2026-11-02,8:00,A,1,1,0,,7"), ":2: 8 fields, and 7 in the header"),
        (intervals("2026-11-02,8:00,A,1,1,0,"), "one interval alone"),
        (intervals("2026-11-02,8:00,A,1,1,0,", "2026-11-03,8:00,A,1,1,0,"), "1440 minutes apart"),
        (intervals("2026-11-02,8:00,A,0,0,0,", "2026-11-02,8:30,A,0,0,0,"), "no row has a call"),
        ("InitiationTimestamp,Channel\n2026-11-02T08:00:00Z,CHAT\n", "no record is a new inbound call"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(tmp_path, text, words):
    with pytest.raises(BusyhourError) as caught:
        learnt(tmp_path / "a.csv", text)
    assert "a.csv:" in caught.value.message
    assert words in caught.value.message
    assert caught.value.hint


def test_a_column_can_be_named(tmp_path):
    text = "Wann,Anrufe\n2026-11-02T08:00,5\n2026-11-02T08:30,6\n"
    found = learnt(tmp_path / "a.csv", text, given={"start": "Wann", "offered": "Anrufe"})
    assert found.arrivals.days[0].total == 11.0
    with pytest.raises(BusyhourError, match="Did you mean 'Anrufe'"):
        learnt(tmp_path / "a.csv", text, given={"start": "Wann", "offered": "Anrufer"})
    with pytest.raises(BusyhourError, match="Did you mean 'offered'"):
        learnt(tmp_path / "a.csv", text, given={"ofered": "Anrufe"})


def test_days_are_those_of_the_zone(tmp_path):
    text = "InitiationTimestamp,ContactId\n2026-11-02T23:30:00Z,a\n2026-11-03T00:30:00Z,b\n"
    assert len(learnt(tmp_path / "a.csv", text).arrivals.days) == 2
    assert len(learnt(tmp_path / "a.csv", text, zone=ZoneInfo("Asia/Seoul")).arrivals.days) == 1


TRUE = {"callers.talk": 168.17, "callers.wrap_up": 25.0, "callers.patience": 60.0}
"""Means that the calls are drawn with: e^5.125, and two exponential ones."""


def calls(seed, count=1500):
    """An export with one row a call: exponential patience of 60 s, lognormal talk, exponential after-call work."""
    draw = random.Random(seed)
    lines = ["ContactId,Channel,InitiationTimestamp,Queue Duration,Outcome,Agent AgentInteractionDuration,"
             "Agent AfterContactWorkDuration"]  # fmt: skip
    for number in range(count):
        at = datetime(2026, 11, 2, 9) + timedelta(seconds=draw.random() * 3600)
        wait, patience = draw.expovariate(1 / 30), draw.expovariate(1 / TRUE["callers.patience"])
        rest = (
            (patience, "abandoned", "", "")
            if patience < wait
            else (
                wait,
                "answered",
                draw.lognormvariate(5.0, 0.5),
                draw.expovariate(1 / TRUE["callers.wrap_up"]),
            )
        )
        lines.append(",".join(map(str, (number, "VOICE", at.isoformat(), *rest))))
    return "\n".join(lines) + "\n"


@pytest.fixture
def untested(monkeypatch):
    """Without the test of fit, which takes most of the time."""
    monkeypatch.setattr(fits, "_DRAWS", 9)
    monkeypatch.setattr(fits, "_TESTED", 50)


def test_stated_intervals_cover_what_the_calls_were_drawn_from(tmp_path, untested):
    """Of 120 intervals of 95 %, at least 104 cover: fewer come by chance once in 1,000 times."""
    covered = total = 0
    for seed in range(30):
        found = learnt(tmp_path / "a.csv", calls(seed, 300))
        for value in found.values:
            true = TRUE.get(
                value.key, 1 / 3
            )  # the share of callers whose patience (60 s) ends before their wait (30 s)
            covered += value.around.low <= true <= value.around.high
            total += 1
    assert total == 120
    assert covered >= 104


def test_forms_are_found_and_tested(tmp_path):
    found = {value.key: value for value in learnt(tmp_path / "a.csv", calls(1)).values}
    talk = found["callers.talk"].fitted
    assert (talk.distribution.kind, talk.p > 0.01) == ("lognormal", True)
    assert talk.distribution.cv == pytest.approx(math.sqrt(math.exp(0.25) - 1), abs=0.05)
    assert found["callers.patience"].assumed == "that patience is exponential"


def test_a_form_that_does_not_fit_is_said():
    draw = random.Random(3)
    two_kinds = [draw.gauss(30, 1) for _ in range(300)] + [draw.gauss(600, 5) for _ in range(300)]
    fitted = fits.duration(two_kinds)
    assert fitted.p < 0.01
    assert fitted.mean.value == pytest.approx(315, rel=0.01)


def test_few_values_have_a_mean_and_an_assumed_form():
    fitted = fits.duration([60.0, 120.0, 90.0])
    assert (fitted.distribution.kind, fitted.mean.value, fitted.p) == ("exponential", 90.0, None)
    assert "too few" in fitted.assumed
    assert fits.patience(100.0, 0) is None


def test_the_same_contact_counts_once(tmp_path):
    text = "Contact ID,Channel,Initiation timestamp\na,Voice,2026-11-02T08:00:00Z\na,Voice,2026-11-02T08:00:00Z\n"
    found = learnt(tmp_path / "a.csv", text)
    assert found.arrivals.days[0].total == 1
    assert found.notes == ("1 rows that repeat a contact were left out.",)
