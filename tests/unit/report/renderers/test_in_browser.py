"""The HTML report in a real browser: opened from disk, in both colour schemes, worked by keyboard."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from busyhour.report.renderers.registry import RENDERERS
from busyhour.results.record import RunRecord
from busyhour.shipped import shipped_root

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TEMPLATES = [shipped_root() / "reports" / "templates"]
SECONDS = 60
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
PROBE = r"""
<script>
addEventListener("load", () => {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[0-9.]+/g).slice(0, 3).map(Number).map((v) => v / 255)
      .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor;
      if (!/, 0\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  let worst = 99, where = "";
  for (const element of document.querySelectorAll("h1, h2, p, td, th, a, li, caption, summary, label, div.note, svg text")) {
    if (!element.textContent.trim() || element.closest("a.skip")) continue;
    const style = getComputedStyle(element), ink = element instanceof SVGElement ? style.fill : style.color;
    const [light, dark] = [luminance(ink), luminance(ground(element))].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < worst) { worst = contrast; where = element.tagName + " " + element.className + " " + ink + " " + ground(element); }
  }
  const slider = document.getElementById("volume");
  const before = document.getElementById("what-if-rows").innerText;
  slider.focus();
  const focused = document.activeElement === slider;
  slider.value = slider.max;
  slider.dispatchEvent(new Event("input"));
  const found = {
    worst, where, focused, paper: getComputedStyle(document.body).backgroundColor,
    hidden: document.getElementById("what-if-slider").hidden, before,
    after: document.getElementById("what-if-rows").innerText,
    words: slider.getAttribute("aria-valuetext"),
    wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    unnamed: [...document.querySelectorAll("svg")].filter((s) => !s.getAttribute("aria-label")).length,
    unreachable: [...document.querySelectorAll(".scroll")]
      .filter((s) => s.scrollWidth > s.clientWidth && s.tabIndex < 0).length,
  };
  document.body.textContent = "";
  document.body.append("FOUND" + JSON.stringify(found) + "END");
});
</script>
"""


@pytest.fixture
def look(need: Callable[[str], str], tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Opens a page in Chromium with `options`."""
    chromium = need("chromium")

    def run(page: str, *options: str) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "page.html"
        file.write_text(page, encoding="utf-8")
        command = [chromium, *QUIET, f"--user-data-dir={tmp_path / 'profile'}", *options, file.as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=True)

    return run


def probed(
    look: Callable[..., subprocess.CompletedProcess[str]], page: str, *options: str
) -> dict[str, object]:
    done = look(page.replace("</body>", PROBE + "</body>"), "--dump-dom", *options)
    found = re.search(r"FOUND(\{.*\})END", done.stdout, re.DOTALL)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    import html

    data: dict[str, object] = json.loads(html.unescape(found[1]))
    return data


@pytest.mark.parametrize(("scheme", "paper"), [(1, "rgb(255, 255, 255)"), (0, "rgb(18, 22, 28)")])
def test_readable_and_usable_in_both_colour_schemes(
    nightly: RunRecord, look: Callable[..., subprocess.CompletedProcess[str]], scheme: int, paper: str
) -> None:
    page = RENDERERS["html"].render(nightly, TEMPLATES).decode()
    found = probed(look, page, f"--blink-settings=preferredColorScheme={scheme}", "--window-size=1200,900")
    assert found["paper"] == paper
    assert float(str(found["worst"])) >= 4.5, f"WCAG AA wants 4.5:1, {found['where']}"
    assert found["hidden"] is False
    assert found["focused"] is True
    assert found["words"] == "36,000 calls/h, 10 times the plan"
    assert found["before"] != found["after"]
    assert found["unnamed"] == 0
    assert found["unreachable"] == 0


def test_a_narrow_window_scrolls_tables_not_the_page(
    nightly: RunRecord, look: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    found = probed(look, RENDERERS["html"].render(nightly, TEMPLATES).decode(), "--window-size=500,900")
    assert found["wide"] == 0


def test_without_script_the_table_is_still_there(
    migrating: RunRecord, look: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    page = re.sub(
        r"<script.*?</script>", "", RENDERERS["html"].render(migrating, TEMPLATES).decode(), flags=re.DOTALL
    )
    done = look(page, "--dump-dom")
    assert 'id="what-if-slider" hidden' in done.stdout
    assert "at multiples of the plan" in done.stdout


def test_it_prints(
    migrating: RunRecord, look: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    pypdf = pytest.importorskip("pypdf")
    printed = tmp_path / "printed.pdf"
    look(
        RENDERERS["html"].render(migrating, TEMPLATES).decode(),
        "--no-pdf-header-footer",
        f"--print-to-pdf={printed}",
        "--blink-settings=preferredColorScheme=0",
    )
    pages = pypdf.PdfReader(printed).pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    assert "34.9 erlang at most 1 % blocked, by Erlang B: 47" in words, (
        "the calculations are folded away on paper"
    )
    assert "Skip to the list of limits" not in words
    assert "at multiples of the plan" in words
