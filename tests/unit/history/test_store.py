from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from dataclasses import replace
from pathlib import Path

import pytest
from support.synthetic_runs import System, run

from busyhour.errors import BusyhourError
from busyhour.history.entry import Judgement, Night, changes
from busyhour.history.migrations import MIGRATIONS
from busyhour.history.store import History
from busyhour.regression.compare import Confirmation
from busyhour.results.codec import encode

SYSTEM = System(seconds=20, calls_per_second=2.0)


def night(seed: int, **members: object) -> Night:
    one = run(SYSTEM, seed)
    one.started = f"2026-03-{seed:02d}T03:00:00+00:00"
    return Night(one, **members)  # type: ignore[arg-type]  # members of Night by name


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "reports" / "history.sqlite"


def test_what_was_added_comes_back_oldest_first(path: Path) -> None:
    with History.open(path) as history:
        history.add([night(2, revision="abc", flows={"main.json": "12"}), night(1, regressed=True)])
    with History.open(path) as history:
        first, second = history.nights()
    assert first.observation == night(1).observation
    assert first.regressed is True
    assert (second.regressed, second.revision, second.flows) == (None, "abc", {"main.json": "12"})
    assert second.added


def test_the_list_has_the_same_in_short(path: Path) -> None:
    with History.open(path) as history:
        history.add([night(2, revision="abc"), night(1, regressed=True, accepted=True)])
        first, second = history.entries()
        assert history.entries("another") == []
        assert len(history.entries("generated")) == 2
    assert (first.run_id, first.scenario, first.outcome) == ("generated-1", "generated", "holds")
    assert (first.regressed, first.accepted) == (True, True)
    assert (second.started[:10], second.regressed, second.revision) == ("2026-03-02", None, "abc")


def test_the_same_run_again_replaces_itself(path: Path) -> None:
    with History.open(path) as history:
        history.add([night(1)])
        history.add([night(1, regressed=True)])
        (only,) = history.nights()
    assert only.regressed is True


def test_a_baseline_is_the_newest_trusted_nights_of_the_same_plan_before_the_run(path: Path) -> None:
    other = night(5)
    other.observation.identity = {"name": "another"}
    void = night(6)
    void.observation.outcome = "invalid"
    with History.open(path) as history:
        history.add([night(1), night(2), night(3), night(4, regressed=True), other, void, night(9)])
        found = history.baseline(night(7).observation, 2)
    assert [one.run_id for one in found] == ["generated-3", "generated-2"]


def test_an_accepted_regression_is_a_baseline_again(path: Path) -> None:
    with History.open(path) as history:
        history.add([night(1), night(2, regressed=True)])
        history.accept(history.find("generated-2"))
        assert history.find("generated-2").trusted
        assert [one.run_id for one in history.baseline(night(3).observation, 9)] == [
            "generated-2",
            "generated-1",
        ]


def test_an_accepted_regression_begins_a_new_era_of_the_baseline(path: Path) -> None:
    """Nights since then say where the level is; those before, how much nights differ."""
    with History.open(path) as history:
        history.add([night(1), night(2), night(3, regressed=True), night(4)])
        history.accept(history.find("generated-3"))
        found = history.baseline(night(5).observation, 9)
    assert [(one.run_id, one.era) for one in found] == [
        ("generated-4", 1),
        ("generated-3", 1),
        ("generated-2", 0),
        ("generated-1", 0),
    ]


def test_a_baseline_is_of_the_same_plan_and_test_where_records_have_them(path: Path) -> None:
    """Nights of a version that kept neither are of the same plan as far as they show."""
    planned, longer, old = night(1), night(2), night(3)
    plan = {"plan": {"calls_per_hour": 9000.0}, "test": {"hold": 100.0}}
    planned.observation.identity |= plan
    longer.observation.identity |= {**plan, "test": {"hold": 300.0}}
    new = night(9).observation
    new.identity |= plan
    with History.open(path) as history:
        history.add([planned, longer, old])
        assert [one.run_id for one in history.baseline(new, 9)] == ["generated-3", "generated-1"]


