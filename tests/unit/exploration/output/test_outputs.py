"""What an exploration looks like: text, JSON, HTML, LCOV."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from conftest_exploration import FAULTS

from busyhour.exploration.invariant import load_invariants
from busyhour.exploration.output import html_page, json_output, lcov, text
from busyhour.exploration.project import Explored, read_flows
from busyhour.exploration.search.coverage_search import Budget
from busyhour.exploration.search.explorer import Explorer, Settings
from busyhour.flows.drawing import HEIGHT, WIDTH, place
from busyhour.flows.export.reader import read_file
from busyhour.shipped import shipped_root

SCHEMA = Path(json_output.__file__).with_name("exploration.schema.json")
HELPDESK = shipped_root() / "examples" / "helpdesk" / "flows"


def explored(path, **settings):
    subjects = read_flows([str(path)])
    explorer = Explorer(subjects.context, load_invariants(), Settings(examples=0, **settings))
    return Explored(subjects, explorer.explore())


@pytest.fixture(scope="module")
def failing():
    return explored(FAULTS / "infinite_reprompt" / "broken" / "bank.json")


@pytest.fixture(scope="module")
def helpdesk():
    return explored(HELPDESK)


def test_text_says_coverage_failure_place_story_and_how_to_see_it_again(failing):
    said = text.render(failing)
    assert re.search(r"^Bank +100\.0% +\d+ of \d+", said, re.MULTILINE)
    assert "call-ends: the call runs in a cycle" in said
    assert "at `Menu` (GetParticipantInput)" in said
    assert re.search(r"bank\.json:\d+:\d+", said)
    assert "presses nothing" in said
    assert re.search(r"again: busyhour explore \S+ --replay c1\S+", said)


def test_text_says_why_what_is_unreachable_is_so(failing):
    assert "unreachable" not in text.render(failing).replace(" unreachable,", "").replace(
        "unreachable  1", ""
    )
    assert "every result has a condition of its own" in text.render(failing, verbose=True)


def test_json_fits_its_schema(failing, helpdesk):
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    for one in (failing, helpdesk):
        jsonschema.Draft202012Validator(schema).validate(json.loads(json.dumps(json_output.data(one))))
    assert json_output.data(helpdesk)["summary"]["coverage"] == 1.0


class _Page(HTMLParser):
    """Checks that what is opened is closed, and notes classes and foreign addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.classes, self.foreign = [], [], []

    def handle_starttag(self, tag, attrs):
        self.classes += [one for name, value in attrs if name == "class" for one in (value or "").split()]
        self.foreign += [
            value for name, value in attrs if name in ("src", "href") and not (value or "").startswith("#")
        ]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.classes += [one for name, value in attrs if name == "class" for one in (value or "").split()]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else(failing):
    page = _Page()
    written = html_page.render(failing)
    page.feed(written)
    assert page.open == []
    assert page.foreign == []
    assert {"s-covered", "s-failing", "s-unreachable"} <= set(page.classes)
    assert "prefers-color-scheme: dark" in written


def test_the_page_draws_what_was_not_taken():
    shallow = explored(FAULTS / "infinite_reprompt" / "kept" / "bank.json", budget=Budget(calls=1))
    assert 'class="s-uncovered"' in html_page.render(shallow)


def test_names_cannot_break_out_of_the_page(tmp_path):
    data = json.loads((FAULTS / "infinite_reprompt" / "kept" / "bank.json").read_text())
    data["Metadata"]["name"] = "<script>alert(1)</script>"
    (tmp_path / "flow.json").write_text(json.dumps(data))
    assert "<script>" not in html_page.render(explored(tmp_path / "flow.json"))


def test_lcov_counts_lines_and_branches_of_the_files(helpdesk):
    records = lcov.render(helpdesk).split("end_of_record\n")[:-1]
    assert len(records) == len(helpdesk.reports)
    for record, report in zip(records, helpdesk.reports, strict=True):
        lines = record.splitlines()
        path = next(one.removeprefix("SF:") for one in lines if one.startswith("SF:"))
        length = len(Path(path).read_text().splitlines())
        numbers = [int(re.split("[:,]", one)[1]) for one in lines if one.startswith(("DA:", "BRDA:"))]
        assert numbers
        assert max(numbers) <= length
        assert f"BRF:{report.coverable}" in lines
        assert f"BRH:{report.coverable}" in lines


def test_no_two_actions_are_drawn_on_top_of_each_other():
    for path in sorted(HELPDESK.glob("*.json")):
        points = list(place(read_file(path)).values())
        for at, one in enumerate(points):
            assert all(
                abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT for other in points[:at]
            )


def test_a_flow_without_a_layout_is_drawn_in_layers():
    flow = read_file(FAULTS / "infinite_reprompt" / "kept" / "bank.json")
    flow.metadata.pop("ActionMetadata")
    points = place(flow)
    assert points[flow.start].x == 0
    assert points["Attempts"].x > points["Menu"].x
