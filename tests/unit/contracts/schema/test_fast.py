"""The fast validator, keyword by keyword and on real exports, compared with the interpreter and jsonschema."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from busyhour.contracts.check import Checker
from busyhour.contracts.reading.sources import gather
from busyhour.contracts.schema.errors import objections
from busyhour.contracts.schema.fast import predicate
from busyhour.contracts.schema.store import shipped_schemas

CORPUS = (Path(__file__).parents[4] / "../shared/corpus/flows").resolve()

VALUES = [
    None, True, False, 0, 1, 1.0, 1.5, -3, "", "a", "abc", "True", [], ["a"], ["a", "a"], ["a", 1], [True, 1], [[]],
    {}, {"a": "a"}, {"a": 1}, {"a": "a", "b": 1}, {"b": "b"}, {"c": {}}, {"a": "x", "b": "y", "c": "z", "d": "w"},
]  # fmt: skip
SCHEMAS = [
    True,
    False,
    {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": False},
    {"type": "object", "properties": {"a": {"const": "a"}}, "required": ["a", "b"]},
    {
        "type": "object",
        "properties": {key: {"minLength": 1} for key in "abcd"},
        "additionalProperties": False,
    },
    {
        "type": "object",
        "properties": dict.fromkeys("abcd", True),
        "required": ["a"],
        "additionalProperties": False,
    },
    {"additionalProperties": {"type": "string"}, "minProperties": 1, "maxProperties": 2},
    {"properties": {"a": True}, "additionalProperties": {"type": "object"}},
    {"propertyNames": {"pattern": "^[ab]$"}},
    {"items": {"type": "string"}, "minItems": 1, "maxItems": 1},
    {"type": "array", "uniqueItems": True},
    {"contains": {"const": "a"}, "minContains": 1, "maxContains": 1},
    {"type": "array", "contains": {"type": "object", "properties": {"a": {"const": "a"}}, "required": ["a"]}},
    {"type": ["string", "array"]},
    {"type": "integer"},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"enum": ["a", "b"]},
    {"enum": [1, "a", None]},
    {"const": True},
    {"const": 1},
    {"pattern": "b", "maxLength": 3},
    {"type": "string", "minLength": 2},
    {"not": {"type": "string"}},
    {"anyOf": [{"type": "string"}, {"type": "object", "required": ["a"]}]},
    {"type": "object", "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
    {"allOf": [{"type": "object"}, {"required": ["b"]}]},
    {"if": {"type": "object"}, "then": {"required": ["a"]}, "else": {"type": "string"}},
    {"if": {"required": ["a"]}, "then": {"type": "object"}},
    {
        "type": "object",
        "if": {"properties": {"a": {"const": "a"}}, "required": ["a"]},
        "then": {"required": ["b"]},
    },
    {"$ref": "#/$defs/s", "$defs": {"s": {"type": "string"}}},
    {"items": {"$ref": "#/$defs/t"}, "$defs": {"t": {"items": {"$ref": "#/$defs/t"}, "type": "array"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_all_three_judge_every_value_alike(schema):
    def resolve(reference, base):
        return schema["$defs"][reference.rpartition("/")[2]], base

    fast = predicate(schema, "x", resolve, tolerant=False)
    for value in VALUES:
        expected = Draft202012Validator(schema).is_valid(value)
        assert fast(value) == expected, value
        assert (not list(objections(schema, value, "x", resolve))) == expected, value


def test_placeholders_match_patterns_and_enumerations_where_they_are_tolerated():
    schema = {"anyOf": [{"enum": ["a", "b"]}, {"type": "string", "pattern": "^arn:"}]}
    tolerant = predicate(schema, "x", lambda reference, base: ({}, base), tolerant=True)
    values = ("a", "arn:x", "${Arn}", "x{{y}}", "<Größe>", "c", 1)
    assert [tolerant(value) for value in values] == [True, True, True, True, True, False, False]


def test_on_every_action_of_the_real_exports_it_agrees_with_jsonschema():
    if not CORPUS.is_dir():
        pytest.skip("the collection of real exports is not here (../shared/corpus)")
    store = shipped_schemas()
    checker = Checker()
    actions = {
        json.dumps(action.raw, sort_keys=True): action
        for source in gather([str(CORPUS)]).sources
        for action in checker.subject(source).actions
        if action.type in store.types
    }
    assert len(actions) > 1000
    for action in actions.values():
        errors = store.validator(f"actions/{action.type}").iter_errors(action.raw)
        expected = all(list(error.absolute_path)[:1] == ["Identifier"] for error in errors)
        assert store.predicate(action.type)(action.raw) == expected, action.raw
