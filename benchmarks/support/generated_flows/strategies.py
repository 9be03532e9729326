"""Hypothesis strategies: any JSON document, valid actions and whole flows of every type, and broken flows.

Actions are drawn from the schemas: first parameters, then missing parts are added and rejected parts removed
until the schema has no objection. A new schema file is thus a new kind of action here without code.

    from hypothesis import given
    from support.generated_flows import strategies as connect

    @given(connect.flows())
    def test_my_tool_reads_every_flow(flow): ...
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from hypothesis import strategies as st
from support.generated_flows.mutations import MUTATIONS, Mutation, mutated

from busyhour.contracts.schema.errors import Objection, objections
from busyhour.contracts.schema.store import SchemaStore, shipped_schemas
from busyhour.flows.model import FlowType

Data = dict[str, Any]
T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[T]], T]

_INSTANCE = "arn:aws:connect:us-east-1:111122223333:instance/5cafc98e-41d0-4b9b-8d3a-8b1a0b6d6f01"
_ID = "0f6b2c1e-7d5a-4c39-9a56-2f4d1b7e8c90"
_SAMPLES: Mapping[str, tuple[str, ...]] = {
    "promptId": (f"{_INSTANCE}/prompt/{_ID}", _ID, "$.Attributes.prompt"),
    "queueId": (f"{_INSTANCE}/queue/{_ID}", _ID, "$.Attributes.queue", "$.Queue.ARN"),
    "agentId": (f"{_INSTANCE}/agent/{_ID}", "$.Attributes.agent"),
    "flowId": (f"{_INSTANCE}/contact-flow/{_ID}", _ID, "$.External.flow"),
    "moduleId": (f"{_INSTANCE}/flow-module/{_ID}", f"{_ID}:$LATEST", "$.FlowAttributes.module"),
    "hoursId": (f"{_INSTANCE}/operating-hours/{_ID}", "$.Attributes.hours"),
    "lambdaArn": ("arn:aws:lambda:us-east-1:111122223333:function:lookup", "$.Attributes.function"),
    "lexAliasArn": ("arn:aws:lex:us-east-1:111122223333:bot-alias/ABCDEFGHIJ/TSTALIASID", "$.Attributes.bot"),
    "assistantArn": (f"arn:aws:wisdom:us-east-1:111122223333:assistant/{_ID}",),
    "reference": (
        "$.StoredCustomerInput",
        "$.Attributes.name",
        "$.External.customer.name",
        "$.['LanguageCode']",
    ),
    "leafReference": ("$.Attributes.name", "$.External.status", "$.Channel", "$.Attributes.['two words']"),
}
"""Values for patterns that are hard to generate from."""

_MEMBERS = [
    "Version",
    "StartAction",
    "Metadata",
    "Actions",
    "Settings",
    "Identifier",
    "Type",
    "Parameters",
    "Transitions",
    "NextAction",
    "Errors",
    "Conditions",
    "ErrorType",
    "Condition",
    "Operator",
    "Operands",
    "ActionMetadata",
    "modules",
    "start",
    "version",
    "branches",
    "parameters",
    "metadata",
    "type",
    "id",
    "ContactFlow",
    "Content",
]

_TEXTS = st.text(string.ascii_letters + string.digits + " .,!?äöüß-_'", min_size=1, max_size=20)
_NAMES = st.text(string.ascii_letters + string.digits + "_-", min_size=1, max_size=12)
_REPAIRS = 40
_DEEPEST = 5


def json_documents() -> st.SearchStrategy[Any]:
    """Generate any JSON value, often with the members of a flow."""
    scalars = (
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text()
    )
    members = st.sampled_from(_MEMBERS)
    values = scalars | st.sampled_from(["2019-10-30", *sorted(shipped_schemas().types)])
    return st.recursive(
        values,
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(members | st.text(max_size=5), inner, max_size=6)
        ),
        max_leaves=25,
    )


@st.composite
def actions(draw: Any, type: str | None = None, identifier: str = "action", target: str = "action") -> Data:
    """Generate a valid action; all its branches lead to `target`.

    Args:
        draw: passed by Hypothesis.
        type: the action type, None for any.
        identifier: the action's own.
        target: the identifier of the target.
    """
    store = shipped_schemas()
    kind = type or draw(st.sampled_from(sorted(store.types)))
    return _Maker(draw, store, kind, target).action(identifier)


@st.composite
def flows(draw: Any, type: FlowType | None = None, max_actions: int = 12) -> Data:
    """Generate a flow or module that Connect accepts: valid actions, existing targets, allowed types.

    Args:
        draw: passed by Hypothesis.
        type: the type of the flow, None for any.
        max_actions: maximum number of actions.
    """
    store = shipped_schemas()
    kind = type or draw(st.sampled_from(sorted(FlowType)))
    allowed = sorted(one for one in store.types if kind in store.flow_types(one))
    chosen = draw(st.lists(st.sampled_from(allowed), min_size=1, max_size=max_actions))
    reserved = store.document("common")["$defs"]["identifier"]["not"]["enum"]
    usable = _NAMES.filter(lambda name: name not in reserved)
    names = draw(st.lists(usable, min_size=len(chosen), max_size=len(chosen), unique=True))
    made = [
        draw(actions(type=one, identifier=name, target=draw(st.sampled_from(names))))
        for one, name in zip(chosen, names, strict=True)
    ]
    if kind is FlowType.AGENT_TRANSFER:
        for one in made:
            _leave_for_good(one)
    flow: Data = {
        "Version": "2019-10-30",
        "StartAction": names[0],
        "Metadata": {"ActionMetadata": {name: {"position": {"x": 0, "y": 0}} for name in names}},
        "Actions": made,
    }
    if kind in _METADATA_TYPE:
        flow["Metadata"]["type"] = _METADATA_TYPE[kind]
    if kind is FlowType.MODULE:
        flow["Settings"] = {"InputParameters": [], "OutputParameters": [], "Transitions": []}
    return flow


def _leave_for_good(action: Data) -> None:
    """Remove the outcome branches of a third-party transfer that is in a transfer-to-agent flow."""
    if action["Type"] == "TransferParticipantToThirdParty":
        action["Parameters"]["ContinueFlowExecution"] = "False"
        errors = action["Transitions"]["Errors"]
        action["Transitions"]["Errors"] = [one for one in errors if one["ErrorType"] == "NoMatchingError"]


_METADATA_TYPE = {
    FlowType.CONTACT_FLOW: "contactFlow",
    FlowType.CUSTOMER_QUEUE: "customerQueue",
    FlowType.CUSTOMER_HOLD: "customerHold",
    FlowType.CUSTOMER_WHISPER: "customerWhisper",
    FlowType.AGENT_HOLD: "agentHold",
    FlowType.AGENT_WHISPER: "agentWhisper",
    FlowType.OUTBOUND_WHISPER: "outboundWhisper",
    FlowType.AGENT_TRANSFER: "agentTransfer",
    FlowType.QUEUE_TRANSFER: "queueTransfer",
    FlowType.CAMPAIGN: "campaign",
}


@st.composite
def broken_flows(draw: Any) -> tuple[Data, Mutation]:
    """Generate a valid flow with one error that Connect rejects, and the name of the mutation."""
    flow = draw(flows())
    mutation = draw(st.sampled_from(MUTATIONS))
    broken = mutated(flow, mutation, lambda count: draw(st.integers(0, count - 1)))
    if broken is None:
        mutation = next(one for one in MUTATIONS if one.rule == "version")
        broken = mutated(flow, mutation, lambda count: draw(st.integers(0, count - 1)))
        assert broken is not None
    return broken, mutation


class _Maker:
    def __init__(self, draw: Draw[Any], store: SchemaStore, type: str, target: str) -> None:
        self._draw = draw
        self._store = store
        self._type = type
        self._target = target
        self._base = f"actions/{type}.schema.json"
        self._schema = store.document(f"actions/{type}")
        self._depth = 0

    def action(self, identifier: str) -> Data:
        parts = self._schema["properties"]
        parameters, _ = self._value(parts["Parameters"], self._base)
        made: Data = {
            "Identifier": identifier,
            "Type": self._type,
            "Parameters": parameters,
            "Transitions": {},
        }
        if "NextAction" in parts["Transitions"]["properties"]:
            made["Transitions"]["NextAction"] = self._target
        for _ in range(_REPAIRS):
            all_of_them = objections(self._schema, made, self._base, self._store.resolve)
            found = next((one for one in all_of_them if one.doubt is None), None)
            if found is None:
                return made
            self._repair(made, found)
        raise AssertionError(f"cannot make a valid {self._type}: {found}")

    def _repair(self, made: Data, found: Objection) -> None:
        holder, value = _follow(made, found.path)
        match found.keyword:
            case None:
                holder.pop(found.path[-1])
            case "required":
                for name in found.limit:
                    if name not in value:
                        value[name] = self._member(found, name)
            case "contains":
                value.append(self._branch(found.limit))
            case "maxItems":
                del value[found.limit :]
            case "minItems":
                value.append(self._value(found.schema.get("items") or self._items(found.path), self._base)[0])
            case "oneOf" | "anyOf":
                names = [one["required"] for one in found.limit]
                for name in [name for group in names for name in group]:
                    value.pop(name, None)
                for name in self._draw(st.sampled_from(names)):
                    value[name] = self._member(found, name)
            case "not":
                value.pop(found.limit["required"][-1])
            case "enum" | "const" if found.path[-1] == "ErrorType":
                _follow(made, found.path[:-2])[1].remove(holder)
            case "enum":
                holder[found.path[-1]] = self._draw(st.sampled_from(_unused(made, found.limit)))
            case "const":
                holder[found.path[-1]] = found.limit
            case "maxContains":
                last = value.pop()
                results = self._results(found.path)
                if results and _unused(made, results) != results:
                    last["Condition"]["Operands"] = [_unused(made, results)[0]]
                    value.append(last)
            case "pattern" if "x-minimum" in found.schema:
                holder[found.path[-1]] = self._string(found.schema)
            case _:
                raise AssertionError(f"no repair for {found}")

    def _member(self, found: Objection, name: str) -> Any:
        if found.path == ("Transitions",):
            return []
        inner = found.schema.get("properties", {}).get(name)
        if inner is None:
            inner = self._at((*found.path, name))
        return self._value(inner, self._base)[0]

    def _results(self, path: tuple[str | int, ...]) -> list[str]:
        """Return the operands that conditions at `path` can have, empty if that is any text or `path` is another part."""
        if path[-1] != "Conditions":
            return []
        condition = self._items(path)["properties"]["Condition"]
        return list(condition["properties"]["Operands"]["items"].get("enum", ()))

    def _items(self, path: tuple[str | int, ...]) -> Any:
        return self._at(path)["items"]

    def _at(self, path: tuple[str | int, ...]) -> Any:
        """Return the part of the action's schema for `path`."""
        schema: Any = self._schema
        for part in path:
            schema = schema["properties"][part] if isinstance(part, str) else schema["items"]
        return schema

    def _branch(self, contains: Data) -> Data:
        inner = contains["properties"]
        if "ErrorType" in inner:
            return {"NextAction": self._target, "ErrorType": inner["ErrorType"]["const"]}
        operands = inner["Condition"]["properties"]["Operands"]["const"]
        return {"NextAction": self._target, "Condition": {"Operator": "Equals", "Operands": list(operands)}}

    def _value(self, schema: Any, base: str) -> tuple[Any, str]:
        """Generate a value for a schema without its conditions; also return the file of the schema."""
        draw = self._draw
        if schema is True:
            return draw(_TEXTS), base
        if "$ref" in schema and "type" not in schema:
            target, home = self._store.resolve(schema["$ref"], base)
            name = schema["$ref"].rpartition("/")[2]
            if name == "target":
                return self._target, base
            if name in _SAMPLES:
                return draw(st.sampled_from(_SAMPLES[name])), base
            return self._value(target, home)
        if "const" in schema:
            return schema["const"], base
        if "enum" in schema:
            return draw(st.sampled_from(schema["enum"])), base
        if "x-values" in schema:
            return draw(st.sampled_from(schema["x-values"])), base
        if "if" in schema and "type" not in schema:
            return self._value(
                schema["else"] if "type" in schema.get("else", {}) else {"type": "string"}, base
            )
        if "anyOf" in schema and "type" not in schema:
            return self._value(draw(st.sampled_from(schema["anyOf"])), base)
        kind = schema.get("type", "string")
        kind = draw(st.sampled_from(kind)) if isinstance(kind, list) else kind
        match kind:
            case "object":
                return self._object(schema, base), base
            case "array":
                least = schema.get("minItems", 0)
                count = draw(st.integers(least, min(least + 2, schema.get("maxItems", least + 2))))
                found = [self._value(schema.get("items", True), base)[0] for _ in range(count)]
                if schema.get("uniqueItems"):
                    found = list(dict.fromkeys(found))
                return found, base
            case "boolean":
                return draw(st.booleans()), base
            case "integer" | "number":
                return draw(st.integers(schema.get("minimum", 1), schema.get("maximum", 5))), base
            case _:
                return self._string(schema), base

    def _object(self, schema: Mapping[str, Any], base: str) -> Data:
        draw = self._draw
        properties = schema.get("properties", {})
        required = set(schema.get("required", ()))
        alternatives = [one["required"] for one in schema.get("oneOf", ())]
        for inner in schema.get("allOf", ()):
            alternatives += [one["required"] for one in inner.get("oneOf", inner.get("anyOf", ()))]
        alone = {name for group in alternatives for name in group}
        optional = [name for name in properties if name not in required | alone]
        if self._depth >= _DEEPEST:
            optional = []
        chosen = sorted(required) + (
            draw(st.lists(st.sampled_from(optional), unique=True)) if optional else []
        )
        least, most = schema.get("minProperties", 0), schema.get("maxProperties", len(properties))
        chosen += [name for name in properties if name not in chosen][: max(least - len(chosen), 0)]
        del chosen[most:]
        self._depth += 1
        made = {
            name: self._value(properties[name], base)[0] for name in chosen if properties[name] is not False
        }
        self._depth -= 1
        additional = schema.get("additionalProperties", True)
        if isinstance(additional, dict):
            keys = draw(st.lists(_NAMES, min_size=max(least - len(made), 0), max_size=least + 2, unique=True))
            made |= {key: self._value(additional, base)[0] for key in keys}
        return made

    def _string(self, schema: Mapping[str, Any]) -> str:
        draw = self._draw
        if "x-minimum" in schema:
            least = schema["x-minimum"]
            return str(draw(st.integers(least, schema.get("x-maximum", least + 1000))))
        if schema.get("pattern", "").startswith("^(?!"):
            return str(draw(_NAMES))
        if "pattern" in schema:
            drawn = st.from_regex(schema["pattern"].replace("$)", ")"), fullmatch=False)
            return str(draw(drawn.filter(str.isprintable)))
        return str(draw(_TEXTS))


def _unused(made: Data, results: list[str]) -> list[str]:
    """Return the results for which the action has no condition; all of them if it has one for each."""
    conditions = made["Transitions"].get("Conditions", ())
    used = [operand for one in conditions for operand in one["Condition"]["Operands"]]
    return [one for one in results if one not in used] or results


def _follow(made: Any, path: tuple[str | int, ...]) -> tuple[Any, Any]:
    """Return the value at `path`, and its container."""
    holder: Any = None
    for part in path:
        holder, made = made, made[part]
    return holder, made
