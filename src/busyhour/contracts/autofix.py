"""Automatic fixes that do not change flow behaviour: small edits of the raw text.

Every fix turns a value that Connect rejects into one that it accepts, and none changes a call: tests run the
flow machine over generated flows before and after. Findings that need a decision (target of a branch, error to
add) stay. Old exports and flows inside templates are not fixed.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from busyhour.atomic_write import write_atomically
from busyhour.contracts.action_view import DRAFT_TARGETS
from busyhour.contracts.analysis.paths import decides
from busyhour.contracts.flow_view import FlowView
from busyhour.contracts.reading.sources import gather
from busyhour.contracts.schema.store import shipped_schemas
from busyhour.flows.action_types import declared
from busyhour.flows.export.document import Document, parse
from busyhour.flows.export.positions import Offsets, inner_offsets, scan

if TYPE_CHECKING:
    from busyhour.contracts.action_view import ActionView
    from busyhour.contracts.schema.store import SchemaStore
    from busyhour.flows.model import Pointer

_STEP = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # there since 3.1, not in the stubs
_PASSES = 5
"""Passes at most: a fix may make another possible (an empty object gets its key)."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text between two offsets; `what` describes the fix."""

    start: int
    end: int
    text: str
    what: str


def fix_files(paths: Sequence[str], schemas: SchemaStore | None = None) -> Iterator[tuple[Path, list[str]]]:
    """Fix the exports under `paths` in place; yield each changed file with its fixes.

    Raises:
        BusyhourError: a path does not exist, or a file cannot be written.
    """
    for source in gather([path for path in paths if path != "-"]).sources if set(paths) - {"-"} else ():
        document = source.document
        if document is None or document.path is None or type(document) is not Document:
            continue
        text, fixed = fix_document(document, schemas or shipped_schemas())
        if fixed:
            bom = document.path.read_bytes().startswith(codecs.BOM_UTF8)
            write_atomically(document.path, "\ufeff" + text if bom else text)
            yield document.path, fixed


def fix_document(document: Document, schemas: SchemaStore) -> tuple[str, list[str]]:
    """Return the fixed text of an export, and the fixes."""
    fixed: list[str] = []
    text = document.text
    for _ in range(_PASSES):
        flow = FlowView(str(document.path or "<text>"), document, schemas=schemas)
        if flow.converted is not None or not flow.is_flow or document.duplicate_keys:
            break
        edits = _without_overlap(_Fixer(flow, document).edits())
        if not edits:
            break
        text = _apply(document, edits)
        fixed += [edit.what for edit in edits]
        document = parse(text, document.path)
    return text, fixed


