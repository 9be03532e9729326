"""docs/emulator-coverage.md is what the emulator is."""

from __future__ import annotations

import ast
from pathlib import Path

from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.coverage.differences import DIFFERENCES
from busyhour.emulator.coverage.enforced import ENFORCED, FIXED
from busyhour.emulator.coverage.not_enforced import UNSERVED
from busyhour.flows.policy import Policy
from busyhour.quotas.model import Kind
from busyhour.quotas.table.quota_table import load

ROOT = Path(__file__).resolve().parents[4]
SOURCE = ROOT / "src" / "busyhour" / "emulator"
SHARED = (ROOT / "src" / "busyhour" / "quotas" / "dynamodb" / "capacity.py",)
"""What the emulator enforces of tables, by the model that forecasts use too."""


def test_every_quota_that_the_code_names_is_listed_and_no_other():
    """What the emulator enforces it must name, by key or by code."""
    known = {name: quota for quota in load() for name in (quota.key, quota.code) if name}
    named = set()
    for file in (*SOURCE.rglob("*.py"), *SHARED):
        if file.name in ("enforced.py", "not_enforced.py"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in known:
                named.add(known[node.value])
    rates = {quota.key for quota in named if quota.kind in (Kind.RATE, Kind.BURST)}
    listed = {one.key for one in ENFORCED}
    assert {quota.key for quota in named} - rates <= listed
    assert listed <= {quota.key for quota in named}


def test_differences_are_told_of_services_that_are_served():
    assert set(DIFFERENCES) <= {entry.model for entry in SERVICES}


def test_every_quota_is_held_or_has_a_reason_why_not():
    held = [one.key for one in (*ENFORCED, *FIXED)]
    told = [key for keys in UNSERVED.values() for key in keys]
    rates = {quota.key for quota in load() if quota.kind in (Kind.RATE, Kind.BURST)}
    assert len(set(held + told)) == len(held + told)
    assert set(held + told) - rates == {quota.key for quota in load()} - rates


def test_fixed_quotas_are_what_flows_and_requests_hold():
    from botocore.loaders import Loader

    flows = Policy()
    shapes = Loader().load_service_model("connect", "service-2")["shapes"]
    figures = {
        "connect.ring-timeout": shapes["RingTimeoutInSeconds"]["max"],
        "connect.lambda-sync-timeout-from-a-flow": flows.lambda_limit_seconds,
        "connect.lambda-async-timeout-from-a-flow": flows.lambda_asynchronous_limit_seconds,
        "connect.lambda-chain-without-an-intervening-prompt": flows.lambda_chain_seconds,
        "connect.lambda-response-size-from-a-flow": flows.lambda_response_bytes / 1024,
    }
    table = load()
    assert figures == {one.key: table.find(one.key).default for one in FIXED}


def test_every_service_of_the_catalogue_has_a_factory_and_is_under_its_name():
    from busyhour.emulator.factories import FACTORIES

    assert [entry.name for entry in SERVICES] == list(FACTORIES)
    assert len({entry.model for entry in SERVICES}) == len(SERVICES)
