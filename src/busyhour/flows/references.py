"""Dynamic references (`$.Attributes.pin`): found in text, and compiled once into functions of a running call.

Grammars seen in real exports: `$.Root.key.key`, `$.Root['key']`, `$.Root.['key']`, `$.['Root']`, `$['Root']`
and list elements as `.0` or `[0]`. In text a reference ends at the first character that cannot continue it; a
full stop or hyphen at the end belongs to the sentence. A reference to nothing is empty, never an error.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from busyhour.flows.action_types import FILLED
from busyhour.flows.model import Pointer

if TYPE_CHECKING:
    from busyhour.flows.state import State

_SEGMENT = r"\.?\[\s*(?:'[^']*'|\"[^\"]*\"|\d+)\s*\]|\.\w+(?:-+\w+)*"
_REFERENCE = re.compile(rf"\$(?=\.?\[\s*['\"]|\.[^\W\d])(?:{_SEGMENT})+")
_PARTS = re.compile(r"\.?\[\s*(?:'([^']*)'|\"([^\"]*)\"|(\d+))\s*\]|\.(\w+(?:-+\w+)*)")

Getter = Callable[["State"], Any]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference; `root` is the first name after `$`, `path` the rest.

    `start` and `end` are offsets in the text.
    """

    root: str
    path: tuple[str, ...]
    start: int
    end: int
    text: str


def find(text: str) -> list[Reference]:
    """Return every reference in `text`, in order."""
    if "$" not in text:
        return []
    return [_reference(match) for match in _REFERENCE.finditer(text)]


def whole(text: str) -> Reference | None:
    """Return the reference if `text` as a whole is one, or None."""
    match = _REFERENCE.fullmatch(text.strip()) if text[:1] in "$ " else None
    return _reference(match) if match else None


def walk(value: Any, pointer: Pointer = ()) -> Iterator[tuple[Pointer, Reference]]:
    """Return every reference in the strings (and keys) of a JSON value, with its pointer."""
    todo: list[tuple[Pointer, Any]] = [(pointer, value)]
    while todo:
        here, one = todo.pop(0)
        if isinstance(one, str):
            for reference in find(one):
                yield here, reference
        elif isinstance(one, Mapping):
            for key, inner in one.items():
                for reference in find(key):
                    yield (*here, key), reference
                todo.append(((*here, key), inner))
        elif isinstance(one, list):
            todo.extend(((*here, index), inner) for index, inner in enumerate(one))


def _reference(match: re.Match[str]) -> Reference:
    parts = [
        next(part for part in found if part is not None)
        for found in (segment.groups() for segment in _PARTS.finditer(match.group()))
    ]
    return Reference(parts[0], tuple(parts[1:]), match.start(), match.end(), match.group())


def text_of(value: Any) -> str:
    """Return a value as a flow shows it: null is empty, true and numbers as in JSON, objects as JSON text."""
    if type(value) is str:
        return value
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def compile_text(raw: Any) -> str | Callable[[State], str]:
    """Compile a parameter to text: static text itself, else a function that inserts the references' values."""
    text = text_of(raw)
    found = find(text)
    if not found:
        return text
    if len(found) == 1 and found[0].text == text:
        get = getter(found[0])
        return lambda call: text_of(get(call))
    pieces: list[str | Getter] = []
    end = 0
    for reference in found:
        pieces.append(text[end : reference.start])
        pieces.append(getter(reference))
        end = reference.end
    pieces.append(text[end:])
    parts = tuple(piece for piece in pieces if piece != "")

    def fill(call: State) -> str:
        return "".join([part if type(part) is str else text_of(part(call)) for part in parts])  # type: ignore[operator]  # str or getter: mypy does not narrow on type()

    return fill


