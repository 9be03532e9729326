"""Read quotas from several sources in order.

The winning value, contradictions, and what could not be read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from busyhour.quotas.figures import number
from busyhour.quotas.model import Kind, Origin, Quota, QuotaValue

_TOLERANCE = 0.02
"""Relative difference below which two sources agree: CloudWatch's percentages are rounded."""

_APPLIED = (Origin.APPLIED_RESOURCE, Origin.APPLIED_ACCOUNT)
_OF_THE_ACCOUNT = (*_APPLIED, Origin.SERVICE, Origin.CLOUDWATCH, Origin.FILE, Origin.OVERRIDE)
_FROM_SERVICE_QUOTAS = (*_APPLIED, Origin.AWS_DEFAULT)


@dataclass(frozen=True, slots=True)
class Problem:
    """A quota value that could not be read or is implausible.

    `action` is the IAM action that the caller lacks, empty for other reasons.
    """

    quota: Quota
    origin: Origin
    message: str
    action: str = ""

    @property
    def text(self) -> str:
        """Text for readers."""
        return self.message


class Source(Protocol):
    """A source of quota values."""

    origin: Origin
    required_iam_actions: tuple[str, ...]

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """Return the value, why it cannot be read, or None if this source does not have the quota."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Result for one quota: the value of the strongest source, those of weaker ones, and problems."""

    value: QuotaValue
    others: tuple[QuotaValue, ...] = ()
    disagreements: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def quota(self) -> Quota:
        """The quota that was read."""
        return self.value.quota


class DocumentedDefault:
    """The default in AWS's documentation, dated; the last resort for every quota."""

    origin = Origin.DOCUMENTED
    required_iam_actions: tuple[str, ...] = ()

    def read(self, quota: Quota) -> QuotaValue:
        """Return the row's default. No API reports bursts, which the detail states."""
        detail = quota.source
        if quota.kind is Kind.BURST:
            detail = f"no AWS API reports bursts; {detail}"
        if quota.note:
            detail = f"{detail}. {quota.note}"
        return QuotaValue(quota, quota.default, self.origin, quota.date, detail)


def read_quotas(quotas: Iterable[Quota], sources: Sequence[Source]) -> list[Reading]:
    """Read every quota from every source; the first that has a value wins.

    Every quota gets a value: if no source has one, the documented default. Values that Service Quotas shows
    although AWS documents them as incorrect are replaced by the documented ones. An applied value of 0 is
    kept, and is a problem unless the default is 0.

    Args:
        quotas: what to read.
        sources: strongest first.
    """
    return [_read(quota, sources) for quota in quotas]


def _read(quota: Quota, sources: Sequence[Source]) -> Reading:
    values: list[QuotaValue] = []
    problems: list[Problem] = []
    for source in sources:
        answer = source.read(quota)
        if isinstance(answer, Problem):
            problems.append(answer)
        elif answer is not None:
            values.append(_corrected(answer))
    if not any(value.origin is Origin.DOCUMENTED for value in values):
        values.append(DocumentedDefault().read(quota))
    winner, *others = values
    if winner.value == 0 and quota.default > 0 and winner.origin in _OF_THE_ACCOUNT:
        problems.append(Problem(quota, winner.origin, _zero(winner)))
    return Reading(winner, tuple(others), tuple(_disagreements(values)), tuple(problems))


def _corrected(value: QuotaValue) -> QuotaValue:
    """Return `value`, or the documented one if AWS documents Service Quotas' value as incorrect."""
    quota = value.quota
    if value.origin not in _FROM_SERVICE_QUOTAS or value.value != quota.misreported:
        return value
    detail = (
        f"Service Quotas shows {number(value.value)} ({value.origin}), which AWS documents as incorrect; "
        f"the documented {number(quota.default)} is used. {quota.source}"
    )
    return replace(value, value=quota.default, origin=Origin.DOCUMENTED, read_at=quota.date, detail=detail)


def _zero(value: QuotaValue) -> str:
    return (
        f"{value.quota.name}: the {value.origin} value is 0 although the default is {number(value.quota.default)}; "
        "all requests are rejected until it is raised"
    )


def _disagreements(values: Sequence[QuotaValue]) -> list[str]:
    """Return contradictions: values of this account among each other, and AWS's default against our table's.

    An instance's value may differ from the account's, and an applied value from a default.
    """
    of_account = [value for value in values if value.origin in _OF_THE_ACCOUNT]
    defaults = [value for value in values if value.origin in (Origin.AWS_DEFAULT, Origin.DOCUMENTED)]
    found = []
    for group in (of_account, defaults):
        for strongest, other in ((group[0], other) for other in group[1:]):
            both = {strongest.origin, other.origin}
            if both == set(_APPLIED) or _agree(strongest.value, other.value):
                continue
            found.append(
                f"{strongest.quota.name}: {strongest.origin} has {number(strongest.value)}, "
                f"{other.origin} has {number(other.value)}"
            )
    return found


def _agree(a: float, b: float) -> bool:
    return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b))
