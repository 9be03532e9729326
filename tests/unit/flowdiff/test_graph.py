from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from busyhour.flowdiff.graph import rows, svg
from busyhour.flows.export.reader import read_file

FLOWS = Path(__file__).parents[3] / "examples" / "helpdesk" / "flows"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("path", sorted(FLOWS.glob("*.json")), ids=lambda path: path.stem)
def test_every_action_is_drawn_once_and_no_two_in_one_place(path: Path) -> None:
    flow = read_file(path)
    root = ElementTree.fromstring(svg(flow, {}, {}))
    boxes = [(r.attrib["x"], r.attrib["y"]) for r in root.iter(f"{SVG}rect")]
    assert len(boxes) == len(set(boxes)) == len(flow.actions)
    assert root.findall(f"{SVG}path")


def test_the_start_stands_first_and_targets_below_what_leads_to_them() -> None:
    flow = read_file(FLOWS / "helpdesk-main.json")
    found = rows(flow)
    assert found[0] == [flow.start]
    assert sum(map(len, found)) == len(flow.actions)


def test_what_became_of_an_action_and_its_name_are_in_the_tooltip() -> None:
    flow = read_file(FLOWS / "helpdesk-main.json")
    picture = svg(flow, {flow.start: "changed"}, {flow.start: "<Start> & go"})
    assert "&lt;Start&gt; &amp; go: UpdateFlowLoggingBehavior (changed)" in picture
    assert picture.count('class="changed"') == 1
