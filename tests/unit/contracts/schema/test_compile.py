"""The compiler of contracts, keyword by keyword, beside the interpreter and jsonschema."""

import pytest
from jsonschema import Draft202012Validator

from busyhour.contracts.reading.placeholders import PLACEHOLDER
from busyhour.contracts.schema.compile import load, write
from busyhour.contracts.schema.errors import objections

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
def test_all_three_say_the_same_of_every_value(schema):
    def resolve(reference, base):
        return schema["$defs"][reference.rpartition("/")[2]], base

    predicate = load(compile(write(schema, "x", resolve, tolerant=False), "x", "exec"), None)["predicate"]
    for value in VALUES:
        expected = Draft202012Validator(schema).is_valid(value)
        assert predicate(value) == expected, value
        assert (not list(objections(schema, value, "x", resolve))) == expected, value


def test_an_unknown_keyword_is_refused_when_the_schema_is_compiled():
    with pytest.raises(ValueError, match="keyword 'unevaluatedItems' is not supported"):
        write({"unevaluatedItems": False}, "x", lambda reference, base: ({}, base), tolerant=False)


def test_placeholders_keep_patterns_and_enumerations_where_they_are_tolerated():
    schema = {"anyOf": [{"enum": ["a", "b"]}, {"type": "string", "pattern": "^arn:"}]}
    source = write(schema, "x", lambda reference, base: ({}, base), tolerant=True)
    predicate = load(compile(source, "x", "exec"), PLACEHOLDER)["predicate"]
    assert [predicate(value) for value in ("a", "arn:x", "${Arn}", "x{{y}}", "<Name>", "c", 1)] == [
        True, True, True, True, True, False, False,
    ]  # fmt: skip
