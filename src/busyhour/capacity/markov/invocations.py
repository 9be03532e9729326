"""Answers of Lambda functions as transitions of a chain.

Real handlers are invoked, and what they read is live.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from busyhour.calls.policy import RetryPolicy
from busyhour.capacity.markov.lazy_number import Numbers, Watched
from busyhour.capacity.markov.outcomes import NotFiniteError, Outcome
from busyhour.capacity.simulation.functions import HANDLER_LATENCY
from busyhour.capacity.theory.distributions import ProbabilityDistribution
from busyhour.capacity.theory.invocation_retries import retry_outcomes
from busyhour.flows import protocol as p
from busyhour.flows.actions.functions import function_name
from busyhour.flows.contact import Contact
from busyhour.flows.policy import Policy
from busyhour.handlers.noting import Path as Read
from busyhour.handlers.noting import at
from busyhour.scenarios.model import Function, Scenario

EXECUTING = "executing:"
"""Seconds of a function's executions.

Not a quantity of its own, see `expected_demand.ExactDemand.lambda_seconds`.
"""

Ask = Callable[[str, Mapping[str, Any]], "tuple[p.LambdaResult | p.LambdaFailed, frozenset[Read]] | None"]
"""(function, event) -> the handler's answer and the parts of the event it read; None: unknown."""

_ATTRIBUTES = ("Details", "ContactData", "Attributes")


class MoreReadError(Exception):
    """A function reads contact attributes that were to be dropped from the state; None: all of them."""

    def __init__(self, names: frozenset[str] | None) -> None:
        super().__init__()
        self.names = names


class Invocations:
    """Computes the outcomes of invocations.

    Args:
        scenario: its functions. rules: time limits of the flow machine. retry: Connect's retry policy. ask:
            answers of real handlers. attributes: contact attributes that are kept; None: all of them.
            numbers: is informed when a handler reads the caller's number. stand_ins: inputs that each
            represent very many. untimed: called with the reason why times are not known exactly.
    """

    def __init__(
        self,
        scenario: Scenario,
        rules: Policy,
        retry: RetryPolicy,
        ask: Ask | None,
        attributes: frozenset[str] | None,
        numbers: Numbers,
        stand_ins: set[str],
        untimed: Callable[[str], None],
    ) -> None:
        self._scenario = scenario
        self._rules = rules
        self._retry = retry
        self._ask = ask
        self._attributes = attributes
        self._numbers = numbers
        self._stand_ins = stand_ins
        self._untimed = untimed

    def outcomes(self, effect: p.Invoke, taken: float, contact: Watched) -> list[Outcome]:
        """Compute the outcomes of an invocation.

        Args:
            effect: the invocation.
            taken: seconds that functions took since the caller last heard something.
            contact: contact of the call.

        Raises:
            NotFiniteError: the outcome depends on more than this call.
            MoreReadError: the handler reads what was dropped.
        """
        name = function_name(effect.function_arn)
        function = self._scenario.functions.get(name) or Function(name)
        rules = self._rules
        if taken > rules.lambda_chain_seconds - rules.lambda_limit_seconds:
            raise NotFiniteError("functions in a row come near the limit of 20 s, which depends on the clock")
        if function.cold_start is not None:
            self._untimed(f"cold starts of function {name!r} depend on how many calls there are")
        answer, error_share = self._answer(name, function, contact, effect)
        latency = ProbabilityDistribution(function.latency or HANDLER_LATENCY)
        retry = self._retry
        limit = retry.asynchronous_limit if effect.asynchronous else effect.timeout_seconds
        outcomes = []
        for end in retry_outcomes(latency, error_share, function.timeout, limit, retry):
            demand = {
                f"invocations:{name}": end.attempts,
                "Lambda invocations": end.attempts,
                EXECUTING + name: end.executing,
            }
            for operation, count in function.operations.items():
                demand[f"DynamoDB:{operation}"] = end.attempts * count
            event: p.Event = p.LambdaFailed("function_error", "", end.seconds)
            if end.succeeded:
                event = replace(answer, seconds=end.seconds)
            outcomes.append(Outcome(end.share, end.seconds, event, demand, (end.lasting,)))
        if not effect.asynchronous:
            return outcomes
        # The flow goes on at once with any result.
        total: dict[str, float] = {}
        for outcome in outcomes:
            for quantity, amount in outcome.demand.items():
                total[quantity] = total.get(quantity, 0.0) + outcome.share * amount
        return [Outcome(1.0, 0.0, p.LambdaResult({}), total)]

    def _answer(
        self, name: str, function: Function, contact: Watched, effect: p.Invoke
    ) -> tuple[p.LambdaResult, float]:
        """Return the function's answer, and the probability that it fails."""
        modelled = p.LambdaResult(dict(function.response))
        if self._ask is None or function.handler is None:
            return modelled, function.error_share
        details = effect.event["Details"]
        data = {**details["ContactData"], "CustomerEndpoint": Contact.customer(contact)}
        event = {**effect.event, "Details": {**details, "ContactData": data}}
        found = self._ask(name, event)
        if found is None:
            return modelled, function.error_share
        answer, read = found
        self._note(name, event, read, contact.customer_endpoint)
        if isinstance(answer, p.LambdaFailed):
            return modelled, 1.0
        return answer, function.error_share

    def _note(self, name: str, event: Mapping[str, Any], read: frozenset[Read], number: str | None) -> None:
        """Mark what a handler read: it must be kept, and it distinguishes states."""
        for path in read:
            text = json.dumps(at(event, path), default=str)
            self._numbers.looked |= bool(number) and str(number) in text
            if any(one in text for one in self._stand_ins):
                raise NotFiniteError(
                    f"function {name!r} depends on which of too many different inputs it receives"
                )
        whole, names = _attributes_in(read)
        if self._attributes is not None and (whole or not names <= self._attributes):
            raise MoreReadError(None if whole else self._attributes | names)


def _attributes_in(read: frozenset[Read]) -> tuple[bool, frozenset[str]]:
    """Return whether all contact attributes were read, and the names of those read singly."""
    depth = len(_ATTRIBUTES)
    whole = any(path == _ATTRIBUTES[: len(path)] for path in read)
    return whole, frozenset(path[depth] for path in read if path[:depth] == _ATTRIBUTES and len(path) > depth)
