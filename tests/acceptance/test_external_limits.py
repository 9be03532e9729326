"""[limits.NAME]: a system behind a function binds in the forecast, and a run lists that it did not ask it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
CRM = (
    *("--set", "limits.crm.rate=12", "--set", "limits.crm.burst=12"),
    *("--set", 'limits.crm.called_by=["helpdesk-lookup"]'),
)


def test_a_crm_that_serves_less_than_the_plan_asks_is_the_first_bottleneck(busyhour: Busyhour) -> None:
    done = busyhour("forecast", "lookup", *CRM, cwd=ROOT)
    assert done.code == 1, done.out
    assert "First bottleneck: Limit crm = 12, at " in done.out
    assert "40.0% of first attempts are rejected by calculation" in " ".join(done.out.split()), "20/s at 12/s"
    done = busyhour("forecast", "lookup", *CRM, "--set", "limits.crm.rate=60", cwd=ROOT)
    assert done.code == 0, done.out


def test_a_function_that_is_not_there_is_named_with_the_nearest(busyhour: Busyhour) -> None:
    wrong = ("--set", 'limits.crm.called_by=["helpdesk-lokup"]')
    done = busyhour("forecast", "lookup", *CRM, *wrong, cwd=ROOT)
    assert done.code == 2
    assert "Did you mean 'helpdesk-lookup'?" in done.err


@pytest.mark.slow
def test_a_run_lists_the_system_as_not_measured(busyhour: Busyhour, tmp_path: Path) -> None:
    short = ("--set", "traffic.duration=4s", "--set", "traffic.drain=5s")
    record = busyhour("run", "lookup", *CRM, *short, "--out", tmp_path, cwd=ROOT).record(tmp_path)
    assert any(line.startswith("Limit crm: the run asks nothing") for line in record["not_measured"])
    row = next(limit for limit in record["forecast"]["limits"] if limit["key"] == "limits.crm")
    assert (row["kind"], row["verdict"], row["requirement"]["model"]) == ("external", "exceeds", "bucket")
