"""Drawings of flows: every action once, in order of distance, named as in messages."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from busyhour.flows.drawing import Branch, place, svg
from busyhour.flows.export.reader import read_file

FLOWS = Path(__file__).parents[3] / "examples" / "helpdesk" / "flows"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.json")), ids=lambda path: path.stem)
def test_every_action_is_drawn_once_and_no_two_in_one_place(path: Path) -> None:
    flow = read_file(path)
    root = ElementTree.fromstring(svg(flow, "x", dict.fromkeys(flow.by_identifier(), "same"), ()))
    groups = root.findall(f"{SVG}g")
    assert len({group.attrib["transform"] for group in groups}) == len(groups) == len(flow.actions)


def test_the_start_stands_first() -> None:
    flow = read_file(FLOWS / "helpdesk-main.json")
    found = place(flow)
    assert found[flow.start].x == min(one.x for one in found.values()) == 0.0


def test_status_name_and_branch_are_in_the_tooltips() -> None:
    flow = read_file(FLOWS / "helpdesk-main.json")
    other = next(one.identifier for one in flow.actions if one.identifier != flow.start)
    statuses = dict.fromkeys(flow.by_identifier(), "same") | {flow.start: "changed"}
    branches = [
        Branch(flow.start, other, 0, "error", "No & match"),
        Branch(flow.start, "nowhere", 1, "error", "x"),
    ]
    picture = svg(flow, "x", statuses, branches, {flow.start: "<Start> & go"})
    assert "&lt;Start&gt; &amp; go (UpdateFlowLoggingBehavior): changed" in picture
    assert picture.count('class="s-changed"') == 1
    [arrow] = ElementTree.fromstring(picture).findall(f"{SVG}path")
    assert arrow.findtext(f"{SVG}title") == "No & match"
