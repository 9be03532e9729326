"""The sections of earlier runs: trends over the nights, and the comparison with them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from busyhour.report.plots.trends import trend_plots
from busyhour.report.renderers.registry import RENDERERS
from busyhour.report.sections.trends import MOST_PLOTS, trends
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

from ..shown import texts

TEMPLATES = [shipped_root() / "reports" / "templates"]


def html(record: RunRecord) -> str:
    return RENDERERS["html"].render(record, TEMPLATES).decode()


def test_a_record_without_nights_has_no_section(record: RunRecord, page: str) -> None:
    assert trends(record) is None
    assert 'id="trends"' not in page
    assert 'id="regression"' not in page


def test_the_page_names_a_change_with_its_night_and_what_changed_beside_and_the_verdict(
    nightly: RunRecord,
) -> None:
    [line] = texts(trends(nightly))
    assert (line["From"], line["Before"], line["After"], line["Change"]) == (
        "2026-10-13",
        "41 ms",
        "58 ms",
        "+41%",
    )
    made = re.sub(r"\s+", " ", html(nightly))
    assert "2026-10-13" in made
    assert "commit 1a2b3c4d5e to 9f8e7d6c5b" in made
    assert "flow main &lt;x&gt;.json changed" in made, "names are escaped"

    assert "helpdesk regressed: latency p95: function look" in made, "the verdict, with its repeats"
    assert "Repeated 2 times" in made
    assert "gone request_throttle_share" in made
    assert "runs of 9 min would decide" in made


def test_a_drawing_says_in_words_what_it_shows(nightly: RunRecord) -> None:
    first = trend_plots(nightly)[0]
    assert first.title == "Trend of latency p95: function look"
    assert "from 2026-10-13 on 58 ms instead of 41 ms" in first.description
    assert 'role="img"' in first.svg
    assert "var(--ink)" in first.svg
    assert "#010203" not in first.svg, "no fixed ink: one drawing for light and dark"


def test_metrics_that_did_not_change_are_drawn_too_but_not_all_of_them(nightly: RunRecord) -> None:
    assert [plot.title for plot in trend_plots(nightly)] == [
        "Trend of latency p95: function look",
        "Trend of time in flow mean",
    ]
    many = [{"name": f"m{i}", "unit": "", "values": [1.0] * 20} for i in range(30)]
    nightly.trends["metrics"] = many
    nightly.trends["changes"] = [{**nightly.trends["changes"][0], "metric": f"m{i}"} for i in range(30)]
    assert len(trend_plots(nightly)) == MOST_PLOTS


def test_nights_without_a_change_say_so(nightly: RunRecord) -> None:
    nightly.trends["changes"] = []
    assert "No metric changed from 2026-10-01 to 2026-10-20 (20 nights)." in html(nightly)


@pytest.mark.parametrize("values", [[0.0] * 20, [5.0] * 20, [-1.0, *[2.0] * 19]])
def test_any_values_can_be_drawn(nightly: RunRecord, values: list[float]) -> None:
    metric: dict[str, Any] = nightly.trends["metrics"][1]
    metric["values"] = values
    assert f"Trend of {metric['name']}" in [plot.title for plot in trend_plots(nightly)]
