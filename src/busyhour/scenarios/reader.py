"""A scenario file -> Scenario: TOML, held against scenarios/scenario.schema.json, then against itself.

Everything that can be wrong without running anything is said here, with file, line, key and the way out: unknown
keys, wrong units, missing files, names that refer to nothing, probabilities that add up to more than 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.project.toml_file import TomlFile
from busyhour.project.violations import value_shown
from busyhour.rooms import shipped_root
from busyhour.scenarios.flow_names import FlowNames, look, resolve
from busyhour.scenarios.model import (
    AwsTarget,
    Callers,
    Client,
    DriveKind,
    Flows,
    Function,
    MenuBehaviour,
    Objective,
    Queue,
    Redial,
    RetryMode,
    Scenario,
    SupportFacts,
    Table,
)
from busyhour.scenarios.objectives import METRICS, OF_REQUESTS, Bound
from busyhour.scenarios.source import Source
from busyhour.scenarios.traffic import read_traffic
from busyhour.scenarios.waves import dates_as_text, read_waves

OPERATIONS = (
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
)
"""DynamoDB's data operations, as `functions.*.operations` may name them."""

_ROUNDING = 1e-9


def schema_path() -> Path:
    """The JSON Schema of scenario files."""
    return shipped_root() / "scenarios" / "scenario.schema.json"


def load(path: Path, *, root: Path | None = None, overrides: Sequence[str] = ()) -> Scenario:
    """Read the scenario at `path`.

    Args:
        path: the TOML file.
        root: the project's root. A path in the file is looked up beside the file first, then here.
        overrides: values that take the place of the file's, each `key=value` with a dotted key:
            `traffic.duration=20s`, `quotas.L-12AB7C57=500`.

    Raises:
        BusyhourError: something is wrong with it; the message names file, line, key and value.
    """
    file = TomlFile.read(path.resolve(), "scenario").with_values(overrides)
    file = replace(file, data=dates_as_text(file.data))
    file.check(json.loads(schema_path().read_text(encoding="utf-8")))
    return replace(_scenario(Source(file, root)), overrides=tuple(overrides))


def _scenario(source: Source) -> Scenario:
    data = source.file.data
    flows, names = _flows(source, data["flows"])
    tables = _tables(source, data.get("tables", {}))
    functions = _functions(source, data.get("functions", {}), tables)
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
    objectives, within = _objectives(source, data.get("objectives", {}))
    return Scenario(
        name=data.get("name", source.file.path.stem),
        path=source.file.path,
        description=data.get("description", ""),
        seed=data.get("seed", 1),
        drive=drive,
        traffic=read_traffic(source, data["traffic"]),
        callers=_callers(source, data["callers"], names),
        flows=flows,
        queues={name: _queue(name, queue) for name, queue in data.get("queues", {}).items()},
        functions=functions,
        tables=tables,
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
            f"is {value_shown(name)}, which is none of the flows.{did_you_mean(name, known)}",
            f"Flows here: {', '.join(flow.name for flow in flows)}.",
        )
    return found


def _callers(source: Source, data: Mapping[str, Any], flows: list[FlowNames]) -> Callers:
    given: dict[str, Any] = {
        name: source.distribution(("callers", name), data[name])
        for name in ("patience", "talk", "wrap_up", "answer", "think")
        if name in data
    }
    given |= {name: float(data[name]) for name in ("answered", "hang_up_rate") if name in data}
    if "numbers" in data:
        given["numbers"] = tuple(data["numbers"])
    if "redial" in data:
        given["redial"] = _redial(source, data["redial"])
    menus = {}
    for name, choices in data.get("menus", {}).items():
        keys = ("callers", "menus", name)
        total = sum(choices.values())
        if total > 1 + _ROUNDING:
            raise source.error(keys, f"has probabilities that add up to {total:g}", "They may not exceed 1.")
        menus[_action(source, keys, name, flows)] = MenuBehaviour(
            {choice: float(share) for choice, share in choices.items()}
        )
    inputs = {
        _action(source, ("callers", "inputs", name), name, flows): tuple(values)
        for name, values in data.get("inputs", {}).items()
    }
    return Callers(**given, menus=menus, inputs=inputs)


