"""The quota table: every known quota with AWS's default, its code, its source and a date.

The rows are data, in table.csv beside this file. `source` names the page and, for pages read in a mirror of
AWS's documentation, the mirror's commit. `date` is the day on which the row was read from that copy (the
copies have no date of their own); a row whose source gives only a year has the year. AWS changes these
numbers: a default is what a new account starts with, never a substitute for the applied value. If AWS's own
pages contradict each other, `note` contains CONFLICT and both values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from busyhour.errors import BusyhourError, did_you_mean
from busyhour.quotas.model import Kind, Quota, Scope
from busyhour.quotas.table.csv_rows import Row, read, unique

TABLE = Path(__file__).with_name("table.csv")
REGIONAL = Path(__file__).with_name("regional_defaults.csv")
"""Defaults that differ by Region; from the same pages."""

_EVERY_OTHER = "*"
"""Operation of rows that apply to all operations of a service without a row of their own."""

_MADE = re.compile(r"(?P<service>[a-z-]+)\.(?P<operation>[a-z0-9-]+)\.(?P<kind>rate|burst)")
_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class QuotaTable:
    """Quotas in the order of the file, found by code, key, name or API operation.

    Args:
        quotas: rows with unique keys, and codes unique within a service.
    """

    def __init__(self, quotas: Iterable[Quota]) -> None:
        self._by_key: dict[str, Quota] = {}
        self._by_code: dict[str, list[Quota]] = {}
        self._by_operation: dict[tuple[str, str, Kind], Quota] = {}
        for quota in quotas:
            self._by_key[quota.key] = quota
            if quota.code:
                self._by_code.setdefault(quota.code, []).append(quota)
            if quota.operation:
                self._by_operation.setdefault((quota.service, quota.operation, quota.kind), quota)

    def __iter__(self) -> Iterator[Quota]:
        return iter(self._by_key.values())

    def __len__(self) -> int:
        return len(self._by_key)

    def __contains__(self, key: object) -> bool:
        return key in self._by_key

    def for_region(self, region: str | None) -> QuotaTable:
        """Return the table with the defaults of one Region; unchanged if none differ or `region` is None."""
        differing = {
            row.text("key"): row.number("default") for row in read(REGIONAL) if row.cells["region"] == region
        }
        if not differing:
            return self
        return QuotaTable(
            replace(quota, default=differing[quota.key]) if quota.key in differing else quota
            for quota in self
        )

    @property
    def services(self) -> tuple[str, ...]:
        """Service codes, in the order of the table."""
        return tuple(dict.fromkeys(quota.service for quota in self))

    def of_service(self, service: str) -> tuple[Quota, ...]:
        """Return the quotas of one service code.

        Raises:
            BusyhourError: the table has no quota of that service.
        """
        found = tuple(quota for quota in self if quota.service == service)
        if not found:
            raise BusyhourError(
                f"No quota of service {service!r} is known.{did_you_mean(service, self.services)}",
                f"Known services: {', '.join(self.services)}.",
            )
        return found

    def by_key(self, key: str) -> Quota:
        """Return the quota with our own stable name, or the rate or burst that `rate` made under that key.

        Raises:
            BusyhourError: there is none.
        """
        if key in self._by_key:
            return self._by_key[key]
        made = _MADE.fullmatch(key)
        if made is not None:
            # Keys of operations without a row occur in measurements; only their service must be known.
            operation = "".join(part.capitalize() for part in made["operation"].split("-"))
            try:
                return self.rate(made["service"], operation)[made["kind"] == "burst"]
            except BusyhourError:
                pass
        raise self._unknown(key)

    def by_code(self, service_or_code: str, code: str | None = None) -> Quota:
        """Return the quota with a Service Quotas code: `by_code("connect", "L-12AB7C57")`, or the code alone.

        Raises:
            BusyhourError: there is none, or the code alone names quotas of several services.
        """
        service, wanted = (None, service_or_code) if code is None else (service_or_code, code)
        found = [quota for quota in self._by_code.get(wanted, ()) if service in (None, quota.service)]
        if not found:
            raise self._unknown(wanted)
        if len(found) > 1:
            services = ", ".join(quota.service for quota in found)
            raise BusyhourError(
                f"Quota code {wanted!r} is used by several services: {services}.", "Name the service too."
            )
        return found[0]

    def find(self, text: str) -> Quota:
        """Return the quota with this code, key or name, ignoring case.

        Raises:
            BusyhourError: there is none, or the name alone is ambiguous.
        """
        wanted = text.strip().casefold()
        found = [
            quota
            for quota in self
            if wanted in (quota.key.casefold(), quota.name.casefold(), (quota.code or quota.key).casefold())
        ]
        if not found:
            raise self._unknown(text)
        if len(found) > 1:
            raise BusyhourError(
                f"{text!r} names several quotas.", f"Use a key: {', '.join(q.key for q in found)}."
            )
        return found[0]

    def rate(self, service: str, operation: str) -> tuple[Quota, Quota]:
        """Return rate and burst of an API operation: refill rate and size of its token bucket.

        An operation without a row has the service's row for all other operations, under its own name. If AWS
        documents no burst, it is one second's worth of the rate, and the note states it.

        Raises:
            BusyhourError: neither the operation nor a default for all others is known.
        """
        rate = self._operation(service, operation, Kind.RATE)
        if rate is None:
            known = [op for (name, op, kind) in self._by_operation if name == service and kind is Kind.RATE]
            raise BusyhourError(
                f"No rate quota is known for {service} {operation}.{did_you_mean(operation, known)}",
                f"`busyhour quotas --service {service}` lists the known ones.",
            )
        burst = self._operation(service, operation, Kind.BURST)
        if burst is None:
            burst = replace(
                rate,
                key=f"{rate.key.removesuffix('.rate')}.burst",
                name=f"Burst of {operation} API requests",
                code=None,
                unit="requests",
                kind=Kind.BURST,
                misreported=None,
                note="AWS documents no burst: one second's worth of the rate is assumed.",
            )
        return rate, burst

    def _operation(self, service: str, operation: str, kind: Kind) -> Quota | None:
        own = self._by_operation.get((service, operation, kind))
        if own is not None:
            return own
        other = self._by_operation.get((service, _EVERY_OTHER, kind))
        if other is None:
            return None
        what, suffix = ("Rate", "rate") if kind is Kind.RATE else ("Burst", "burst")
        return replace(
            other,
            key=f"{service}.{kebab(operation)}.{suffix}",
            name=f"{what} of {operation} API requests",
            operation=operation,
            note=f"No row of its own: the documented default of all other operations. {other.note}".strip(),
        )

    def _unknown(self, text: str) -> BusyhourError:
        names = [name for quota in self for name in (quota.code, quota.key, quota.name) if name]
        return BusyhourError(
            f"No quota {text!r} is known.{did_you_mean(text, names)}",
            "`busyhour quotas --source documented` lists codes, keys and names.",
        )


def load(path: Path = TABLE) -> QuotaTable:
    """Read the shipped table from `path`; takes a few milliseconds."""
    rows = unique(unique(read(path), "key"), "service", "code")
    return QuotaTable([_quota(row) for row in rows])


def _quota(row: Row) -> Quota:
    cells = row.cells
    return Quota(
        key=row.text("key"),
        service=row.text("service"),
        name=row.text("name"),
        code=cells["code"] or None,
        default=row.number("default"),
        unit=row.text("unit"),
        adjustable=row.yes("adjustable"),
        scope=row.member("scope", Scope),
        kind=row.member("kind", Kind),
        source=row.text("source"),
        date=row.text("date"),
        operation=cells["operation"] or None,
        note=cells["note"],
        adjustable_note=cells["adjustable_note"],
        per=cells["per"],
        misreported=row.number("misreported") if cells["misreported"] else None,
    )


def kebab(operation: str) -> str:
    """Convert `GetMetricDataV2` to `get-metric-data-v2`, as the table's keys are written."""
    return _WORDS.sub("-", operation).lower()
