"""The flow log that Connect writes to CloudWatch: made from a simulated call, or read from a real one.

An entry has Results first, where there are any, ContactId, ContactFlowId, ContactFlowName, ContactFlowModuleType (the module
names of the console's old export), Identifier, Timestamp, Parameters, ExternalResults, and in a module ModuleExecutionStack:
ARNs, the innermost first. Shapes that AWS does not document are those of published entries; parameters of other types are
logged as exported, with references resolved. The texts for a function that timed out or answered what Connect does not accept
are in no published entry.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows import protocol as p
from busyhour.flows.action_types import DECLARED
from busyhour.flows.model import Action
from busyhour.flows.playback.call_trace import Step, Trace
from busyhour.flows.playback.log_parameters import lines, module_parameters
from busyhour.flows.protocol import keypad
from busyhour.flows.references import text_of
from busyhour.input_files import parse_json

MODULE_TYPES = {type: one.log_name for type, one in DECLARED.items() if one.log_name}
"""Action type -> module type; any other type keeps its name (Loop, Wait, CheckHoursOfOperation, ...)."""

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
"""Default start time of simulated calls."""


def module_type(action: Action) -> str:
    """Return the action's ContactFlowModuleType."""
    parameters = action.parameters
    match action.type:
        case "GetParticipantInput" if text_of(parameters.get("StoreInput")).lower() == "true":
            return "StoreUserInput"
        case "CheckMetricData":
            return (
                "CheckStaffing" if "Agents" in text_of(parameters.get("MetricType")) else "CheckQueueStatus"
            )
        case "UpdateContactMediaStreamingBehavior":
            on = parameters.get("MediaStreamingState") == "Enabled"
            return "StartMediaStreaming" if on else "StopMediaStreaming"
        case type:
            return MODULE_TYPES.get(type, type)


def entries(trace: Trace, start: datetime = EPOCH, everything: bool = False) -> Iterator[dict[str, Any]]:
    """Return the flow log of a simulated call; actions before logging is enabled only with `everything`."""
    logging = everything
    for step in trace.steps:
        if step.action is None:
            continue
        if step.action.type == "UpdateFlowLoggingBehavior" and not everything:
            logging = text_of(step.parameters.get("FlowLoggingBehavior")) == "Enabled"
            if not logging:
                continue
        if logging:
            yield from _entries(trace, step, step.action, start)


def _entries(trace: Trace, step: Step, action: Action, start: datetime) -> Iterator[dict[str, Any]]:
    seconds = step.answers[-1][0] if step.answers else step.at
    try:
        at = start + timedelta(seconds=seconds)
    except (OverflowError, ValueError):
        raise BusyhourError(
            f"action {action.identifier!r}: the call is {seconds:.3g} s old there, which no date can express",
            "Shorten the waits of the flow.",
        ) from None
    instance = trace.contact.instance_arn
    stack = [
        arn or f"{instance}/{'contact-flow' if place == len(step.callers) else 'flow-module'}/{name}"
        for place, (name, arn) in enumerate(((step.flow, step.flow_arn), *step.callers))
    ]
    entry: dict[str, Any] = {
        "ContactId": trace.contact.contact_id,
        "ContactFlowId": stack[0],
        "ContactFlowName": step.flow,
        "ContactFlowModuleType": module_type(action),
        "Identifier": action.identifier,
        "Timestamp": at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z",
    }
    more = {"ModuleExecutionStack": stack} if step.callers else {}
    several = lines(step, action)
    if several is not None:
        for parameters, result in several:
            yield {**result, **entry, "Parameters": parameters, **more}
        return
    results = _results(step)
    first = {"Results": results.pop("Results")} if "Results" in results else {}
    yield {**first, **entry, "Parameters": module_parameters(step, action), **results, **more}


