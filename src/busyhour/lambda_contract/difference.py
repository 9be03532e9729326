"""Compatibility of two versions of a contract: old flows with new functions, and new flows with old ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from busyhour.lambda_contract.contract import Contract, FunctionContract

OLD_FLOWS, NEW_FLOWS = "old flows with new functions", "new flows with old functions"


@dataclass(frozen=True, slots=True)
class Break:
    """An incompatibility between the two versions. `pair` is `OLD_FLOWS` or `NEW_FLOWS`."""

    pair: str
    function: str
    message: str


@dataclass(frozen=True, slots=True)
class Difference:
    """The incompatibilities, and the resulting order of deployment."""

    breaks: tuple[Break, ...]

    def works(self, pair: str) -> bool:
        """Whether one of the two pairs has no incompatibility."""
        return all(one.pair != pair for one in self.breaks)

    @property
    def order(self) -> str:
        """The safe order of deployment: `any`, `functions first`, `flows first` or `none`."""
        old, new = self.works(OLD_FLOWS), self.works(NEW_FLOWS)
        if old and new:
            return "any"
        return "functions first" if old else "flows first" if new else "none"

    @property
    def advice(self) -> str:
        """The order as a sentence."""
        return {
            "any": "Deploy flows and functions in any order.",
            "functions first": "Deploy the functions first, then the flows.",
            "flows first": "Deploy the flows first, then the functions.",
            "none": "No order is safe: first deploy functions that serve both old and new flows, then the flows, "
            "then remove what is no longer needed.",
        }[self.order]


def compare(old: Contract, new: Contract) -> Difference:
    """Return the incompatibilities while one side is deployed and the other is not yet.

    A function's response consists of the observed responses of its handler, if the contract has them; else of
    the keys that the flows of the same version read. Likewise its required parameters: those that its handler
    was observed to read, else those that every invocation of the same version passes.
    """
    found: list[Break] = []
    for name in sorted({*old.functions, *new.functions}):
        before, after = old.functions.get(name), new.functions.get(name)
        if before is None and after is not None:
            found.append(
                Break(NEW_FLOWS, name, "the new flows invoke it, and the old version does not have it")
            )
        elif after is None:
            found.append(
                Break(OLD_FLOWS, name, "the old flows invoke it, and the new version no longer has it")
            )
        elif before is not None:
            found += [Break(OLD_FLOWS, name, one) for one in _breaks(before, after)]
            found += [Break(NEW_FLOWS, name, one) for one in _breaks(after, before)]
    return Difference(tuple(found))


def _breaks(flows: FunctionContract, function: FunctionContract) -> Iterator[str]:
    """Yield the incompatibilities of one version's flows with another version's function."""
    answered = _answered(function)
    for reading in flows.readings:
        if reading.key not in answered:
            where = reading.places[0]
            yield f"`$.External.{reading.key}` is read in {where.flow!r} at {where.action!r}, and not known to be returned"
    for parameter in sorted(_needed(function) - flows.passed):
        yield f"parameter {parameter!r} is required, and not passed on every invocation"
    for response in sorted(set(flows.responses) - set(function.responses)):
        if response == "STRING_MAP" and function.responses:
            yield "the response must be a flat map of strings, and the function's own version expects any JSON"


def _answered(function: FunctionContract) -> frozenset[str]:
    if function.answers is not None:
        return frozenset(function.answers.keys)
    return frozenset(one.key for one in function.readings)


def _needed(function: FunctionContract) -> frozenset[str]:
    if function.answers is not None:
        return frozenset(function.answers.parameters)
    return function.passed
