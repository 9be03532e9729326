"""The page of an exploration in a real browser: every flow is drawn, and everything can be read, light and dark."""

import html
import json
import re
import shutil
import subprocess

import pytest
from conftest_exploration import FAULTS

from busyhour.exploration.invariant import load_invariants
from busyhour.exploration.output import html_page
from busyhour.exploration.project import Explored, read_flows
from busyhour.exploration.search.explorer import Explorer, Settings
from busyhour.shipped import shipped_root

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PROBE = r"""
<script>
addEventListener("load", () => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };
  const paper = getComputedStyle(document.body).backgroundColor;
  const box = document.querySelector("svg rect");
  let worst = 99, where = "";
  for (const element of document.querySelectorAll("h1, h2, h3, p, td, th, a, li, summary, code, svg text")) {
    if (!element.textContent.trim()) continue;
    const drawn = element instanceof SVGElement, style = getComputedStyle(element);
    const failing = element.closest(".failure");
    const ground = drawn ? getComputedStyle(box).fill : failing ? getComputedStyle(failing).backgroundColor : paper;
    const found = contrast(drawn ? style.fill : style.color, ground);
    if (found < worst) { worst = found; where = element.tagName + " " + element.textContent.slice(0, 40); }
  }
  const found = {
    paper, worst, where,
    flows: [...document.querySelectorAll("section")].map((section) => ({
      drawn: section.querySelectorAll("svg g > rect").length,
      visible: [...section.querySelectorAll("svg g > rect")].every((r) => r.getBoundingClientRect().width > 50),
      edges: section.querySelectorAll("svg > path").length,
      failing: section.querySelectorAll("rect.s-failing").length,
    })),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    unreachable: [...document.querySelectorAll(".drawing")].filter((d) => d.tabIndex < 0).length,
  };
  document.body.textContent = "";
  document.body.append("FOUND" + JSON.stringify(found) + "END");
});
</script>
"""


def explored(path):
    subjects = read_flows([str(path)])
    return Explored(subjects, Explorer(subjects.context, load_invariants(), Settings(examples=0)).explore())


def looked_at(found, tmp_path, scheme, width):
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium here")
    file = tmp_path / "page.html"
    file.write_text(html_page.render(found).replace("</body>", PROBE + "</body>"), encoding="utf-8")
    done = subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom",
         f"--user-data-dir={tmp_path / 'profile'}", f"--blink-settings=preferredColorScheme={scheme}",
         f"--window-size={width},900", file.as_uri()],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    text = re.search(r"FOUND(\{.*\})END", done.stdout, re.DOTALL)
    assert text, done.stdout[-1000:] + done.stderr[-1000:]
    return json.loads(html.unescape(text[1]))


@pytest.mark.parametrize("scheme", [1, 0], ids=["light", "dark"])
def test_every_flow_is_drawn_and_everything_can_be_read(tmp_path, scheme):
    found = explored(shipped_root() / "examples" / "helpdesk" / "flows")
    seen = looked_at(found, tmp_path, scheme, 1200)
    assert float(seen["worst"]) >= 4.5, f"WCAG AA wants 4.5:1, {seen['where']}"
    for flow, report in zip(seen["flows"], found.reports, strict=True):
        assert flow["drawn"] == len(report.flow.actions)
        assert flow["edges"] == len(report.transitions)
        assert flow["visible"]
        assert not flow["failing"]
    assert seen["unreachable"] == 0


def test_a_failing_action_stands_out_and_a_narrow_window_scrolls_the_drawing_only(tmp_path):
    found = explored(FAULTS / "infinite_reprompt" / "broken" / "bank.json")
    seen = looked_at(found, tmp_path, 1, 500)
    assert seen["flows"][0]["failing"] >= 1
    assert seen["wide"] == 0
