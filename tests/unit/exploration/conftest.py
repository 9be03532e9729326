"""Fixtures for the tests of exploration; the builders are in conftest_exploration."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from conftest_exploration import EXPORTS

from busyhour.flows.export.reader import read_file
from busyhour.flows.model import Flow
from busyhour.shipped import shipped_root


@pytest.fixture(scope="session")
def exports() -> list[Path]:
    files = sorted(EXPORTS.glob("*.json")) if EXPORTS.is_dir() else []
    if not files:
        pytest.skip(f"no collection of real exports at {EXPORTS}")
    return files


@pytest.fixture(scope="session")
def helpdesk() -> list[Flow]:
    return [
        read_file(one) for one in sorted((shipped_root() / "examples" / "helpdesk" / "flows").glob("*.json"))
    ]
