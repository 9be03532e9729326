"""Limits that a run does not drive: they are compared with the plan by calculation alone, and the record lists them."""

from __future__ import annotations

from busyhour.scenarios.model import DriveKind, Scenario


def not_driven(scenario: Scenario, target: str) -> list[str]:
    """Sentences for "not measured".

    Args:
        scenario: its external limits, functions and tables.
        target: kind of the target: emulator or aws.
    """
    found = [
        f"Limit {name}: the run asks nothing of the system behind it; it is compared with the plan by calculation alone"
        for name in scenario.limits
    ]
    if target != "aws" and scenario.drive is not DriveKind.DYNAMODB:
        # The emulator answers for a function with a latency model and runs no code that could ask a table.
        silent = sorted(
            {
                operation.rpartition(".")[0]
                for function in scenario.functions.values()
                if function.handler is None and function.url is None
                for operation in function.operations
            }
        )
        found += [
            f"Table {name}: functions with a latency and no handler ask nothing of it in the emulator; its limits are "
            "compared with the plan by calculation alone"
            for name in silent
        ]
    return found