def _redial(source: Source, data: Mapping[str, Any]) -> Redial:
    given: dict[str, Any] = {}
    if "after" in data:
        given["after"] = source.distribution(("callers", "redial", "after"), data["after"])
    if "attempts" in data:
        given["attempts"] = int(data["attempts"])
    return Redial(float(data["share"]), **given)


def _action(source: Source, keys: tuple[str, ...], name: str, flows: list[FlowNames]) -> str:
    """The action that `name` means, as `flow/action` with the flow's own name where a flow is given."""
    known = [flow.actions for flow in flows]
    if any(name in actions for actions in known if actions is not None):
        return name
    before, slash, action = name.rpartition("/")
    flow = resolve(before, flows) if slash else None
    if flow is not None:
        actions = next(one.actions for one in flows if flow in (one.name, one.stem))
        if actions is None or action in actions:
            return f"{flow}/{action}"
        known = [actions]
    elif any(actions is None for actions in known):
        return name
    else:
        action = name
    every = sorted({one for actions in known for one in actions or ()})
    place = f"in the flow {flow!r}" if flow is not None else "in the flows"
    raise source.error(
        keys,
        f"names no action {place}.{did_you_mean(action, every)}",
        "Give the action's name as the flow designer shows it, or its identifier.",
    )


def _queue(name: str, data: Mapping[str, Any]) -> Queue:
    return Queue(
        name,
        data["agents"],
        capacity=data.get("capacity"),
        open_share=float(data.get("open_share", 1.0)),
        arn=data.get("arn"),
    )


def _functions(
    source: Source, data: Mapping[str, Mapping[str, Any]], tables: Mapping[str, Table]
) -> dict[str, Function]:
    functions = {}
    for name, given in data.items():
        keys = ("functions", name)
        if ("handler" in given) == ("latency" in given):
            both = (
                "has both a handler and a latency" if "handler" in given else "has no handler and no latency"
            )
            raise source.error(
                keys,
                both,
                'Give handler = "file.py:callable" to run it, or latency = "40ms" to answer without it.',
            )
        for key in ("response", "url"):
            if key in given and "handler" in given:
                raise source.error((*keys, key), "does not go with a handler", "The handler answers.")
        for operation in given.get("operations", {}):
            _operation(source, (*keys, "operations", operation), operation, tables)
        draws = {
            key: source.distribution((*keys, key), given[key])
            for key in ("latency", "cold_start")
            if key in given
        }
        functions[name] = Function(
            name,
            handler=source.handler((*keys, "handler"), given["handler"]) if "handler" in given else None,
            latency=draws.get("latency"),
            response=dict(given.get("response", {})),
            error_share=float(given.get("error_share", 0.0)),
            operations={key: float(count) for key, count in given.get("operations", {}).items()},
            environment=dict(given.get("environment", {})),
            reserved_concurrency=given.get("reserved_concurrency"),
            cold_start=draws.get("cold_start"),
            timeout=source.duration((*keys, "timeout"), given.get("timeout", 8.0), positive=True),
            memory_mb=given.get("memory_mb", 128),
            url=given.get("url"),
        )
    return functions


def _operation(source: Source, keys: tuple[str, ...], name: str, tables: Mapping[str, Table]) -> None:
    table, _, operation = name.rpartition(".")
    if table not in tables:
        raise source.error(
            keys,
            f"names the table {table!r}, which the scenario does not have.{did_you_mean(table, tables)}",
            f"Tables here: {', '.join(tables) or 'none'}. Write table.Operation, as in customers.GetItem.",
        )
    if operation not in OPERATIONS:
        raise source.error(
            keys,
            f"names the operation {operation!r}, which DynamoDB does not have.{did_you_mean(operation, OPERATIONS)}",
            f"Operations: {', '.join(OPERATIONS)}.",
        )


