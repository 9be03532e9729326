"""Files by patterns."""

from __future__ import annotations

import pytest

from busyhour.errors import BusyhourError
from busyhour.project import patterns
from busyhour.project.patterns import matching


@pytest.fixture
def tree(tmp_path):
    for name in ("a.json", "one/b.json", "one/two/c.json", "one/two/d.txt", ".hidden/e.json", "[x]/f.json"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.json", ["a.json"]),
        ("**/*.json", ["[x]/f.json", "a.json", "one/b.json", "one/two/c.json"]),
        ("one/**", ["one/b.json", "one/two/c.json", "one/two/d.txt"]),
        ("one/**/two/*", ["one/two/c.json", "one/two/d.txt"]),
        ("**/**/c.json", ["one/two/c.json"]),
        ("one/../a.json", ["a.json"]),
        ("one/two/../*.json", ["one/b.json"]),
        ("none/**/x", []),
        ("**.json", ["a.json"]),
        (".hidden/*", [".hidden/e.json"]),
    ],
)
def test_a_pattern_matches_files(tree, pattern, names):
    assert [str(path.relative_to(tree)) for path in matching(tree, pattern)] == names
    assert matching(tree, str(tree / pattern)) == matching(tree, pattern)


def test_folders_that_link_to_themselves_are_visited_once(tree):
    for name in ("here", "again", "one/up", "one/two/up"):
        (tree / name).symlink_to(tree, target_is_directory=True)
    (tree / "loop").symlink_to(tree / "loop")
    assert len(matching(tree, "**/*.json")) == 4


def test_a_linked_folder_is_searched(tree, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    (other / "g.json").write_text("{}")
    (tree / "linked").symlink_to(other, target_is_directory=True)
    assert other.resolve() / "g.json" in matching(tree, "**/*.json")


def test_too_many_entries_are_an_error(tree, monkeypatch):
    monkeypatch.setattr(patterns, "MOST_ENTRIES", 3)
    with pytest.raises(BusyhourError, match="more than 3 files and folders"):
        matching(tree, "**/*.json")
