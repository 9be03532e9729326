"""Mutants of a module: which there are, which are left out because nothing could notice them, and a sample of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_item import MutationSpec

LEFT_OUT = ("core/ReplaceBinaryOperator_BitOr_", "core/RemoveDecorator", "core/Variable")
"""Operators of cosmic-ray that are not used: `|` is in annotations and unions of keys, decorators are of dataclasses."""
FAR_FETCHED = (
    "_Is",
    "_IsNot",
    "_LShift",
    "_RShift",
    "_BitAnd",
    "_BitOr",
    "_BitXor",
    "_Mod",
    "_Pow",
    "_FloorDiv",
)
"""Replacements of one operator by another that are never written by mistake; most of them end in a TypeError."""


@dataclass(frozen=True)
class Region:
    """Lines and columns of a part of the source that no test can see: an annotation, a decorator, a docstring."""

    start: tuple[int, int]
    end: tuple[int, int]

    def holds(self, spec: MutationSpec) -> bool:
        """Whether the mutation is in it."""
        return self.start <= tuple(spec.start_pos) < self.end


def sample(path: Path, size: int, seed: str) -> list[MutationSpec]:
    """At most `size` mutations of a module, one for each place: the same as long as the source is."""
    source = path.read_text(encoding="utf-8")
    hidden = list(unseen(source))
    places: dict[tuple[int, int], list[MutationSpec]] = {}
    for item in _all_work_items([path], {}):
        (spec,) = item.mutations
        name = spec.operator_name
        if (
            name.startswith(LEFT_OUT)
            or name.endswith(FAR_FETCHED)
            or any(region.holds(spec) for region in hidden)
        ):
            continue
        places.setdefault(tuple(spec.start_pos), []).append(spec)
    chance = Random(seed)
    chosen = chance.sample(sorted(places), min(size, len(places)))
    drawn = [chance.choice(places[place]) for place in sorted(chosen)]
    return [spec for spec in drawn if changes(source, spec)]


def changes(source: str, spec: MutationSpec) -> bool:
    """Whether the mutation makes another program: 1e200 + 1 is 1e200."""
    made = mutate_code(source, get_operator(spec.operator_name)(**spec.operator_args), spec.occurrence)
    if made is None:
        return False
    try:
        mutant = ast.parse(made)
    except SyntaxError:  # the stars of {**values} are taken for an operator
        return False
    return ast.dump(mutant) != ast.dump(ast.parse(source))


def unseen(source: str) -> Iterator[Region]:
    """Annotations and decorators: with annotations as strings nothing reads them when tests run."""
    for node in ast.walk(ast.parse(source)):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            parts += [node.returns, *node.decorator_list]
            if node.args.kwonlyargs and node.args.args:
                # The star before arguments that have to be named is taken for a multiplication.
                last = (node.args.defaults or [node.args.args[-1]])[-1]
                first = node.args.kwonlyargs[0]
                yield Region(
                    (last.end_lineno or 0, last.end_col_offset or 0), (first.lineno, first.col_offset)
                )
        elif isinstance(node, ast.ClassDef):
            parts += node.decorator_list
        elif isinstance(node, ast.arg | ast.AnnAssign):
            parts.append(node.annotation)
        for part in parts:
            if part is not None:
                begin, end = (part.lineno, part.col_offset), (part.end_lineno, part.end_col_offset)
                yield Region(begin, (end[0] or begin[0], end[1] or begin[1]))
