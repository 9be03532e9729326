"""`busyhour emulator` as a process: ready line and file, bad input, the end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from busyhour.emulator.foreground import flow_files, quota_values, read_fault_file
from busyhour.emulator.server import listen
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


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--quota", "L-12AB7C58=5"], "Did you mean 'L-12AB7C57'"),
        (["--flows", "nowhere.json"], "nowhere.json"),
        (["--set", "seed=5"], "--set"),
        (["--faults", "nowhere.json"], "nowhere.json"),
        (["--scenario", "no-such-scenario"], "no-such-scenario"),
        (["--records", "/no/such/folder/r.jsonl"], "/no/such/folder/r.jsonl"),
    ],
)
def test_bad_input_ends_with_a_message_before_anything_is_served(arguments, said):
    from busyhour.cli.emulator import command

    result = CliRunner().invoke(command, [*arguments, "--port", "0"])
    assert isinstance(result.exception, BusyhourError)
    assert said in result.exception.message


def test_a_port_in_use_ends_with_its_number():
    from busyhour.cli.emulator import command

    taken = listen("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        result = CliRunner().invoke(command, ["--port", str(port)])
        assert isinstance(result.exception, BusyhourError)
        assert str(port) in result.exception.message
    finally:
        taken.close()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_the_process_says_when_it_is_ready_and_ends_cleanly(tmp_path, number, code):
    ready, records = tmp_path / "ready.json", tmp_path / "records.jsonl"
    command = [sys.executable, "-m", "busyhour", "emulator", "--port", "0", "--flows", str(FLOWS)]
    command += ["--ready-file", str(ready), "--records", str(records)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while not ready.exists():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        facts = json.loads(ready.read_text())
        assert facts["pid"] == process.pid
        assert {"url", "instance_id", "instance_arn", "region", "account"} <= set(facts)
        import urllib.request

        asked = urllib.request.Request(f"{facts['url']}/_busyhour/inbound", b"{}", method="POST")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            contact_id = json.load(answer)["ContactId"]
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == code
    assert out == f"ready {facts['url']}\n"
    assert "Traceback" not in err
    (line,) = records.read_text().splitlines()
    assert json.loads(line)["ContactId"] == contact_id
