"""Every operation that the emulator serves grants a request, and its answer is of its shape.

What is asked for, where required members alone do not say it, is in seeds.json.
"""

from __future__ import annotations

import pytest

SERVICES = ["connect", "dynamodb", "execute-api", "lambda", "lex", "monitoring", "servicequotas", "sts"]


def told(problems):
    return "\n".join(f"{place}: {problem}" for place, problem in sorted(problems.items()))


@pytest.mark.parametrize("service", SERVICES)
def test_each_operation_answers_a_request_that_it_can_grant(bench, service):
    """So that shapes of answers, and not of errors alone, are compared."""
    bench.problems.clear()
    refused, granted = {}, set()
    if service == "execute-api":
        bench.ask("connect", "StartChatContact", bench.seeded("connect", "StartChatContact"))
    order = bench.operations(service)
    deletions = [name for name in reversed(order) if name.startswith("Delete")]
    for operation in [*order, *deletions, *deletions]:
        code = bench.ask(service, operation, bench.seeded(service, operation))
        if code is not None and operation not in granted:
            refused[operation] = code, bench.message
        elif code is None:
            granted.add(operation)
            refused.pop(operation, None)  # deleted at last, once nothing uses it any more
    assert not refused
    assert not bench.problems, told(bench.problems)
