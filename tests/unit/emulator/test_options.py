"""What the options of `busyhour emulator` take and what they refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.emulator.faults.requests import Condition, Fault
from busyhour.emulator.options import (
    DISCONNECT_REASONS,
    approval_policy,
    flow_files,
    functions_of,
    quota_values,
    read_fault_file,
    secrets_of,
    shares_of,
)
from busyhour.errors import BusyhourError

FLOWS = Path(__file__).resolve().parents[3] / "examples" / "helpdesk" / "flows"


def test_quotas_are_read_from_code_and_value():
    assert quota_values(["L-12AB7C57=500", "a.b=1_000", " x = 2.5"]) == {
        "L-12AB7C57": 500,
        "a.b": 1000,
        "x": 2.5,
    }


@pytest.mark.parametrize("text", ["L-12AB7C57", "=5", "L-1=", "L-1=many"])
def test_a_quota_that_is_not_code_and_value_is_named(text):
    with pytest.raises(BusyhourError, match="--quota"):
        quota_values([text])


def test_folders_stand_for_the_flows_in_them(tmp_path):
    for name in ("b.json", "a.json", "c.txt"):
        (tmp_path / name).write_text("{}")
    assert [path.name for path in flow_files([tmp_path])] == ["a.json", "b.json"]
    assert flow_files([tmp_path / "c.txt"]) == [tmp_path / "c.txt"]


def test_a_missing_path_and_an_empty_folder_are_named(tmp_path):
    with pytest.raises(BusyhourError, match="nowhere"):
        flow_files([tmp_path / "nowhere"])
    with pytest.raises(BusyhourError, match=r"no \*\.json"):
        flow_files([tmp_path])


def test_faults_are_read_from_a_file_and_what_is_wrong_is_said_with_its_name(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text('[{"service": "connect", "latency_seconds": 5}]')
    assert read_fault_file(path)[0].latency_seconds == 5
    for text, said in [("{", "not JSON"), ('{"latency": 5}', "latency_seconds")]:
        path.write_text(text)
        with pytest.raises(BusyhourError, match=rf"faults\.json.*{said}"):
            read_fault_file(path)


def test_faults_and_conditions_are_read_from_a_file(tmp_path):
    path = tmp_path / "faults.json"
    path.write_text('[{"service": "lex", "latency_seconds": 3}, {"condition": "no_agents"}]')
    assert read_fault_file(path) == [Fault("lex", latency_seconds=3), Condition("no_agents")]


def test_a_function_is_a_python_file_or_a_url(tmp_path):
    (tmp_path / "lookup.py").write_text("def handler(event, context): ...")
    functions = functions_of([f"lookup={tmp_path}/lookup.py:handler", "node=http://127.0.0.1:9000/x=y"])
    assert [(f.name, f.handler, f.url) for f in functions] == [
        ("lookup", f"{tmp_path.resolve()}/lookup.py:handler", None),
        ("node", None, "http://127.0.0.1:9000/x=y"),
    ]


@pytest.mark.parametrize(
    "text", ["lookup", "=x.py:f", "a=x.py", "a=x.py:", "a=x.py:1", "a=none.py:f", "a=ftp://x"]
)
def test_a_function_that_is_neither_is_refused(text):
    with pytest.raises(BusyhourError, match="--function"):
        functions_of([text])


def test_shares_are_read_by_name():
    assert shares_of("--fail", ["TELECOM_BUSY=0.25", "TELECOM_PROBLEM=.5"], DISCONNECT_REASONS) == {
        "TELECOM_BUSY": 0.25,
        "TELECOM_PROBLEM": 0.5,
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["TELECOM_BUZY=0.1"], "Did you mean 'TELECOM_BUSY'"),
        (["TELECOM_BUSY"], "a share is 0 to 1"),
        (["TELECOM_BUSY=2"], "a share is 0 to 1"),
        (["TELECOM_BUSY=0.6", "TELECOM_PROBLEM=0.6"], "at most 1"),
    ],
)
def test_what_is_no_share_is_refused(given, said):
    with pytest.raises(BusyhourError, match=said):
        shares_of("--fail", given, DISCONNECT_REASONS)


def test_a_case_takes_seconds_or_stays_open():
    assert approval_policy(1.0, "30").case_delay == 30.0
    assert approval_policy(1.0, "never").case_delay is None
    with pytest.raises(BusyhourError, match="--case-delay 'soon'"):
        approval_policy(1.0, "soon")


def test_keys_come_from_the_environment_where_no_file_is_named(tmp_path):
    assert secrets_of(None, {}) is None
    assert secrets_of("", {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "s"}) == {"A": "s"}
    with pytest.raises(BusyhourError, match="No such file"):
        secrets_of(str(tmp_path / "none"), {})
