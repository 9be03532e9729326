"""Mutations of conditions."""

from __future__ import annotations

from collections.abc import Iterator

from support.generated_flows.mutations.access import Data, Edit, actions_of, conditions_of, drop, put
from support.generated_flows.mutations.mutation import Mutations

CONDITIONS = Mutations()


@CONDITIONS.add("an operator that the action does not take", "condition-operator")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        for one in conditions_of(action):
            for operator in ("And", "Or", "Not", "Contains", "Exists", "NumericLessThan", "equals", ""):
                yield put(one["Condition"], "Operator", operator)
            yield drop(one["Condition"], "Operator")
            if action["Type"] != "Compare":
                yield put(one["Condition"], "Operator", "TextContains")


@CONDITIONS.add("operands that are not one string", "condition-operand")
def _(flow: Data) -> Iterator[Edit]:
    for action in flow["Actions"]:
        fixed = action["Type"] in ("Loop", "CheckHoursOfOperation", "Wait", "CheckOutboundCallStatus")
        for one in conditions_of(action):
            condition = one["Condition"]
            if fixed or action["Type"] == "MessageParticipantIteratively":
                continue  # another operand is first of all a result that has no branch
            given = condition["Operands"][0]
            nested = {"Operator": "Equals", "Operands": ["x"]}
            for operands in ([given, "other"], [""], [], [True], [None], [nested], given):
                yield put(condition, "Operands", operands)
            yield drop(condition, "Operands")


@CONDITIONS.add("a result without its branch", "missing-condition")
def _(flow: Data) -> Iterator[Edit]:
    for action in actions_of(flow, "Loop", "CheckHoursOfOperation", "CheckOutboundCallStatus"):
        conditions = conditions_of(action)
        if action["Type"] == "CheckOutboundCallStatus":
            continue
        for one in conditions:
            yield lambda conditions=conditions, one=one: conditions.remove(one)  # type: ignore[misc]  # bound early
        yield drop(action["Transitions"], "Conditions")
    for action in actions_of(flow, "Compare", "CheckMetricData"):
        yield drop(action["Transitions"], "Conditions")
        yield put(action["Transitions"], "Conditions", [])


@CONDITIONS.add("conditions on an action without a result", "condition-not-allowed")
def _(flow: Data) -> Iterator[Edit]:
    plain = ("MessageParticipant", "UpdateContactAttributes", "InvokeLambdaFunction", "TransferToFlow")
    for action in actions_of(flow, *plain, "UpdateContactTargetQueue", "TransferContactToQueue"):
        condition = {"Operator": "Equals", "Operands": ["1"]}
        branch = {"Condition": condition, "NextAction": flow["StartAction"]}
        yield put(action["Transitions"], "Conditions", [branch])