def compile_value(raw: Any, missing: str | None = "") -> Any | Getter:
    """Compile a parameter of any JSON shape: a static value itself, else a function of the call.

    A string that is one reference keeps the type of the value it refers to; `missing` replaces a reference to
    nothing. Use `callable()` to separate the two: JSON values are never callable.
    """
    if isinstance(raw, str):
        found = find(raw)
        if len(found) == 1 and found[0].text == raw:
            get = getter(found[0])

            def fetch(call: State) -> Any:
                value = get(call)
                return missing if value is None else value

            return fetch
        return compile_text(raw)
    if isinstance(raw, Mapping):
        keys = [(compile_text(key), compile_value(value, missing)) for key, value in raw.items()]
        if not any(callable(key) or callable(value) for key, value in keys):
            return raw
        return lambda call: {
            (key(call) if callable(key) else key): (value(call) if callable(value) else value)
            for key, value in keys
        }
    if isinstance(raw, list):
        members = [compile_value(value, missing) for value in raw]
        if not any(callable(member) for member in members):
            return raw
        return lambda call: [member(call) if callable(member) else member for member in members]
    return raw


def getter(reference: Reference, *, lists: bool = False) -> Getter:
    """Return a function that reads the reference's value from a running call; None without one.

    Args:
        reference: what to read.
        lists: whether a list in a function's response is a value; text cannot contain one.
    """
    root, path = reference.root, reference.path
    if root == "Attributes":
        key = ".".join(path)
        return lambda call: call.attributes.get(key)
    if root == "External":
        return _external(path) if not lists else lambda call: _dig(call.external, path)
    if root == "FlowAttributes":
        key = ".".join(path)
        return lambda call: call.flow_attributes.get(key) if call.flow_attributes else None
    if root == "StoredCustomerInput":
        return lambda call: call.stored_input
    if root in _CONTACT and not path:
        name = _CONTACT[root]
        return lambda call: getattr(call.contact, name)
    if root in _SYSTEM:
        read = _SYSTEM[root]
        return lambda call: _dig(read(call), path)

    def extra(call: State) -> Any:
        extras = call.extras
        return _dig(extras.get(root), path) if extras is not None else None

    return extra


def _external(path: tuple[str, ...]) -> Getter:
    if len(path) == 1:
        key = path[0]

        def read(call: State) -> Any:
            external = call.external
            value = external.get(key) if isinstance(external, Mapping) else None
            # Lists cannot be referenced.
            return None if type(value) is list else value

        return read
    return lambda call: _dig(call.external, path, lists=False)


def _dig(value: Any, path: tuple[str, ...], lists: bool = True) -> Any:
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif lists and isinstance(value, list | tuple) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value if lists or not isinstance(value, list) else None


_CONTACT = {
    "ContactId": "contact_id",
    "PreviousContactId": "previous_contact_id",
    "RelatedContactId": "related_contact_id",
    "Channel": "channel",
    "InitiationMethod": "initiation_method",
    "InstanceARN": "instance_arn",
    "AwsRegion": "region",
}

_SYSTEM: dict[str, Getter] = {
    "InitialContactId": lambda call: call.contact.initial_contact_id or call.contact.contact_id,
    "CustomerEndpoint": lambda call: call.contact.customer(),
    "SystemEndpoint": lambda call: call.contact.system(),
    "Queue": lambda call: call.queue_data(),
    "Agent": lambda call: call.agent_data(),
    "LanguageCode": lambda call: call.datum("LanguageCode", call.contact.language),
    "Name": lambda call: call.datum("Name", call.contact.name),
    "Description": lambda call: call.datum("Description", call.contact.description),
    "CustomerId": lambda call: call.datum("CustomerId", call.contact.customer_id),
    "TextToSpeechVoiceId": lambda call: call.datum("TextToSpeechVoiceId", None),
    "SegmentAttributes": lambda call: call.datum("SegmentAttributes", call.contact.segment_attributes),
    "References": lambda call: call.datum("References", call.contact.references),
    "Tags": lambda call: call.datum("Tags", call.contact.tags),
    "Media": lambda call: call.datum("Media", call.contact.media),
}

_FROM_OUTSIDE = frozenset(
    {"Contact", "Task", "AdditionalEmailRecipients", "Capabilities", "Campaign", "Metadata"}
)
"""Roots that come with the contact and that busyhour does not model."""

ROOTS = FILLED | _FROM_OUTSIDE | frozenset(_CONTACT) | frozenset(_SYSTEM)
"""Roots that Connect fills; a reference to any other root is empty on every call."""
