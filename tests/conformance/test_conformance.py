"""Every operation that the emulator serves keeps to botocore's model of it.

The operations are the router's, so an added one is checked against its model without further work.
"""

from __future__ import annotations

from random import Random

import pytest

SERVICES = ["connect", "dynamodb", "execute-api", "lambda", "lex", "monitoring", "servicequotas", "sts"]
EXAMPLES = [1, pytest.param(250, marks=pytest.mark.slow)]
"""Requests to each operation: what every run takes, and what a thorough one does, as far as its time reaches."""


def told(problems):
    return "\n".join(f"{place}: {problem}" for place, problem in sorted(problems.items()))


def test_every_service_is_held_to_a_model(bench):
    assert set(bench.served) >= set(SERVICES)
    for service, operations in bench.served.items():
        assert operations, service
        known = set(bench.clients[service].meta.service_model.operation_names)
        assert set(operations) <= known, service


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("service", SERVICES)
def test_valid_requests_get_answers_of_their_shape_or_modelled_errors(bench, rounds, service, examples):
    random = Random(1)

    def ask(operation, data):
        shape = bench.model(service, operation).input_shape
        params = {}
        if shape is not None:
            params = bench.requests.fill(shape, data.draw(bench.requests.of(shape)), random)
        bench.ask(service, operation, params)

    bench.problems.clear()
    rounds(ask, bench.operations(service), examples, 1)
    assert not bench.problems, told(bench.problems)


@pytest.mark.parametrize("examples", EXAMPLES)
@pytest.mark.parametrize("service", SERVICES)
def test_invalid_requests_get_modelled_errors(bench, spoilt, rounds, service, examples):
    random = Random(2)

    def ask(operation, data):
        shape = bench.model(service, operation).input_shape
        if shape is None:
            return
        params = bench.requests.fill(shape, data.draw(bench.requests.of(shape)), random)
        ways = spoilt(shape, params)
        if ways.is_empty:
            return
        wrong, params = data.draw(ways)
        if bench.ask(service, operation, params) is None and bench.strict(service, operation):
            bench.problems.setdefault(f"{service} {operation}", f"accepts a request: {wrong}")

    bench.problems.clear()
    rounds(ask, bench.operations(service), examples, 2)
    assert not bench.problems, told(bench.problems)
