"""What a run may conclude: a plan that is too long for its test, limits by calculation, throttles, smoke runs, proofs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Busyhour = Callable[..., Any]
INSTANCE = "arn:aws:connect:us-east-1:123456789012:instance/aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
QUEUE = f"{INSTANCE}/queue/77777777-7777-4777-8777-000000000001"
PROMPT = f"{INSTANCE}/prompt/99999999-9999-4999-8999-000000000005"
CALLS = "connect.concurrent-active-calls-per-instance"

SCENARIO = f"""
seed = 9
drive = "backend"
[traffic]
calls_per_hour = 14000
[test]
hold = "8s"
drain = "2s"
[flows]
files = ["../flows/line.json"]
entry = "line"
[callers]
patience = {{ distribution = "exponential", mean = "120s" }}
talk = {{ distribution = "exponential", mean = "150s" }}
wrap_up = "0s"
[queues.Line]
agents = 900
arn = "{QUEUE}"
[functions.greet]
latency = "200ms"
response = {{ ok = "yes" }}
[quotas]
L-12AB7C57 = 500 # concurrent active calls
L-9A46857E = 1000 # users
[prompts]
"{PROMPT}" = "1s"
"""
SHORT_CALLS = (
    *("--set", "traffic.calls_per_hour=7200", "--set", "callers.talk=2s", "--set", "queues.Line.agents=30"),
    *("--set", "test.hold=15s", "--set", "test.drain=6s", "--set", "quotas.L-12AB7C57=40"),
)
"""Calls of 3.2 s, 2 a second: 6.4 erlang are reached within 4 s."""


def action(
    name: str, kind: str, following: str | None, errors: tuple[str, ...] = (), **parameters: Any
) -> dict[str, Any]:
    """An action of a flow whose error branches end the call."""
    branches = [{"NextAction": "end", "ErrorType": error} for error in errors]
    transitions = {"NextAction": following, "Errors": branches, "Conditions": []} if following else {}
    return {"Identifier": name, "Type": kind, "Parameters": parameters, "Transitions": transitions}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with one flow: a function, a prompt, a queue."""
    other = ("NoMatchingError",)
    invoke = {
        "LambdaFunctionARN": "arn:aws:lambda:us-east-1:123456789012:function:greet",
        "InvocationTimeLimitSeconds": "8",
        "InvocationType": "SYNCHRONOUS",
        "ResponseValidation": {"ResponseType": "STRING_MAP"},
    }
    flow = {
        "Version": "2019-10-30",
        "StartAction": "greet",
        "Metadata": {
            "name": "line",
            "type": "contactFlow",
            "entryPointPosition": {"x": 0, "y": 0},
            "ActionMetadata": {},
        },
        "Actions": [
            action("greet", "InvokeLambdaFunction", "hello", other, **invoke),
            action("hello", "MessageParticipant", "queue", other, PromptId=PROMPT),
            action("queue", "UpdateContactTargetQueue", "wait", other, QueueId=QUEUE),
            action("wait", "TransferContactToQueue", "end", ("QueueAtCapacity", *other)),
            action("end", "DisconnectParticipant", None),
        ],
    }
    for name, text in (
        ("busyhour.toml", ""),
        ("flows/line.json", json.dumps(flow)),
        ("scenarios/plan.toml", SCENARIO),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def ledger_row(project: Path) -> dict[str, Any]:
    ledger = json.loads((project / "reports" / "ledger.json").read_text(encoding="utf-8"))
    row: dict[str, Any] = next(row for row in ledger["rows"] if row["key"] == CALLS)
    return row


@pytest.mark.parametrize(
    ("lines", "code", "outcome"),
    [(500, 1, "does not hold"), pytest.param(700, 4, "not shown", marks=pytest.mark.slow)],
)
def test_a_test_that_is_too_short_for_its_calls_proves_nothing_and_the_calculation_decides(
    busyhour: Busyhour, project: Path, lines: int, code: int, outcome: str
) -> None:
    """590 erlang: 500 lines block 16 %; 700 carry it, which 8 s of calls of 150 s cannot show."""
    quota = ("--set", f"quotas.L-12AB7C57={lines}")
    done = busyhour("run", "plan", *quota, "--verify-quotas", "--out", project / "run", cwd=project)
    record = done.record(project / "run")
    assert done.code == code, done.out + done.err
    assert record["verdict"]["outcome"] == outcome
    warning = done.err.index("Not shown by this test: The test reaches")
    assert warning < done.err.index("\nLoad\n"), "said before the load starts"
    assert "--set test.hold=1" in done.err[warning:]
    shown = record["shown"]
    assert shown["planned"] == pytest.approx(14000 / 3600 * 151.2, rel=0.06)
    assert shown["reachable"] < 35
    assert shown["reached"] < 45
    assert 600 < shown["sufficient_hold"] < 800
    assert (shown["stationary"], shown["ended"] + shown["cut_off"]) == (False, record["arrivals"]["started"])
    assert "Not proven: Concurrent active calls per instance" in done.err
    row = ledger_row(project)
    assert row["needed"]["value"] == pytest.approx(617, rel=0.07)
    assert not row["verified"]["holds"]
    if code == 1:
        [reason, *_] = record["verdict"]["reasons"]
        assert "Concurrent active calls per instance" in reason
        assert f"needs {row['needed']['value']:.0f}, 500" in reason
    for name in ("text", "markdown", "html"):
        page = busyhour("report", project / "run", "--format", name, "-o", "-", cwd=project).out
        assert outcome.upper() in page.upper()
        assert "Calls that ended by themselves" in page


def test_a_smoke_run_is_green_over_a_plan_that_it_cannot_show_and_proves_no_quota(
    busyhour: Busyhour, project: Path
) -> None:
    done = busyhour("run", "plan", "--smoke", "--set", "test.hold=3s", "--out", project / "run", cwd=project)
    record = done.record(project / "run")
    assert done.code == 0, done.out + done.err
    assert "NOT SHOWN" in done.out
    assert record["verdict"]["outcome"] == "not shown"
    assert record["scenario"]["test"]["smoke"] is True
    refused = busyhour("run", "plan", "--smoke", "--verify-quotas", cwd=project)
    assert refused.code == 2
    assert "A smoke run shows no capacity, which --verify-quotas is about." in refused.err


@pytest.mark.slow
def test_a_throttled_function_is_never_green_not_even_in_a_smoke_run(
    busyhour: Busyhour, project: Path
) -> None:
    one = ("--set", "functions.greet.reserved_concurrency=1", "--set", "functions.greet.latency=400ms")
    for smoke in ((), ("--smoke",)):
        done = busyhour("run", "plan", *SHORT_CALLS, *one, *smoke, "--out", project / "run", cwd=project)
        assert done.code == 1, done.out
        reasons = done.record(project / "run")["verdict"]["reasons"]
        assert any("throttle_share" in reason and "(default)" in reason for reason in reasons)


@pytest.mark.slow
def test_calls_that_live_their_whole_life_show_the_plan_and_prove_no_quota_where_no_phone_rings(
    busyhour: Busyhour, project: Path
) -> None:
    held = busyhour("run", "plan", *SHORT_CALLS, "--verify-quotas", "--out", project / "held", cwd=project)
    record = held.record(project / "held")
    assert record["verdict"]["outcome"] == "holds", held.out
    assert record["shown"]["stationary"]
    assert record["shown"]["reached"] == pytest.approx(6.4, abs=4)
    assert {one["metric"] for one in record["objectives"] if one["default"]} >= {
        "blocked_share",
        "throttle_share",
    }

    raised = busyhour(
        *(
            "run",
            "plan",
            *SHORT_CALLS,
            "--set",
            "test.factor=2.5",
            "--verify-quotas",
            "--out",
            project / "raised",
        ),
        cwd=project,
    )
    assert raised.code == 1, raised.out + raised.err
    assert "Arrivals are raised to 2.5 x the plan" in raised.err
    row = ledger_row(project)
    assert not row["verified"]["holds"]
    why = 'no request of a run with drive = "backend" reaches this limit of connect'
    assert row["verified"]["why"] == why
