"""The whole scenario of a pulled instance as TOML: what is known, what is assumed, and what a person should look at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import Table

from busyhour.flows.library import identity
from busyhour.flows.model import Flow
from busyhour.instance import kinds
from busyhour.instance.scaffold.known import Facts
from busyhour.instance.scaffold.reach import Reach
from busyhour.instance.scaffold.settings import equal_shares, pulled_settings
from busyhour.instance.scaffold.staffing import ASSUMED_AGENTS, Staffed, staffed
from busyhour.printable import printable
from busyhour.quotas.table.quota_table import load as load_quotas

LOOK = "LOOK"
"""Marks a value that a person should look at, in a comment behind it."""
_TALK, _WRAP_UP = 180, 30
"""Seconds of talk and after-call work, as long as no centre's own are known."""
_BUSY = 0.8
"""Share of the agents' time that the assumed calls take."""
_WITHOUT_AGENTS = 600
"""Calls an hour assumed where no queue is met."""
_RECORDING = "5s"
_KEYS = 10_000
"""Keys of a table that requests ask for, as long as they are not known."""


class Writer:
    """Writes one scenario.

    Args:
        facts: of the pulled instance.
        reach: of the entry.
        entry: the flow that calls start in.
        folder: of the scenario's file.
    """

    def __init__(self, facts: Facts, reach: Reach, entry: Flow, folder: Path) -> None:
        self._facts, self._reach, self._entry, self._folder = facts, reach, entry, folder
        self.looks: list[str] = []
        """Everything that is assumed or missing, one line each."""
        self._document = tomlkit.document()

    def text(self, why_entry: str) -> str:
        """Return the file's text."""
        queues = staffed(self._facts, self._reach)
        alias = self._facts.index["instance"].get("Alias") or self._facts.index["instance"].get("Id")
        document = self._document
        document.add(tomlkit.comment("Written by `busyhour scenario new` from the pulled instance."))
        document.add(tomlkit.comment(f"{LOOK} marks what the instance does not know: look at each of them."))
        document["description"] = printable(f"Inbound calls of {alias} through {self._entry.name}.")
        document["seed"] = 1
        document["drive"] = "backend"
        self._traffic(queues)
        self._flows(why_entry)
        self._callers()
        self._queues(queues)
        tables = self._functions(queues)
        self._tables(tables)
        self._prompts()
        self._quotas()
        return tomlkit.dumps(document)

    # -------------------------------------------------------------------------------------------------- tables

    def _traffic(self, queues: list[Staffed]) -> None:
        traffic = self._table("traffic")
        agents = sum(one.agents for one in queues)
        calls = math.floor(agents * 3600 * _BUSY / (_TALK + _WRAP_UP)) if agents else _WITHOUT_AGENTS
        traffic["direction"] = "inbound"
        self._set(
            traffic,
            "calls_per_hour",
            max(calls, 1),
            f"assumed: {agents} agents busy {_BUSY:.0%} of the time; `busyhour learn` writes what was recorded",
            "the volume of calls",
        )
        traffic["arrivals"] = "poisson"
        test = self._table("test")
        test["hold"] = "15m"
        test["drain"] = "5m"
        objectives = self._table("objectives")
        level = tomlkit.inline_table()
        level |= {"at_least": 0.8, "within": "20s"}
        objectives["service_level"] = level
        throttles = tomlkit.inline_table()
        throttles["at_most"] = 0
        objectives["throttles"] = throttles

    def _flows(self, why: str) -> None:
        flows = self._table("flows")
        flows["files"] = self._patterns()
        names = [one.name for one in self._facts.flows]
        path = self._entry.path
        name = path.stem if names.count(self._entry.name) > 1 and path is not None else self._entry.name
        flows["entry"] = name
        if why:
            self._set(flows, "entry", name, f"chosen: {why}; --entry names another", "the entry")
        for path, reason in self._facts.unreadable.items():
            self.looks.append(f"flow left out: {self._relative(path)}: {reason}")
        for reference, shown in self._reach.lost.items():
            named = f" ({shown})" if shown else ""
            self.looks.append(f"flow missing: {reference}{named}: calls take the error branch")
        if "flows" in self._reach.computed:
            self.looks.append("flow computed: a transfer's target is known in a call alone")
        if self._reach.aliases:
            flows["aliases"] = dict(self._reach.aliases)

    def _patterns(self) -> list[str]:
        if self._facts.unreadable:
            return [self._relative(path) for path in self._facts.files]
        folders = dict.fromkeys(path.parent for path in self._facts.files)
        return [f"{self._relative(folder)}/*.json" for folder in folders]

    def _callers(self) -> None:
        callers = self._table("callers")
        self._set(
            callers,
            "numbers",
            ["+120255501##"],
            "assumed: numbers that calls come from",
            "the callers' numbers",
        )
        for name, kind, mean, cv in (
            ("patience", "exponential", 60, None),
            ("talk", "lognormal", _TALK, 0.8),
            ("wrap_up", "exponential", _WRAP_UP, None),
        ):
            value = tomlkit.inline_table()
            value |= {"distribution": kind, "mean": f"{mean}s"}
            if cv is not None:
                value["cv"] = cv
            self._set(
                callers,
                name,
                value,
                "assumed; `busyhour learn` writes what was recorded",
                f"{name} of callers",
            )
        for table, found in (("menus", self._reach.menus), ("inputs", self._reach.inputs)):
            if not found:
                continue
            made = tomlkit.table()
            for key, choices in found.items():
                heard = printable(self._reach.texts.get(key, ""))[:60]
                place = f": {heard}" if heard else ""
                if isinstance(choices, str):
                    self._set(made, key, [choices], f"any digits{place}", f"input {key}")
                    continue
                self._set(made, key, equal_shares(choices), f"equal shares{place}", f"menu {key}")
            callers[table] = made

    def _queues(self, queues: list[Staffed]) -> None:
        if not queues:
            return
        made = tomlkit.table(is_super_table=True)
        for one in queues:
            queue = tomlkit.table()
            what = f"assumed {ASSUMED_AGENTS}: " if one.why.startswith("no user") else "at most: "
            self._set(queue, "agents", one.agents, f"{what}{one.why}", f"agents of queue {one.name}")
            if one.capacity is not None:
                queue["capacity"] = one.capacity
            queue["open_share"] = 1.0
            if one.hours:
                queue["open_share"].comment(printable(f"{one.hours}, open in the busy hour"))
            queue["arn"] = one.arn
            made[one.name] = queue
        self._document["queues"] = made

    def _functions(self, queues: list[Staffed]) -> dict[str, None]:
        """Write the functions; return the tables that they use."""
        pulled = {
            identity(key).rpartition(":")[2] or key: one
            for key, one in self._facts.of(kinds.FUNCTION).items()
        }
        pulled |= {str(one.get("FunctionName")): one for one in pulled.values() if one.get("FunctionName")}
        functions = dict(self._reach.functions)
        if "functions" in self._reach.computed:
            functions |= {name: {} for name in pulled if name not in functions}
        tables: dict[str, None] = {}
        known_tables = set(self._facts.of(kinds.TABLE))
        made = tomlkit.table(is_super_table=True)
        for name, read in functions.items():
            function, known = tomlkit.table(), pulled.get(name)
            latency = tomlkit.inline_table()
            latency |= {"distribution": "exponential", "mean": "200ms"}
            source = "assumed" if known else "assumed; the function was not read"
            self._set(function, "latency", latency, source, f"latency of function {name}")
            if known:
                used = pulled_settings(function, known, known_tables)
                tables |= dict.fromkeys(used)
                if used:
                    operations = tomlkit.inline_table()
                    operations |= {f"{table}.GetItem": 1 for table in used}
                    self._set(
                        function,
                        "operations",
                        operations,
                        "assumed: one read of each table",
                        f"operations of function {name}",
                    )
            if read:
                response = tomlkit.inline_table()
                response |= {key: value or self._value(key, queues) for key, value in read.items()}
                self._set(
                    function,
                    "response",
                    response,
                    "assumed: what the flows read of it",
                    f"response of function {name}",
                )
            made[name] = function
        if functions:
            self._document["functions"] = made
        return tables

    def _value(self, key: str, queues: list[Staffed]) -> str:
        return queues[0].arn if queues and "queue" in key.casefold() else "1"

    def _tables(self, tables: Mapping[str, None]) -> None:
        if not tables:
            return
        made = tomlkit.table(is_super_table=True)
        for name in tables:
            table = tomlkit.table()
            table["definition"] = self._relative(self._facts.path(kinds.TABLE, name))
            keys = tomlkit.inline_table()
            keys["count"] = _KEYS
            self._set(table, "keys", keys, "assumed: number of keys, all alike", f"keys of table {name}")
            made[name] = table
        self._document["tables"] = made

    def _prompts(self) -> None:
        if not self._reach.recordings:
            return
        prompts = self._table("prompts")
        pulled = self._facts.of(kinds.PROMPT)
        for reference in self._reach.recordings:
            name = printable(str(pulled.get(identity(reference), {}).get("Name", "")))
            self._set(
                prompts,
                reference,
                _RECORDING,
                f"assumed length of {name or 'a recording'}",
                f"length of prompt {name or reference}",
            )

    def _quotas(self) -> None:
        pulled = self._facts.gathered(kinds.QUOTA)
        table = {quota.code: quota.default for quota in load_quotas() if quota.code}
        raised = {
            code: row["Value"]
            for rows in pulled.values()
            if isinstance(rows, Mapping)
            for code, row in rows.items()
            if isinstance(row, Mapping)
            and isinstance(row.get("Value"), int | float)
            and code in table
            and table[code] != row["Value"]
        }
        if not raised:
            return
        quotas = self._table("quotas")
        for code, value in raised.items():
            quotas[code] = value
            quotas[code].comment("applied, as pulled")

    # -------------------------------------------------------------------------------------------------- helpers

    def _table(self, name: str) -> Table:
        self._document[name] = tomlkit.table()
        found = self._document[name]
        assert isinstance(found, Table)
        return found

    def _set(self, table: Table, key: str, value: Any, why: str, what: str) -> None:
        table[key] = value
        table[key].comment(printable(f"{LOOK}: {why}"))
        self.looks.append(f"{what}: {why}")

    def _relative(self, path: Path) -> str:
        up = Path(*[".."] * len(self._folder.resolve().relative_to(self._facts.root.resolve()).parts))
        return (up / path.relative_to(self._facts.root)).as_posix()
