"""Exploration of waits, asynchronous functions, overrides of hours and loops over lists: every branch is taken."""

from __future__ import annotations

import pytest
from conftest_exploration import action, compare, flow, invoke, menu, say

from busyhour.exploration.feasibility.reachability import unreachable
from busyhour.exploration.search.coverage_search import Budget, Search
from busyhour.exploration.world.context import Context
from busyhour.flows.model import Flow

LOST = {"NoMatchingError": "lost"}
END = (say("lost"), action("end", "DisconnectParticipant", {}))
KEEP_RUNNING = {"ContinueExecution": "True", "MinimumWaitTimeSeconds": "30", "Events": ["LambdaReturned"]}
FLOWS = {
    "asynchronous": flow(
        invoke("start", "slow", "wait", "lost", InvocationType="ASYNCHRONOUS"),
        action(
            "wait",
            "Wait",
            KEEP_RUNNING,
            then="lost",
            when={"WaitCompleted": "late", "Continue": "question", "LambdaReturned": "load"},
            errors=LOST,
        ),
        menu("question", {"1": "end"}, "question", "question"),
        say("late"),
        action(
            "load", "LoadLambdaResult", {"Id": "$.LambdaInvocation.InvocationId"}, then="tier", errors=LOST
        ),
        compare("tier", "$.LambdaInvocation.ResultData.tier", {"gold": "gold"}, "end"),
        say("gold"),
        *END,
    ),
    "hours": flow(
        action(
            "hours",
            "CheckHoursOfOperation",
            {"HoursOfOperationId": "h"},
            then="closed",
            when={"True": "open", "False": "closed", "Xmas": "xmas"},
            errors=LOST,
        ),
        say("open"),
        say("closed"),
        say("xmas"),
        *END,
    ),
    "rows": flow(
        action("list", "ListDataTableValues", {}, then="loop", errors=LOST),
        action(
            "loop",
            "Loop",
            {"LoopName": "rows", "List": "$.DataTableList.ResultData.rows"},
            then="end",
            when={"ContinueLooping": "kind", "DoneLooping": "end"},
            errors=LOST,
        ),
        compare("kind", "$.Loop.rows.Element.kind", {"gold": "gold"}, "loop"),
        say("gold", "loop"),
        *END,
    ),
    "agentic": flow(
        action(
            "bot",
            "ConnectParticipantWithAgenticCX",
            {"Text": "hello"},
            then="order",
            errors={
                "NoMatchingError": "lost",
                "NoMatchingCondition": "lost",
                "InputTimeLimitExceeded": "lost",
            },
        ),
        compare("order", "$.AgenticCX.ContextVariables.order", {"yes": "gold"}, "end"),
        say("gold"),
        *END,
    ),
    "timeout": flow(
        action(
            "invoke",
            "InvokeLambdaFunction",
            {"LambdaFunctionARN": "f"},
            then="end",
            errors={"NoMatchingError": "lost", "TimeLimitExceeded": "late"},
        ),
        say("late"),
        *END,
    ),
}


@pytest.mark.parametrize("name", FLOWS)
def test_every_branch_that_a_call_can_take_is_taken(name: str) -> None:
    main: Flow = FLOWS[name]
    context = Context([main])
    cannot = unreachable(context, main)
    assert not {one for one in cannot if one.kind == "condition"}
    search = Search(context, main, set(context.transitions(main)) - cannot.keys(), lambda played: None)
    search.run(Budget(calls=300))
    assert not search.missing
