"""Declaration of a rule: metadata and a generator over one flow. Each file in contract_tests/rules contains one."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from busyhour.contracts.finding import Severity
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.flows.model import Pointer

if TYPE_CHECKING:
    from busyhour.contracts.flow_view import FlowView

GROUPS = ("structure", "schema", "data-flow", "resilience", "project", "security")
"""Subjects of rules: the document, the actions' own contracts, values along paths, effects on callers,
several flows together, security and compliance."""

SCOPES = ("file", "flow")
"""`file`: runs on anything that was read, even if it is not a flow. `flow`: runs if there is a list of actions."""

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding of a rule before it has a position: a place and what is wrong with it.

    `pointer` leads into the flow's content. `key` puts the finding on the key instead of its value. `action`
    is the index of the action it is about, derived from the pointer by default. `help` and `severity`
    replace the rule's own fix and severity.
    """

    message: str
    pointer: Pointer = ()
    key: bool = False
    action: int | None = None
    help: str | None = None
    severity: Severity | None = None


Check = Callable[["FlowView"], Iterator[Problem]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it finds, why that matters, the fix, and the source of the fact (AWS or evidence).

    `types` are the action types that the rule is about: it is skipped for a flow that has none of them
    (empty: run on every flow). `strict` rules run only under `--strict`. `optional` rules run only where a
    policy enables them: `enable` or `levels` in [check], or a selection of the rule or its group.
    """

    id: str
    severity: Severity
    summary: str
    why: str
    fix: str
    source: str
    group: str
    check: Check
    scope: str = "flow"
    types: frozenset[str] = field(default_factory=frozenset)
    strict: bool = False
    optional: bool = False
    reports_issues: bool = False
    """Whether the rule only reports objections of the actions' schemas; see `from_schema`."""
    file: Path | None = None


def from_schema(flow: FlowView, id: str) -> Iterator[Problem]:
    """Return the objections of the actions' schemas under the rule `id`.

    What is undecided is a warning. A rule that yields nothing else is declared with `reports_issues=True`: it is then not called if there are
    none.
    """
    for issue in flow.issues.get(id, ()):
        severity = Severity.WARNING if issue.undecided else None
        yield Problem(issue.message, issue.pointer, issue.key, issue.action, issue.help, severity)


def rule(
    *,
    id: str,
    severity: str,
    summary: str,
    why: str,
    fix: str,
    source: str,
    group: str = "structure",
    scope: str = "flow",
    types: tuple[str, ...] = (),
    strict: bool = False,
    optional: bool = False,
    reports_issues: bool = False,
) -> Callable[[Check], Rule]:
    """Declare the decorated generator function as a rule.

    Args:
        id: stable name in lower case with hyphens: the file's name with hyphens for underscores.
        severity: `error` (Connect rejects it), `warning` (a problem for callers) or `note`.
        summary: one line for the list of rules.
        why: what happens if the finding is not fixed.
        fix: how to fix it.
        source: source of the fact.
        group: one of `GROUPS`.
        scope: one of `SCOPES`.
        types: action types without which there are no findings.
        strict: run only under `--strict`.
        optional: run only where a policy enables it.
        reports_issues: the rule only yields from `from_schema`.

    Raises:
        BusyhourError: the declaration or the function's signature is invalid.
    """

    def register(check: Check) -> Rule:
        _one_of(id, check, "severity", severity, _SEVERITIES)
        _one_of(id, check, "group", group, GROUPS)
        _one_of(id, check, "scope", scope, SCOPES)
        if not _ID.fullmatch(id):
            raise BusyhourError(
                f"{_where(id, check)}: the id is not in lower case with hyphens",
                "Name it like the file, with hyphens for underscores: dangling_target.py -> dangling-target.",
            )
        for name, text in (("summary", summary), ("why", why), ("fix", fix), ("source", source)):
            if not text.strip():
                raise BusyhourError(
                    f"{_where(id, check)}: {name} is empty", "Users read it in `busyhour check --list`."
                )
        _accepts_one_flow(id, check)
        return Rule(
            id=id,
            severity=Severity(severity),
            summary=summary,
            why=why,
            fix=fix,
            source=source,
            group=group,
            check=check,
            scope=scope,
            types=frozenset(types),
            strict=strict,
            optional=optional,
            reports_issues=reports_issues,
        )

    return register


_SEVERITIES = tuple(str(one) for one in Severity)


def _where(id: str, check: Check) -> str:
    return f"rule {id!r} ({inspect.getsourcefile(check) or 'unknown file'})"


def _one_of(id: str, check: Check, name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise BusyhourError(
            f"{_where(id, check)}: {name} is {value!r}.{did_you_mean(value, allowed)}",
            f"Use one of {', '.join(allowed)}.",
        )


def _accepts_one_flow(id: str, check: Check) -> None:
    code = getattr(check, "__code__", None)
    if code is None or not code.co_flags & inspect.CO_GENERATOR:
        raise BusyhourError(
            f"{_where(id, check)}: {getattr(check, '__name__', check)} is not a generator function",
            "Write `def check(flow): ...` with `yield flow.problem(...)` for each finding.",
        )
    if (
        code.co_argcount != 1
        or code.co_kwonlyargcount
        or code.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    ):
        parameters = list(inspect.signature(check).parameters.values())
        names = ", ".join(str(parameter) for parameter in parameters) or "nothing"
        raise BusyhourError(
            f"{_where(id, check)}: {check.__name__} must accept 1 argument (flow) but takes {len(parameters)} ({names})",
            "Write `def check(flow): ...`.",
        )
