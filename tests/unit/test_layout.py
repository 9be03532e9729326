"""The shape of the source tree: imports without cycles, small folders, names that mean one thing, true documents."""

from __future__ import annotations

import graphlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "busyhour"
MOST_MODULES = 15
MOST_LINES = 300
LONG = {
    "calls/acd/contact_queue.py": "one class: the order of waiting contacts and the free agents change together",
    "capacity/markov/states.py": "one class: every step of a call, which all build the same state",
    "capacity/simulation/simulate.py": "one class: the events of a simulated run share its gauges",
    "cli/request.py": "one command with its three outputs",
    "emulator/connect/api/flows.py": "the operations on flows and on modules, which are alike",
    "emulator/connect/contacts/lifecycle.py": "one class: the state of a contact is changed here alone",
    "emulator/connect/resources/instance.py": "one class: all resources of an instance, found by id, name or ARN",
    "handlers/process.py": "one class: a process, its messages and its end",
    "harness/run.py": "the stages of a run, in order, and the record that they end in",
    "load/runner/generator.py": "one class: what a behaviour may use of the generator",
    "load/safety/outgoing.py": "one class: the gate, which counts what it admits and keeps the journal",
    "load/users/voice.py": "one class: a call from its start to its end",
}
"""Modules that are longer, each with the reason."""
WRITTEN_BY_RUNS = frozenset(
    (
        *("run.json", "load.json", "progress.jsonl", "reports/ledger.json", "reports/out/latest/report.html"),
        "busyhour/_rooms",  # in a wheel only
    )
)


def packages() -> Iterator[Path]:
    yield SOURCE
    for init in sorted(SOURCE.rglob("*/__init__.py")):
        yield init.parent


def shown(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def imports_at_run_time() -> dict[str, set[str]]:
    """Module -> modules that it imports, inside functions included; imports for annotations alone left out."""
    graph = grimp.build_graph("busyhour", exclude_type_checking_imports=True, cache_dir=None)
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def test_no_modules_import_each_other_in_a_cycle() -> None:
    imports = imports_at_run_time()
    assert len(imports) > 500
    try:
        graphlib.TopologicalSorter(imports).prepare()
    except graphlib.CycleError as error:
        pytest.fail(
            f"import cycle: {' <- '.join(error.args[1])}; move what both need into a module of its own"
        )


def test_a_folder_holds_few_modules() -> None:
    counts = {
        shown(package): sum(path.name != "__init__.py" for path in package.glob("*.py"))
        for package in packages()
        if package != SOURCE / "cli"  # one file a command
    }
    assert {name: count for name, count in counts.items() if count > MOST_MODULES} == {}


def test_a_module_is_short_or_listed_with_its_reason() -> None:
    lengths = {
        shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCE.rglob("*.py")
    }
    assert {name: count for name, count in lengths.items() if count > MOST_LINES and name not in LONG} == {}
    assert [name for name in LONG if lengths.get(name, 0) <= MOST_LINES] == [], (
        "these need no reason any more"
    )


def test_no_module_is_named_like_one_of_the_standard_library() -> None:
    commands = SOURCE / "cli"  # a command's module has the command's name
    names = [path for package in packages() for path in (*package.glob("*.py"), package) if path != SOURCE]
    taken = [
        shown(path)
        for path in names
        if path.stem in sys.stdlib_module_names and path.parent != commands and not path.stem.startswith("__")
    ]
    assert taken == []


def test_no_module_repeats_the_name_of_its_folder() -> None:
    assert [shown(path) for path in SOURCE.rglob("*.py") if path.stem == path.parent.name] == []
    assert [shown(package) for package in packages() if package.name == package.parent.name] == []


def test_every_folder_of_unit_tests_is_a_folder_of_what_it_tests() -> None:
    unit = ROOT / "tests" / "unit"
    folders = {path.parent.relative_to(unit) for path in unit.rglob("test_*.py")}
    places = (SOURCE, ROOT)
    unknown = [one for one in folders if not any((place / one).is_dir() for place in places)]
    assert sorted(map(str, unknown)) == []


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"])
def test_paths_in_documents_exist(name: str) -> None:
    text = re.sub(r"```.*?```", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.DOTALL)
    named = {*re.findall(r"`([^`\s]+)`", text), *re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text)}
    paths = {one for one in named if "/" in one or re.search(r"\.(py|csv|json|jsonl|toml|md|html)$", one)}
    paths -= WRITTEN_BY_RUNS
    assert paths
    assert [one for one in sorted(paths) if not _exists(one)] == []


def test_paths_into_the_package_exist_in_every_page() -> None:
    pages = [page for folder in ROOT.glob("[a-z]*/") for page in folder.glob("**/*.md")]
    named = {
        (page.name, path)
        for page in [*ROOT.glob("*.md"), *pages]
        for path in re.findall(r"src/busyhour/[\w./]+\.\w+", page.read_text(encoding="utf-8"))
    }
    assert len(named) > 10
    assert sorted(one for one in named if not (ROOT / one[1]).exists()) == []


def _exists(path: str) -> bool:
    """Whether a path below the root or below `src/busyhour` exists; of one with `<name>` in it, its folder."""
    fixed = path.partition("<")[0] if "<" in path else path
    folder = fixed if fixed == path or fixed.endswith("/") else fixed.rpartition("/")[0]
    return any((base / folder).exists() for base in (ROOT, SOURCE))
