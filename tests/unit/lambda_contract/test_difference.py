"""In which order two versions can be deployed."""

from dataclasses import replace

import pytest

from busyhour.lambda_contract.contract import (
    Answers,
    Contract,
    FunctionContract,
    Invocation,
    Place,
    Reading,
    State,
)
from busyhour.lambda_contract.difference import NEW_FLOWS, OLD_FLOWS, compare

HERE = Place("main", "look up")


def function(keys=("tier",), parameters=("phone",), response="STRING_MAP", answers=None, needs=("phone",)):
    given = {one: f"$.Attributes.{one}" for one in parameters}
    return FunctionContract(
        "lookup",
        (Invocation(HERE, given, response, 4.0, False, State()),),
        tuple(Reading(one, (HERE,), ()) for one in keys),
        None if answers is None else Answers(dict.fromkeys(answers, True), needs),
    )


def order(old, new):
    return compare(*(Contract({"lookup": one} if one else {}) for one in (old, new))).order


BASE = function()


@pytest.mark.parametrize(
    ("old", "new", "safe"),
    [
        (BASE, BASE, "any"),
        (BASE, function(keys=("tier", "name")), "functions first"),
        (function(keys=("tier", "name")), BASE, "flows first"),
        (BASE, function(keys=("level",)), "none"),
        (BASE, function(parameters=("phone", "lang")), "flows first"),
        (BASE, function(parameters=()), "functions first"),
        (None, BASE, "functions first"),
        (BASE, None, "flows first"),
        (function(response="JSON"), BASE, "functions first"),
        (BASE, function(response="JSON"), "flows first"),
        (function(answers=("tier", "name")), function(keys=("tier", "name"), answers=("tier", "name")), "any"),
        (function(answers=("tier",)), function(parameters=("phone", "lang"), answers=("tier",), needs=("phone",)), "any"),
        (function(answers=("tier",)), function(answers=("level", "tier")), "any"),
    ],
)  # fmt: skip
def test_the_safe_order(old, new, safe):
    assert order(old, new) == safe


def test_a_break_names_the_function_the_key_and_where_it_is_read():
    found = compare(Contract({"lookup": BASE}), Contract({"lookup": function(keys=("level",))}))
    assert {one.pair for one in found.breaks} == {OLD_FLOWS, NEW_FLOWS}
    message = next(one.message for one in found.breaks if one.pair == NEW_FLOWS)
    assert "`$.External.level`" in message
    assert "'look up'" in message


def test_asynchronous_invocations_expect_no_response():
    (call,) = BASE.invocations
    quiet = replace(BASE, invocations=(replace(call, asynchronous=True, response="JSON"),), readings=())
    assert order(quiet, replace(quiet, invocations=(replace(call, asynchronous=True),))) == "any"
