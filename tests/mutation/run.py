"""`make mutation`: small mutants of the modules that compute needs, limits and verdicts, against their nearest tests.

Works on a copy of the project; ends with 1 where fewer than 95 % of the mutants are killed, or one survives that
survivors.md does not list. A mutant that survives is either listed there with the reason why no test can tell it from
the original, or is a test that is missing.

`--module` runs one module; with `--state FILE` every result is kept as a line of JSON, and a mutant is not run again while
its module and the module's tests are unchanged, so that a stopped run goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from cosmic_ray.mutating import mutate_and_test  # noqa: E402 - after the path above
from cosmic_ray.work_item import TestOutcome  # noqa: E402 - as above
from mutants import sample  # noqa: E402 - beside this file

PROJECT = HERE.parents[1]
AIM = 0.95
TIMEOUT = 120.0
"""Seconds of one mutant's tests: a mutant that does not end is killed."""
_LISTED = re.compile(r"^\| `(?P<module>[^`]+)` \| `(?P<old>.*?)` \| `(?P<new>.*?)` \|")


@dataclass(frozen=True)
class State:
    """Results of earlier runs by key, and the file that new ones are added to; None: nothing is kept."""

    path: Path | None
    known: dict[str, str | None]
    """Diff of each mutant that survived; None for those that were killed."""

    @classmethod
    def read(cls, path: Path | None) -> State:
        """Read the file; empty if there is none yet."""
        lines = path.read_text(encoding="utf-8").splitlines() if path is not None and path.exists() else []
        return cls(path, {row["key"]: row["survived"] for row in map(json.loads, lines)})

    def add(self, key: str, survived: str | None) -> None:
        """Keep one result."""
        self.known[key] = survived
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "survived": survived}) + "\n")


@dataclass(frozen=True)
class Survivor:
    """A mutant that no test noticed: the line of the source as it is and as it was made."""

    module: str
    old: str
    new: str


def main() -> int:
    """Run the sample and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=14, help="mutants of each module")
    parser.add_argument("--seed", default="busyhour", help="of the sample")
    parser.add_argument("--module", action="append", help="only modules whose path contains this")
    parser.add_argument("--state", type=Path, help="file of results, to go on with a stopped run")
    given = parser.parse_args()
    state = State.read(given.state.absolute() if given.state else None)
    nearest = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))["tests"]
    wanted = {m: t for m, t in nearest.items() if not given.module or any(w in m for w in given.module)}
    listed = read_listed(HERE / "survivors.md")
    began, killed, survivors, rows = time.monotonic(), 0, [], []
    with tempfile.TemporaryDirectory() as folder:
        copy = copied(Path(folder))
        os.chdir(copy)
        os.environ |= {"PYTHONPATH": str(copy / "src"), "PYTHONDONTWRITEBYTECODE": "1"}
        for module, tests in wanted.items():
            found = run_module(module, tests, given.each, given.seed, state)
            killed += found[0]
            survivors += found[1]
            rows.append(
                (
                    module,
                    found[0],
                    *(sum((s in listed) is equal for s in found[1]) for equal in (True, False)),
                )
            )
    total = killed + len(survivors)
    unlisted = [each for each in survivors if each not in listed]
    counted = total - (len(survivors) - len(unlisted))
    for each in survivors:
        print(
            f"{'survived' if each in unlisted else 'listed  '} {each.module}\n  - {each.old}\n  + {each.new}"
        )
    print("| module | killed | equal | survived |\n|---|---:|---:|---:|")
    for row in rows:
        print("| `{}` | {} | {} | {} |".format(*row))
    share = (counted - len(unlisted)) / counted if counted else 1.0
    print(
        f"{total} mutants, {killed} killed, {len(survivors) - len(unlisted)} listed as equal, {len(unlisted)} survived: "
        f"{share:.1%} of those that a test could notice, in {time.monotonic() - began:.0f} s."
    )
    return 0 if share >= AIM and not unlisted else 1


def copied(folder: Path) -> Path:
    """A copy of the project's tracked files, beside a link to what lies beside the project."""
    copy = folder / "project"
    names = subprocess.run(
        ["git", "ls-files", "-z"], cwd=PROJECT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    for name in filter(None, names):
        if (PROJECT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(PROJECT / name, copy / name)
    beside = PROJECT.parent / "shared"
    if beside.exists():
        (folder / "shared").symlink_to(beside.resolve())
    return copy


def run_module(
    module: str, tests: list[str], size: int, seed: str, state: State
) -> tuple[int, list[Survivor]]:
    """Killed mutants of one module, and those that survived.

    Raises:
        SystemExit: the tests fail without a mutant.
    """
    path = Path("src/busyhour") / module
    paths = [shlex.quote(f"tests/unit/{test}") for test in tests]
    command = (
        f"{shlex.quote(sys.executable)} -m pytest -x -q -p no:cacheprovider -m 'not slow' {' '.join(paths)}"
    )
    plain = subprocess.run(shlex.split(command), capture_output=True, text=True)
    if plain.returncode:
        sys.exit(f"The tests of {module} fail without a mutant:\n{plain.stdout[-2000:]}")
    killed, survivors = 0, []
    sources = hashlib.sha256(path.read_bytes())
    for test in tests:
        sources.update((Path("tests/unit") / test).read_bytes())
    for spec in sample(path, size, f"{seed}/{module}"):
        key = (
            f"{module}/{sources.hexdigest()[:16]}/{spec.operator_name}/{spec.operator_args}/{spec.start_pos}"
        )
        if key not in state.known:
            result = mutate_and_test([spec], command, TIMEOUT)
            survived = result.test_outcome is TestOutcome.SURVIVED
            state.add(key, (result.diff or "") if survived else None)
        diff = state.known[key]
        survived = diff is not None
        if diff is not None:
            survivors.append(survivor(module, diff))
        killed += not survived
        print("S" if survived else ".", end="", file=sys.stderr, flush=True)
    print(f" {module}", file=sys.stderr, flush=True)
    return killed, survivors


def survivor(module: str, diff: str) -> Survivor:
    """From cosmic-ray's diff: the lines that differ, spaces at their ends taken off."""
    lines = diff.splitlines()
    old = [line[1:].strip() for line in lines if line.startswith("-") and not line.startswith("---")]
    new = [line[1:].strip() for line in lines if line.startswith("+") and not line.startswith("+++")]
    return Survivor(module, " ".join(old), " ".join(new))


def read_listed(path: Path) -> set[Survivor]:
    """Survivors that are known to be equal to the original."""
    if not path.exists():
        return set()
    found = (_LISTED.match(line) for line in path.read_text(encoding="utf-8").splitlines())
    # A bar within a cell is escaped.
    return {Survivor(*(part.replace("\\|", "|") for part in match.groups())) for match in found if match}


if __name__ == "__main__":
    sys.exit(main())