def _tables(source: Source, data: Mapping[str, Mapping[str, Any]]) -> dict[str, Table]:
    tables = {}
    for name, given in data.items():
        keys = ("tables", name)
        definition, arguments = source.json(
            (*keys, "definition"), given["definition"], "a table's definition"
        )
        said = arguments.get("TableName") if isinstance(arguments, dict) else None
        if said != name:
            has = f"TableName {said!r}" if said is not None else "no TableName"
            raise source.error(
                (*keys, "definition"),
                f"is {value_shown(given['definition'])}, which has {has}, not {name!r}",
                "The file holds the arguments of CreateTable; give both the same name.",
            )
        items = None
        if "items" in given:
            items, listed = source.json((*keys, "items"), given["items"], "a table's items")
            if not isinstance(listed, list):
                raise source.error(
                    (*keys, "items"),
                    f"is {value_shown(given['items'])}, which holds no list",
                    'Give a list of items in DynamoDB\'s JSON, as in [{"id": {"S": "1"}}].',
                )
        tables[name] = Table(name, definition, items)
    return tables


def _objectives(source: Source, data: Mapping[str, Mapping[str, Any]]) -> tuple[tuple[Objective, ...], float]:
    """Objectives, and the seconds in which a call counts as answered in time."""
    made = []
    within = 20.0
    for metric, given in data.items():
        keys = ("objectives", metric)
        name, colon, _ = metric.partition(":")
        if name not in METRICS or (colon and name not in OF_REQUESTS):
            known = OF_REQUESTS if colon else METRICS
            raise source.error(
                keys, f"is no metric.{did_you_mean(name, known)}", f"Metrics: {', '.join(METRICS)}."
            )
        bounds = {
            which: _bound(source, (*keys, which), given[which], METRICS[name])
            for which in ("at_most", "at_least")
            if which in given
        }
        if not bounds:
            raise source.error(keys, "has no bound", "Give at_most or at_least.")
        if "within" in given:
            if name != "service_level":
                raise source.error((*keys, "within"), "belongs to service_level alone", "Take it out.")
            within = source.duration((*keys, "within"), given["within"], positive=True)
        made.append(Objective(metric, **bounds))
    return tuple(made), within


def _bound(source: Source, keys: tuple[str, ...], value: str | float, kind: Bound) -> float:
    """The bound in the unit in which the metric is measured."""
    wrong: BusyhourError | None = None
    if kind is Bound.DURATION:
        # A bare number could be seconds or milliseconds; here that matters too much to guess.
        if isinstance(value, str):
            return source.duration(keys, value) * 1000.0
        wrong = source.error(
            keys, f"is {value_shown(value)}, not {kind.value}", 'Write for example "500ms" or "2s".'
        )
    elif isinstance(value, str):
        wrong = source.error(keys, f"is {value_shown(value)}, not {kind.value}")
    elif value < 0 or (kind is Bound.SHARE and value > 1):
        wrong = source.error(keys, f"is {value:g}, not {kind.value}")
    if wrong is not None:
        raise wrong
    return float(value)


def _client(source: Source, data: Mapping[str, Any]) -> Client:
    retry = RetryMode(data.get("retry", RetryMode.NONE.value))
    if retry is RetryMode.NONE and "max_attempts" in data:
        raise source.error(
            ("client", "max_attempts"),
            "does not go without retries",
            'Add retry = "standard", or take it out.',
        )
    timeout = source.duration(("client", "timeout"), data.get("timeout", 10.0), positive=True)
    return Client(retry, data.get("max_attempts"), timeout)


def _aws(source: Source, data: Mapping[str, Any]) -> AwsTarget:
    given = dict(data)
    if "approval" in given:
        given["approval"] = source.path(("aws", "approval"), given["approval"], "the approval record")
    if "destinations" in given:
        given["destinations"] = tuple(given["destinations"])
    if "max_cost_usd" in given:
        given["max_cost_usd"] = float(given["max_cost_usd"])
    if "error_budget" in given:
        given["error_budget"] = float(given["error_budget"])
    return AwsTarget(**given)
