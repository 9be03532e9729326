"""Store of nightly runs in one SQLite file, reduced to what comparisons and trends need.

The file is in WAL mode and every change is one transaction. A writer waits for another one, so two jobs may
add runs at once. A writer that is killed loses only what it had not committed. `user_version` is the schema
version; an older file is migrated when it is opened.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO, TypeVar

from busyhour.errors import BusyhourError
from busyhour.history.entry import Entry, Night
from busyhour.history.migrations import MIGRATIONS
from busyhour.history.rows import entry_of, night_of, row_of
from busyhour.input_files import parse_json
from busyhour.printable import json_text
from busyhour.regression.metrics.observation import Observation, differences
from busyhour.results.codec import decode, encode

_EXPORTED = "Import a file written by `busyhour history export`."

WAIT_SECONDS = 30.0
"""How long a writer waits for another one."""


T = TypeVar("T")


class History:
    """The history in one file. Use `History.open(...)` as a context manager."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._db = connection
        self._path = path

    @classmethod
    def open(cls, path: Path) -> History:
        """Open the file, create it if it does not exist, and migrate its schema to the current version.

        Raises:
            BusyhourError: it cannot be opened, is not a history, or is of a newer version of busyhour.
        """
        if path.exists() and not path.is_file():
            raise BusyhourError(f"{path}: not a file.", "Name another file with --history.")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(path, timeout=WAIT_SECONDS, isolation_level=None)
        except (OSError, sqlite3.Error) as error:
            raise BusyhourError(
                f"{path}: the history cannot be opened: {error}.", "Name another file with --history."
            ) from None
        made = cls(connection, path)
        try:
            made._prepare()
        except (
            sqlite3.Error,
            UnicodeDecodeError,
        ) as error:  # the latter: a damaged name in SQLite's own message
            connection.close()
            raise BusyhourError(
                f"{path}: not a busyhour history: {error}.",
                "Name another file with --history, or remove this one.",
            ) from None
        except BusyhourError:
            connection.close()
            raise
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
        if isinstance(error, sqlite3.Error | UnicodeDecodeError):
            raise BusyhourError(
                f"{self._path}: the history cannot be used: {error}.",
                "Restore it from a copy or from what `busyhour history export` wrote; another writer may have locked it.",
            ) from None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _prepare(self) -> None:
        self._set_wal()
        self._db.execute("PRAGMA synchronous = FULL")
        if self._version() == len(MIGRATIONS):
            return
        with self._changing():
            version = self._version()  # another process may have migrated it meanwhile
            if version > len(MIGRATIONS):
                raise BusyhourError(
                    f"{self._path}: the history has schema {version}, this version of busyhour supports {len(MIGRATIONS)}.",
                    "Use the version of busyhour that wrote it, or a newer one.",
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _set_wal(self) -> None:
        """Switch to WAL mode, waiting for other writers, which SQLite does not do for this pragma."""
        end = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                self._db.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    @contextlib.contextmanager
    def _changing(self) -> Iterator[None]:
        """Run one transaction; wait for other writers first."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def add(self, nights: Iterable[Night]) -> int:
        """Add runs, all or none.

        A run that is stored already (same id, same start) is replaced. Returns the number of runs given.
        """
        rows = [row_of(night) for night in nights]
        with self._changing():
            self._db.executemany(
                "INSERT INTO runs (run_id, started, scenario, identity, outcome, added, observation, regressed, "
                "accepted, revision, flows, confirmation, repeat_of, judgement, version, name) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (run_id, started) DO UPDATE SET scenario = excluded.scenario, "
                "identity = excluded.identity, outcome = excluded.outcome, observation = excluded.observation, "
                "regressed = excluded.regressed, accepted = excluded.accepted, revision = excluded.revision, "
                "flows = excluded.flows, confirmation = excluded.confirmation, repeat_of = excluded.repeat_of, "
                "judgement = excluded.judgement, version = excluded.version, name = excluded.name",
                rows,
            )
        return len(rows)

    def accept(self, night: Night) -> None:
        """Accept a regressed run as the new level, so that it may be a baseline from now on."""
        with self._changing():
            self._db.execute("UPDATE runs SET accepted = 1 WHERE id = ?", (night.id,))

    def prune(self, *, keep: int | None = None, before: str | None = None) -> int:
        """Remove old runs: all but the newest `keep` of each plan, and those that started before `before`.

        `before` is a time in ISO 8601. Repeats of a removed run are removed with it. Returns the number of
        runs removed.
        """
        removed = 0
        with self._changing():
            if before is not None:
                removed += self._db.execute("DELETE FROM runs WHERE started < ?", (before,)).rowcount
            if keep is not None:
                removed += self._db.execute(
                    "DELETE FROM runs WHERE id IN (SELECT id FROM (SELECT id, row_number() OVER "
                    "(PARTITION BY identity ORDER BY started DESC, id DESC) AS place FROM runs "
                    "WHERE repeat_of = '') WHERE place > ?)",
                    (keep,),
                ).rowcount
            removed += self._db.execute(
                "DELETE FROM runs WHERE repeat_of NOT IN (SELECT run_id FROM runs WHERE repeat_of = '') "
                "AND repeat_of <> ''"
            ).rowcount
        if removed:
            self._db.execute("VACUUM")
        return removed

    def nights(self, scenario: str | None = None, *, repeats: bool = False) -> list[Night]:
        """Read all runs, oldest first.

        Args:
            scenario: only runs of this scenario; None for all.
            repeats: include repeats of runs.
        """
        return self._select(
            "WHERE (? IS NULL OR scenario = ?) AND (? OR repeat_of = '') ORDER BY started, id",
            (scenario, scenario, repeats),
        )

    def entries(self, scenario: str | None = None) -> list[Entry]:
        """Read the summaries of all runs, oldest first; only of `scenario` if it is given."""
        rows = self._db.execute(
            "SELECT id, run_id, started, scenario, outcome, regressed, accepted, revision, repeat_of, version, name, "
            "judgement FROM runs WHERE ? IS NULL OR scenario = ? ORDER BY started, id",
            (scenario, scenario),
        )
        return [self._of(row[0], entry_of, row) for row in rows]

    def _of(self, id_: object, read: Callable[[Sequence[Any]], T], row: Sequence[Any]) -> T:
        """Return `read(row)`.

        Raises:
            BusyhourError: the row is damaged; the message names the run.
        """
        try:
            return read(row)
        except (BusyhourError, ValueError, TypeError, zlib.error) as error:
            why = error.message if isinstance(error, BusyhourError) else str(error)
            raise BusyhourError(
                f"{self._path}: run number {id_} is damaged: {why}",
                "Restore the history from a copy or from what `busyhour history export` wrote.",
            ) from None

    def find(self, name: str) -> Night:
        """Return the newest run with this run id, or the run with this number or name.

        Raises:
            BusyhourError: there is no such run.
        """
        found = self._select("WHERE run_id = ? ORDER BY started DESC, id DESC LIMIT 1", (name,))
        if not found and name.isdecimal():
            found = self._select("WHERE id = ?", (int(name),))
        if not found:
            found = [
                one
                for one in self._select("WHERE started LIKE ?", (f"{name[:10]}%",))
                if one.observation.name == name
            ]
        if not found:
            raise BusyhourError(
                f"{self._path}: no run {name!r} in the history.",
                "`busyhour history list` shows the stored runs.",
            )
        return found[0]

    def baseline(self, new: Observation, count: int) -> list[Observation]:
        """Return the newest `count` trusted runs of the same plan that started before `new`, newest first.

        Each run has its `era`: an accepted regression begins a new era, whose level applies to later runs.
        """
        found = self._select(
            "WHERE scenario = ? AND started < ? AND (accepted = 1 OR regressed IS NULL OR regressed = 0) "
            "AND repeat_of = '' ORDER BY started DESC, id DESC",
            (str(new.identity.get("name")), new.started),
        )
        alike = [night for night in found if night.trusted and not differences(new, night.observation)][
            :count
        ]
        era = 0
        for night in reversed(alike):
            era += bool(night.accepted and night.regressed)
            night.observation.era = era
        return [night.observation for night in alike]

    def _select(self, rest: str, values: Sequence[object]) -> list[Night]:
        rows = self._db.execute(
            "SELECT id, observation, regressed, accepted, revision, flows, added, confirmation, repeat_of, "
            f"judgement FROM runs {rest}",
            values,
        )
        return [self._of(row[0], night_of, row) for row in rows]

    def export(self, out: TextIO) -> int:
        """Write every run as a line of JSON, oldest first; return the number of runs."""
        nights = self.nights(repeats=True)
        for night in nights:
            data = encode(night)
            del data["id"]
            line = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
            out.write(json_text(line) + "\n")
        return len(nights)

    def import_(self, lines: Iterable[str], name: str) -> int:
        """Add the runs of an export, all or none. `name` is the file's name, for messages.

        Raises:
            BusyhourError: a line is not a run; the message names it.
        """
        nights = []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                nights.append(decode(Night, parse_json(line)))
            except json.JSONDecodeError as error:
                place = f"{name}:{number}:{error.colno}"
                raise BusyhourError(f"{place}: not JSON: {error.msg}.", _EXPORTED) from None
            except BusyhourError as error:
                raise BusyhourError(f"{name}:{number}: {error.message}", _EXPORTED) from None
        return self.add(nights)
