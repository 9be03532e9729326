"""`busyhour learn` on a scenario: values written with their source, everything else as it was, a forecast at the end."""

import json
import shutil

import pytest

from busyhour import cli
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

ROWS = "row_date;starttime;split;callsoffered;acdcalls;abncalls;acdtime;acwtime\n" + "".join(
    f"2026-11-{day:02};{hour}{minute:02};Support;{40 + hour + day};{38 + hour + day};2;{(38 + hour + day) * 170};"
    f"{(38 + hour + day) * 30}\n"
    for day in (2, 3)
    for hour in range(8, 18)
    for minute in (0, 30)
)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project with the helpdesk's scenario, and an export of another centre."""
    for folder in ("examples", "scenarios"):
        shutil.copytree(shipped_root() / folder, tmp_path / folder)
    (tmp_path / "busyhour.toml").write_text("")
    (tmp_path / "acd.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *words):
    with pytest.raises(SystemExit) as ended:
        cli.main([*words])
    shown = capsys.readouterr()
    return int(ended.value.code or 0), shown.out, shown.err


def test_values_are_written_with_their_source_and_the_rest_stays(project, capsys):
    scenario = project / "scenarios" / "helpdesk.toml"
    before = scenario.read_text()
    code, out, err = run(
        capsys, "learn", "--calls", "acd.csv", "--growth", "1.5", "--into", "scenarios/helpdesk.toml"
    )
    assert code == 0, err
    assert "callsoffered (offered)" in out
    assert "Next: busyhour forecast scenarios/helpdesk.toml" in err
    after = scenario.read_text()
    changed = {line for line in after.splitlines() if line not in before.splitlines()}
    assert len(changed) == 4, changed
    (talk,) = (line for line in changed if line.startswith("talk"))
    assert "# acd.csv, 2026-11-02 to 2026-11-03, 2," in talk
    assert "ASSUMED: its form" in talk
    read = load(scenario, root=project)
    assert read.callers.talk.mean == 170.0
    assert read.traffic.growth == 1.5
    assert read.plan.calls_per_hour == pytest.approx((40 + 17 + 3) * 2 * 1.5), (
        "the busiest half hour, 17:00 of the 3rd"
    )


def test_a_scenario_that_cannot_take_them_stays_as_it_was(project, capsys):
    scenario = project / "scenarios" / "helpdesk.toml"
    broken = scenario.read_text().replace('direction = "inbound"', 'direction = "sideways"')
    scenario.write_text(broken)
    code, _, err = run(capsys, "learn", "--calls", "acd.csv", "--into", "scenarios/helpdesk.toml")
    assert code == 2
    assert "scenarios/helpdesk.toml" in err
    assert "sideways" in err
    assert scenario.read_text() == broken
    assert not list(project.glob("scenarios/.*"))


def test_what_was_written_before_stays_where_the_new_values_do_not_fit(project, capsys):
    into = ("learn", "--calls", "acd.csv", "--into", "scenarios/helpdesk.toml")
    assert run(capsys, *into)[0] == 0
    scenario, intervals = (
        project / "scenarios" / name for name in ("helpdesk.toml", "helpdesk-intervals.csv")
    )
    scenario.write_text(scenario.read_text().replace('direction = "inbound"', 'direction = "sideways"'))
    intervals.write_text("interval,calls\n00:00,7\n")
    assert run(capsys, *into)[0] == 2
    assert intervals.read_text() == "interval,calls\n00:00,7\n"


def test_a_file_of_the_user_is_not_overwritten_by_the_intervals(project, capsys):
    export = project / "scenarios" / "helpdesk-intervals.csv"
    export.write_text(ROWS)
    before = (project / "scenarios" / "helpdesk.toml").read_text()
    code, _, err = run(
        capsys, "learn", "--calls", "scenarios/helpdesk-intervals.csv", "--into", "scenarios/helpdesk.toml"
    )
    assert code == 2
    assert "scenarios/helpdesk-intervals.csv: exists and is not a file that this command wrote" in err
    assert export.read_text() == ROWS
    assert (project / "scenarios" / "helpdesk.toml").read_text() == before


@pytest.mark.parametrize("link", [".helpdesk.toml.learnt.toml", "helpdesk-intervals.csv"])
def test_a_link_in_the_scenarios_of_a_stranger_leads_no_write_elsewhere(project, capsys, link):
    theirs = project / "profile"
    theirs.write_text("mine\n")
    (project / "scenarios" / link).symlink_to(theirs)
    code, _, _ = run(capsys, "learn", "--calls", "acd.csv", "--into", "scenarios/helpdesk.toml")
    assert code in (0, 2)
    assert theirs.read_text() == "mine\n"


def test_the_name_of_an_export_is_data_in_a_comment(project, capsys):
    name = "a\nseed = 7\x1b.csv"
    (project / name).write_text(ROWS)
    code, _, err = run(capsys, "learn", "--calls", name, "--into", "scenarios/helpdesk.toml")
    assert code == 0, err
    text = (project / "scenarios" / "helpdesk.toml").read_text()
    assert "# a\\nseed = 7\\x1b.csv: " in text
    assert not [line for line in text.splitlines() if line.startswith("seed = 7")]


def test_a_scenario_that_is_nested_without_end_or_a_device_is_refused(project, capsys):
    (project / "deep.toml").write_text(f"a = {'[' * 5000}{']' * 5000}\n")
    for path, said in (("deep.toml", "ested more than 100 levels"), ("/dev/zero", "is a device")):
        code, _, err = run(capsys, "learn", "--calls", "acd.csv", "--into", path)
        assert code == 2
        assert said in err


def test_json_has_every_value_with_its_interval(project, capsys):
    code, out, err = run(capsys, "learn", "--calls", "acd.csv", "--format", "json")
    assert code == 0, err
    found = json.loads(out)
    assert found["arrivals"]["busiest_day"] == "2026-11-03"
    (share,) = (one for one in found["values"] if one["name"] == "abandoned share")
    assert share["low"] < share["value"] < share["high"]
    assert sum(found["calls_by_queue"].values()) == share["count"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--timezone", "Europe/Berlim"], "Did you mean 'Europe/Berlin'"),
        (["--column", "offered"], "has no '='"),
        (["--queue", "Sales"], "Queues here: Support"),
        (["--into", "scenarios/none.toml"], "cannot be read"),
    ],
)
def test_bad_input_is_named_with_the_way_out(project, capsys, words, said):
    code, _, err = run(capsys, "learn", "--calls", "acd.csv", *words)
    assert code == 2
    assert said in err


def test_days_are_not_simulated_by_a_scenario_without_calls(project, capsys):
    record = {
        "Channel": "VOICE",
        "ContactId": "c",
        "DisconnectTimestamp": "2026-03-02T10:05:00Z",
        "InitiationMethod": "INBOUND",
        "InitiationTimestamp": "2026-03-02T10:00:00Z",
    }
    (project / "records.jsonl").write_text(json.dumps(record))
    into = ("learn", "--records", "records.jsonl", "--format", "json", "--into")
    code, out, err = run(capsys, *into, "scenarios/lookup.toml")
    assert (code, "reproduction" in json.loads(out)) == (0, False), err
    code, out, err = run(capsys, *into, "scenarios/helpdesk.toml")
    assert (code, len(json.loads(out)["reproduction"]["days"])) == (0, 1), err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--plot", "days.png"], "Write --into scenarios/NAME.toml with it"),
        (["--into", "scenarios/helpdesk.toml", "--plot", "days.gif"], "Let it end in .svg or .png."),
    ],
)
def test_a_plot_needs_a_scenario_and_a_format(project, capsys, words, said):
    code, _, err = run(capsys, "learn", "--calls", "acd.csv", *words)
    assert code == 2
    assert said in err
