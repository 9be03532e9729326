from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from support.synthetic_runs import System, run

from busyhour.regression.compare import Comparison, compare
from busyhour.regression.inference.decide import Outcome
from busyhour.regression.render import RENDERERS
from busyhour.regression.settings import Tolerances

SYSTEM = System(seconds=200)


@pytest.fixture(scope="module")
def found() -> Comparison:
    new = run(replace(SYSTEM, latency_ms=60.0), 1)
    new.findings = ["unknown_type: main | a: <Menu>: bad\nlines"]
    made = compare([new], [run(SYSTEM, 2), run(SYSTEM, 3), run(SYSTEM, 4)], Tolerances())
    made.scenario = "helpdesk"
    return made


def test_text_has_every_metric_and_ends_with_the_summary(found: Comparison) -> None:
    text = RENDERERS["text"](found)
    assert all(one.name in text for one in found.metrics)
    assert text.splitlines()[-1] == found.summary
    assert "regressed" in text.splitlines()[3]


def test_json_has_the_verdict_and_each_metric(found: Comparison) -> None:
    data = json.loads(RENDERERS["json"](found))
    assert data["regressed"] is True
    assert {one["name"] for one in data["metrics"]} == {one.name for one in found.metrics}
    assert {one["outcome"] for one in data["metrics"]} <= {"regressed", "changed", "equivalent", "undecided"}


def test_markdown_escapes_what_would_break_a_table(found: Comparison) -> None:
    text = RENDERERS["markdown"](found)
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.count("|") == 8 for line in rows)
    assert "main \\| a: &lt;Menu>: bad\\\\nlines" in text


def test_junit_counts_failures_and_skips_the_undecided(found: Comparison) -> None:
    (suite,) = ElementTree.fromstring(RENDERERS["junit"](found))
    failures = found.count(Outcome.REGRESSED) + 1
    assert int(suite.attrib["failures"]) == failures == len(suite.findall("testcase/failure"))
    assert (
        int(suite.attrib["skipped"])
        == found.count(Outcome.UNDECIDED)
        == len(suite.findall("testcase/skipped"))
    )
    assert int(suite.attrib["tests"]) == len(found.metrics) + 1


def test_github_annotations_are_one_line_each(found: Comparison) -> None:
    lines = RENDERERS["github"](found).splitlines()
    errors = [line for line in lines if line.startswith("::error title=")]
    assert len(errors) == found.count(Outcome.REGRESSED) + 1
    assert all("::" in line[8:] for line in errors)
    assert "latency p50%3A lambda%3AInvoke regressed::" in errors[0] + "".join(errors)
    assert lines[-1] == found.summary


def test_metrics_have_both_values_and_the_counts_of_outcomes(found: Comparison) -> None:
    text = RENDERERS["metrics"](found)
    assert (
        text.count("busyhour_compared_now{") == text.count("busyhour_compared_before{") == len(found.metrics)
    )
    assert f'busyhour_compared{{outcome="regressed"}} {found.count(Outcome.REGRESSED)}\n' in text
    assert 'busyhour_compared{outcome="new finding"} 1\n' in text
    assert text.endswith("# EOF\n")
