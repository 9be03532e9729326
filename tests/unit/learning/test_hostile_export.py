"""Exports that are broken or made to break the reader: named with file and line, exit code 2, never counted as data."""

import gzip
import json
import os

import pytest

from busyhour import cli
from busyhour.flows.export.reader import read_file
from busyhour.shipped import shipped_root

HEAD = (
    "StartInterval,Queue,Contacts queued,Contacts handled,Contacts abandoned,Average agent interaction time"
)
CALLS = "InitiationTimestamp,ser_time,q_time,outcome"


@pytest.fixture
def learn(tmp_path, capsys):
    """Run `busyhour learn` on a text or bytes; return exit code, standard output and standard error."""

    def one(content, *words):
        path = tmp_path / "calls.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        with pytest.raises(SystemExit) as ended:
            cli.main(["learn", "--calls", str(path), *words])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return one


def intervals(*, start="2026-11-30T11:00:00Z", queue="Q", offered="10", mean="100", head=HEAD):
    rows = [f"2026-11-30T{hour}:00Z,Q,10,9,1,100" for hour in ("10:00", "10:30")]
    return "\n".join([head, *rows, f'{start},"{queue}","{offered}",9,1,"{mean}"', ""])


@pytest.mark.parametrize(
    "value", ["inf", "-1", "1e308", "9" * 5000, "9" * 308, "1000000001", "٣", "²", "1,5"]
)
def test_a_count_is_a_number_that_a_centre_can_have(learn, value):
    code, _, err = learn(intervals(offered=value))
    assert code == 2
    assert "calls.csv:4: " in err
    assert "is not a number from 0 to 1,000,000,000" in err
    assert len(err) < 500


@pytest.mark.parametrize(
    "value", ["inf", "9" * 5000 + ":00:00", "9" * 20 + ":00:00", "9" * 308, "-0:01", "0:1٣"]
)
def test_a_duration_is_one_that_a_call_can_have(learn, value):
    code, _, err = learn(intervals(mean=value))
    assert code == 2
    assert "calls.csv:4: " in err
    assert "is not a duration of at most 32 years" in err
    assert len(err) < 500


@pytest.mark.parametrize(
    "moment",
    [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-12:00",
        "0001-01-01T00:00:00+14:00",
        "2200-01-01T00:00:00Z",
    ],
)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati"])
def test_dates_that_stand_for_none_are_not_the_days_of_calls(learn, moment, zone):
    code, _, err = learn(intervals(start=moment), "--timezone", zone)
    assert code == 2
    assert f"calls.csv:4: '{moment}' is not a date of 1900 to 2199" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (intervals(queue="Q" * 200_000), "calls.csv:4: field larger than field limit"),
        ("a" * 300_000 + ",StartInterval\n", "calls.csv:1: field larger than field limit"),
        (intervals().replace('"100"', '"100'), "calls.csv:4: opens quotes that are never closed"),
        ('"' + intervals().replace('"', ""), "calls.csv:1: opens quotes that are never closed"),
        (intervals(queue="Q\0"), "calls.csv:4: has a NUL character"),
        (intervals().encode("utf-16-le"), "calls.csv:1: has a NUL character"),
        (intervals().encode("utf-32"), "calls.csv:1: has a NUL character"),
        (b"\xff\xfea", "byte 2 is not utf-16"),
        (",".join(f"c{n}" for n in range(20_000)) + "\n", "has 20,000 columns, and 1,000 are read"),
        (",".join(f"c{n}" for n in range(900)) + "\n", "c29 and 870 more"),
        (intervals(start="2026-11-30T10:00:00" + " " * 100_000 + "x"), "is not a date with time"),
        (intervals(start="2026-11-30T10:30:01Z"), "minutes apart"),
        ("", "is no header"),
    ],
)
def test_a_file_that_is_no_export_is_named_with_its_line(learn, content, said):
    code, _, err = learn(content)
    assert code == 2
    assert said in err
    assert len(err) < 1500


