"""The public surface: what busyhour.api and the pytest plugin name is there, and units of a team need nothing else."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
API = ROOT / "src" / "busyhour" / "api"
MODULES = [*(f"busyhour.api.{path.stem}" for path in sorted(API.glob("[a-z]*.py"))), "busyhour.pytest_plugin"]
IMPORTS_LOCUST = "busyhour.api.load"
"""It patches this process when imported; a test of its own imports it in another one."""

UNITS = [
    path
    for folder in ("contract_tests/rules", "contract_tests/invariants", "loadtests", "examples")
    for path in sorted((ROOT / folder).rglob("*.py"))
]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]


def imported(text: str) -> set[str]:
    """Modules of busyhour that a text imports from."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
        elif isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
    return {name for name in found if name.split(".")[0] == "busyhour"}


@pytest.mark.parametrize("name", [name for name in MODULES if name != IMPORTS_LOCUST])
def test_every_name_is_there_and_none_is_left_out(name: str) -> None:
    module = importlib.import_module(name)
    for one in module.__all__:
        assert getattr(module, one, None) is not None, one
    assert len(set(module.__all__)) == len(module.__all__)


@pytest.mark.parametrize("path", sorted(API.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_a_module_of_the_surface_imports_what_it_names_and_nothing_else(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {
        one.asname or one.name for node in tree.body if isinstance(node, ast.ImportFrom) for one in node.names
    }
    (listed,) = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    assert set(ast.literal_eval(listed)) == names


def test_load_users_are_there() -> None:
    look = f"import {IMPORTS_LOCUST} as m; print([one for one in m.__all__ if not hasattr(m, one)])"
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("path", UNITS, ids=lambda path: str(path.relative_to(ROOT)))
def test_units_import_the_public_surface_and_nothing_else(path: Path) -> None:
    assert imported(path.read_text(encoding="utf-8")) <= set(MODULES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_on_pages_import_the_public_surface_and_nothing_else(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        lines = "\n".join(line.strip() for line in block.splitlines() if "import" in line)
        assert imported(lines) <= set(MODULES)
