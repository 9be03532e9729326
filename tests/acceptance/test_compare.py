"""`busyhour compare` and `busyhour history` on run folders, as a night in CI uses them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from busyhour.results import store
from busyhour.results.entries import Arrivals, QuotaRecord
from busyhour.results.load_result import Bounds, Circumstances
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.measures import Measures
from busyhour.results.record import Outcome, RunRecord, VerdictRecord

Busyhour = Any


def write_run(
    folder: Path,
    night: int,
    *,
    latency_ms: float = 40.0,
    seed: int = 2026,
    outcome: Outcome = Outcome.HOLDS,
    quota: float | None = None,
    handler: str = "",
    version: str = "0",
) -> Path:
    """A run as `busyhour run` leaves it: 300 s, 10 calls and 15 invocations a second."""
    rng = np.random.default_rng(night)
    measures = Measures()
    calls = rng.poisson(10.0, 300)
    for second, count in enumerate(calls):
        requests = int(count + rng.binomial(count, 0.5))
        measures.second(second).counts = {"started": int(count), "requests/lambda:Invoke": requests}
        row = measures.second(second).histograms.setdefault("latency/lambda:Invoke/ok", _histogram())
        for value in latency_ms * 1000.0 * np.exp(rng.normal(0.0, 0.3, requests)):
            row.record(int(value))
        measures.count("requests/lambda:Invoke/ok", requests)
    measures.count("arrivals/started", int(calls.sum()))
    for value in rng.normal(14.0, 3.0, int(calls.sum())):
        measures.record("call/in_flow", float(value))
    started = f"2026-03-{night:02d}T03:00:00+00:00"
    load = summarise(measures, Circumstances("backend", started, started, 300.0, 300.0), Bounds())
    record = RunRecord(
        run_id=folder.name,
        busyhour_version=version,
        scenario={
            "name": "helpdesk",
            "description": "",
            "seed": seed,
            "duration": 300.0,
            **({"made_of": {"files": {"function look": handler}}} if handler else {}),
        },
        target={"kind": "emulator"},
        started=started,
        ended=started,
        duration=300.0,
        verdict=VerdictRecord(outcome),
        arrivals=Arrivals(planned=int(calls.sum()), started=int(calls.sum()), late=0, dropped=0),
        series=load.series,
        quotas=[] if quota is None else [_quota(quota)],
    )
    store.write_load(folder, load)
    store.write_run(folder, record)
    return folder


def _quota(value: float) -> QuotaRecord:
    """Concurrent calls under the same peak of 100."""
    return QuotaRecord(
        *("k", "connect", "Concurrent active calls", None, "instance", "calls", value, "scenario", "", 10.0),
        *(100.0, 60.0, "generator", 0, None, 100.0 / value, 1.0 - 100.0 / value, "holds"),
    )


def _histogram() -> Any:
    from busyhour.results.measurement.histogram import Histogram

    return Histogram()


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    (tmp_path / "busyhour.toml").write_text("", encoding="utf-8")
    for night in range(1, 5):
        write_run(tmp_path / f"n{night}", night)
    write_run(tmp_path / "slow", 5, latency_ms=60.0)
    return tmp_path


def test_a_night_like_those_before_ends_with_0(nights: Path, busyhour: Busyhour) -> None:
    done = busyhour("compare", "n4", "--baseline", "n1", "--baseline", "n2", "--baseline", "n3", cwd=nights)
    assert done.code == 0, done.out + done.err
    assert "helpdesk: no regression" in done.out
    assert "equivalent" in done.out


def test_a_slow_night_ends_with_1_and_names_the_metric(nights: Path, busyhour: Busyhour) -> None:
    done = busyhour("compare", "slow", "-b", "n1", "-b", "n2", "-b", "n3", cwd=nights)
    assert done.code == 1, done.out
    assert "helpdesk regressed: latency p" in done.out.splitlines()[-1]


def test_every_format_says_the_same(nights: Path, busyhour: Busyhour) -> None:
    arguments = ("compare", "slow", "-b", "n1", "-b", "n2", "-b", "n3", "--format")
    data = json.loads(busyhour(*arguments, "json", cwd=nights).out)
    worse = {one["name"] for one in data["metrics"] if one["outcome"] == "regressed"}
    assert "latency p50: lambda:Invoke" in worse

    (suite,) = ElementTree.fromstring(busyhour(*arguments, "junit", cwd=nights).out)
    assert {case.attrib["name"] for case in suite if case.find("failure") is not None} == worse
    assert busyhour(*arguments, "github", cwd=nights).out.count("::error ") == len(worse)
    assert busyhour(*arguments, "markdown", cwd=nights).out.startswith("### helpdesk regressed")


def test_output_goes_to_a_file_and_the_summary_to_the_terminal(nights: Path, busyhour: Busyhour) -> None:
    baseline = ("-b", "n1", "-b", "n2", "-b", "n3")
    done = busyhour("compare", "n4", *baseline, "--format", "junit", "-o", "out/compare.xml", cwd=nights)
    assert done.code == 0
    assert done.out.startswith("helpdesk: no regression")
    assert ElementTree.parse(nights / "out" / "compare.xml").getroot().tag == "testsuites"


def test_the_projects_tolerance_counts(nights: Path, busyhour: Busyhour) -> None:
    (nights / "busyhour.toml").write_text("[compare]\nlatency = 0.8\nlatency_tail = 0.9\n", encoding="utf-8")
    assert busyhour("compare", "slow", "-b", "n1", "-b", "n2", "-b", "n3", cwd=nights).code == 0


def test_a_wrong_tolerance_is_named_with_its_line(nights: Path, busyhour: Busyhour) -> None:
    (nights / "busyhour.toml").write_text("[compare]\nlatncy = 0.8\n", encoding="utf-8")
    done = busyhour("compare", "n4", "-b", "n1", cwd=nights)
    assert done.code == 2
    assert "busyhour.toml:2" in done.err
    assert "latency" in done.err


def test_another_seed_is_refused_unless_forced(nights: Path, busyhour: Busyhour) -> None:
    write_run(nights / "other", 6, seed=7)
    refused = busyhour("compare", "other", "-b", "n1", cwd=nights)
    assert refused.code == 2
    assert "seed is 7 in other and 2026 in n1" in refused.err
    forced = busyhour("compare", "other", "-b", "n1", "--force", cwd=nights)
    assert forced.code == 0
    assert "seed is 7" in forced.out


def test_an_invalid_run_ends_with_4(nights: Path, busyhour: Busyhour) -> None:
    write_run(nights / "void", 6, outcome=Outcome.INVALID)
    assert busyhour("compare", "void", "-b", "n1", cwd=nights).code == 4


def test_the_first_night_has_nothing_to_compare_with_and_says_so(nights: Path, busyhour: Busyhour) -> None:
    done = busyhour("compare", "n1", "-b", "history", cwd=nights)
    assert done.code == 0
    assert "no earlier run" in done.err


def test_nights_in_ci(nights: Path, busyhour: Busyhour) -> None:
    """Three good nights, a slow one that alarms until it is accepted."""
    for name in ("n1", "n2", "n3"):
        assert busyhour("compare", name, "-b", "history", cwd=nights).code == 0
        assert "a baseline from now on" in busyhour("history", "add", name, cwd=nights).out
    assert busyhour("compare", "slow", "-b", "history", cwd=nights).code == 1
    assert "no baseline until accepted" in busyhour("history", "add", "slow", cwd=nights).out
    write_run(nights / "slow2", 6, latency_ms=60.0)
    assert busyhour("compare", "slow2", "-b", "history", cwd=nights).code == 1
    assert busyhour("history", "accept", "slow", cwd=nights).code == 0
    assert busyhour("compare", "slow2", "-b", "history", "--nights", "1", cwd=nights).code == 0

    listed = busyhour("history", "list", cwd=nights).out
    assert [line.split()[2] for line in listed.splitlines()] == ["n1", "n2", "n3", "slow"]
    assert "regressed, accepted" in listed
    assert "latency p50: lambda:Invoke" in busyhour("history", "show", "n2", cwd=nights).out

    assert busyhour("history", "export", "nights.jsonl", cwd=nights).code == 0
    assert (
        "4 runs added"
        in busyhour("history", "import", "nights.jsonl", "--history", "copy.sqlite", cwd=nights).out
    )
    assert "2 runs removed" in busyhour("history", "prune", "--keep", "2", cwd=nights).out


def test_a_bad_hour_that_repeats_do_not_show_is_no_regression_and_the_history_has_both(
    nights: Path, busyhour: Busyhour
) -> None:
    """The run was repeated by `busyhour run --confirm`: its repeats lie below it."""
    for name in ("n1", "n2", "n3"):
        assert busyhour("history", "add", name, cwd=nights).code == 0
    assert busyhour("compare", "slow", "-b", "history", cwd=nights).code == 1
    write_run(nights / "slow" / "slow-repeat-1", 6)
    done = busyhour("compare", "slow", "-b", "history", cwd=nights)
    assert done.code == 0, done.out
    assert "Gone in slow-repeat-1: latency p50: lambda:Invoke" in done.out
    assert "gone in 1 repeat" in done.out.splitlines()[-1]
    assert "a baseline from now on" in (added := busyhour("history", "add", "slow", cwd=nights).out)
    assert "gone in 1 repeat" in added
    assert "slow-repeat-1  helpdesk  holds  no regression  repeat of slow" in (
        busyhour("history", "list", cwd=nights).out
    )
    assert "Gone in slow-repeat-1" in busyhour("history", "show", "slow", cwd=nights).out


def test_what_repeats_show_too_is_confirmed(nights: Path, busyhour: Busyhour) -> None:
    write_run(nights / "slow" / "slow-repeat-1", 6, latency_ms=60.0)
    baseline = ("-b", "n1", "-b", "n2", "-b", "n3")
    done = busyhour("compare", "slow", *baseline, "--format", "markdown", cwd=nights)
    assert done.code == 1, done.out
    assert "confirmed in 1 repeat" in done.out.splitlines()[0]


def test_the_project_says_where_its_history_lies(nights: Path, busyhour: Busyhour) -> None:
    (nights / "busyhour.toml").write_text('history = "kept/nights.sqlite"\n', encoding="utf-8")
    assert busyhour("history", "add", "n1", cwd=nights).code == 0
    assert (nights / "kept" / "nights.sqlite").is_file()
    assert not (nights / "reports").exists()
    assert busyhour("compare", "n2", "-b", "history", cwd=nights).code == 0


def test_changes_show_the_night_and_what_changed_beside(nights: Path, busyhour: Busyhour) -> None:
    for night in range(5, 17):
        write_run(nights / f"m{night}", night, latency_ms=40.0 if night < 11 else 52.0)
        done = busyhour(
            "history", "add", f"m{night}", "--revision", "old" if night < 11 else "new", cwd=nights
        )
        assert done.code == 0, done.err
    done = busyhour("history", "changes", "--scenario", "helpdesk", "--metric", "p50", cwd=nights)
    (first, beside) = done.out.splitlines()
    assert first.startswith("2026-03-11  m11  latency p50: lambda:Invoke: ")
    assert "(+3" in first
    assert beside.strip() == "commit old to new"


def test_one_night_that_looks_worse_is_neither_green_nor_a_regression(
    nights: Path, busyhour: Busyhour
) -> None:
    done = busyhour("compare", "slow", "-b", "n1", cwd=nights)
    assert done.code == 4, done.out
    assert "not shown: latency p" in done.out.splitlines()[-1]
    assert "too few nights to judge: 1 of at least 3" in done.out
    (nights / "busyhour.toml").write_text("[compare]\nrun_noise = 0.03\n", encoding="utf-8")
    assert busyhour("compare", "slow", "-b", "n1", cwd=nights).code == 1


def test_a_run_without_load_json_ends_with_4_and_names_what_is_missing(
    nights: Path, busyhour: Busyhour
) -> None:
    (nights / "n4" / "load.json").unlink()
    done = busyhour("compare", "n4", "-b", "n1", "-b", "n2", "-b", "n3", cwd=nights)
    assert done.code == 4, done.out
    assert "Missing: latency: 3 of 3 baseline runs have it, this run does not" in done.out
    assert busyhour("history", "add", "n4", cwd=nights).code == 0
    assert "not shown" in busyhour("history", "list", cwd=nights).out


@pytest.mark.slow
def test_eight_nights_with_a_slower_handler_from_night_6_and_a_quota_cut_on_night_7(
    nights: Path, busyhour: Busyhour
) -> None:
    """Every night lies in the same folder, as CI has it, and is compared, added and shown again."""
    dated: list[str] = []
    for night in range(1, 13):
        changed = night >= 6
        write_run(
            nights / "tonight",
            night,
            latency_ms=52.0 if changed else 40.0,
            quota=200.0 if night < 7 else 120.0,
            handler="new" if changed else "old",
        )
        done = busyhour("compare", "tonight", "-b", "history", cwd=nights)
        assert done.code == (1 if changed else 0), done.out
        if changed:
            assert "Changed outside: function look changed" in done.out
            assert ("Concurrent active calls 200 to 120" in done.out) == (night >= 7)
        if night in (5, 6, 12):
            assert busyhour("report", "tonight", "--format", "html", "-o", "page.html", cwd=nights).code == 0
            page = (nights / "page.html").read_text(encoding="utf-8")
            assert ("Does not hold" in page) == changed, "the verdict at the top is the worst of all"
        busyhour("history", "add", "tonight", cwd=nights)
        found = busyhour("history", "changes", "--scenario", "helpdesk", cwd=nights)
        if night < 6:
            assert "latency" not in found.out
            continue
        lines = found.out.splitlines()
        (median,) = [line for line in lines if "latency p50: lambda:Invoke" in line]
        dated.append(median.split("  ")[0] + median.split("  ")[1])
        assert "(+2" in median or "(+3" in median
        assert "            function look changed" in lines
        cuts = [line for line in lines if "quota Concurrent active calls: 200 to 120 (-40%)" in line]
        assert [line[:10] for line in cuts] == (["2026-03-07"] if night >= 7 else [])
    assert len(set(dated)) == 1, "found once, and kept"
    assert dated[0].startswith("2026-03-062026-03-06-helpdesk-"), "dated to night 6, by a name of its own"
    names = [line.split()[2] for line in busyhour("history", "list", cwd=nights).out.splitlines()]
    assert len(set(names)) == 12


def test_the_page_of_a_run_draws_and_names_what_the_comparison_found(
    nights: Path, busyhour: Busyhour
) -> None:
    """What `busyhour run --confirm` puts on its page, on the first bad night."""
    from busyhour.cli._nights import look_back
    from busyhour.project import Project
    from busyhour.report.renderers.html_page import render

    for name in ("n1", "n2", "n3", "n4"):
        assert busyhour("history", "add", name, cwd=nights).code == 0
    assert busyhour("compare", "slow", "-b", "history", cwd=nights).code == 1
    project = Project.at(nights)
    record = store.read_run(nights / "slow")
    look_back(record, nights / "slow", project)
    page = render(record, project.report_templates()).decode()
    assert "No metric changed" not in page
    assert "Trend of latency p95: lambda:Invoke" in page
    assert "found when it was compared" in page


def test_an_old_record_keeps_its_verdict_with_the_version_that_gave_it(
    nights: Path, busyhour: Busyhour
) -> None:
    write_run(nights / "old", 1, version="0.0.9")
    assert busyhour("history", "add", "old", cwd=nights).code == 0
    assert "holds  not compared  (by busyhour 0.0.9)" in busyhour("history", "list", cwd=nights).out
    assert "holds  (by busyhour 0.0.9)" in busyhour("history", "show", "old", cwd=nights).out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("history", "show", "nothing"), "no run 'nothing'"),
        (("history", "prune"), "Neither --keep nor --before is given"),
        (("history", "prune", "--before", "yesterday"), "not a date"),
        (("history", "import", "missing.jsonl"), "cannot be read"),
        (("compare", "missing", "-b", "n1"), "no such file"),
        (("compare", "n1"), "Missing option '--baseline'"),
    ],
)
def test_bad_input_is_answered_with_what_is_wrong(
    arguments: tuple[str, ...], words: str, nights: Path, busyhour: Busyhour
) -> None:
    done = busyhour(*arguments, cwd=nights)
    assert done.code == 2
    assert words in done.err


SLOWED = """

