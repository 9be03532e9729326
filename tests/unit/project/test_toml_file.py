import pytest

from busyhour.errors import BusyhourError
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


# ------------------------------------------------------------------------------------------------------- --set


@pytest.mark.parametrize(
    ("setting", "keys", "value"),
    [
        pytest.param("name=7", ("name",), 7, id="number"),
        pytest.param("a.one=20s", ("a", "one"), "20s", id="text-without-quotes"),
        pytest.param('a.one="20s"', ("a", "one"), "20s", id="text-with-quotes"),
        pytest.param("new.L-12AB7C57 = 500", ("new", "L-12AB7C57"), 500, id="new-table"),
        pytest.param(
            'a."two words".three={ 1 = 0.5 }', ("a", "two words", "three"), {"1": 0.5}, id="quoted-part"
        ),
        pytest.param("a.one=['+15555550100']", ("a", "one"), ["+15555550100"], id="list"),
        pytest.param("name=a = b", ("name",), "a = b", id="equals-sign-in-the-value"),
        pytest.param("name=", ("name",), "", id="nothing"),
    ],
)
def test_a_setting_takes_the_place_of_a_value(file, setting, keys, value):
    changed = file.with_values([setting])
    found = changed.data
    for key in keys:
        found = found[key]
    assert found == value
    assert changed.at(keys) == f"--set {setting}"
    assert file.data["name"] == "x"
    assert file.data["a"]["one"] == 1


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        pytest.param("a.one", "--set a.one: not KEY=VALUE", id="no-value"),
        pytest.param("=5", "--set =5: not KEY=VALUE", id="no-key"),
        pytest.param("a b=5", "--set a b=5: not KEY=VALUE", id="no-dotted-key"),
        pytest.param("a.one.x=5", "--set a.one.x=5: a.one is 1, not a table", id="through-a-value"),
    ],
)
def test_a_setting_that_can_not_be_put_is_refused(file, setting, message):
    with pytest.raises(BusyhourError) as caught:
        file.with_values([setting])
    assert caught.value.message == message
    assert caught.value.hint


@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_a_number_that_is_not_finite_is_refused_whatever_the_schema_bounds(file, value):
    with pytest.raises(BusyhourError) as caught:
        file.with_values([f"a.list=[{{ five = {value} }}]"]).check({})
    assert f"a.list[1].five is {value}, not a finite number" in caught.value.message
