import pytest

from busyhour.project.toml_file import TomlFile, shown

TEXT = """\
name = "x" # first

[a]
one = 1
"two words".three = 2
'lit' = { deep = 1 }

[a.b."c d"]
four = [
    1,
    2,
]

[[a.list]]
five = 5

[[a.list]]
six = 6
[a.list.inner]
seven = 7
"""


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(TEXT)
    return TomlFile.read(tmp_path / "x.toml", "test file")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("name",), 1),
        (("a",), 3),
        (("a", "one"), 4),
        (("a", "two words", "three"), 5),
        (("a", "lit", "deep"), 6),
        (("a", "b", "c d"), 8),
        (("a", "b", "c d", "four", 1), 9),
        (("a", "list", 0, "five"), 15),
        (("a", "list", 1), 17),
        (("a", "list", 1, "six"), 18),
        (("a", "list", 1, "inner", "seven"), 20),
        (("a", "none"), 3),
        (("none",), None),
        ((), None),
    ],
)
def test_each_key_knows_its_line_or_that_of_what_is_around_it(file, keys, line):
    assert file.line(keys) == line


def test_a_place_is_written_as_file_and_line(file):
    assert file.at(("a", "one")) == "x.toml:4"
    assert file.at(("none",)) == "x.toml"
    error = file.error(("a", "list", 1, "six"), "is 6", "Take 7.")
    assert (error.message, error.hint) == ("x.toml:18: a.list[2].six is 6", "Take 7.")


def test_a_path_outside_of_the_current_folder_is_shown_whole(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert shown(tmp_path / "there.toml") == str(tmp_path / "there.toml")
    assert shown(tmp_path / "here" / "x" / "y.toml") == "x/y.toml"
