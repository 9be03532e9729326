"""A rule is inspected when it is declared; the message names the problem."""

import pytest

from busyhour.contracts.finding import Severity
from busyhour.contracts.rule import Problem, rule
from busyhour.errors import BusyhourError


def declared(**changes):
    fields = {
        "id": "no-music",
        "severity": "warning",
        "summary": "There is no music",
        "why": "Callers hang up.",
        "fix": "Play some.",
        "source": "experience",
    }
    return rule(**(fields | changes))


def one(flow):
    yield Problem("x")


def test_a_declaration_becomes_a_rule():
    made = declared()(one)
    assert made.id == "no-music"
    assert made.severity is Severity.WARNING
    assert made.group == "structure"
    assert [problem.message for problem in made.check(None)] == ["x"]


def no_generator(flow):
    return []


def two_arguments(flow, more):
    yield Problem("x")


def none(*, flow):
    yield Problem("x")


@pytest.mark.parametrize(
    ("changes", "function", "said"),
    [
        ({"severity": "eror"}, one, "severity is 'eror'. Did you mean 'error'?"),
        ({"group": "structures"}, one, "group is 'structures'. Did you mean 'structure'?"),
        ({"scope": "flows"}, one, "scope is 'flows'. Did you mean 'flow'?"),
        ({"id": "No_Music"}, one, "the id is not in lower case with hyphens"),
        ({"fix": " "}, one, "fix is empty"),
        ({}, no_generator, "no_generator is not a generator function"),
        ({}, two_arguments, "two_arguments must accept 1 argument (flow) but takes 2 (flow, more)"),
        ({}, none, "none must accept 1 argument (flow) but takes 1 (flow)"),
    ],
    ids=["severity", "group", "scope", "id", "empty text", "no generator", "two arguments", "keyword only"],
)
def test_an_invalid_declaration_is_rejected_with_the_reason(changes, function, said):
    with pytest.raises(BusyhourError) as error:
        declared(**changes)(function)
    assert said in error.value.message
    assert "test_rule.py" in error.value.message
    assert error.value.hint
