"""Flows written as YAML in a template: for `Fn::ToJsonString` of CloudFormation, or for a tool that converts them.

Numbers and booleans keep their type, as in the resulting JSON, and Connect requires them in quotes; a date
(`Version: 2019-10-30`) is a text. Functions (`!Ref`, `Fn::GetAtt`) are placeholders, as in JSON templates.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from busyhour.contracts.reading.containers import below, flow_values, placeholder, plain, type_of
from busyhour.contracts.reading.embedded import EmbeddedDocument
from busyhour.contracts.reading.source import Source
from busyhour.flows.export.document import DocumentError
from busyhour.flows.export.positions import Offsets
from busyhour.flows.model import Pointer, Position
from busyhour.input_files import MAX_DEPTH, MAX_VALUES

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TYPED = tuple(f"tag:yaml.org,2002:{name}" for name in ("bool", "float", "int", "null"))


class _TooMuchError(Exception):
    """Nested too deeply, or too many values."""


def flows_in_yaml(path: Path, label: str, text: str, taken: Sequence[tuple[int, int]]) -> list[Source]:
    """Return the flows that the file contains as YAML, except those in a range of `taken`."""
    sources: list[Source] = []
    try:
        for node in yaml.compose_all(text, _LOADER):
            places = Offsets()
            data = _Values(places).of(node, ()) if node is not None else None
            for one in flow_values(data):
                at = places.values[one.pointer]
                if not isinstance(one.value, dict) or any(start <= at < end for start, end in taken):
                    continue
                made = EmbeddedDocument(
                    path, text, plain(one.value), offsets=below(places, one.pointer), envelope=one.envelope
                )
                sources.append(Source(label, made, flow_type=type_of(one.envelope)))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        problem = f"the YAML around the flow cannot be read: {error.problem or error.context}"
        return [*sources, Source(label, None, DocumentError(problem, path, place))]
    except (yaml.YAMLError, _TooMuchError) as error:
        problem = f"the YAML around the flow cannot be read: {error}"
        return [*sources, Source(label, None, DocumentError(problem, path, Position(1, 1)))]
    return sources


class _Values:
    """Converts YAML nodes to JSON values; records where each begins."""

    def __init__(self, places: Offsets) -> None:
        self._places = places
        self._count = 0

    def of(self, node: yaml.Node, pointer: Pointer) -> Any:
        """Return the value of a node.

        Raises:
            _TooMuchError: nested too deeply, or too many values.
        """
        self._count += 1
        if len(pointer) > MAX_DEPTH or self._count > MAX_VALUES:
            raise _TooMuchError(
                f"nested more than {MAX_DEPTH} levels deep, or more than {MAX_VALUES:,} values"
            )
        self._places.values[pointer] = node.start_mark.index
        value: Any
        if isinstance(node, yaml.MappingNode):
            value = {}
            for key, member in node.value:
                name = key.value if isinstance(key, yaml.ScalarNode) else ""
                if name in value:
                    self._places.duplicates.append((*pointer, name))
                self._places.keys[(*pointer, name)] = key.start_mark.index
                value[name] = self.of(member, (*pointer, name))
        elif isinstance(node, yaml.SequenceNode):
            value = [self.of(item, (*pointer, at)) for at, item in enumerate(node.value)]
        else:
            value = _scalar(node)
        if node.tag.startswith("!") and node.tag not in ("!", "!ToJsonString"):
            return placeholder("Fn::" + node.tag[1:], value)
        return value


def _scalar(node: yaml.Node) -> Any:
    """Return a scalar as JSON has it; a number that JSON lacks stays text."""
    if node.tag not in _TYPED:
        return node.value
    try:
        value = yaml.constructor.SafeConstructor().construct_object(node)
    except ValueError:
        return node.value
    return node.value if isinstance(value, float) and not math.isfinite(value) else value
