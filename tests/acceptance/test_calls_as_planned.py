"""Did the calls do what the plan says? A transfer without a target, a mistyped function, blocked calls of a sample."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Busyhour = Callable[..., Any]

ARN = "arn:aws:connect:us-east-1:123456789012:instance/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:rules"


def action(
    identifier: str, type: str, parameters: dict[str, Any], then: str | None, error: str = ""
) -> dict[str, Any]:
    transitions: dict[str, Any] = {} if then is None else {"NextAction": then}
    if error:
        transitions["Errors"] = [{"NextAction": error, "ErrorType": "NoMatchingError"}]
    return {"Identifier": identifier, "Type": type, "Parameters": parameters, "Transitions": transitions}


def flow(name: str, *actions: dict[str, Any]) -> str:
    end = action("end", "DisconnectParticipant", {}, None)
    sorry = action("sorry", "MessageParticipant", {"Text": "I am sorry. Good-bye."}, "end", "end")
    return json.dumps(
        {
            "Version": "2019-10-30",
            "StartAction": actions[0]["Identifier"],
            "Metadata": {"name": name, "type": "contactFlow"},
            "Actions": [*actions, sorry, end],
        }
    )


RULES = flow(
    "rules",
    action(
        "ask",
        "InvokeLambdaFunction",
        {"LambdaFunctionARN": FUNCTION, "InvocationTimeLimitSeconds": "7"},
        "go",
        "sorry",
    ),
    action("go", "TransferToFlow", {"ContactFlowId": "$.External.nextFlowArn"}, "sorry", "sorry"),
)
SALES = flow(
    "sales",
    action("set", "UpdateContactTargetQueue", {"QueueId": f"{ARN}/queue/sales"}, "queue", "sorry"),
    action("queue", "TransferContactToQueue", {}, "sorry", "sorry"),
)
SCENARIO = f"""
drive = "backend"
[traffic]
calls_per_hour = 14000
duration = "4s"
drain = "6s"
[flows]
files = ["*.json"]
entry = "rules"
[callers]
patience = "60s"
talk = "2s"
wrap_up = "1s"
[queues.Sales]
agents = 400
arn = "{ARN}/queue/sales"
[functions.rules]
latency = "80ms"
"""


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    (tmp_path / "rules.json").write_text(RULES, encoding="utf-8")
    (tmp_path / "sales.json").write_text(SALES, encoding="utf-8")
    file = tmp_path / "plan.toml"
    file.write_text(SCENARIO, encoding="utf-8")
    return file


def test_a_dynamic_transfer_without_a_target_does_not_hold_and_gives_the_line(
    busyhour: Busyhour, plan: Path
) -> None:
    forecast = busyhour("forecast", plan, "--format", "json")
    assert forecast.code == 1
    found = json.loads(forecast.out)
    line = '[functions.rules] response = { nextFlowArn = "<ARN, id or name of a flow>" }'
    assert found["outcomes"]["shares"] == {"empty reference": 1.0}
    assert [one["line_to_write"] for one in found["outcomes"]["problems"]] == [line]
    assert len(found["unplanned"]) == 2
    out = plan.parent / "run"
    run = busyhour("run", plan, "--out", out)
    assert run.code == 1, run.out
    record = run.record(out)
    assert record["verdict"]["outcome"] == "does not hold"
    assert line in record["verdict"]["reasons"][0]
    assert "No call reaches the 400 agents of 'Sales'" in record["verdict"]["reasons"][1]
    assert record["outcomes"]["counts"] == {"empty reference": record["arrivals"]["started"]}


@pytest.mark.slow
def test_with_the_line_written_the_calls_reach_their_agents(busyhour: Busyhour, plan: Path) -> None:
    plan.write_text(
        f'{SCENARIO}response = {{ nextFlowArn = "sales" }}\n[quotas]\nL-12AB7C57 = 200\n', encoding="utf-8"
    )
    forecast = json.loads(busyhour("forecast", plan, "--format", "json").out)
    assert forecast["unplanned"] == []
    assert forecast["outcomes"]["shares"] == {"agent": 1.0}
    out = plan.parent / "run"
    record = busyhour("run", plan, "--out", out).record(out)
    assert record["outcomes"]["shares"] == {"agent": 1.0}
    assert record["outcomes"]["queues"] == {"Sales": record["arrivals"]["started"]}
    assert [
        (o["metric"], o["holds"], o["default"])
        for o in record["objectives"]
        if o["metric"] == "error_branch_share"
    ] == [("error_branch_share", True, True)]
    assert not any("error branch" in reason for reason in record["verdict"]["reasons"])


def test_a_mistyped_function_is_a_warning_in_an_old_file_and_an_error_with_a_test_table(
    busyhour: Busyhour, plan: Path
) -> None:
    plan.write_text(SCENARIO.replace("[functions.rules]", "[functions.rule]"), encoding="utf-8")
    old = busyhour("forecast", plan)
    assert old.code == 1
    assert "plan.toml:17: functions.rule is a function that no flow calls. Did you mean 'rules'?" in old.err
    assert "[functions.rules] latency =" in " ".join(old.out.split())
    stated = SCENARIO.replace("[functions.rules]", "[functions.rule]").replace(
        'duration = "4s"\ndrain = "6s"\n', ""
    )
    plan.write_text(f'{stated}[test]\nhold = "4s"\n', encoding="utf-8")
    for command in ("forecast", "run"):
        new = busyhour(command, plan)
        assert new.code == 2
        assert "functions.rule is a function that no flow calls. Did you mean 'rules'?" in new.err


def test_blocked_calls_are_counted_of_all_calls_and_not_of_the_sample(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    """60 erlangs on 48 lines: about a quarter of the calls is blocked. DescribeContact is asked about 1 of 11 calls."""
    hello = action("hello", "MessageParticipant", {"PromptId": f"{ARN}/prompt/p"}, "end", "end")
    (tmp_path / "hello.json").write_text(flow("hello", hello), encoding="utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(
        f"""
seed = 21
drive = "voice"
[traffic]
direction = "outbound"
calls_per_hour = 108000
duration = "10s"
drain = "4s"
[flows]
files = ["hello.json"]
entry = "hello"
[callers]
answer = "0s"
patience = "60s"
talk = "1s"
wrap_up = "0s"
[objectives]
blocked_share = {{ at_most = 0.08 }}
[quotas]
L-12AB7C57 = 48
L-4E9BCC96 = 200
[prompts]
"{ARN}/prompt/p" = "2s"
""",
        encoding="utf-8",
    )
    out = tmp_path / "run"
    run = busyhour("run", plan, "--out", out)
    assert run.code == 1, run.out
    record = run.record(out)
    (objective,) = [one for one in record["objectives"] if one["metric"] == "blocked_share"]
    blocked = record["outcomes"]["counts"]["blocked"]
    assert blocked > 20
    assert record["arrivals"]["blocked"] == blocked == record["calls"]["reorder"]
    assert objective["measured"] == pytest.approx(blocked / record["arrivals"]["started"])
    assert (objective["holds"], objective["interval"]) == (False, None)
    load = json.loads((out / "load.json").read_text(encoding="utf-8"))
    sample = load["arrivals"]
    assert sample["sampled"] < sample["of"] == record["arrivals"]["started"]
    low, high = sample["intervals"]["blocked"]
    assert low < sample["blocked"] < high
