import pytest

from busyhour.errors import BusyhourError
from busyhour.scenarios.traffic_plan.intervals import read_intervals


@pytest.fixture
def csv(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, encoding="utf-8"):
        path = tmp_path / "monday.csv"
        path.write_bytes(text.encode(encoding))
        return path

    return write


@pytest.mark.parametrize(
    ("text", "column"),
    [
        pytest.param("start,calls\n08:00,12\n08:30,7.5\n", None, id="comma"),
        pytest.param("start;Offered;aht\n08:00;12;180\n08:30;7.5;200\n", None, id="semicolon-and-capitals"),
        pytest.param("start\tvolume\n08:00\t12\n08:30\t7.5\n", None, id="tab"),
        pytest.param("start,handled,calls\n08:00,12,1\n08:30,7.5,1\n", "handled", id="named-column"),
        pytest.param('start,calls\n"08:00","12"\n\n08:30, 7.5 \n,\n', None, id="quotes-and-blank-lines"),
        pytest.param("\ufeffcalls\n12\n7.5\n", None, id="byte-order-mark"),
        pytest.param("start,calls\r\n08:00,12\r\n08:30,7.5\r\n", None, id="windows-line-ends"),
    ],
)
def test_calls_of_each_interval_are_read(csv, text, column):
    assert read_intervals(csv(text), column) == (12.0, 7.5)


@pytest.mark.parametrize(
    ("text", "column", "message", "hint"),
    [
        pytest.param(
            "start,number\n08:00,12\n",
            None,
            "monday.csv:1: no column is named calls, offered, contacts, volume or count",
            "Name the column with traffic.intervals.column. Columns here: start, number.",
            id="no-known-column",
        ),
        pytest.param(
            "start,offered\n08:00,12\n",
            "offerd",
            "monday.csv:1: no column 'offerd'. Did you mean 'offered'?",
            "Columns here: start, offered.",
            id="no-such-column",
        ),
        pytest.param(
            "start,calls\n08:00,12\n08:30,1.25\n09:00,n/a\n",
            None,
            "monday.csv:4: calls is 'n/a', not a number of calls",
            "Every row needs a number from 0, with a point for decimals and nothing between thousands.",
            id="no-number",
        ),
        pytest.param(
            "start;calls\n08:00;1.200\n",
            None,
            "monday.csv:2: calls is '1.200', thousands or three decimals",
            "Every row needs a number from 0, with a point for decimals and nothing between thousands.",
            id="thousands",
        ),
        pytest.param(
            "start,calls\n08:00,1,200\n",
            None,
            "monday.csv:2: 3 fields, and 2 in the header",
            "Every row needs a number from 0, with a point for decimals and nothing between thousands.",
            id="comma-between-thousands",
        ),
        pytest.param(
            "start,calls\n08:00,-1\n",
            None,
            "monday.csv:2: calls is '-1', not a number of calls",
            "Every row needs a number from 0, with a point for decimals and nothing between thousands.",
            id="negative",
        ),
        pytest.param(
            "start,calls\n08:00\n",
            None,
            "monday.csv:2: calls is '', not a number of calls",
            "Every row needs a number from 0, with a point for decimals and nothing between thousands.",
            id="short-row",
        ),
        pytest.param(
            "start,calls\n",
            None,
            "monday.csv: no interval below the header",
            "Give one row for each interval.",
            id="header-alone",
        ),
        pytest.param(
            "",
            None,
            "monday.csv:1: no column is named calls, offered, contacts, volume or count",
            "Name the column with traffic.intervals.column. Columns here: none.",
            id="empty-file",
        ),
    ],
)
def test_what_can_not_be_read_is_named_with_its_line(csv, text, column, message, hint):
    with pytest.raises(BusyhourError) as caught:
        read_intervals(csv(text), column)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_file_in_another_encoding_is_refused(csv):
    with pytest.raises(BusyhourError) as caught:
        read_intervals(csv("Anrufe für\n1\n", "latin-1"))
    assert caught.value.message == "monday.csv: byte 8 is not UTF-8"


def test_a_folder_is_refused(csv, tmp_path):
    with pytest.raises(BusyhourError) as caught:
        read_intervals(tmp_path)
    assert caught.value.hint == "Correct the path of traffic.intervals.file."