def _slowed(handle):
    def slowed(event, context):
        import time

        time.sleep(0.15)
        return handle(event, context)

    return slowed


lookup, open_ticket, ticket_status = map(_slowed, (lookup, open_ticket, ticket_status))
"""


@pytest.mark.slow
def test_run_repeats_what_regressed_before_it_reports_it(tmp_path: Path, busyhour: Busyhour) -> None:
    """A night as it is, a second one with a slow handler (confirmed), and --confirm against AWS (refused).

    The project states how much its nights differ: one night is then enough to judge latencies.
    """
    assert busyhour("init", ".", cwd=tmp_path).code == 0
    settings = tmp_path / "busyhour.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8") + "\n[compare]\nrun_noise = 0.1\n", encoding="utf-8"
    )
    run = ("run", "helpdesk", "--confirm", "--set", "traffic.duration=25s", "--set", "traffic.drain=10s")
    objective = ("--set", 'objectives."latency_p95:lambda".at_most=30s')

    first = busyhour(*run, *objective, "--out", "first", cwd=tmp_path)
    assert first.code in (0, 1), first.err
    assert "there is none of this plan yet" in first.err
    assert busyhour("history", "add", "first", cwd=tmp_path).code == 0

    handler = tmp_path / "lambda" / "helpdesk.py"
    handler.write_text(handler.read_text(encoding="utf-8") + SLOWED, encoding="utf-8")
    second = busyhour(*run, *objective, "--out", "second", "--repeats", "1", cwd=tmp_path, seconds=300)
    assert second.code == 1, second.err
    assert "repeat 1 of at most 1" in second.err
    assert "Confirmed in second-repeat-1: latency p50: function helpdesk-lookup" in second.out
    assert "helpdesk regressed: " in second.out
    assert "no baseline until accepted" in busyhour("history", "add", "second", cwd=tmp_path).out
    page = (tmp_path / "second" / "report.html").read_text(encoding="utf-8")
    assert "confirmed in 1 repeat" in page

    refused = busyhour("run", "helpdesk", "--confirm", "--target", "aws", cwd=tmp_path)
    assert refused.code == 3
    assert "more than an approval of AWS covers" in refused.err


@pytest.mark.slow
def test_in_wall_time_the_same_system_shows_no_regression_and_a_slow_handler_shows(
    tmp_path: Path, busyhour: Busyhour
) -> None:
    assert busyhour("init", ".", cwd=tmp_path).code == 0

    def run(name: str) -> Path:
        done = busyhour(
            *(
                "run",
                "helpdesk",
                "--out",
                name,
                "--set",
                "traffic.duration=30s",
                "--set",
                "traffic.drain=15s",
            ),
            cwd=tmp_path,
        )
        assert done.code in (0, 1, 4), done.err
        return tmp_path / name

    for name in ("a", "b", "c"):
        run(name)
    for new, *old in (("a", "b", "c"), ("b", "a", "c"), ("c", "a", "b"), ("a", "b"), ("b", "c")):
        arguments = [word for name in old for word in ("-b", name)]
        done = busyhour("compare", new, *arguments, "--force", cwd=tmp_path)
        assert done.code == 0, done.out

    handler = tmp_path / "lambda" / "helpdesk.py"
    with handler.open("a", encoding="utf-8") as file:
        file.write(SLOWED)
    run("slow")
    done = busyhour("compare", "slow", "-b", "a", "-b", "b", "-b", "c", "--force", cwd=tmp_path)
    assert done.code == 1, done.out
    assert "latency p50: function helpdesk-lookup" in done.out