def _results(step: Step) -> dict[str, Any]:
    event = step.answers[-1][1] if step.answers else None
    match event:
        case p.Digits(keys) if isinstance(step.effect, p.Collect):
            return {"Results": keypad.read(step.effect, keys).digits or "Timeout"}
        case p.Silence():
            return {"Results": "Timeout"}
        case p.LexResult(intent):
            return {"Results": intent}
        case p.LambdaResult() if step.branch is None or step.branch[0] != "error":
            return {"ExternalResults": step.external if step.external is not None else {}}
        case p.LambdaResult():
            return {"Results": "The Lambda Function Returned An Invalid Response."}
        case p.LambdaFailed("timeout"):
            return {"Results": "The Lambda Function Timed Out."}
        case p.LambdaFailed(kind, detail):
            return {"Results": _lambda_error(kind, detail)}
        case p.Hours(open):
            return {"Results": "true" if open else "false"}
        case p.AtCapacity():
            return {"Results": "AtCapacity"}
        case p.Failed(error):
            return {"Results": "Error" if error == "NoMatchingError" else error}
        case _:
            return {}


_STATUS = {"TooManyRequestsException": 429, "ResourceNotFoundException": 404, "AccessDeniedException": 403}
"""HTTP status of the errors of Invoke that Connect logs by code."""


def _lambda_error(kind: str, detail: str) -> str:
    """Return the text of a failed invocation: Lambda refused the request, or the function failed."""
    code = "TooManyRequestsException" if kind == "throttled" else detail.partition(":")[0]
    if code in _STATUS:
        return f"Status Code: {_STATUS[code]}; Error Code: {code}"
    return "The Lambda Function Returned An Error."


# ------------------------------------------------------------------------------------------- real logs


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry of a real flow log; `line` is its line (or number) in the file."""

    line: int
    contact: str
    flow: str
    identifier: str
    module_type: str
    results: str | None
    external: Mapping[str, Any] | None
    parameters: Mapping[str, Any]


def read_log(text: str, name: str = "<log>") -> list[Logged]:
    """Read the entries of a flow log: JSON lines, a JSON list, or the output of `aws logs filter-log-events`.

    Raises:
        BusyhourError: the file has none of these formats, or no entry of a flow.
    """
    try:
        whole = parse_json(text)
    except ValueError:
        whole = None
    if isinstance(whole, Mapping) and isinstance(whole.get("events"), list):
        whole = whole["events"]
    found: list[tuple[int, Any]] = []
    if isinstance(whole, list):
        found = list(enumerate(whole, 1))
    elif isinstance(whole, Mapping):
        found = [(1, whole)]
    else:
        for number, line in enumerate(text.splitlines(), 1):
            start = line.find("{")
            if start < 0:
                continue
            try:
                found.append((number, parse_json(line[start:])))
            except ValueError:
                raise BusyhourError(
                    f"{name}:{number}:{start + 1}: is not JSON",
                    "Give the log as JSON lines, one entry a line.",
                ) from None
    entries = [entry for number, one in found if (entry := _logged(number, one)) is not None]
    if not entries:
        raise BusyhourError(
            f"{name}: has no entry of a contact flow",
            "Export it with `aws logs filter-log-events --log-group-name /aws/connect/INSTANCE`.",
        )
    return entries


def entry_of(raw: Any) -> Mapping[str, Any] | None:
    """Return the entry of a flow in a value of a log: the value, or the JSON in its `message`; None if there is none."""
    if isinstance(raw, Mapping) and isinstance(raw.get("message"), str):
        try:
            raw = parse_json(raw["message"])
        except ValueError:
            return None
    return raw if isinstance(raw, Mapping) and "ContactFlowModuleType" in raw else None


def _logged(number: int, value: Any) -> Logged | None:
    raw = entry_of(value)
    if raw is None:
        return None
    external, parameters = raw.get("ExternalResults"), raw.get("Parameters")
    return Logged(
        number,
        text_of(raw.get("ContactId")),
        text_of(raw.get("ContactFlowName")),
        text_of(raw.get("Identifier")),
        text_of(raw.get("ContactFlowModuleType")),
        None if raw.get("Results") is None else text_of(raw.get("Results")),
        external if isinstance(external, Mapping) else None,
        parameters if isinstance(parameters, Mapping) else {},
    )
