"""What the fixtures give: machines, played calls, emulators and finished runs of a project's scenarios."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.pytest_plugin.played import PlayedCall

if TYPE_CHECKING:
    import pytest

    from busyhour.flows.contact import Contact
    from busyhour.flows.machine import Machine
    from busyhour.harness.target import Target
    from busyhour.project import Project
    from busyhour.results.load_result import LoadResult
    from busyhour.results.record import RunRecord
    from busyhour.scenarios.model import Scenario


@dataclass(frozen=True)
class Run:
    """A finished run: its folder, its record (run.json) and what the load side measured (load.json)."""

    folder: Path
    record: RunRecord
    load: LoadResult

    @property
    def holds(self) -> bool:
        """Whether all holds that the scenario asks for."""
        return self.record.verdict.outcome.value == "holds"

    @property
    def passes(self) -> bool:
        """Whether `busyhour run` would end with exit code 0: all holds, or a smoke run found nothing wrong."""
        from busyhour.harness.verdict.decision import exit_code

        return int(exit_code(self.record)) == 0


class _OfProject:
    def __init__(self, project: Project) -> None:
        self.project = project

    def scenario(self, name: str | Path, overrides: Iterable[str] = ()) -> Scenario:
        """A scenario by name or file.

        Raises:
            BusyhourError: there is none, it is wrong, or it has a [test] table and an entry that nothing uses.
        """
        from busyhour.harness.entries import check_entries
        from busyhour.scenarios import reader

        found = reader.load(self.project.scenario(name), root=self.project.root, overrides=tuple(overrides))
        check_entries(found, lambda text: warnings.warn(text, stacklevel=3))
        return found


class Machines(_OfProject):
    """Makes flow machines."""

    def __call__(self, scenario: str | Path) -> Machine:
        """The machine of the scenario's flows: hand it events, it yields effects."""
        from busyhour.capacity.demand.machine import machine_of

        return machine_of(self.scenario(scenario))


class Calls(_OfProject):
    """Plays calls."""

    def __call__(
        self,
        scenario: str | Path,
        *,
        inputs: Iterable[str] = (),
        functions: Mapping[str, Any] | None = None,
        contact: Contact | None = None,
        **world: Any,
    ) -> PlayedCall:
        """Play one call through the entry flow of a scenario, in no time.

        Args:
            scenario: its name or file.
            inputs: what the caller enters, in order: digits, intents, `silence` or `hang-up`.
            functions: what each Lambda function answers, by name: JSON-like, a failure such as `timeout`, or a list
                of them in order.
            contact: channel and attributes from the start.
            world: `open`, `queue_full`, `wait`, `talk` and what else `flows.playback.script.Script` knows.
        """
        from busyhour.flows.export.reader import read_file
        from busyhour.flows.library import FlowLibrary
        from busyhour.flows.playback import call_trace
        from busyhour.flows.playback.script import Script, ensure_called

        plan = self.scenario(scenario)
        library = FlowLibrary((read_file(path) for path in plan.flows.files), plan.flows.aliases)
        answers = {
            name: list(answer) if isinstance(answer, list) else [answer]
            for name, answer in (functions or {}).items()
        }
        ensure_called(answers, library)
        script = Script(list(inputs), answers, **world)
        entry = library.get(plan.flows.entry)
        return PlayedCall(
            call_trace.run(library, entry, script, contact=contact, prompt_seconds=plan.prompt_seconds)
        )


class Emulators(_OfProject):
    """Starts emulators, each in a process of its own; `stack` ends them."""

    def __init__(self, project: Project, folders: pytest.TempPathFactory, stack: ExitStack) -> None:
        super().__init__(project)
        self._folders = folders
        self._stack = stack

    def __call__(self, scenario: str | Path, *overrides: str) -> Target:
        """An emulator of the scenario's instance, functions and tables on a free port of this machine.

        Its `endpoint` serves any AWS client; `client("connect")` is a boto3 client for it.

        Raises:
            BusyhourError: it was not ready in time.
        """
        from busyhour.harness import target

        folder = self._folders.mktemp("emulator")
        started, _ = self._stack.enter_context(target.emulator(self.scenario(scenario, overrides), folder))
        return started


class Runs(_OfProject):
    """Runs scenarios; the same arguments give the same run."""

    def __init__(self, project: Project, folders: pytest.TempPathFactory) -> None:
        super().__init__(project)
        self._folders = folders
        self._made: dict[tuple[object, ...], Run] = {}

    def __call__(self, scenario: str | Path, *overrides: str, workers: int = 1, smoke: bool = False) -> Run:
        """Drive a scenario's calls against the emulator: what `busyhour run` does, without its report.

        Args:
            scenario: its name or file.
            overrides: other values than the scenario's, as `--set` takes them: `test.hold=20s`.
            workers: processes of the load generator.
            smoke: a quick check: errors and throttles are judged, the capacity is not shown.

        Raises:
            BusyhourError: bad input, or the generator has no result.
        """
        from busyhour.harness.progress import Silent
        from busyhour.harness.run import Options, execute
        from busyhour.results import store
        from busyhour.scenarios.traffic_plan.plan import as_smoke

        key = (str(scenario), overrides, workers, smoke)
        if key not in self._made:
            plan = self.scenario(scenario, overrides)
            plan = as_smoke(plan) if smoke else plan
            folder = self._folders.mktemp(plan.name)
            options = Options(plan, self.project, workers=workers, folder=folder)
            record = execute(options, folder, Silent())
            store.write_run(folder, record)
            self._made[key] = Run(folder, record, store.read_load(folder))
        return self._made[key]
