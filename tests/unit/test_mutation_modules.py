"""tests/mutation/modules.toml names modules and tests that exist."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_module_and_test_of_the_mutation_run_exists() -> None:
    modules = tomllib.loads((ROOT / "tests" / "mutation" / "modules.toml").read_text())["tests"]
    files = [ROOT / "src" / "busyhour" / name for name in modules]
    files += [ROOT / "tests" / "unit" / name for names in modules.values() for name in names]
    assert [str(file.relative_to(ROOT)) for file in files if not file.is_file()] == []
