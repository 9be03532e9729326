"""Every branch that the schemas know is one that the machine takes: each error type, each result, and success.

The actions are the kept examples of flow_schemas/, the answers those of the protocol. Which answer leads where is in
test_actions.py; here no branch of the language is left out.
"""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.model import Condition
from busyhour.flows.policy import ALL, Policy

EXAMPLES = Path(__file__).parents[3] / "flow_schemas" / "examples"
WITHOUT_TRANSITIONS = {
    "DisconnectParticipant",
    "EndFlowExecution",
    "EndFlowModuleExecution",
    "TransferContactToAgent",
}
CASES = [
    pytest.param(json.loads(path.read_text(encoding="utf-8")), id=f"{path.parent.parent.name}-{path.stem}")
    for path in sorted(EXAMPLES.glob("*/kept/*.json"))
    if path.parent.parent.name
    not in WITHOUT_TRANSITIONS | {"Compare", "InvokeFlowModule"}  # no answer decides about these
]
METRICS = (
    "NumberOfAgentsAvailable",
    "NumberOfAgentsStaffed",
    "NumberOfAgentsOnline",
    "NumberOfContactsInQueue",
    "OldestContactInQueueAgeSeconds",
)
RESULTS = "every result has a condition, or takes NoMatchingCondition's branch"
AWAY = "the contact is elsewhere then"
NEVER = {
    **dict.fromkeys(
        (
            "CheckHoursOfOperation",
            "CheckMetricData",
            "DistributeByPercentage",
            "Loop",
            "ShowView",
            "Wait",
        ),
        RESULTS,
    ),
    **dict.fromkeys(
        (
            "DequeueContactAndTransferToQueue",
            "TransferContactToQueue",
            "TransferParticipantToThirdParty",
            "TransferToFlow",
        ),
        AWAY,
    ),
}
"""Types that need a NextAction and never take it, and why."""
COUNTED = {"0": "=ContinueLooping", "100": "=DoneLooping"}
"""What a single pass of a counter cannot come to; test_actions.py goes round."""
POLICIES = (Policy(), Policy(ask=ALL), Policy(stored_input_timeout_succeeds=False))


def expected(action):
    """Names of the branches that the action takes at some time."""
    said = action["Transitions"]
    results = {f"={one['Condition']['Operands'][0]}" for one in said.get("Conditions", ())}
    results.discard(COUNTED.get(action.get("Parameters", {}).get("LoopCount", ""), ""))
    onward = set() if action["Type"] in NEVER else {"next"}
    return onward | results | {one["ErrorType"] for one in said.get("Errors", ())}


def answers(action):
    """Everything that a driver may answer, as far as the action's branches tell answers apart."""
    yield from (None, p.Done(), p.Connected(), p.CustomerReturned(), p.Silence(), p.Queued(), p.AtCapacity())
    yield from (p.Hours(True), p.Hours(False), p.LambdaResult({}), p.LambdaFailed("timeout"), p.Metrics({}))
    yield from (
        p.Succeeded(),
        p.Succeeded(branch="none of them"),
        p.LexResult(""),
        p.LexResult("none of them"),
    )
    yield from (p.Digits("98"), p.Digits("15555550100"), p.Failed())
    for one in action["Transitions"].get("Errors", ()):
        yield p.Failed(one["ErrorType"])
    for one in action["Transitions"].get("Conditions", ()):
        result = one["Condition"]["Operands"][0]
        yield from (p.Succeeded(branch=result), p.LexResult(result), p.Digits(result))
        if result.isdecimal():
            below, above = int(result) - 1, int(result) + 1
            yield p.Succeeded(branch=str(below))
            yield from (
                p.Metrics(dict.fromkeys(METRICS, n / s))
                for n in (below, above, int(result))
                for s in (1, 1000)
            )


def reached(build, action, wanted):
    """Branches that some answer leads to, on some channel; stops when nothing is wanting."""
    said = action["Transitions"]
    tested = build.action(
        "x",
        action["Type"],
        action.get("Parameters"),
        then="next",
        errors={one["ErrorType"]: one["ErrorType"] for one in said.get("Errors", ())},
    )
    conditions = [one["Condition"] for one in said.get("Conditions", ())]
    tested = replace(
        tested,
        conditions=tuple(
            Condition(one["Operator"], tuple(one["Operands"]), f"={one['Operands'][0]}") for one in conditions
        ),
    )
    compared = [one["Operands"][0] for one in conditions] or ["+15555550100"]
    attributes = dict.fromkeys(("two words", "name", "function", "flow", "queue"), compared[0])
    marks = [
        build.action(name, "InvokeLambdaFunction", {"LambdaFunctionARN": name}) for name in sorted(wanted)
    ]
    flow = build.flow(tested, *marks)
    found = set()
    for policy, channel, queue in itertools.product(POLICIES, ("VOICE", "CHAT", "EMAIL"), (None, "q")):
        machine = build.machine(flow, policy=policy)
        for answer in answers(action):
            live = machine.call(flow, Contact(channel=channel, queue=queue, attributes=attributes))
            live.external = {**attributes, "customer": attributes}
            effect = live.start()
            if answer is not None and getattr(effect, "action", None) == "x":
                try:
                    effect = live.send(answer)
                except p.ProtocolError:
                    continue
            found.add(getattr(effect, "action", None))
            if wanted <= found:
                return found
    return found


@pytest.mark.parametrize("action", CASES)
def test_every_branch_is_reachable_by_an_event(build, action):
    wanted = expected(action)
    assert wanted - reached(build, action, wanted) == set()