def test_marks_of_spreadsheets_and_separators_inside_of_fields_are_read(learn):
    for content in (
        intervals().encode("utf-8-sig"),
        intervals().encode("utf-16"),
        intervals(queue="Q\u2028\x0b"),
    ):
        code, out, err = learn(content)
        assert (code, err[:6]) == (0, "Next: "), err
        assert "30 calls on 1 day," in out


def test_names_in_an_export_are_data(learn):
    queue = "=1+1\x1b[31m\x1b]0;t\x07\u202e\n::warning::[/x]"
    head = HEAD + ',"x\n::error::y"'
    for form in ("text", "json"):
        code, out, err = learn(intervals(queue=queue, head=head), "--format", form)
        assert code == 0, err
        assert not set("\x1b\x07\u202e") & set(out + err)
        assert "\n::" not in out + err
    assert queue in json.loads(out)["calls_by_queue"], "the JSON has the name as it is"
    code, _, err = learn('"sta\n::error::x",b\n')
    assert code == 2
    assert "sta \\x3a:error" in err
    assert "\n::" not in err


def test_a_list_of_queues_is_cut_and_the_number_of_the_others_is_printed(learn):
    rows = "".join(f"2026-11-30T10:{15 * (n % 2):02}:00Z,queue-{n},1,1,0,10\n" for n in range(500))
    code, out, _ = learn(f"{HEAD}\n{rows}")
    assert code == 0
    assert "and 470 more" in out
    assert "and 470 more" in learn(f"{HEAD}\n{rows}", "--queue", "none")[2]


@pytest.mark.parametrize("spread", [1e-6, 1e-3, 1e6])
def test_durations_from_microseconds_to_decades_have_a_finite_fit(learn, spread):
    rows = "".join(
        f"2026-11-30T10:{n:02}:00Z,{min(1e9, spread * 2 ** (n % 50)):.6f},{n},{'agent' if n % 3 else 'abandoned'}\n"
        for n in range(60)
    )
    code, out, err = learn(f"{CALLS}\n{rows}", "--format", "json")
    assert code == 0, err
    assert "NaN" not in out
    assert "Infinity" not in out


def test_pipes_and_devices_are_no_exports(learn, tmp_path, capsys):
    os.mkfifo(tmp_path / "pipe")
    for place, said in ((tmp_path, "Is a directory"), ("/dev/zero", "is a device, not a file")):
        with pytest.raises(SystemExit) as ended:
            cli.main(["learn", "--calls", str(place)])
        assert ended.value.code == 2
        assert said in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        cli.main(["learn", "--calls", str(tmp_path / "pipe")])
    assert ended.value.code == 2


RECORD = {
    "ContactId": "c",
    "InitiationTimestamp": "2026-11-30T10:00:00Z",
    "InitiationMethod": "INBOUND",
    "Queue": {"Name": "Q", "Duration": 5},
}
ENTRY = {
    "ContactId": "c",
    "ContactFlowName": "Main",
    "Identifier": "menu",
    "ContactFlowModuleType": "GetUserInput",
    "Results": "1",
    "Timestamp": "2026-11-30T10:00:00Z",
}
REPORT = "REPORT RequestId: {} Duration: {} ms Billed Duration: 1 ms\n"
EVIL = "x\n::warning::y\x1b[31m\nverdict"


