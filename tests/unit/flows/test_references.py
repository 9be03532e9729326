"""Dynamic references in all grammars that real exports use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.flows.contact import Contact
from busyhour.flows.references import ROOTS, compile_text, compile_value, find, text_of, walk, whole


@pytest.mark.parametrize(
    ("text", "root", "path"),
    [
        pytest.param("$.Channel", "Channel", (), id="a root alone"),
        pytest.param("$.Attributes.pin", "Attributes", ("pin",), id="dotted"),
        pytest.param("$.Attributes['a key']", "Attributes", ("a key",), id="bracket"),
        pytest.param(
            "$.Attributes.['C3ContactEmail']", "Attributes", ("C3ContactEmail",), id="dot before bracket"
        ),
        pytest.param("$.['LanguageCode']", "LanguageCode", (), id="root in a bracket after a dot"),
        pytest.param("$['LanguageCode']", "LanguageCode", (), id="root in a bracket"),
        pytest.param(
            "$.SegmentAttributes['connect:Subtype']", "SegmentAttributes", ("connect:Subtype",), id="colon"
        ),
        pytest.param(
            "$.Views.ViewResultData.items.0", "Views", ("ViewResultData", "items", "0"), id="list, dotted"
        ),
        pytest.param(
            "$.Views.ViewResultData.items[0]", "Views", ("ViewResultData", "items", "0"), id="list, bracket"
        ),
        pytest.param("$.External.caller-id_2", "External", ("caller-id_2",), id="hyphen and underscore"),
    ],
)
def test_a_whole_value(text, root, path):
    reference = whole(text)
    assert (reference.root, reference.path) == (root, path)


@pytest.mark.parametrize(
    "text", ["$", "$.", "$ 5", "$.5", "$5.00", "Attributes.x", "$.a b", "x $.a", "$.External.bal."]
)
def test_texts_that_are_not_one_reference(text):
    assert whole(text) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "Your balance is $.External.bal.", ["$.External.bal"], id="a full stop ends the sentence"
        ),
        pytest.param("$.External.a, $.External.b!", ["$.External.a", "$.External.b"], id="punctuation"),
        pytest.param("<speak>$.External.name</speak>", ["$.External.name"], id="SSML"),
        pytest.param("($.External.a)", ["$.External.a"], id="parentheses"),
        pytest.param("$.External.a-$.External.b", ["$.External.a", "$.External.b"], id="a hyphen between"),
        pytest.param("costs $.50 or $5", [], id="money"),
        pytest.param("${QueueArn} and $$", [], id="placeholders"),
    ],
)
def test_references_in_text(text, found):
    assert [reference.text for reference in find(text)] == found
    assert [text[one.start : one.end] for one in find(text)] == found


def test_references_in_a_tree_have_their_place():
    tree = {"Attributes": {"a": "$.External.x", "b": ["-", "to $.Lex.Slots.s."]}, "n": 5}
    assert [(pointer, reference.text) for pointer, reference in walk(tree)] == [
        (("Attributes", "a"), "$.External.x"),
        (("Attributes", "b", 1), "$.Lex.Slots.s"),
    ]


def test_static_parameters_are_unchanged():
    assert compile_text("Hello") == "Hello"
    assert compile_text(None) == ""
    assert compile_text(5) == "5"
    tree = {"a": ["b", 1, True, None]}
    assert compile_value(tree) is tree


def valued(build, **contact):
    live = build.call(build.flow(build.say("a")), contact=Contact(**contact))
    live.external = {"name": "Ann", "deep": {"er": "x", "n": 5, "yes": True}, "list": ["a"], "none": None}
    return live


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("Hi $.External.name.", "Hi Ann.", id="embedded"),
        pytest.param("$.External.gone", "", id="missing"),
        pytest.param("$.External.none", "", id="null"),
        pytest.param("$.External.deep.er", "x", id="nested"),
        pytest.param("$.External.deep.er.too.far", "", id="beyond a leaf"),
        pytest.param("$.External.deep.n", "5", id="number"),
        pytest.param("$.External.deep.yes", "true", id="boolean"),
        pytest.param("$.External.deep", '{"er": "x", "n": 5, "yes": true}', id="object"),
        pytest.param("$.External.list", "", id="lists cannot be referenced"),
        pytest.param("$.External.list.0", "", id="nor can their elements"),
        pytest.param("$.Attributes.a", "1", id="attribute"),
        pytest.param("$.CustomerEndpoint.Address", "+15555550100", id="endpoint"),
        pytest.param("$.Queue.Name", "", id="no queue"),
        pytest.param("$.Agent.UserName", "", id="no agent"),
        pytest.param("$.LastPressedDigit", "", id="a root that does not exist"),
        pytest.param("$.InitialContactId", "c-1", id="the first contact is its own initial contact"),
    ],
)
def test_values_as_text(build, text, expected):
    live = valued(build, attributes={"a": "1"}, contact_id="c-1")
    assert compile_text(text)(live) == expected


def test_values_keep_their_type_as_parameters(build):
    live = valued(build)
    made = compile_value(
        {"o": "$.External.deep", "t": "n=$.External.deep.n", "$.External.name": 1, "gone": "$.External.x"}
    )
    assert made(live) == {"o": {"er": "x", "n": 5, "yes": True}, "t": "n=5", "Ann": 1, "gone": ""}


@given(st.text(max_size=30))
def test_any_text_can_be_compiled(text):
    compiled = compile_text(text)
    assert callable(compiled) == bool(find(text))
    if not find(text):
        assert compiled == text


def test_a_list_of_values_and_references_keeps_what_is_static(build):
    call = valued(build, attributes={"size": "large"})
    compiled = compile_value(["fixed", "$.Attributes.size", 7, None, ["$.External.deep.n"]])
    assert compiled(call) == ["fixed", "large", 7, None, [5]]
    assert compile_value(["fixed", 7, None]) == ["fixed", 7, None]


def test_an_object_may_have_references_as_keys_and_as_values(build):
    call = valued(build, attributes={"name": "colour", "value": "red"})
    compiled = compile_value({"$.Attributes.name": "$.Attributes.value", "fixed": 1})
    assert compiled(call) == {"colour": "red", "fixed": 1}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("$.Views.items.0", "first"),
        ("$.Views.items[1]", "second"),
        ("$.Views.items.2", None),
        ("$.Views.items.7", None),
        ("$.Views.items.one", None),
        ("$.Views.items", ["first", "second"]),
        ("$.External.one.deep", "x"),
        ("$.External.one.list", None),
        ("$.External.one.list.0", None),
        ("$.External.list", None),
    ],
)
def test_elements_of_lists(build, reference, expected):
    """Lists of a function's answer cannot be referenced, elements of other lists can, up to the last."""
    call = valued(build)
    call.external = {"list": [1], "one": {"deep": "x", "list": [1]}}
    call.extras = {"Views": {"items": ["first", "second"]}}
    assert compile_value(reference, missing=None)(call) == expected


