"""Which source wins, what is corrected, and what is reported."""

from __future__ import annotations

import pytest

from busyhour.quotas.model import Origin, Quota, QuotaValue
from busyhour.quotas.resolve import DocumentedDefault, Problem, Source, read_quotas
from busyhour.quotas.table.quota_table import load

TABLE = load()
CALLS = TABLE.by_code("L-12AB7C57")
CAMPAIGN = TABLE.by_code("L-E908C3A1")
METRICS = TABLE.by_code("L-2E719449")


class Fixed:
    """A source that has one answer."""

    required_iam_actions: tuple[str, ...] = ()

    def __init__(self, origin: Origin, answer: float | str | None) -> None:
        self.origin = origin
        self._answer = answer

    def read(self, quota: Quota) -> QuotaValue | Problem | None:
        if isinstance(self._answer, str):
            return Problem(quota, self.origin, self._answer)
        return (
            None
            if self._answer is None
            else QuotaValue(quota, self._answer, self.origin, "2026-11-22T00:00:00+00:00")
        )


def sources(*answers: tuple[Origin, float | str | None]) -> list[Source]:
    return [Fixed(origin, answer) for origin, answer in answers]


def test_the_first_source_with_a_value_wins_and_the_others_are_kept() -> None:
    [reading] = read_quotas(
        [CALLS],
        sources(
            (Origin.APPLIED_RESOURCE, None),
            (Origin.SERVICE, 500),
            (Origin.OVERRIDE, 500),
            (Origin.AWS_DEFAULT, 10),
        ),
    )
    assert (reading.value.value, reading.value.origin) == (500, Origin.SERVICE)
    assert [other.origin for other in reading.others] == [
        Origin.OVERRIDE,
        Origin.AWS_DEFAULT,
        Origin.DOCUMENTED,
    ]
    assert reading.disagreements == ()


def test_without_any_other_source_the_documented_default_counts() -> None:
    [reading] = read_quotas([CALLS], [])
    assert (reading.value.value, reading.value.origin, reading.value.read_at) == (
        10,
        Origin.DOCUMENTED,
        CALLS.date,
    )


def test_what_cannot_be_read_is_kept_as_a_problem() -> None:
    [reading] = read_quotas(
        [CALLS], sources((Origin.APPLIED_RESOURCE, "the caller may not"), (Origin.OVERRIDE, 7))
    )
    assert reading.value.value == 7
    assert [problem.text for problem in reading.problems] == ["the caller may not"]


@pytest.mark.parametrize("origin", [Origin.APPLIED_RESOURCE, Origin.APPLIED_ACCOUNT])
def test_an_applied_zero_is_kept_and_said(origin: Origin) -> None:
    [reading] = read_quotas([CALLS], sources((origin, 0)))
    assert reading.value.value == 0
    assert "is 0 although the default is 10" in reading.problems[0].text


def test_a_zero_that_is_the_default_is_nothing_to_say() -> None:
    [reading] = read_quotas([CAMPAIGN], sources((Origin.APPLIED_RESOURCE, 0)))
    assert reading.problems == ()


@pytest.mark.parametrize("origin", [Origin.APPLIED_ACCOUNT, Origin.AWS_DEFAULT])
def test_what_service_quotas_shows_wrongly_is_corrected(origin: Origin) -> None:
    [reading] = read_quotas([METRICS], sources((origin, 200)))
    assert (reading.value.value, reading.value.origin) == (10, Origin.DOCUMENTED)
    assert "Service Quotas shows 200" in reading.value.detail
    assert reading.disagreements == ()


def test_another_value_of_the_same_operation_is_believed() -> None:
    [reading] = read_quotas([METRICS], sources((Origin.APPLIED_ACCOUNT, 40)))
    assert (reading.value.value, reading.value.origin) == (40, Origin.APPLIED_ACCOUNT)


def test_an_override_of_200_is_believed() -> None:
    [reading] = read_quotas([METRICS], sources((Origin.OVERRIDE, 200)))
    assert reading.value.value == 200


@pytest.mark.parametrize(
    ("first", "second", "contradiction"),
    [
        ((Origin.APPLIED_RESOURCE, 500), (Origin.CLOUDWATCH, 400), True),
        ((Origin.APPLIED_RESOURCE, 500), (Origin.CLOUDWATCH, 505), False),
        ((Origin.APPLIED_RESOURCE, 500), (Origin.OVERRIDE, 1000), True),
        ((Origin.APPLIED_RESOURCE, 500), (Origin.APPLIED_ACCOUNT, 10), False),
        ((Origin.APPLIED_RESOURCE, 500), (Origin.AWS_DEFAULT, 10), False),
        ((Origin.AWS_DEFAULT, 20), (Origin.DOCUMENTED, 10), True),
    ],
)
def test_disagreement_between_sources_is_shown(
    first: tuple[Origin, float], second: tuple[Origin, float], contradiction: bool
) -> None:
    [reading] = read_quotas([CALLS], sources(first, second))
    found = f"{CALLS.name}: {first[0]} has {first[1]:g}, {second[0]} has {second[1]:,}"
    assert (found in reading.disagreements) == contradiction


def test_a_burst_notes_that_no_api_reports_it() -> None:
    _, burst = TABLE.rate("connect", "StopContact")
    assert "no AWS API reports bursts" in DocumentedDefault().read(burst).detail