def test_nights_that_were_not_shown_are_kept_and_may_be_a_baseline(path: Path) -> None:
    short = night(1, judgement=Judgement(["x"], shown=False, version="0.0.9"))
    short.observation.outcome = "not shown"
    with History.open(path) as history:
        history.add([short])
        assert history.find("generated-1").judgement == Judgement(["x"], shown=False, version="0.0.9")
        assert history.entries()[0].shown is False
        assert [one.run_id for one in history.baseline(night(9).observation, 9)] == ["generated-1"]


def test_runs_in_one_folder_have_names_of_their_own_by_which_they_are_found(path: Path) -> None:
    first, second = night(1), night(2)
    for one in (first, second):
        one.observation.run_id = "tonight"
    name = first.observation.name
    assert name.startswith("2026-03-01-generated-")
    with History.open(path) as history:
        history.add([first, second])
        assert history.find(name).observation.started == first.observation.started
        assert [one.name for one in history.entries()] == [name, second.observation.name]


def test_a_run_is_found_by_its_id_or_number(path: Path) -> None:
    with History.open(path) as history:
        history.add([night(1)])
        assert history.find("1").observation.run_id == history.find("generated-1").observation.run_id
        with pytest.raises(BusyhourError, match="no run 'nothing'"):
            history.find("nothing")


def test_prune_keeps_the_newest_of_every_plan_or_those_since_a_date(path: Path) -> None:
    other = night(1)
    other.observation.identity = {"name": "another"}
    other.observation.run_id = "other"
    with History.open(path) as history:
        history.add([other, *(night(seed) for seed in range(1, 7))])
        assert history.prune(keep=2) == 4
        assert {one.observation.run_id for one in history.nights()} == {"other", "generated-5", "generated-6"}
        assert history.prune(before="2026-03-06") == 2
        assert [one.observation.run_id for one in history.nights()] == ["generated-6"]


def test_export_and_import_carry_everything(path: Path, tmp_path: Path) -> None:
    with History.open(path) as history:
        history.add([night(1, regressed=True, accepted=True, revision="r"), night(2)])
        before = history.nights()
        out = io.StringIO()
        assert history.export(out) == 2
    with History.open(tmp_path / "other.sqlite") as history:
        assert history.import_(out.getvalue().splitlines(), "x.jsonl") == 2
        after = history.nights()
    assert [encode(replace(one, id=0)) for one in after] == [encode(replace(one, id=0)) for one in before]


def test_repeats_of_a_run_are_kept_with_what_they_said_and_are_no_baseline(path: Path) -> None:
    said = Confirmation(["generated-2"], confirmed=["latency p50"], gone=["latency p99"])
    with History.open(path) as history:
        history.add(
            [night(1), night(2, repeat_of="generated-3"), night(3, regressed=False, confirmation=said)]
        )
        assert history.find("generated-3").confirmation == said
        assert history.find("generated-1").confirmation is None
        assert not history.find("generated-2").trusted
        assert [one.run_id for one in history.baseline(night(9).observation, 9)] == [
            "generated-3",
            "generated-1",
        ]
        assert [one.observation.run_id for one in history.nights()] == ["generated-1", "generated-3"]
        assert [one.repeat_of for one in history.entries()] == ["", "generated-3", ""]
        out = io.StringIO()
        assert history.export(out) == 3
        assert history.prune(keep=1) == 1, "the older night goes; the newest keeps its repeat"
        assert history.prune(keep=0) == 2
    with History.open(path.with_name("other.sqlite")) as other:
        other.import_(out.getvalue().splitlines(), "x")
        assert other.find("generated-3").confirmation == said
        assert other.find("generated-2").repeat_of == "generated-3"


@pytest.mark.parametrize("line", ["{", "[]", '{"observation": {}}'])
def test_a_line_that_is_no_run_is_named_and_nothing_is_imported(line: str, path: Path) -> None:
    good = json.dumps(encode(night(1)))
    with History.open(path) as history:
        with pytest.raises(BusyhourError, match=r"^x\.jsonl:2"):
            history.import_([good, line], "x.jsonl")
        assert history.nights() == []


