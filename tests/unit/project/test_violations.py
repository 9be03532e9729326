import pytest
from jsonschema import Draft202012Validator

from busyhour.project.violations import dotted, explain, value_shown

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind", "name"],
    "properties": {
        "kind": {"enum": ["red", "blue"], "description": "The colour."},
        "name": {"type": "string", "minLength": 1},
        "many": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 1, "maximum": 9}},
        "map": {
            "type": "object",
            "minProperties": 1,
            "propertyNames": {"pattern": "^[a-z]+$", "title": "a lower case name"},
            "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
        },
        "time": {"type": "string", "pattern": "^[0-9]+s$", "title": "a time", "examples": ["5s"]},
        "flag": {"type": "boolean"},
    },
}
FINE = {"kind": "red", "name": "n"}


@pytest.mark.parametrize(
    ("change", "about", "text", "way_out"),
    [
        ({"kin": 1}, ("kin",), "unknown key 'kin' in the file. Did you mean 'kind'?",
         "Keys of the file: kind, name, many, map, time, flag."),
        ({"kind": "bleu"}, ("kind",), "kind is \"bleu\", which is not one of red, blue. Did you mean 'blue'?", "The colour."),
        ({"kind": 3}, ("kind",), "kind is 3, which is not one of red, blue.", "The colour."),
        ({"name": ""}, ("name",), "name is empty", ""),
        ({"name": 1}, ("name",), "name is 1, not a text", ""),
        ({"many": []}, ("many",), "many is empty", ""),
        ({"many": [1, 0]}, ("many", 1), "many[2] is 0; it must be at least 1", ""),
        ({"many": [10]}, ("many", 0), "many[1] is 10; it must be at most 9", ""),
        ({"many": [1.5]}, ("many", 0), "many[1] is 1.5, not a whole number", ""),
        ({"many": 1}, ("many",), "many is 1, not a list", ""),
        ({"map": {}}, ("map",), "map is empty", ""),
        ({"map": {"A": 1}}, ("map", "A"), "'A' in [map] is not a lower case name", ""),
        ({"map": {"a": 0}}, ("map", "a"), "map.a is 0; it must be more than 0", ""),
        ({"map": 1}, ("map",), "map is 1, not a table", ""),
        ({"time": "5"}, ("time",), 'time is "5", not a time', 'Write for example "5s".'),
        ({"time": {}}, ("time",), "time is an empty table, not a time", 'Write for example "5s".'),
        ({"flag": "yes"}, ("flag",), 'flag is "yes", not true or false', ""),
    ],
)  # fmt: skip
def test_each_keyword_of_a_schema_has_its_words(change, about, text, way_out):
    (error,) = Draft202012Validator(SCHEMA).iter_errors(FINE | change)
    (problem,) = explain(error)
    assert (problem.about, problem.text, problem.way_out) == (about, text, way_out)


def test_a_missing_key_is_reported_for_the_table_it_is_missing_from():
    (error,) = Draft202012Validator(SCHEMA).iter_errors({"name": "n"})
    (problem,) = explain(error)
    assert (problem.about, problem.text, problem.way_out) == ((), "the file has no 'kind'", "The colour.")


def test_keys_are_written_as_in_toml():
    assert dotted(("callers", "menus", "Main menu", 0)) == 'callers.menus."Main menu"[1]'


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        ("x", '"x"'),
        ("y" * 100, '"' + "y" * 57 + '..."'),
        ({"a": 1}, "a table"),
        ([1], "a list"),
        ([], "an empty list"),
        (1.5, "1.5"),
    ],
)
def test_values_are_shown_as_in_toml(value, text):
    assert value_shown(value) == text
