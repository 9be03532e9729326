"""The documentation as a site: every link leads somewhere, search finds pages, nothing comes from another host."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from busyhour.shipped import shipped_root

ROOT = shipped_root()
LOADED = re.compile(
    r"""<(?:script|img|iframe|link(?=[^>]*rel=["']?(?:stylesheet|preload|preconnect|icon))|source|video)[^>]*?"""
    r"""\b(?:src|href)=["']?(?P<address>(?:https?:)?//[^"'\s>]+)"""
)
LOADED_BY_STYLE = re.compile(r"(?:url\(|@import\s*)[\"']?(?P<address>(?:https?:)?//[^\"')]+)")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("material")
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder


def test_the_start_page_explains_the_verdicts(site: Path) -> None:
    text = (site / "index.html").read_text(encoding="utf-8")
    for verdict in ("HOLDS", "DOES NOT HOLD", "NOT SHOWN"):
        assert f"<strong>{verdict}</strong>" in text


def test_pages_that_lie_outside_docs_are_in_the_site(site: Path) -> None:
    for page in ("index", "CHANGELOG", "CONTRIBUTING", "loadtests/index", "contract_tests/index"):
        assert (site / "repository" / f"{page}.html").is_file()
    assert 'href="aws.html' in (site / "index.html").read_text(encoding="utf-8")


def test_search_finds_commands_rules_and_the_emulators_pages(site: Path) -> None:
    index = json.loads((site / "search" / "search_index.json").read_text(encoding="utf-8"))
    pages = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"commands.html", "rules/busy-loop.html", "emulator-coverage.html"} <= pages


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    found = [
        (file.name, match["address"])
        for pattern, kinds in ((LOADED, "*.html"), (LOADED_BY_STYLE, "*.css"))
        for file in site.rglob(kinds)
        for match in pattern.finditer(file.read_text(encoding="utf-8"))
    ]
    assert found == []