def _without_overlap(edits: Iterator[Edit]) -> list[Edit]:
    """Return the edits in order of place; of two that overlap, the one that begins first, then the longer."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def _apply(document: Document, edits: Sequence[Edit]) -> str:
    """Return the text of the file with the edits applied.

    Inside a string of a describe response, escaped like it.
    """
    if document.content is document.text:
        places: Sequence[int] = range(len(document.text) + 1)
    else:
        places = inner_offsets(document.text, scan(document.text).values[document.prefix])
    text = document.text
    for edit in reversed(edits):
        new = (
            edit.text
            if document.content is document.text
            else json.dumps(edit.text, ensure_ascii=False)[1:-1]
        )
        text = text[: places[edit.start]] + new + text[places[edit.end] :]
    return text


class _Fixer:
    """Finds the edits of one document, whose content is `flow`."""

    def __init__(self, flow: FlowView, document: Document) -> None:
        self._flow = flow
        self._text = document.content
        self._prefix: Pointer = document.prefix if document.content is document.text else ()
        self._offsets: Offsets = scan(self._text)

    def edits(self) -> Iterator[Edit]:
        """Return all edits; some may overlap."""
        for action in self._flow.actions:
            if not action.stray and action.identifier and action.type in self._flow.schemas.types:
                yield from self._objects(action)
                yield from self._transitions(action)
        yield from self._strings()

    # ---------------------------------------------------------------------------------------------- fixes

    def _objects(self, action: ActionView) -> Iterator[Edit]:
        """Yield fixes of `Parameters` and lists of branches that are null or missing and should be empty."""
        at: Pointer = ("Actions", action.index)
        issues = self._issues_of(action)
        if action.raw.get("Parameters") is None and issues and not self._issues_with(action, Parameters={}):
            yield self._member(at, "Parameters", "{}", f"{action.identifier}: empty Parameters")
        for name in ("Conditions", "Errors"):
            if name in action.transitions and action.transitions[name] is None:
                where = (*at, "Transitions", name)
                yield self._value(where, "[]", f"{action.identifier}: {name} null is an empty list")

    def _transitions(self, action: ActionView) -> Iterator[Edit]:
        at: Pointer = ("Actions", action.index, "Transitions")
        terminal = bool(self._flow.schemas.action(action.type).get("x-terminal"))
        if terminal:
            if action.transitions.get("NextAction") is not None or action.conditions or action.errors:
                yield self._value(at, "{}", f"{action.identifier}: no transitions from an end")
            return
        if "Transitions" in action.raw and (action.next is None or action.next in DRAFT_TARGETS):
            target = _repeated(action)
            if target in self._flow.by_identifier:
                what = f"{action.identifier}: NextAction, which is never taken, leads where its branch does"
                yield self._member(at, "NextAction", json.dumps(target, ensure_ascii=False), what)
        errors = action.transitions.get("Errors")
        refused = {
            issue.pointer[4]
            for issue in self._flow.issues.get("disallowed-error", ())
            if issue.action == action.index
            and not issue.undecided
            and len(issue.pointer) > 4
            and issue.pointer[3] == "Errors"
        }
        for error in action.errors:
            if error.target in DRAFT_TARGETS and error.at in refused and isinstance(errors, list):
                what = f"{action.identifier}: without the unconnected branch {error.error_type}, which it never takes"
                yield self._element((*at, "Errors"), error.at, len(errors), what)

    def _strings(self) -> Iterator[Edit]:
        """Yield fixes of numbers and booleans that must be strings."""
        for rule in ("string-scalar", "condition-operand"):
            for issue in self._flow.issues.get(rule, ()):
                value = self._at(issue.pointer)
                if not isinstance(value, bool | int):
                    continue
                action = self._flow.actions[issue.action]
                raw = self._text[slice(*self._span(issue.pointer))]
                for text in (str(value).capitalize(), raw) if isinstance(value, bool) else (raw,):
                    inside = issue.pointer[2:]
                    changed = _replaced(action.raw, inside, text)
                    if not any(one == issue.pointer for one in self._pointers_with(action, changed)):
                        name = next(part for part in reversed(issue.pointer) if isinstance(part, str))
                        what = f"{action.identifier}: {name} {raw} is the string {text!r}"
                        yield self._value(issue.pointer, json.dumps(text), what)
                        break

    # ------------------------------------------------------------------------------------------- schema checks

    def _issues_of(self, action: ActionView) -> bool:
        return any(issue.action == action.index for issues in self._flow.issues.values() for issue in issues)

    def _issues_with(self, action: ActionView, **members: Any) -> list[Pointer]:
        return self._pointers_with(action, {**action.raw, **members})

    def _pointers_with(self, action: ActionView, raw: dict[str, Any]) -> list[Pointer]:
        """Return the pointers of what would be wrong if the action were changed so; without what is undecided."""
        actions = list(self._flow.data["Actions"])
        actions[action.index] = raw
        document = Document(None, "", {**self._flow.data, "Actions": actions}, repeated=False)
        type = self._flow.flow_type
        flow = FlowView("<text>", document, schemas=self._flow.schemas, flow_type=type)
        return [
            issue.pointer
            for issues in flow.issues.values()
            for issue in issues
            if issue.action == action.index and not issue.undecided
        ]

    # --------------------------------------------------------------------------------------------- places in the text

    def _at(self, pointer: Pointer) -> Any:
        value = self._flow.data
        for part in pointer:
            value = value[part]
        return value

    def _span(self, pointer: Pointer) -> tuple[int, int]:
        start = self._offsets.values[(*self._prefix, *pointer)]
        return start, _STEP(self._text, start)[1]

    def _value(self, pointer: Pointer, text: str, what: str) -> Edit:
        start, end = self._span(pointer)
        return Edit(start, end, text, what)

    def _member(self, pointer: Pointer, key: str, text: str, what: str) -> Edit:
        """Set a member of the object at `pointer`: in place if it has the key, else as its first."""
        if (*self._prefix, *pointer, key) in self._offsets.values:
            return self._value((*pointer, key), text, what)
        start, end = self._span(pointer)
        inside = self._text[start + 1 : end - 1]
        space = inside[: len(inside) - len(inside.lstrip())]
        if not inside.strip():
            return Edit(start, end, f'{{"{key}": {text}}}', what)
        colon = ": " if '": ' in inside else ":"
        return Edit(start + 1, start + 1, f'{space}"{key}"{colon}{text},', what)

    def _element(self, pointer: Pointer, at: int, count: int, what: str) -> Edit:
        """Remove element `at` from the list at `pointer`, which has `count`."""
        if count == 1:
            return self._value(pointer, "[]", what)
        if at + 1 < count:
            return Edit(self._span((*pointer, at))[0], self._span((*pointer, at + 1))[0], "", what)
        return Edit(self._span((*pointer, at - 1))[1], self._span((*pointer, at))[1], "", what)


def _repeated(action: ActionView) -> str | None:
    """Return the target of a NextAction that only repeats a branch; None for any other."""
    if declared(action.type).ends_on_success:
        return action.error_target("NoMatchingError")
    if not decides(action):
        return None
    label = declared(action.type).repeated_result
    for condition in action.conditions:
        if label and condition.operands == [label] and condition.target is not None:
            return condition.target
    return action.error_target("NoMatchingCondition")


def _replaced(raw: dict[str, Any], pointer: Pointer, value: Any) -> dict[str, Any]:
    """Return a copy with another value at `pointer`."""
    made: dict[str, Any] = json.loads(json.dumps(raw))
    here: Any = made
    for part in pointer[:-1]:
        here = here[part]
    here[pointer[-1]] = value
    return made
