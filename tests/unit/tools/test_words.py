"""The check of the project's wording, run by `make lint`."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tools").mkdir()
    for name in ("words.py", "words.toml"):
        (tmp_path / "tools" / name).write_bytes((ROOT / "tools" / name).read_bytes())
    (tmp_path / "docs").mkdir()
    return tmp_path


def run(tree: Path, *places: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / "tools" / "words.py"), *places]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_phrase_is_printed_with_its_place_and_a_better_one(tree: Path) -> None:
    (tree / "docs" / "page.md").write_text("# Calls\n\nThe queue is full: calls are turned away.\n")
    done = run(tree, "docs")
    assert done.returncode == 1
    assert done.stdout.startswith(
        "docs/page.md:3: “turned away”; better: blocked (calls), throttled (requests)"
    )


def test_a_phrase_is_found_across_a_line_break_and_in_a_name(tree: Path) -> None:
    (tree / "docs" / "code.py").write_text("# The run is held\n# against the forecast.\nturned_away = 1\n")
    places = [line.split(";")[0] for line in run(tree, "docs").stdout.splitlines()]
    assert places == ["docs/code.py:1: “held # against”", "docs/code.py:3: “turned_away”"]


def test_plain_wording_passes(tree: Path) -> None:
    (tree / "docs" / "page.md").write_text(
        "Blocked calls are compared with the limit. <circle cx='1' r='2'/>\n"
    )
    done = run(tree, "docs")
    assert (done.returncode, done.stdout) == (0, "")


def test_the_tree_uses_no_phrase_that_is_out() -> None:
    done = run(ROOT)
    assert done.stdout == ""
