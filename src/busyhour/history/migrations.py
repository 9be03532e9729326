"""Schema of the history file, as migrations from every older version."""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE runs (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, started TEXT NOT NULL, "
        "scenario TEXT NOT NULL, identity TEXT NOT NULL, outcome TEXT NOT NULL, added TEXT NOT NULL, "
        "observation BLOB NOT NULL, UNIQUE (run_id, started))",
        "CREATE INDEX runs_by_plan ON runs (identity, started)",
    ),
    (
        # NULL: not compared. A regressed run is not a baseline until it is accepted.
        "ALTER TABLE runs ADD COLUMN regressed INTEGER",
        "ALTER TABLE runs ADD COLUMN accepted INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE runs ADD COLUMN revision TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN flows TEXT NOT NULL DEFAULT '{}'",
    ),
    (
        # Result of a run's repeats (null: none), and the run that a repeat belongs to.
        "ALTER TABLE runs ADD COLUMN confirmation TEXT NOT NULL DEFAULT 'null'",
        "ALTER TABLE runs ADD COLUMN repeat_of TEXT NOT NULL DEFAULT ''",
    ),
    (
        # What failed when the run was compared, and the version that compared it.
        "ALTER TABLE runs ADD COLUMN judgement TEXT NOT NULL DEFAULT '{}'",
        # The version that made the run, and the run's name.
        "ALTER TABLE runs ADD COLUMN version TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT ''",
    ),
)
"""Statements that migrate a file from version k to version k + 1, for k = 0, 1, ..."""
