"""What a run does not drive is listed as not measured."""

from pathlib import Path

import pytest

from busyhour.harness.verdict.not_driven import not_driven
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

SCENARIOS = Path(shipped_root()) / "scenarios"


def scenario(name: str, *overrides: str):
    return load(SCENARIOS / f"{name}.toml", root=shipped_root(), overrides=overrides)


def test_a_system_behind_functions_is_never_driven():
    crm = ("limits.crm.rate=12", 'limits.crm.called_by=["helpdesk-lookup"]')
    for target in ("emulator", "aws"):
        found = not_driven(scenario("lookup", *crm), target)
        assert [line.partition(":")[0] for line in found] == ["Limit crm"]


@pytest.mark.parametrize(
    ("target", "drive", "named"),
    [("emulator", "backend", True), ("aws", "backend", False), ("emulator", "dynamodb", False)],
)
def test_functions_without_a_handler_ask_no_table_in_the_emulator(target, drive, named):
    found = not_driven(scenario("hot_customer", f"drive={drive}"), target)
    assert bool(found) is named
    if named:
        assert found[0].startswith("Table helpdesk-customers: functions with a latency")


def test_handlers_ask_their_tables():
    assert not_driven(scenario("helpdesk"), "emulator") == []
