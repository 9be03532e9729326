"""The folder of a run: one at a time, nothing stale, nothing lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError, ExitCode
from busyhour.harness.run_folder import EARLIER, LOCK_FILE, claimed

HOLD = """
import sys, time
from pathlib import Path
from busyhour.harness.run_folder import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_earlier_run_is_moved_aside_and_other_files_stay(tmp_path: Path) -> None:
    ours = [
        "run.json",
        "load.json",
        "progress.jsonl",
        "report.html",
        "contacts-0.log",
        "ended-0.log",
        "locust.log",
    ]
    for name in (*ours, "notes.txt", "flows.json"):
        (tmp_path / name).write_text("")
    for name in ("step-01", "tonight-repeat-1"):
        (tmp_path / name).mkdir()
    with claimed(tmp_path):
        assert names(tmp_path) == {"notes.txt", "flows.json", EARLIER, LOCK_FILE}
        (below,) = (tmp_path / EARLIER).iterdir()
        assert names(below) == {*ours, "step-01", "tonight-repeat-1"}


def test_claims_differ_and_nest(tmp_path: Path) -> None:
    with claimed(tmp_path) as first, claimed(tmp_path) as inner:
        assert first is inner
    with claimed(tmp_path) as second:
        assert second.run != first.run


def test_a_second_run_at_the_same_time_is_refused_and_named_by_its_process(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    (tmp_path / "progress.jsonl").write_text("")
    refused = rf"another run writes into .* \(process {holder.pid}, since"
    with pytest.raises(BusyhourError, match=refused) as caught, claimed(tmp_path):
        pass
    assert caught.value.exit_code is ExitCode.REFUSED
    assert (tmp_path / "progress.jsonl").exists()
    holder.kill()
    holder.communicate()
    with claimed(tmp_path):
        assert not (tmp_path / "progress.jsonl").exists()


def test_contacts_that_may_be_live_are_not_moved_out_of_sight(tmp_path: Path) -> None:
    (tmp_path / "contacts-0.log").write_text("c-1\nc-2\n")
    (tmp_path / "ended-0.log").write_text("c-1\n")
    with (
        pytest.raises(BusyhourError, match=r"1 contacts of the earlier run .* may still be live"),
        claimed(tmp_path),
    ):
        pass
    assert (tmp_path / "contacts-0.log").exists()
