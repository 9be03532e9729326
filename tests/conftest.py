"""For all tests of the engine: tools that may be missing, real exports that may not be there."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def need() -> Callable[[str], str]:
    """`need("chromium")` gives the tool's path; where it is missing the test is skipped, in CI it fails."""

    def find(tool: str) -> str:
        path = shutil.which(tool)
        if path is None:
            reason = f"{tool} is not installed"
            if os.environ.get("BUSYHOUR_ALL_TOOLS"):
                pytest.fail(f"{reason}, and .ci/run should have installed it")
            pytest.skip(reason)
        return path

    return find


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Folder of real exports beside the project; tests that use it are skipped where it is not."""
    if not CORPUS.is_dir():
        pytest.skip(f"no real exports here: {CORPUS} is not a folder")
    return CORPUS


@pytest.fixture(scope="session", autouse=True)
def _own_configuration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The user's configuration folder is one of the tests: projects that they make are not trusted on this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        patch.delenv("BUSYHOUR_TRUST", raising=False)
        yield


@pytest.fixture(autouse=True)
def no_terminal_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytest-xdist tells its workers a width; the commands under test write to a pipe, which has none."""
    monkeypatch.delenv("COLUMNS", raising=False)


@pytest.fixture
def alive() -> Callable[[type], int]:
    """Number of objects of a type that are in memory: what is forgotten is measured, not looked up."""

    def count(kind: type) -> int:
        gc.collect()
        return sum(type(one) is kind for one in gc.get_objects())

    return count