@pytest.fixture
def recorded(tmp_path, capsys):
    """Run `busyhour learn` on records or logs; return exit code, standard output and standard error."""

    def one(option, content, *words):
        path = tmp_path / "recorded.log"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        given = f"lookup={path}" if option == "--function-log" else str(path)
        with pytest.raises(SystemExit) as ended:
            cli.main(["learn", option, given, *words])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), shown.out, shown.err

    return one


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        (
            "--records",
            json.dumps(RECORD | {"InitiationTimestamp": "9999-12-31T23:59:59Z"}),
            "not a time like",
        ),
        (
            "--records",
            json.dumps(RECORD | {"InitiationTimestamp": "0001-01-01T00:00:00Z"}),
            "not a time like",
        ),
        ("--records", gzip.compress(json.dumps(RECORD).encode(), mtime=0) + b"junk", "is damaged gzip"),
        ("--records", gzip.compress(b"{}" * 1000, mtime=0)[:-9], "is damaged gzip"),
        ("--records", "[" * 100_000, "is not JSON"),
        ("--function-log", REPORT.format("a", "9" * 400), "no report of an invocation"),
        ("--function-log", REPORT.format("a", "\u0663"), "no report of an invocation"),
        (
            "--function-log",
            json.dumps({"type": "platform.report", "record": {"metrics": {"durationMs": 10**400}}}),
            "no report of an invocation",
        ),
        (
            "--function-log",
            json.dumps({"type": "platform.report", "record": {"metrics": {"durationMs": True}}}),
            "no report of an invocation",
        ),
    ],
)
def test_a_value_that_aws_does_not_write_is_no_record(recorded, option, content, said):
    code, _, err = recorded(option, content)
    assert code == 2
    assert said in err


def test_a_gzip_file_of_many_members_is_read_in_linear_time(recorded):
    """Each member took a copy of the rest: this file took minutes."""
    members = gzip.compress(b"\n", mtime=0) * 40_000 + gzip.compress(json.dumps(RECORD).encode())
    code, out, err = recorded("--records", members)
    assert code == 0, err
    assert "1 calls on 1 day" in out


def test_durations_of_nothing_and_of_a_day_have_a_finite_fit(recorded):
    text = "".join(REPORT.format(f"{n:x}", f"{10 ** (n % 8)}.{'0' * (n % 12)}1") for n in range(60))
    code, out, err = recorded("--function-log", text, "--format", "json")
    assert code == 0, err
    assert not {"NaN", "Infinity"} & set(out.replace(",", " ").split())


def test_the_interval_of_one_value_is_not_known(recorded):
    code, out, _ = recorded("--function-log", REPORT.format("a", "5"))
    assert code == 0
    assert "lookup: duration: 0.005 s (interval not known), of 1" in out


def test_names_in_a_log_are_one_line_of_the_output(recorded):
    entry = ENTRY | {"ContactFlowName": EVIL, "Identifier": EVIL, "Results": EVIL, "Timestamp": EVIL}
    code, out, err = recorded("--flow-logs", json.dumps(entry))
    assert code == 0, err
    assert not [line for line in (out + err).splitlines() if line.startswith(("::", "verdict"))]
    assert "\x1b" not in out + err


def test_a_log_with_a_value_for_each_entry_floods_no_terminal(recorded):
    entries = (json.dumps(ENTRY | {"ContactId": str(n), "Results": f"intent{n}"}) for n in range(900))
    code, out, _ = recorded("--flow-logs", "\n".join(entries))
    assert code == 0
    assert "… and 700 more lines" in out


def test_no_text_of_a_log_becomes_a_line_of_the_scenario(recorded, tmp_path):
    root = shipped_root()
    flow = read_file(root / "examples" / "helpdesk" / "flows" / "helpdesk-main.json")
    scenario = tmp_path / "s.toml"
    text = (root / "scenarios" / "helpdesk.toml").read_text()
    scenario.write_text(text.replace("../examples", str(root / "examples")))
    place = {"ContactFlowName": flow.name, "Identifier": flow.actions[0].identifier}
    entry = ENTRY | place | {"Timestamp": "\nseed = 7"}
    code, _, err = recorded("--flow-logs", json.dumps(entry), "--into", str(scenario))
    assert code == 0, err
    assert "# recorded.log, \\nseed = 7 to \\nseed = 7: 1 times" in scenario.read_text()
