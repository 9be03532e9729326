"""Capacity rules: formulas as data over the forecast and the team's own figures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from busyhour.capacity.forecast import formulas
from busyhour.capacity.forecast.formulas import with_rules
from busyhour.capacity.forecast.model import Forecast
from busyhour.capacity.theory.erlang import load_for_blocking, poisson_quantile, servers_for_blocking
from busyhour.quotas.model import Origin, QuotaValue
from busyhour.quotas.table.quota_table import load
from busyhour.scenarios import reader

TABLE = load()
RULES = {rule.key: rule for rule in formulas.load()}
POST_CALL = "connect.concurrent-post-call-analytics-jobs"
LEX = "lex.concurrent-voice-conversations-start-conversation"
SHARDS = "kinesis.shards-per-region"
NUMBERS = "connect.phone-numbers-per-instance"
STORAGE = "lambda.function-and-layer-storage"


@dataclass
class Demand:
    """Calls of four minutes with an agent for three, and two turns with a bot."""

    means: dict[str, float] = field(
        default_factory=lambda: {"at once": 240.0, "with agent": 180.0, "Lex turns": 2.0}
    )

    def mean(self, name: str) -> float:
        return self.means.get(name, 0.0)


@pytest.fixture
def held() -> Any:
    """The forecast of 9,000 calls an hour with the rules, by the team's figures."""

    def make(
        values: dict[str, QuotaValue] | None = None, headroom: float = 0.0, turns: float = 2.0, **usage: float
    ) -> Forecast:
        demand: Any = Demand()
        demand.means["Lex turns"] = turns
        made = Forecast("x", 9000.0, 9000.0, demand, [], [], [], 1)
        scenario: Any = SimpleNamespace(functions={"a": 1, "b": 2}, usage=usage, headroom=headroom)
        return with_rules(made, scenario, TABLE, values or {})

    return make


def test_every_rule_speaks_of_a_quota_of_the_table_and_has_its_source() -> None:
    assert len(RULES) == 6
    for rule in RULES.values():
        assert rule.key in TABLE
        assert set(rule.needs) <= rule.formula.names
        assert "c2hans/aws-docs" in rule.source
        assert rule.date
        assert rule.symptom


def test_the_schema_names_the_figures_that_the_rules_need() -> None:
    import json

    schema = json.loads(reader.schema_path().read_text(encoding="utf-8"))
    from_forecast = {"lex_turns", "agent_seconds"}
    needed = {name for rule in RULES.values() for name in rule.needs} - from_forecast
    assert needed == set(schema["properties"]["usage"]["properties"])


def test_the_formula_that_aws_gives_for_jobs_after_the_call(held: Any) -> None:
    [quota] = [q for q in held(analytics_share=0.5).quotas if q.key == POST_CALL]
    assert quota.theory_mean == pytest.approx(4.0 * 0.4 * 9000 * 0.5 / 60)
    assert quota.theory_peak == poisson_quantile(quota.theory_mean, 0.99)
    assert quota.calculation.startswith(
        "call_minutes * 0.4 * calls_per_hour * analytics_share / 60 = 4 * 0.4 * 9000 * 0.5 / 60 = 120 ("
    )
    assert (quota.value, quota.origin) == (200, "documented default")


def test_conversations_with_lex_by_littles_law(held: Any) -> None:
    [quota] = [q for q in held(lex_seconds_per_turn=6.0).quotas if q.key == LEX]
    assert quota.theory_mean == pytest.approx(2.5 * 2 * 6)


@pytest.mark.parametrize(("size", "shards"), [(0.5, 1), (10, 1), (500, 2)])
def test_shards_by_records_or_by_volume(held: Any, size: float, shards: int) -> None:
    [quota] = [q for q in held(contact_record_kb=size).quotas if q.key == SHARDS]
    assert quota.theory_mean == shards == quota.theory_peak


def test_numbers_go_with_calls_at_once_and_storage_with_versions(held: Any) -> None:
    quotas = {q.key: q for q in held(package_mb=100.0, package_versions=50.0, calls_per_number=100.0).quotas}
    assert quotas[STORAGE].theory_mean == pytest.approx(2 * 50 * 100 / 1024)
    assert quotas[NUMBERS].theory_mean == 0


def test_a_rule_has_its_rung_where_the_volume_brings_it(held: Any) -> None:
    found = held(analytics_share=1.0, package_mb=1.0, package_versions=1.0, headroom=0.2)
    [row] = [row for row in found.limits if row.key == POST_CALL]
    assert row.calls_per_hour == pytest.approx(9000 * load_for_blocking(200, 0.01) / 240)
    assert row.by_little == pytest.approx(9000 * 200 / 240)
    assert row.binds_at_plan
    assert row.needed == servers_for_blocking(240, 0.01)
    assert row.with_headroom == math.ceil(row.needed / 0.8)


def test_a_value_in_force_goes_before_the_documented_one(held: Any) -> None:
    value = QuotaValue(TABLE.by_key(POST_CALL), 900.0, Origin.OVERRIDE, "2026-11-22")
    [quota] = [q for q in held({POST_CALL: value}, analytics_share=1.0).quotas if q.key == POST_CALL]
    assert (quota.value, quota.origin) == (900, "override")


def test_a_missing_figure_for_something_the_flows_use_is_noted(held: Any) -> None:
    found = held()
    assert found.quotas == []
    assert len(found.notes) == 1
    assert "usage.lex_seconds_per_turn" in found.notes[0]
    assert held(turns=0.0).notes == [], "no bot, no question"


def test_a_team_can_bring_rules_of_its_own(held: Any, tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    path.write_text(
        "key,needs,formula,spread,grows,symptom,source,date\n"
        f"{SHARDS},package_mb,calls_per_hour - 8990,no,yes,none,us,2026-11-22\n"
    )
    [rule] = formulas.load(path)
    assert replace(rule, date="").formula({"calls_per_hour": 9000.0}) == 10


def test_usage_is_read_from_the_scenario() -> None:
    path = reader.schema_path().with_name("helpdesk.toml")
    scenario = reader.load(path, overrides=("usage.analytics_share=0.5", "usage.package_mb=12"))
    assert scenario.usage == {"analytics_share": 0.5, "package_mb": 12.0}
