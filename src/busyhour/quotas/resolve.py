"""Read quotas from several sources in order: which value wins, what contradicts it, what could not be read."""

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
    """Something about a quota that could not be read, or was read and cannot be right.

    `action` is the IAM action that the caller lacks, empty where rights are not the matter.
    """

    quota: Quota
    origin: Origin
    message: str
    action: str = ""

    @property
    def text(self) -> str:
        """What a person reads."""
        return self.message


class Source(Protocol):
    """One place that values of quotas come from."""

    origin: Origin
    required_iam_actions: tuple[str, ...]

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        """The value, why it cannot be read, or None where this source knows nothing of such a quota."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One quota as its sources tell it: the value of the strongest, what the weaker ones say, what is wrong."""

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
        """The row's default. Bursts are in no API at all, which the detail says."""
        detail = quota.source
        if quota.kind is Kind.BURST:
            detail = f"no AWS API reports bursts; {detail}"
        if quota.note:
            detail = f"{detail}. {quota.note}"
        return QuotaValue(quota, quota.default, self.origin, quota.date, detail)


def read_quotas(quotas: Iterable[Quota], sources: Sequence[Source]) -> list[Reading]:
    """Ask every source about every quota; the first that has a value wins.

    Every quota gets a value: where no source has one, the documented default. The values that Service Quotas
    shows although AWS documents them as incorrect are replaced by the documented ones. An applied value of 0
    is kept, and is a problem where the default is not 0 itself.

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
    """`value`, or the documented one where Service Quotas shows what AWS documents as incorrect."""
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
        "nothing gets through until it is raised"
    )


def _disagreements(values: Sequence[QuotaValue]) -> list[str]:
    """What contradicts what: values of this account among each other, and AWS's default against our table's.

    An instance's value may differ from the account's, and an applied value from a default: that is their use.
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
                f"{strongest.quota.name}: {strongest.origin} says {number(strongest.value)}, "
                f"{other.origin} says {number(other.value)}"
            )
    return found


def _agree(a: float, b: float) -> bool:
    return abs(a - b) <= _TOLERANCE * max(abs(a), abs(b))
