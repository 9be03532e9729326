"""InvokeLambdaFunction: the event, the limits, and the check of the response against the response type."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from busyhour.flows import protocol as p
from busyhour.flows.actions.modules import reference_text
from busyhour.flows.call import Call
from busyhour.flows.compiled import Compiled, Node
from busyhour.flows.failure import Cause
from busyhour.flows.matching import number
from busyhour.flows.model import Action
from busyhour.flows.references import compile_value, text_of

if TYPE_CHECKING:
    from busyhour.flows.machine import Machine


class InvokeFunction(Node):
    """InvokeLambdaFunction. The driver retries; this class validates the response."""

    __slots__ = ("_asynchronous", "_function", "_key", "_limit", "_parameters", "_response_type")

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        parameters = action.parameters
        policy = machine.policy
        self._key = next((name for name in ARN_KEYS if name in parameters), ARN_KEYS[0])
        self._function = reference_text(action, flow, machine, self._key, "lambdaFunction")
        self._asynchronous = str(parameters.get("InvocationType")).upper() == "ASYNCHRONOUS"
        longest = (
            policy.lambda_asynchronous_limit_seconds if self._asynchronous else policy.lambda_limit_seconds
        )
        limit = number(parameters.get("InvocationTimeLimitSeconds"))
        self._limit = longest if limit is None or limit <= 0 else min(limit, longest)
        given = parameters.get("LambdaInvocationAttributes")
        self._parameters = compile_value(
            # Values of the event are strings, even if an export has a number or a boolean.
            {
                name: text_of(value) if isinstance(value, int | float) else value
                for name, value in given.items()
            }
            if isinstance(given, Mapping)
            else {},
            policy.missing_reference,
        )
        validation = parameters.get("ResponseValidation")
        declared = validation.get("ResponseType") if isinstance(validation, Mapping) else None
        self._response_type = "JSON" if declared == "JSON" else "STRING_MAP"

    def run(self, call: Call) -> Node | None:
        """Invoke the function, unless consecutive functions have used up their time."""
        function = self._function(call) if callable(self._function) else self._function
        if not function:
            return self.missing(call, self._key, "no function is named")
        limit = min(self._limit, self.machine.policy.lambda_chain_seconds - call.lambda_seconds)
        if limit <= 0:
            detail = "consecutive functions took 20 s without a prompt in between"
            return self.fail(call, detail=detail, cause=Cause.FUNCTION_FAILED, what=function)
        parameters = self._parameters
        call.pending = p.Invoke(
            self.identifier,
            function,
            call.event(parameters(call) if callable(parameters) else copy.deepcopy(parameters)),
            limit,
            self._asynchronous,
            str(uuid5(_IDS, f"{call.contact.contact_id}/{self.identifier}")) if self._asynchronous else "",
        )
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Store the response, or take the error branch."""
        effect = call.pending
        name = effect.function_arn if isinstance(effect, p.Invoke) else ""
        if isinstance(event, p.LambdaResult):
            call.lambda_seconds += event.seconds
            if self._asynchronous:
                started = effect.invocation_id if isinstance(effect, p.Invoke) else ""
                call.put("LambdaInvocation", {"InvocationId": started})
                return self.next
            detail = self._unfit(event)
            if detail is None:
                call.external = self._answer(event.payload)
                call.external_of = name
                return self.next
            return self._failed(call, name, detail)
        if isinstance(event, p.LambdaFailed):
            call.lambda_seconds += event.seconds
            detail = f"{event.kind}: {event.detail}" if event.detail else event.kind
            timed_out = event.kind == "timeout" and "TimeLimitExceeded" in self.errors
            error = "TimeLimitExceeded" if timed_out else "NoMatchingError"
            return self._failed(call, name, detail, error=error, missing=event.kind == "missing")
        return super().resume(call, event)

    def _failed(
        self,
        call: Call,
        function: str,
        detail: str,
        *,
        error: str = "NoMatchingError",
        missing: bool = False,
    ) -> Node | None:
        if self.machine.policy.failed_invocation_clears_external:
            call.external = None
        cause = Cause.FUNCTION_MISSING if missing else Cause.FUNCTION_FAILED
        return self.fail(call, error, detail, cause=cause, what=function)

    def _unfit(self, event: p.LambdaResult) -> str | None:
        """Return why the response is invalid, None if it is valid."""
        payload = event.payload
        policy = self.machine.policy
        if payload is None:
            return "the answer is empty"
        if self._response_type == "STRING_MAP":
            if not isinstance(payload, Mapping):
                return "the answer is not an object"
            size = event.size or 0
            for key, value in payload.items():
                if type(value) is not str:
                    if policy.string_map_strict or isinstance(value, Mapping | list):
                        return f"the value of {key!r} is not a string"
                    value = text_of(value)
                if event.size is None:
                    # JSON text takes at most six bytes for a character.
                    size += 6 * (len(key) + len(value) + 1)
            if size > policy.lambda_response_bytes and (
                event.size is not None or _size(payload) > policy.lambda_response_bytes
            ):
                return f"the response is larger than {policy.lambda_response_bytes} bytes"
            return None
        size = event.size if event.size is not None else _size(payload)
        if size > policy.lambda_response_bytes:
            return f"the response is larger than {policy.lambda_response_bytes} bytes"
        return None

    def _answer(self, payload: Any) -> Any:
        if self._response_type == "JSON" or self.machine.policy.string_map_strict:
            return payload
        return {key: text_of(value) for key, value in payload.items()}


class LoadResult(Node):
    """Load Lambda result: the response of an asynchronous invocation into `$.LambdaInvocation.ResultData`.

    AWS publishes neither its type nor its parameters; the invocation is the one whose id a parameter has, else the last
    one (AWS administrator guide, AWS Lambda function). A result that is not there yet is an error: decision.
    """

    __slots__ = ("_parameters",)

    def __init__(self, action: Action, flow: Compiled, machine: Machine) -> None:
        super().__init__(action, flow, machine)
        self._parameters = compile_value(dict(action.parameters), machine.policy.missing_reference)

    def run(self, call: Call) -> Node | None:
        """Request the result."""
        call.unmodelled_type(self.action.type)
        parameters = self._parameters(call) if callable(self._parameters) else self._parameters
        call.pending = p.Service(self.identifier, self.action.type, parameters, tuple(self.errors))
        return None

    def resume(self, call: Call, event: p.Event) -> Node | None:
        """Store the result, or take the error branch."""
        match event:
            case p.Succeeded(values):
                call.put_values(values)
                return self.next
            case p.Failed(error, detail):
                return self.fail(call, error, detail, cause=Cause.FUNCTION_FAILED)
            case _:
                return super().resume(call, event)


RESULT = "LambdaInvocation.ResultData"
"""Reference path of a result that was loaded."""

_IDS = UUID("6b1f3c52-6d0f-4d0c-9a51-2f1d8f0f7c11")
"""Namespace of the ids of asynchronous invocations."""

ARN_KEYS = ("LambdaFunctionARN", "LambdaFunctionArn", "FunctionArn")
"""Parameters that name the function, in each spelling that exports use."""


@lru_cache(maxsize=4096)
def function_name(reference: str) -> str:
    """Return the name of a function from its ARN, partial ARN, or name, without version or alias."""
    _, found, rest = reference.partition(":function:")
    return (rest if found else reference).partition(":")[0] or reference


def _size(payload: Any) -> int:
    """Return the size of the response as JSON text in UTF-8, in bytes."""
    return len(json.dumps(payload, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"))