def test_references_in_keys_are_found_before_those_in_values_and_outer_ones_before_inner():
    tree = {"a": {"$.External.deep": ["$.External.last"]}, "$.External.key": "$.External.value"}
    assert [(pointer, one.text) for pointer, one in walk(tree, ("at",))] == [
        (("at", "$.External.key"), "$.External.key"),
        (("at", "a", "$.External.deep"), "$.External.deep"),
        (("at", "$.External.key"), "$.External.value"),
        (("at", "a", "$.External.deep", 0), "$.External.last"),
    ]


def test_spaces_around_a_whole_reference_are_not_part_of_it():
    assert whole(" $.Attributes.pin ").text == "$.Attributes.pin"
    assert whole("") is None
    assert whole("\t$.Attributes.pin") is None


def test_text_between_and_after_references_stays(build):
    live = valued(build)
    made = compile_text("<$.External.name|$.External.deep.n>$.External.name$.External.gone end")
    assert made(live) == "<Ann|5>Ann end"
    assert compile_text("$.External.name$.External.name")(live) == "AnnAnn"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        (None, ""),
        (True, "true"),
        (1.5, "1.5"),
        ({"k": "\u00e9"}, '{"k": "\u00e9"}'),
        ([1, None], "[1, null]"),
    ],
)
def test_a_value_as_text(value, text):
    assert text_of(value) == text


def test_values_of_a_call_by_root(build):
    live = valued(
        build, attributes={"a.b": "dotted"}, contact_id="c-2", initial_contact_id="c-1", channel="VOICE"
    )
    live.flow_attributes = {"x.y": "flow"}
    live.stored_input = "42"
    live.extras = {"Lex": {"SessionAttributes": {"k": "v"}}}
    expected = {
        "$.Attributes.a.b": "dotted",
        "$.FlowAttributes.x.y": "flow",
        "$.StoredCustomerInput": "42",
        "$.Lex.SessionAttributes.k": "v",
        "$.Lex.SessionAttributes.k.more": None,
        "$.Case.Status": None,
        "$.ContactId": "c-2",
        "$.InitialContactId": "c-1",
        "$.Channel": "VOICE",
        "$.Channel.more": None,
        "$.External.name": "Ann",
        "$.External": live.external,
    }
    found = {text: compile_value(text, missing=None)(live) for text in expected}
    assert found == expected
    live.flow_attributes, live.extras, live.external = None, None, None
    for text in ("$.FlowAttributes.x.y", "$.Lex.SessionAttributes.k", "$.External.name", "$.External.deep.n"):
        assert compile_value(text, missing=None)(live) is None
        assert compile_value(text)(live) == ""


def test_a_reference_to_nothing_has_the_parameters_default(build):
    live = valued(build)
    made = compile_value({"a": ["$.External.gone"], "b": {"c": "$.External.gone"}}, missing=None)
    assert made(live) == {"a": [None], "b": {"c": None}}
    assert compile_value("$.External.gone", missing="-")(live) == "-"
    static = ["a", {"b": 1}]
    assert compile_value(static) is static
    assert compile_value(7) == 7


def test_roots_that_connect_fills():
    assert {"Attributes", "External", "ContactId", "Queue", "Lex"} <= ROOTS
    assert "LastPressedDigit" not in ROOTS
