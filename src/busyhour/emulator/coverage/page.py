"""docs/emulator-coverage.md, the page of what the emulator supports, enforces and does differently from AWS.

The router provides the supported operations, the quota table and `enforced` the limits, and
`differences` the differences from AWS.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from busyhour.emulator.catalogue import SERVICES
from busyhour.emulator.coverage.differences import DIFFERENCES, EVERYWHERE
from busyhour.emulator.coverage.enforced import ENFORCED, FIXED, SETTINGS
from busyhour.emulator.coverage.not_enforced import UNSERVED
from busyhour.errors import BusyhourError
from busyhour.quotas.model import Kind, Quota
from busyhour.quotas.table.quota_table import QuotaTable, load

_TITLES = {entry.model: entry.title for entry in SERVICES}
_INTRODUCTION = """# What the emulator covers

Made from the emulator itself by `make generate`.
Every operation is checked against botocore's model by generated requests (`tests/conformance`).
Services that are not named here are answered by moto, without limits.
"""


def page() -> str:
    """Return the whole page as Markdown."""
    from busyhour.emulator.app import build

    emulator = build()
    served = emulator.router.served()
    sections = [_INTRODUCTION, *_operations(served), *_limits(load(), served), *_differences()]
    return "\n".join(sections)


def _operations(served: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield "## Operations served\n"
    yield "| service | served | of | operations |\n|---|---|---|---|"
    for entry in SERVICES:
        if (operations := served.get(entry.name)) is not None:
            total = _total(entry.model)
            yield f"| {entry.title} | {len(operations)} | {total} | {', '.join(sorted(operations))} |"
    yield ""


def _total(service: str) -> int:
    from botocore.loaders import Loader

    return len(Loader().load_service_model(service, "service-2")["operations"])


def _limits(table: QuotaTable, served: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    yield "## Limits enforced\n"
    yield "Defaults of us-east-1; `--quota`, a scenario and granted increases apply other values.\n"
    yield "### API requests\n"
    yield "A token bucket for each operation, account and Region. Above it: TooManyRequestsException, HTTP 429."
    yield "CloudWatch returns `Throttling` with HTTP 400."
    yield "Operations of Lambda but Invoke and GetFunction share one; the Participant Service has one for each instance.\n"
    yield "| service | rate/s | burst | operations |\n|---|---|---|---|"
    for entry in SERVICES:
        if entry.rates:
            for (rate, burst), operations in sorted(_by_rate(table, entry.rates, served[entry.name]).items()):
                yield f"| {entry.title} | {rate:g} | {burst:g} | {', '.join(operations)} |"
    yield "\n### Quotas\n"
    yield "| quota | code | default | above it |\n|---|---|---|---|"
    for enforced in (*ENFORCED, *FIXED):
        quota = table.find(enforced.key)
        yield f"| {quota.name} | {quota.code or '-'} | {_value(quota)} | {enforced.answer} |"
    yield "\n### Settings and fixed limits\n"
    yield "| limit | above it |\n|---|---|"
    yield from (f"| {limit} | {answer} |" for limit, answer in SETTINGS)
    yield "\n### Quotas that are not enforced\n"
    for reason, keys in UNSERVED.items():
        yield f"- {reason}: {'; '.join(table.find(key).name for key in keys)}."
    yield "- API rates of operations that are not supported."
    yield ""


def _by_rate(
    table: QuotaTable, service: str, operations: tuple[str, ...]
) -> dict[tuple[float, float], list[str]]:
    """Group operations with the same rate and burst; those without a rate in the table are omitted."""
    found: dict[tuple[float, float], list[str]] = {}
    for operation in sorted(operations):
        try:
            rate, burst = table.rate(service, operation)
        except BusyhourError:
            continue
        found.setdefault((rate.default, burst.default), []).append(operation)
    return found


def _value(quota: Quota) -> str:
    unit = "" if quota.unit == "count" else f" {quota.unit}"
    return f"{quota.default:,g}{unit}" if quota.kind is not Kind.RATE else f"{quota.default:,g}/s"


def _differences() -> Iterator[str]:
    yield "## What differs from AWS\n"
    yield from (f"- {text}" for text in EVERYWHERE)
    for service, texts in DIFFERENCES.items():
        yield f"\n### {_TITLES[service]}\n"
        yield from (f"- {text}" for text in texts)
    yield ""
