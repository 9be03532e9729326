"""One number for one thing: every output of a run tells the same need, present value, measured peak and volume."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from busyhour.capacity.forecast.build import forecast
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.migration import lead_times
from busyhour.capacity.migration import waves as wave_plans
from busyhour.capacity.migration.waves import plan_waves
from busyhour.cli.request import command as request
from busyhour.quotas import freshness, increases, ledger
from busyhour.quotas.comparison import Demand, compare_all
from busyhour.quotas.comparison import record as quota_record
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table import quota_table
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections import limits, quotas, waves, what_if
from busyhour.results import limit_rows, store
from busyhour.results.entries import Arrivals
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.scenarios.model import Scenario
from busyhour.scenarios.reader import load
from busyhour.scenarios.traffic import Wave
from busyhour.shipped import shipped_root

from ..numbers_told import BINDS, HEADROOM, NEEDED, PEAK, PRESENT, Reader, Told, conflicts, words_of_pdf

ROOT = shipped_root()
TEMPLATES = [ROOT / "reports" / "templates"]
TABLE = quota_table.load()
CALLS = "connect.concurrent-active-calls-per-instance"
STARTS = "connect.start-outbound-voice-contact.rate"
ARN = "arn:aws:connect:us-east-1:123456789012:instance/x"
PEAKS = {CALLS: 97.0, STARTS: 3.0, "lambda.concurrent-executions": 2.0}


@pytest.fixture(scope="module")
def planned() -> Scenario:
    """The shipped scenario that binds, migrated in two waves."""
    scenario = load(ROOT / "scenarios" / "peak.toml", root=ROOT)
    waves = (Wave("pilot", date(2099, 3, 1), share=0.1), Wave("rest", date(2099, 4, 1), share=0.9))
    return replace(scenario, waves=waves)


@pytest.fixture(scope="module")
def made(planned: Scenario) -> Forecast:
    values = [
        QuotaValue(TABLE.by_key(key), value, Origin.EMULATOR, freshness.today().isoformat())
        for key, value in ((CALLS, 10.0), (STARTS, 2.0))
    ]
    return forecast(planned, values, calls=300)


@pytest.fixture
def record(planned: Scenario, made: Forecast) -> RunRecord:
    """A run of it as the harness would record it: needs from the list of limits, peaks as measured, ledger confirmed."""
    return _record(planned, made)


def _record(planned: Scenario, made: Forecast) -> RunRecord:
    wave_plan = plan_waves(planned.waves, made, freshness.today(), lead_times.load())
    rows = [limit for limit in made.limits if limit.kind == "quota"]
    values = [
        QuotaValue(TABLE.by_key(limit.key), limit.value, Origin(limit.origin), limit.read_at)
        for limit in rows
    ]
    demands = [
        Demand(limit.key, PEAKS.get(limit.key), 42.0, "measured by the emulator", forecast=limit.needed)
        for limit in rows
    ]
    run = RunRecord(
        run_id="peak-1",
        busyhour_version="0",
        scenario={
            "name": "peak",
            "description": "",
            "headroom": planned.headroom,
            "calls_per_hour": made.calls_per_hour,
        },
        target={"kind": "emulator", "region": "us-east-1", "account": "123456789012", "instance_arn": ARN},
        started="2026-11-22T08:00:00Z",
        ended="2026-11-22T08:01:40Z",
        duration=100.0,
        verdict=VerdictRecord(Outcome.DOES_NOT_HOLD, ["it binds"], "peak does not hold"),
        arrivals=Arrivals(planned=400, started=400, late=0, dropped=0),
        quotas=[quota_record(one) for one in compare_all(values, demands, planned.headroom)],
        forecast=json.loads(json.dumps(made.as_json | {"waves": wave_plan.as_json})),
        generator={"valid": True},
    )
    run.ledger = ledger.as_rows(ledger.confirm(ledger.Evidence(), run))
    return run


def everything(record: RunRecord, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[Told]:
    """All that all outputs of a run tell of its quotas."""
    limits = [row for row in record.forecast["limits"] if row["kind"] == "quota"]
    reader = Reader(
        {row["key"]: row["name"] for row in limits},
        {row["code"]: row["key"] for row in limits if row["code"]},
    )

    def rendered(name: str) -> bytes:
        return RENDERERS[name].render(record, TEMPLATES)

    def asked(*more: str) -> str:
        result = CliRunner().invoke(request, [str(folder), *more], catch_exceptions=False)
        assert result.exit_code == 0
        return result.output

    monkeypatch.chdir(folder)
    store.write_run(folder, record)
    return [
        *reader.record(json.loads(rendered("json"))),
        *reader.html(rendered("html").decode()),
        *reader.markdown(rendered("markdown").decode()),
        *reader.terminal(rendered("text").decode()),
        *reader.pdf(words_of_pdf(rendered("pdf"), folder)),
        *reader.support(rendered("support-text").decode(), "support text"),
        *reader.support(words_of_pdf(rendered("support-pdf"), folder), "support pdf"),
        *reader.request_text(asked()),
        *reader.request(json.loads(asked("--format", "json"))),
        *reader.increases(json.loads((folder / "increases.json").read_text())),
        *reader.request(json.loads(asked("--headroom", "0.2", "--format", "json")), HEADROOM),
    ]


@pytest.fixture(scope="module")
def told(
    need: Callable[[str], str],
    planned: Scenario,
    made: Forecast,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[Told]:
    need("pdftotext")
    with pytest.MonkeyPatch.context() as patch:
        return everything(_record(planned, made), tmp_path_factory.mktemp("outputs"), patch)


def test_no_two_outputs_disagree(told: list[Told]) -> None:
    found = conflicts(told)
    assert found == [], "\n".join(found)


def test_every_output_was_read(told: list[Told]) -> None:
    places = {
        quantity: {one.place for one in told if one.quota == CALLS and one.quantity == quantity}
        for quantity in (NEEDED, HEADROOM, PRESENT, PEAK, BINDS)
    }
    limits = "table calls/h, of plan, limit"
    quotas, asks = (
        "table quota, present value, from, needed",
        "table quota, present value, needed, measured peak",
    )
    coded = "table quota, code, present value, from"
    ledgers = (
        "html table quota, needed, requested, applied",
        "markdown table quota, place, needed, requested",
    )
    html_limits = f"html {limits}, present value"
    lists = {html_limits, f"markdown {limits}, code", f"terminal {limits}, present value"}
    of_quotas = {f"html {quotas}", f"markdown {coded}", f"terminal {coded}", "pdf quotas"}
    assert places[NEEDED] >= {
        *("run.json limits", "run.json limits calculation", "run.json quotas", "run.json waves"),
        *("run.json ledger", "run.json increases of waves"),
        *(lists | of_quotas),
        *("html what-if", "html waves", "markdown waves", "terminal waves", f"html {asks}"),
        *("html table quota, present value, needed, for wave", *ledgers),
        *("markdown calculation", "terminal sentence", "pdf limits", "pdf calculation"),
        *("support text", "support text steps", "support pdf", "support pdf steps", "support pdf table"),
        *("request text", "request text steps", "request command", "request json", "request json requested"),
        *("request json arguments", "increases.json"),
    }
    assert places[HEADROOM] >= {
        *("run.json limits", "html what-if", "terminal sentence", "pdf limits"),
        *(lists | {"request text headroom", "request json requested"}),
    }
    assert places[PEAK] >= {
        *("run.json quotas", "run.json ledger"),
        *(of_quotas | {f"html {asks}"}),
        "html table quota, present value, mean demand, 99th percentile, theory",
        *("support text steps", "support text evidence", "support pdf table"),
        *("request text steps", "request json"),
    }
    assert places[BINDS] >= {
        *("run.json limits", "terminal headline", "pdf limits", "support text impact", "support pdf impact"),
        *lists,
    }
    assert places[PRESENT] >= places[NEEDED] - {
        *("run.json limits calculation", "html what-if", "markdown calculation", "pdf calculation"),
        *("request command", "request json requested", "request json arguments", "increases.json"),
    }


def test_counted_quotas_come_from_the_same_list(told: list[Told], planned: Scenario) -> None:
    users = {
        one.value for one in told if one.quota == "connect.users-per-instance" and one.quantity == NEEDED
    }
    assert users == {float(sum(queue.agents for queue in planned.queues.values()))}


def _one_more(function: Callable[..., Any]) -> Callable[..., Any]:
    """Rows of the list of limits with a need of its own."""

    def own(record: RunRecord) -> Any:
        found = function(record)
        rows = found.values() if isinstance(found, dict) else found
        made = [replace(row, needed=(row.needed or 0) + 1) for row in rows]
        return {row.key: row for row in made} if isinstance(found, dict) else made

    return own


def _more(value: float) -> Callable[..., float]:
    def own(*_: Any, **__: Any) -> float:
        return value

    return own


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "name", "own"),
    [
        (quotas, "limit_rows", _one_more(limit_rows.limit_rows)),  # the tables of quotas in every report
        (limits, "limit_rows", _one_more(limit_rows.limit_rows)),  # the lists of limits in every report
        (increases, "by_key", _one_more(limit_rows.by_key)),  # requests
        (what_if, "needed", _more(7.0)),  # the slider
        (what_if, "with_headroom", _more(7.0)),
        (increases, "with_headroom", _more(7.0)),  # request --headroom
        (waves, "number", "{:.0f}1".format),  # the page of waves
    ],
    ids=lambda given: getattr(given, "__name__", str(given)),
)
def test_an_output_that_computes_its_own_is_found(
    need: Callable[[str], str],
    record: RunRecord,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    name: str,
    own: Callable[..., Any],
) -> None:
    need("pdftotext")
    monkeypatch.setattr(module, name, own)
    assert conflicts(everything(record, tmp_path, monkeypatch))


@pytest.mark.slow
def test_waves_that_compute_their_own_are_found(
    need: Callable[[str], str],
    planned: Scenario,
    made: Forecast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    need("pdftotext")
    monkeypatch.setattr(wave_plans, "needed", _more(133.0))
    assert conflicts(everything(_record(planned, made), tmp_path, monkeypatch))


@pytest.mark.slow
def test_a_ledger_with_a_need_of_its_own_is_found(
    need: Callable[[str], str], record: RunRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    need("pdftotext")
    next(row for row in record.ledger if row["key"] == CALLS)["needed"]["value"] += 1
    assert conflicts(everything(record, tmp_path, monkeypatch))
