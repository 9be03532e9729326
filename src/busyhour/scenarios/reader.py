"""Read a scenario file: TOML, validated by scenarios/scenario.schema.json, then checked for consistency.

Everything that can be wrong without running anything is reported here, with file, line, key and the way out:
unknown keys, wrong units, missing files, unresolved names, probabilities that add up to more than 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.errors import did_you_mean
from busyhour.project.toml_file import TomlFile
from busyhour.project.violations import value_shown
from busyhour.scenarios.account import AwsTarget, Client, RetryMode, SupportFacts
from busyhour.scenarios.callers import read_callers
from busyhour.scenarios.flow_names import FlowNames, look, resolve
from busyhour.scenarios.limits import read_limits
from busyhour.scenarios.model import DriveKind, Flows, Queue, Scenario
from busyhour.scenarios.moved import with_settings_moved
from busyhour.scenarios.objectives import read_objectives
from busyhour.scenarios.resources import read_functions, read_tables
from busyhour.scenarios.traffic_plan.arrival_source import Source
from busyhour.scenarios.traffic_plan.traffic_table import read_traffic
from busyhour.scenarios.traffic_plan.waves import dates_as_text, read_waves
from busyhour.shipped import shipped_root


def schema_path() -> Path:
    """Return the path of the JSON Schema of scenario files."""
    return shipped_root() / "scenarios" / "scenario.schema.json"


def load(path: Path, *, root: Path | None = None, overrides: Sequence[str] = ()) -> Scenario:
    """Read the scenario at `path`.

    Args:
        path: the TOML file.
        root: the project's root. A path in the file is resolved from the file's folder first, then from here.
        overrides: values that replace the file's, each `key=value` with a dotted key: `test.hold=20s`,
            `quotas.L-12AB7C57=500`. `traffic.duration`, its ramps and drain are the test's.

    Raises:
        BusyhourError: the scenario is invalid; the message names file, line, key and value.
    """
    written = TomlFile.read(path.resolve(), "scenario")
    file = with_settings_moved(written.with_values(overrides), written.data)
    file = replace(file, data=dates_as_text(file.data))
    file.check(json.loads(schema_path().read_text(encoding="utf-8")))
    return replace(_scenario(Source(file, root)), overrides=tuple(overrides))


def _scenario(source: Source) -> Scenario:
    data = source.file.data
    flows, names = _flows(source, data["flows"])
    tables = read_tables(source, data.get("tables", {}))
    functions = read_functions(source, data.get("functions", {}), tables)
    drive = DriveKind(data["drive"])
    for kind, needed, there in (
        (DriveKind.LAMBDA, "functions", functions),
        (DriveKind.DYNAMODB, "tables", tables),
    ):
        if drive is kind and not there:
            raise source.error(
                ("drive",),
                f'is "{kind.value}" and the file has no [{needed}]',
                f"Add a [{needed}.<name>] table, or drive something else.",
            )
    objectives, within = read_objectives(source, data.get("objectives", {}))
    traffic, plan, test = read_traffic(source, data["traffic"], data.get("test"))
    return Scenario(
        name=data.get("name", source.file.path.stem),
        path=source.file.path,
        description=data.get("description", ""),
        seed=data.get("seed", 1),
        drive=drive,
        traffic=traffic,
        plan=plan,
        test=test,
        callers=read_callers(source, data["callers"], names),
        flows=flows,
        queues={name: _queue(name, queue) for name, queue in data.get("queues", {}).items()},
        functions=functions,
        tables=tables,
        limits=read_limits(source, data.get("limits", {}), functions),
        objectives=objectives,
        headroom=float(data.get("headroom", 0.0)),
        quotas={name: float(value) for name, value in data.get("quotas", {}).items()},
        aws=_aws(source, data.get("aws", {})),
        client=_client(source, data.get("client", {})),
        prompt_seconds={
            name: source.duration(("prompts", name), value) for name, value in data.get("prompts", {}).items()
        },
        service_level_seconds=within,
        waves=read_waves(source, data.get("waves", []), data.get("queues", {})),
        support=SupportFacts(**data.get("support", {})),
        usage={name: float(value) for name, value in data.get("usage", {}).items()},
    )


def _flows(source: Source, data: Mapping[str, Any]) -> tuple[Flows, list[FlowNames]]:
    files = dict.fromkeys(
        path
        for index, pattern in enumerate(data["files"])
        for path in source.files(("flows", "files", index), pattern)
    )
    names = [look(path) for path in files]
    entry = _flow(source, ("flows", "entry"), data["entry"], names)
    aliases = {
        reference: _flow(source, ("flows", "aliases", reference), name, names)
        for reference, name in data.get("aliases", {}).items()
    }
    return Flows(tuple(files), entry, aliases), names


def _flow(source: Source, keys: tuple[str, ...], name: str, flows: list[FlowNames]) -> str:
    found = resolve(name, flows)
    if found is None:
        known = [spelling for flow in flows for spelling in (flow.name, flow.stem)]
        raise source.error(
            keys,
            f"is {value_shown(name)}, which is not one of the flows.{did_you_mean(name, known)}",
            f"Flows here: {', '.join(flow.name for flow in flows)}.",
        )
    return found


def _queue(name: str, data: Mapping[str, Any]) -> Queue:
    return Queue(
        name,
        int(data["agents"]),  # 30.0 is an integer to JSON Schema
        capacity=data.get("capacity"),
        open_share=float(data.get("open_share", 1.0)),
        arn=data.get("arn"),
    )


def _client(source: Source, data: Mapping[str, Any]) -> Client:
    retry = RetryMode(data.get("retry", RetryMode.NONE.value))
    if retry is RetryMode.NONE and "max_attempts" in data:
        raise source.error(
            ("client", "max_attempts"),
            "does not go without retries",
            'Add retry = "standard", or remove it.',
        )
    timeout = source.duration(("client", "timeout"), data.get("timeout", 10.0), positive=True)
    return Client(retry, data.get("max_attempts"), timeout)


def _aws(source: Source, data: Mapping[str, Any]) -> AwsTarget:
    given = dict(data)
    if "approval" in given:
        given["approval"] = source.path(("aws", "approval"), given["approval"], "the approval record")
    if "destinations" in given:
        listed = [entry.split(" ") for entry in given["destinations"]]
        given["destinations"] = tuple(number for number, *_ in listed)
        given["premium"] = tuple(number for number, *words in listed if words)
    if "max_cost_usd" in given:
        given["max_cost_usd"] = float(given["max_cost_usd"])
    if "error_budget" in given:
        given["error_budget"] = float(given["error_budget"])
    return AwsTarget(**given)
