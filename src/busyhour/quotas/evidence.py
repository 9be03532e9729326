"""Evidence of quotas: the rows of the project's ledger file."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

TITLE = "busyhour evidence ledger"

SCHEMA_ID = "urn:busyhour:ledger:1"
NEARLY = 1 - 1e-9


@dataclass(frozen=True, slots=True)
class Needed:
    """Need of a plan: `value` from the list of limits, without headroom.

    `mean` is the mean demand at the plan's held rate; None if unknown.
    """

    value: float
    mean: float | None
    calls_per_hour: float
    scenario: str
    run: str
    at: str


@dataclass(frozen=True, slots=True)
class Requested:
    """The latest request: id in Service Quotas, Support case if there is one, last status read."""

    id: str
    case: str | None
    value: float
    status: str
    filed_at: str
    seen_at: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A value in force, where it was read and when."""

    value: float
    origin: str
    seen_at: str
    run: str


@dataclass(frozen=True, slots=True)
class Verified:
    """Result of a load run: the peak, its rate, the value in force, and whether that proves the need."""

    holds: bool
    why: str
    run: str
    target: str
    value: float
    peak: float | None
    calls_per_hour: float
    at: str


@dataclass(frozen=True, slots=True)
class Row:
    """One quota in one place: an instance (its ARN), or an account and Region (`account:region`)."""

    key: str
    name: str
    service: str
    code: str | None
    unit: str
    place: str
    needed: Needed | None = None
    requested: Requested | None = None
    applied: Applied | None = None
    verified: Verified | None = None

    @property
    def proven(self) -> bool:
        """Whether a load run showed that the need is met."""
        return self.verified is not None and self.verified.holds

    @property
    def open(self) -> bool:
        """Whether something is left to do.

        A value in force below the need, or a requested one that is not proven yet.
        """
        if self.needed is None or self.proven:
            return False
        short = self.applied is not None and self.applied.value < self.needed.value * NEARLY
        return short or self.requested is not None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The ledger's rows, in order of place, then quota."""

    rows: list[Row] = field(default_factory=list)
    schema_version: str = "1"

    def find(self, key: str, place: str) -> Row | None:
        """Return the row of a quota in a place."""
        return next((row for row in self.rows if (row.key, row.place) == (key, place)), None)

    def put(self, row: Row) -> Evidence:
        """Return the ledger with `row` in place of an earlier one."""
        others = [one for one in self.rows if (one.key, one.place) != (row.key, row.place)]
        return replace(self, rows=sorted([*others, row], key=lambda one: (one.place, one.key)))
