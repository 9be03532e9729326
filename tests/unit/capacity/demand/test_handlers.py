"""Real handlers, run in a process of their own against moto."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from busyhour.capacity.demand import handlers as module
from busyhour.capacity.demand.handlers import HandlerAnswers
from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.capacity.simulation.simulate import INFINITE, simulate
from busyhour.flows.protocol import LambdaFailed, LambdaResult
from busyhour.scenarios.model import Function, Table

PLENTY = 1000.0
"""Seconds for all functions: a busy machine must not make a handler slow."""

HANDLERS = """
import os
import boto3

def lookup(event, context):
    print("said on standard output")
    phone = event["Details"]["ContactData"]["CustomerEndpoint"]["Address"]
    item = boto3.resource("dynamodb").Table(os.environ["TABLE"]).get_item(Key={"pk": phone}).get("Item")
    assert context.get_remaining_time_in_millis() > 0
    return {"name": item["name"] if item else "unknown"}

def raises(event, context):
    raise KeyError("tier")

def hangs(event, context):
    while True:
        pass

def dies(event, context):
    os._exit(3)
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait longer for the first invocation of a handler, which imports boto3 and starts moto."""
    monkeypatch.setattr(module, "FIRST_SECONDS", 100.0)


@pytest.fixture
def scenario(tmp_path: Path, small: Any) -> Any:
    file = tmp_path / "app.py"
    file.write_text(HANDLERS, encoding="utf-8")
    definition, items = tmp_path / "t.json", tmp_path / "t.items.json"
    definition.write_text(
        json.dumps(
            {
                "TableName": "people",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            }
        ),
        encoding="utf-8",
    )
    items.write_text(json.dumps([{"pk": {"S": "+1"}, "name": {"S": "Ada"}}]), encoding="utf-8")
    functions = tuple(
        Function(
            name,
            handler=f"{file}:{name}",
            environment={"TABLE": "people"},
            timeout=0.5 if name == "hangs" else 5.0,
        )
        for name in ("lookup", "raises", "hangs", "dies", "missing")
    )
    made = small.scenario(duration=20.0, functions=functions)
    return replace(made, tables={"people": Table("people", definition, items)})


def event(phone: str, contact: str = "c-1") -> dict[str, Any]:
    data = {"ContactId": contact, "CustomerEndpoint": {"Address": phone}, "Attributes": {}}
    return {"Details": {"ContactData": data, "Parameters": {}}, "Name": "ContactFlowEvent"}


def test_handlers_answer_from_the_scenarios_tables_once_for_each_question(scenario: Any):
    with HandlerAnswers(scenario, seconds=PLENTY) as answers:
        assert answers("lookup", event("+1")) == LambdaResult({"name": "Ada"})
        assert answers("lookup", event("+2")) == LambdaResult({"name": "unknown"})
        assert answers("lookup", event("+1", "c-2")) is answers("lookup", event("+1"))
        raised = answers("raises", event("+1"))
        assert isinstance(raised, LambdaFailed)
        assert raised.kind == "function_error"
        assert "KeyError" in answers.problems["raises"]
        assert isinstance(answers("missing", event("+1")), LambdaFailed)
        assert answers("unknown", event("+1")) is None


def test_after_enough_questions_one_of_the_answers_is_given(scenario: Any):
    with HandlerAnswers(scenario, questions=2, seconds=PLENTY) as answers:
        known = [answers("lookup", event(phone)) for phone in ("+1", "+2")]
        assert answers("lookup", event("+3")) in known


def test_a_slow_function_is_invoked_for_a_limited_time(scenario: Any):
    with HandlerAnswers(scenario, seconds=0.0) as answers:
        first = answers("lookup", event("+12025550100"))
        assert answers("lookup", event("+12025550109")) == first
        assert "is slow" in answers.problems["lookup"]
        assert answers.ask("lookup", event("+12025550100")) is not None
        with pytest.raises(NotFiniteError, match="too slow"):
            answers.ask("lookup", event("+12025550109"))


def test_a_simulation_takes_the_branch_of_the_real_answer(scenario: Any, small: Any):
    with HandlerAnswers(scenario, seconds=PLENTY) as answers:
        result = simulate(scenario, small.machine(small.lookup), drain=INFINITE, answers=answers)
    counts = result.invocations["lookup"]
    assert counts.succeeded == counts.invocations == result.planned
    assert not any("handler is not run" in note for note in result.notes)


def test_a_handler_that_ends_its_process_fails_and_the_others_go_on(scenario: Any):
    with HandlerAnswers(scenario, seconds=PLENTY) as answers:
        assert answers("lookup", event("+1")) == LambdaResult({"name": "Ada"})
        found = answers("dies", event("+1"))
        assert isinstance(found, LambdaFailed)
        assert found.detail.startswith("Runtime.ExitError: ")
        assert "the handler of 'dies' raised Runtime.ExitError" in answers.problems["dies"]
        assert answers("lookup", event("+1")) == LambdaResult({"name": "Ada"})


def test_a_handler_that_never_answers_is_reported_and_blocks_nothing(
    scenario: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(module, "FIRST_SECONDS", 0.5)
    with HandlerAnswers(scenario, seconds=PLENTY) as answers:
        assert answers("lookup", event("+1")) is not None
        assert answers("hangs", event("+1")) is None
        assert "'hangs' did not answer" in answers.problems["hangs"]
        assert answers("lookup", event("+9")) is None
        assert answers("lookup", event("+1")) == LambdaResult({"name": "Ada"})


def test_a_variable_that_lambda_reserves_is_not_set_and_reported(scenario: Any):
    given = {"AWS_REGION": "eu-west-9", "TABLE": "people"}
    functions = scenario.functions | {"lookup": replace(scenario.functions["lookup"], environment=given)}
    with HandlerAnswers(replace(scenario, functions=functions), seconds=PLENTY) as answers:
        assert answers("lookup", event("+1")) == LambdaResult({"name": "Ada"})
        assert answers.problems == {
            "lookup.environment": "functions.lookup.environment: AWS_REGION is not set: Lambda reserves it; take it out"
        }


def test_a_table_that_cannot_be_made_is_reported(scenario: Any, tmp_path: Path):
    broken = tmp_path / "broken.json"
    broken.write_text("{}", encoding="utf-8")
    made = replace(scenario, tables={"people": Table("people", broken)})
    with HandlerAnswers(made, seconds=PLENTY) as answers:
        assert answers("lookup", event("+1")) is None
        assert "tables cannot be made" in answers.problems[""]
