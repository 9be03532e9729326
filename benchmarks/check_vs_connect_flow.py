"""Flows a second that one process checks: `busyhour check` beside `connect-flow lint`, on the same files.

The files are the real exports in ../shared/corpus where that is there, else the example flows and the examples of the
rules. connect-flow 0.3.1 looks for four structural faults and gives no positions; busyhour runs all of its rules and
gives every finding its line and column. Each is called as people call it, one command with all files, and takes as
many CPU seconds as the system says, start-up included: the best of ROUNDS runs, in turn, on the same core. The same is
then measured without start-up, as libraries, file by file, and printed above the last line.

connect-flow is installed into a temporary folder (without its dependencies, which busyhour has); where it cannot be
had, the peer's figure is null and said to be. Also printed: cost per action from 10 to 250 actions, and the time of
`busyhour check` on one flow from start to end. About 40 s.
"""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = (ROOT / "../shared/corpus").resolve()
PEER = "connect-flow==0.3.1"
ROUNDS = 7
PASSES = 7


def main() -> None:
    files = [str(path) for path in modern_flows()]
    print(f"{len(files)} flows, {sum(Path(one).stat().st_size for one in files) / 1024:.0f} KiB")
    with tempfile.TemporaryDirectory() as folder:
        peer = install(folder)
        commands = {"busyhour check": [sys.executable, "-m", "busyhour", "check", *files]}
        libraries = {"busyhour check": "ours"}
        if peer:
            commands["connect-flow lint"] = [sys.executable, "-m", "connect_flow", "lint", *files]
            libraries["connect-flow lint"] = "theirs"
        else:
            print(f"{PEER} cannot be installed here: no peer figure")
        inside = {
            name: min(worker(kind, files, folder) for _ in range(3)) for name, kind in libraries.items()
        }
        whole = dict.fromkeys(commands, 99.0)
        for _ in range(ROUNDS):
            for name, command in commands.items():
                whole[name] = min(whole[name], cpu_seconds(command, folder))
    for name, seconds in inside.items():
        each = seconds / len(files)
        print(f"{name:18} as a library: {1 / each:6,.0f} flows/s ({each * 1e6:.0f} µs a flow)")
    for name, seconds in whole.items():
        print(f"{name:18} as a command: {len(files) / seconds:6,.0f} flows/s ({seconds:.2f} s in all)")
    for actions, cost in worker("flat", [], "."):  # type: ignore[attr-defined]  # that worker gives a list
        print(f"{actions:4} actions: {cost:.1f} µs an action")
    print(f"busyhour check on one flow, start to end: {start_up(files[0]):.2f} s")
    mine, other = len(files) / whole["busyhour check"], None
    if peer:
        other = len(files) / whole["connect-flow lint"]
    figures = {
        "benchmark": "check_vs_connect_flow",
        "value": round(mine),
        "unit": "flows/s",
        "peer": PEER.replace("==", " ") + " lint",
        "peer_value": None if other is None else round(other),
        "ratio": None if other is None else round(mine / other, 2),
    }
    print(json.dumps(figures))


def modern_flows() -> list[Path]:
    """The files that both can read."""
    if (CORPUS / "INDEX.csv").is_file():
        with (CORPUS / "INDEX.csv").open(encoding="utf-8") as file:
            return [CORPUS / row["file"] for row in csv.DictReader(file) if row["format"] == "2019-10-30"]
    return [
        *sorted((ROOT / "examples/helpdesk/flows").glob("*.json")),
        *sorted((ROOT / "contract_tests/examples").glob("*/kept/small-flow.json")),
    ]


def install(folder: str) -> bool:
    """Whether connect-flow could be put into `folder`."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder, PEER]
    try:
        return subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def worker(kind: str, files: Sequence[str], folder: str) -> float:
    """What a process of its own measured."""
    command = [sys.executable, __file__, kind, *files]
    done = subprocess.run(command, capture_output=True, check=True, env=environment(folder), timeout=60)
    return json.loads(done.stdout)


def cpu_seconds(command: Sequence[str], folder: str) -> float:
    """CPU time, user and system, of one command."""
    before = os.times()
    subprocess.run(command, capture_output=True, env=environment(folder), timeout=60)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def environment(folder: str) -> dict[str, str]:
    """For both: connect-flow can be found, and Python keeps compiled modules, as pip makes them for installed ones."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": folder}


def start_up(file: str) -> float:
    """Seconds of `busyhour check` on one flow."""
    best = 99.0
    for _ in range(5):
        begun = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "busyhour", "check", file], capture_output=True, env=environment(".")
        )
        best = min(best, time.perf_counter() - begun)
    return best


def best_of(work: Callable[[], object], passes: int = PASSES) -> float:
    """CPU seconds of the best pass, after one that warms up."""
    work()
    best = 99.0
    for _ in range(passes):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


def measure_ours(files: Sequence[str]) -> float:
    from busyhour.contracts.check import Checker
    from busyhour.contracts.reading.sources import gather

    checker = Checker()
    return best_of(lambda: [checker.check(gather([file])) for file in files])


def measure_theirs(files: Sequence[str]) -> float:
    from connect_flow import flow, lint  # type: ignore[import-not-found]  # installed for this measurement only

    return best_of(lambda: [lint.check(flow.load(file)) for file in files])


def measure_flat() -> list[tuple[int, float]]:
    """(actions in the flow, CPU microseconds an action)."""
    from busyhour.contracts.check import Checker
    from busyhour.contracts.reading.sources import Gathered, source_of

    checker = Checker()
    found = []
    for count in (10, 25, 50, 100, 250):
        text = json.dumps(chain(count))
        cost = best_of(lambda text=text: checker.check(Gathered((source_of(text),))))  # type: ignore[misc]  # bound early
        found.append((count, cost / count * 1e6))
    return found


def chain(count: int) -> dict[str, object]:
    """A flow of `count` actions: those of the help desk's main menu that go on, again and again, in a ring."""
    flow = json.loads((ROOT / "examples/helpdesk/flows/helpdesk-main.json").read_text())
    main_menu = [action for action in flow["Actions"] if action["Transitions"]]
    actions = []
    for number in range(count):
        action = json.loads(json.dumps(main_menu[number % len(main_menu)]))
        action["Identifier"] = f"action {number}"
        following = f"action {(number + 1) % count}"
        transitions = action["Transitions"]
        for holder in (transitions, *transitions.get("Errors", ()), *transitions.get("Conditions", ())):
            if "NextAction" in holder:
                holder["NextAction"] = following
        actions.append(action)
    return {"Version": "2019-10-30", "StartAction": "action 0", "Metadata": {}, "Actions": actions}


if __name__ == "__main__":
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    match sys.argv[1:]:
        case ["ours", *files]:
            print(json.dumps(measure_ours(files)))
        case ["theirs", *files]:
            print(json.dumps(measure_theirs(files)))
        case ["flat"]:
            print(json.dumps(measure_flat()))
        case _:
            main()