def test_every_older_schema_is_brought_up_to_date_with_its_runs(tmp_path: Path) -> None:
    with History.open(tmp_path / "new.sqlite") as history:
        history.add([night(1)])
    columns = "run_id, started, scenario, identity, outcome, added, observation"
    with contextlib.closing(sqlite3.connect(tmp_path / "new.sqlite")) as database:
        row = database.execute(f"SELECT {columns} FROM runs").fetchone()
    for version in range(1, len(MIGRATIONS)):
        old = tmp_path / f"v{version}.sqlite"
        database = sqlite3.connect(old)
        for statements in MIGRATIONS[:version]:
            for statement in statements:
                database.execute(statement)
        database.execute(f"INSERT INTO runs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        database.execute(f"PRAGMA user_version = {version}")
        database.commit()
        database.close()
        with History.open(old) as history:
            (only,) = history.nights()
            assert only.observation == night(1).observation
            assert history.baseline(night(2).observation, 5)
            history.add([night(2)])


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    with History.open(path):
        pass
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(BusyhourError, match="schema 99"):
        History.open(path)


def test_a_file_that_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no database, but long enough to be read as one" * 20, encoding="utf-8")
    with pytest.raises(BusyhourError, match="not a busyhour history"):
        History.open(tmp_path / "x")


HERE_TOO = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
"""A writer in a process of its own imports what this one does."""
WRITER = """
    import sys
    from pathlib import Path
    from support.synthetic_runs import System, run
    from busyhour.history.store import History
    from busyhour.history.entry import Night
    for seed in range(int(sys.argv[2]), int(sys.argv[2]) + 12):
        with History.open(Path(sys.argv[1])) as history:
            history.add([Night(run(System(seconds=20, calls_per_second=2.0), seed))])
"""


def test_two_writers_at_once_lose_nothing_from_the_first_open_on(path: Path) -> None:
    script = textwrap.dedent(WRITER)
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(path), first], env=HERE_TOO)
        for first in ("0", "40", "80")
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    with History.open(path) as history:
        assert len(history.nights()) == 36


def test_a_killed_writer_loses_nothing_that_was_committed(path: Path) -> None:
    script = """
        import sqlite3
        import sys
        from pathlib import Path
        from support.synthetic_runs import System, run
        from busyhour.history.store import History
        from busyhour.history.entry import Night
        with History.open(Path(sys.argv[1])) as history:
            history.add([Night(run(System(seconds=20, calls_per_second=2.0), seed)) for seed in range(3)])
            writing = sqlite3.connect(sys.argv[1], isolation_level=None)
            writing.execute("BEGIN IMMEDIATE")
            writing.execute("DELETE FROM runs")
            print("in the middle", flush=True)
            sys.stdin.read()
    """
    writer = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=HERE_TOO,
    )
    assert writer.stdout is not None
    assert writer.stdin is not None
    assert writer.stdout.readline() == "in the middle\n"
    os.kill(writer.pid, signal.SIGKILL)
    writer.wait(10)
    writer.stdin.close()
    writer.stdout.close()
    begun = time.monotonic()
    with History.open(path) as history:
        assert len(history.nights()) == 3
        history.add([night(9)])
    assert time.monotonic() - begun < 10


def test_other_changes_of_a_night_are_named() -> None:
    before = night(1, revision="aaaaaaaaaaaaaa", flows={"a": "1", "b": "1"})
    after = night(2, revision="bbbbbbbbbbbbbb", flows={"a": "2", "c": "1"})
    after.observation.quotas["concurrent calls"].value = 10
    said = changes(before, after)
    assert said[0] == "commit aaaaaaaaaa to bbbbbbbbbb"
    assert said[1].startswith("quota concurrent calls 84 to 10")
    assert said[2:] == ["flow a changed", "flow c new", "flow b gone"]
    assert changes(before, before) == []
