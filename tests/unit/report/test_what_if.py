"""The figures behind the slider: each limit at other volumes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from busyhour.capacity.theory import erlang_b, servers_for_blocking
from busyhour.report.what_if import SHORT_TABLE, WhatIf, what_if
from busyhour.results.record import RunRecord


@pytest.fixture
def figures(record: RunRecord) -> WhatIf:
    found = what_if(record)
    assert found is not None
    return found


def test_a_decade_below_and_above_the_plan_with_the_plan_itself(figures: WhatIf) -> None:
    assert figures.volumes[0] == pytest.approx(360)
    assert figures.volumes[-1] == pytest.approx(36_000)
    assert figures.volumes[figures.plan] == 3600
    assert [figures.factors[figures.column(factor)] for factor in SHORT_TABLE] == list(SHORT_TABLE)
    assert list(figures.volumes) == sorted(figures.volumes)


def test_things_at_once_follow_little_and_erlang_b(figures: WhatIf) -> None:
    cell = figures.rows[0].cells[figures.plan]
    load = 10 * 3600 / 1030.9
    assert cell.demand == pytest.approx(load)
    assert cell.turned_away == pytest.approx(erlang_b(load, 10))
    assert cell.needed == servers_for_blocking(load, 0.01) / 0.8
    assert cell.state == "binds"


def test_a_limit_binds_from_its_rung_on(figures: WhatIf, record: RunRecord) -> None:
    for row, rung in zip(figures.rows, record.forecast["ladder"], strict=True):
        for volume, cell in zip(figures.volumes, row.cells, strict=True):
            met = rung["calls_per_hour"] is not None and volume >= rung["calls_per_hour"]
            assert (cell.state == "binds") == met, (row.name, volume)


def test_less_headroom_than_the_scenario_wants_is_tight(figures: WhatIf) -> None:
    starts = figures.rows[1]
    at = figures.column(1.0)
    assert (starts.cells[at].state, starts.cells[figures.column(0.5)].state) == ("holds", "holds")
    assert starts.cells[max(i for i, v in enumerate(figures.volumes) if v < 4619)].state == "tight"


def test_a_token_bucket_keeps_its_ratio_and_its_own_loss(figures: WhatIf) -> None:
    cell = figures.rows[1].cells[figures.column(2.0)]
    assert cell.demand == pytest.approx(2.0)
    assert cell.turned_away is not None
    assert 0.05 < cell.turned_away < 0.2
    assert cell.needed == pytest.approx(2.0 * 7200 / 4619.69 / 0.8)


def test_staffing_has_a_state_and_no_value_to_ask_for(figures: WhatIf) -> None:
    cells = figures.rows[2].cells
    assert {cell.needed for cell in cells} == {None}
    assert {cell.state for cell in cells} == {"holds", "binds"}


def test_the_script_data_is_json_that_cannot_end_its_element(figures: WhatIf) -> None:
    hostile = replace(figures, rows=(replace(figures.rows[0], name="</script>"), *figures.rows[1:]))
    text = hostile.as_script()
    assert "<" not in text
    data = json.loads(text)
    assert len(data["cells"]) == len(figures.rows)
    assert {len(row) for row in data["cells"]} == {len(figures.volumes)}
    assert data["volumes"][data["plan"]] == 3600


def test_without_plan_or_ladder_there_is_nothing_to_ask(record: RunRecord) -> None:
    assert what_if(replace(record, forecast={})) is None
    scenario = {**record.scenario, "calls_per_hour": None}
    assert (
        what_if(replace(record, scenario=scenario, forecast={**record.forecast, "calls_per_hour": 0})) is None
    )


def test_a_quota_of_nothing_turns_all_away(record: RunRecord) -> None:
    record.forecast["ladder"][0] |= {"value": 0.0, "calls_per_hour": 0.0, "by_little": 0.0}
    found = what_if(record)
    assert found is not None
    cell = found.rows[0].cells[found.plan]
    assert (cell.turned_away, cell.used, cell.state) == (1.0, None, "binds")
    assert cell.demand == pytest.approx(34.9)
