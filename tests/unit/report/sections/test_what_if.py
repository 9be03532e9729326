"""The figures behind the slider: each limit at other volumes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from busyhour.capacity.requirement import needed
from busyhour.capacity.requirement_kinds import Bucket
from busyhour.capacity.staffing_requirements import Agents
from busyhour.report.sections.what_if import SHORT_TABLE, WhatIf, what_if
from busyhour.results.limit_rows import limit_rows
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


def test_every_figure_at_the_plan_is_that_of_the_list_of_limits(figures: WhatIf, record: RunRecord) -> None:
    for row, limit in zip(figures.rows, limit_rows(record), strict=True):
        cell = row.cells[figures.plan]
        assert (cell.demand, cell.needed, cell.with_headroom) == (
            limit.load,
            limit.needed,
            limit.with_headroom,
        )
        assert cell.rejected == limit.rejected_at_plan
        assert (cell.state == "binds") == limit.binds


def test_a_limit_binds_beyond_the_volume_of_its_row(figures: WhatIf, record: RunRecord) -> None:
    for row, limit in zip(figures.rows, limit_rows(record), strict=True):
        for volume, cell in zip(figures.volumes, row.cells, strict=True):
            beyond = limit.calls_per_hour is not None and volume > limit.calls_per_hour
            assert (cell.state == "binds") == beyond, (row.name, volume)
            tolerated = limit.tolerated or 0.0
            assert (cell.rejected > tolerated * (1 + 1e-6)) == beyond, (row.name, volume)


def test_less_headroom_than_the_scenario_wants_is_tight(figures: WhatIf) -> None:
    starts = figures.rows[1]
    assert starts.cells[figures.column(0.5)].state == "holds"
    tight = starts.cells[figures.column(1.0)]
    assert (tight.needed, tight.with_headroom, tight.state) == (2.0, 3.0, "tight")


def test_a_token_bucket_has_its_own_loss(figures: WhatIf) -> None:
    cell = figures.rows[1].cells[figures.column(2.0)]
    assert cell.demand == pytest.approx(2.0)
    assert 0.05 < cell.rejected < 0.2
    assert cell.needed == needed(Bucket(1.0, 2.0, 5.0), 2.0)


def test_staffing_has_its_need_too(figures: WhatIf) -> None:
    agents = figures.rows[2]
    assert agents.cells[figures.plan].needed == needed(Agents(14.0, 14.0, 60.0, 20.0, 0.2))
    assert {cell.state for cell in agents.cells} == {"holds", "tight", "binds"}


def test_whole_numbers_are_not_rounded_for_the_page(figures: WhatIf) -> None:
    many = replace(figures.rows[0].cells[0], needed=12_631.0)
    text = replace(figures, rows=(replace(figures.rows[0], cells=(many,)),)).as_script()
    assert json.loads(text)["cells"][0][0][3] == 12_631


def test_the_script_data_is_json_that_cannot_end_its_element(figures: WhatIf) -> None:
    hostile = replace(figures, rows=(replace(figures.rows[0], name="</script>"), *figures.rows[1:]))
    text = hostile.as_script()
    assert "<" not in text
    data = json.loads(text)
    assert len(data["cells"]) == len(figures.rows)
    assert {len(row) for row in data["cells"]} == {len(figures.volumes)}
    assert data["volumes"][data["plan"]] == 3600


def test_without_plan_or_limits_there_is_nothing_to_ask(record: RunRecord) -> None:
    assert what_if(replace(record, forecast={})) is None
    scenario = {**record.scenario, "calls_per_hour": None}
    assert (
        what_if(replace(record, scenario=scenario, forecast={**record.forecast, "calls_per_hour": 0})) is None
    )


def test_a_quota_of_nothing_rejects_all(record: RunRecord) -> None:
    record.forecast["limits"][0] |= {"value": 0.0, "calls_per_hour": 0.0, "by_little": 0.0}
    found = what_if(record)
    assert found is not None
    cell = found.rows[0].cells[found.plan]
    assert (cell.rejected, cell.of_value, cell.state) == (1.0, None, "binds")
    assert cell.demand == pytest.approx(34.9)


def test_rows_of_an_older_version_have_no_figures_at_other_volumes(record: RunRecord) -> None:
    for row in record.forecast["limits"]:
        del row["requirement"]
    assert what_if(record) is None
