"""JSON Schema to Python source: a predicate that answers yes or no, many times faster than an interpreter.

Nearly every action of nearly every flow keeps its contract, so that a check is mostly this question. What is
wrong, in words, is asked of `interpret` once the answer is no; tests hold both to the jsonschema library. Only the keywords that flow_schemas/ uses are known; any other one raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from busyhour.contracts.schema.errors import Resolve, distinct, same

Schema = dict[str, Any] | bool
Predicate = Callable[[Any], bool]

_ANNOTATIONS = frozenset(
    {"$schema", "$id", "$defs", "$comment", "title", "description", "examples", "default", "deprecated"}
)
_TYPES = {
    "object": "{v}.__class__ is dict",
    "array": "{v}.__class__ is list",
    "string": "{v}.__class__ is str",
    "boolean": "{v}.__class__ is bool",
    "null": "{v} is None",
    "integer": "({v}.__class__ is int or {v}.__class__ is float and {v}.is_integer())",
    "number": "({v}.__class__ is int or {v}.__class__ is float)",
}
_OBJECT = frozenset(
    {"properties", "required", "additionalProperties", "minProperties", "maxProperties", "propertyNames"}
)
_ARRAY = frozenset({"items", "minItems", "maxItems", "uniqueItems", "contains", "minContains", "maxContains"})
_STRING = frozenset({"pattern", "minLength", "maxLength"})
_NUMBER = frozenset({"minimum", "maximum"})
_ANY = frozenset({"type", "enum", "const", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref"})
_KNOWN = _ANNOTATIONS | _OBJECT | _ARRAY | _STRING | _NUMBER | _ANY

_ABSENT = object()

_MANY = 3
"""Members that may be absent, above which those that are there are looped over."""


def write(schema: Schema, base: str, resolve: Resolve, tolerant: bool) -> str:
    """Python source that defines `predicate`, a function that says whether a JSON value is valid.

    Args:
        schema: the schema.
        base: the file it stands in, for its references.
        resolve: follows a reference.
        tolerant: strings that hold a placeholder keep any enumeration and any pattern.

    Raises:
        ValueError: the schema uses a keyword that is not known here.
    """
    compiler = _Compiler(resolve, tolerant)
    entry = compiler.function(schema, base)
    return "\n".join([*compiler.constants, *compiler.functions, f"predicate = {entry}"])


def load(code: CodeType, tolerated: re.Pattern[str] | None) -> dict[str, Any]:
    """What the compiled source defines.

    Args:
        code: made of our own schemas only.
        tolerated: finds a placeholder; None for source that tolerates none.
    """
    namespace: dict[str, Any] = {
        "_ABSENT": _ABSENT,
        "_same": _any_same,
        "_distinct": distinct,
        "_compile": re.compile,
        "_tolerated": tolerated.search if tolerated is not None else None,
    }
    exec(code, namespace)
    return namespace


class _Compiler:
    def __init__(self, resolve: Resolve, tolerant: bool) -> None:
        self._resolve = resolve
        self._tolerant = tolerant
        self.functions: list[str] = []
        self.constants: list[str] = []
        self._known: dict[tuple[str, str], str] = {}
        self._names = 0

    def function(self, schema: Schema, base: str) -> str:
        """Name of a function `f(v) -> bool`."""
        name = self._name("f")
        lines: list[str] = []
        self._emit(schema, base, "v", lines, "    ", None)
        self.functions.append(f"def {name}(v):\n" + "\n".join(lines) + "\n    return True\n")
        return name

    def _name(self, prefix: str) -> str:
        self._names += 1
        return f"{prefix}{self._names}"

    def _constant(self, expression: str) -> str:
        """Name of something that is made once."""
        name = self._name("c")
        self.constants.append(f"{name} = {expression}")
        return name

    def _set(self, names: Iterable[str]) -> str:
        return self._constant(f"frozenset({sorted(names)!r})")

    def _referred(self, reference: str, base: str) -> str:
        schema, home = self._resolve(reference, base)
        key = (home, str(id(schema)))
        if key not in self._known:
            name = self._known[key] = self._name("r")
            inner = self.function(schema, home)
            self.functions.append(f"{name} = {inner}\n")
        return self._known[key]

    def _emit(self, schema: Schema, base: str, v: str, lines: list[str], pad: str, known: str | None) -> None:
        """Statements that return False where `v` is not valid; `known` is the class that `v` is known to have."""
        if schema is True:
            return
        if schema is False:
            lines.append(f"{pad}return False")
            return
        assert isinstance(schema, dict)
        unknown = sorted(_bare(schema) - _KNOWN)
        if unknown:
            raise ValueError(f"{base}: keyword {unknown[0]!r} is not supported")
        reference = schema.get("$ref")
        if reference is not None:
            target, home = self._resolve(reference, base)
            if _small(target):
                self._emit(target, home, v, lines, pad, known)
            else:
                lines.append(f"{pad}if not {self._referred(reference, base)}({v}): return False")
        kinds = schema.get("type")
        kind: str | None = known
        if isinstance(kinds, str):
            if kinds != known:
                lines.append(f"{pad}if not ({_TYPES[kinds].format(v=v)}): return False")
            kind = kinds
        elif kinds is not None:
            tests = " or ".join(_TYPES[one].format(v=v) for one in kinds)
            lines.append(f"{pad}if not ({tests}): return False")
        self._emit_values(schema, v, lines, pad, kind)
        for part, keywords, emit in (
            ("object", _OBJECT, self._emit_object),
            ("array", _ARRAY, self._emit_array),
            ("string", _STRING, self._emit_string),
            ("number", _NUMBER, self._emit_number),
        ):
            if not keywords & schema.keys():
                continue
            if kind == part or (part == "number" and kind == "integer"):
                emit(schema, base, v, lines, pad)
            elif kind is None:
                lines.append(f"{pad}if {_TYPES[part].format(v=v)}:")
                inner: list[str] = []
                emit(schema, base, v, inner, pad + "    ")
                lines.extend(inner or [f"{pad}    pass"])
        self._emit_combined(schema, base, v, lines, pad, kind)

    def _emit_values(
        self, schema: dict[str, Any], v: str, lines: list[str], pad: str, kind: str | None
    ) -> None:
        values = schema.get("enum")
        if "const" in schema:
            values = [schema["const"]]
        if values is None:
            return
        if all(isinstance(one, str) for one in values):
            test = f"{v} in {self._set(values)}" if len(values) > 1 else f"{v} == {values[0]!r}"
            if self._tolerant:
                test = f"({test} or _tolerated({v}))"
            guard = "" if kind == "string" else f"{v}.__class__ is str and "
            lines.append(f"{pad}if not ({guard}{test}): return False")
        else:
            lines.append(f"{pad}if not _same({v}, {self._constant(repr(tuple(values)))}): return False")

    def _emit_object(self, schema: dict[str, Any], base: str, v: str, lines: list[str], pad: str) -> None:
        properties: dict[str, Any] = schema.get("properties", {})
        required = list(schema.get("required", ()))
        additional = schema.get("additionalProperties", True)
        if "minProperties" in schema:
            lines.append(f"{pad}if len({v}) < {schema['minProperties']}: return False")
        if "maxProperties" in schema:
            lines.append(f"{pad}if len({v}) > {schema['maxProperties']}: return False")
        counting = additional is False
        count = self._name("n")
        always = [name for name in required if name in properties]
        if counting:
            lines.append(f"{pad}{count} = {len(always)}")
        optional = [name for name in properties if name not in required]
        if counting and len(optional) > _MANY:
            self._emit_members(properties, required, base, v, lines, pad)
            lines.extend(f"{pad}if {name!r} not in {v}: return False" for name in required)
            return
        for name, inner in properties.items():
            x = self._name("x")
            lines.append(f"{pad}{x} = {v}.get({name!r}, _ABSENT)")
            if name in required:
                lines.append(f"{pad}if {x} is _ABSENT: return False")
                self._emit(inner, base, x, lines, pad, None)
            else:
                body: list[str] = [f"{pad}    {count} += 1"] if counting else []
                self._emit(inner, base, x, body, pad + "    ", None)
                if body:
                    lines.append(f"{pad}if {x} is not _ABSENT:")
                    lines.extend(body)
        lines.extend(
            f"{pad}if {name!r} not in {v}: return False" for name in required if name not in properties
        )
        if counting:
            lines.append(f"{pad}if len({v}) != {count}: return False")
        elif additional is not True:
            known = self._set(properties)
            test = self.function(additional, base)
            lines.append(f"{pad}for k, w in {v}.items():")
            lines.append(
                f"{pad}    if k not in {known} and not {test}(w): return False"
                if properties
                else f"{pad}    if not {test}(w): return False"
            )
        if "propertyNames" in schema:
            test = self.function(schema["propertyNames"], base)
            lines.append(f"{pad}for k in {v}:")
            lines.append(f"{pad}    if not {test}(k): return False")

    def _emit_members(
        self, properties: dict[str, Any], required: list[str], base: str, v: str, lines: list[str], pad: str
    ) -> None:
        """Look at the members that are there instead of asking for each that may be."""
        tests = self.functions_of(properties, base)
        k, x, test = self._name("k"), self._name("x"), self._name("t")
        lines.append(f"{pad}for {k}, {x} in {v}.items():")
        lines.append(f"{pad}    {test} = {tests}.get({k})")
        lines.append(f"{pad}    if {test} is None or not {test}({x}): return False")

    def functions_of(self, properties: dict[str, Any], base: str) -> str:
        """Name of a table of functions by name of member; it is made when the module is run."""
        names = {name: self._test(inner, base) for name, inner in properties.items()}
        table = self._name("m")
        self.functions.append(
            f"{table} = {{{', '.join(f'{name!r}: {test}' for name, test in names.items())}}}\n"
        )
        return table

    def _emit_array(self, schema: dict[str, Any], base: str, v: str, lines: list[str], pad: str) -> None:
        if "minItems" in schema:
            lines.append(f"{pad}if len({v}) < {schema['minItems']}: return False")
        if "maxItems" in schema:
            lines.append(f"{pad}if len({v}) > {schema['maxItems']}: return False")
        if schema.get("uniqueItems"):
            lines.append(f"{pad}if not _distinct({v}): return False")
        if "items" in schema:
            item = self._name("i")
            body: list[str] = []
            self._emit(schema["items"], base, item, body, pad + "    ", None)
            if body:
                lines.append(f"{pad}for {item} in {v}:")
                lines.extend(body)
        if "contains" in schema:
            test = self._holds(schema["contains"], base, "w")
            least, most = schema.get("minContains", 1), schema.get("maxContains")
            found = self._name("n")
            lines.append(f"{pad}{found} = 0")
            lines.append(f"{pad}for w in {v}:")
            lines.append(f"{pad}    if {test}: {found} += 1")
            bounds = [f"{found} < {least}"] if least else []
            if most is not None:
                bounds.append(f"{found} > {most}")
            if bounds:
                lines.append(f"{pad}if {' or '.join(bounds)}: return False")

    def _emit_string(self, schema: dict[str, Any], base: str, v: str, lines: list[str], pad: str) -> None:
        least = schema.get("minLength")
        if least == 1:
            lines.append(f"{pad}if not {v}: return False")
        elif least:
            lines.append(f"{pad}if len({v}) < {least}: return False")
        if "maxLength" in schema:
            lines.append(f"{pad}if len({v}) > {schema['maxLength']}: return False")
        if "pattern" in schema:
            search = self._constant(f"_compile({schema['pattern']!r}).search")
            excuse = f" and _tolerated({v}) is None" if self._tolerant else ""
            lines.append(f"{pad}if {search}({v}) is None{excuse}: return False")

    def _emit_number(self, schema: dict[str, Any], base: str, v: str, lines: list[str], pad: str) -> None:
        if "minimum" in schema:
            lines.append(f"{pad}if {v} < {schema['minimum']!r}: return False")
        if "maximum" in schema:
            lines.append(f"{pad}if {v} > {schema['maximum']!r}: return False")

    def _emit_combined(
        self, schema: dict[str, Any], base: str, v: str, lines: list[str], pad: str, kind: str | None
    ) -> None:
        for inner in schema.get("allOf", ()):
            self._emit(inner, base, v, lines, pad, kind)
        if "anyOf" in schema:
            tests = " or ".join(f"({self._holds(inner, base, v, kind)})" for inner in schema["anyOf"])
            lines.append(f"{pad}if not ({tests}): return False")
        if "oneOf" in schema:
            tests = " + ".join(f"({self._holds(inner, base, v, kind)})" for inner in schema["oneOf"])
            lines.append(f"{pad}if ({tests}) != 1: return False")
        if "not" in schema:
            lines.append(f"{pad}if {self._holds(schema['not'], base, v, kind)}: return False")
        if "if" in schema:
            lines.append(f"{pad}if {self._holds(schema['if'], base, v, kind)}:")
            for branch in ("then", "else"):
                body: list[str] = []
                if branch in schema:
                    self._emit(schema[branch], base, v, body, pad + "    ", kind)
                lines.extend(body or [f"{pad}    pass"])
                if branch == "then":
                    lines.append(f"{pad}else:")

    def _holds(self, schema: Schema, base: str, v: str, kind: str | None = None) -> str:
        """An expression that says whether `v` is valid: written out where that is short, else a call."""
        return self._expression(schema, v, kind) or f"{self._test(schema, base)}({v})"

    def _expression(self, schema: Schema, v: str, kind: str | None = None) -> str | None:
        """The expression for an object that must have members of constant value, None for other schemas."""
        if not isinstance(schema, dict) or schema.keys() - {"type", "properties", "required"}:
            return None
        if schema.get("type", kind) != "object" or "required" not in schema:
            return None
        properties = schema.get("properties", {})
        if set(properties) - set(schema["required"]):
            return None
        parts = [f"{v}.__class__ is dict"]
        for name in schema["required"]:
            inner = properties.get(name)
            if inner is None:
                parts.append(f"{name!r} in {v}")
            elif isinstance(inner, dict) and inner.keys() == {"const"} and isinstance(inner["const"], str):
                parts.append(f"{v}.get({name!r}) == {inner['const']!r}")
            else:
                w = self._name("w")
                deeper = self._expression(inner, w)
                if deeper is None:
                    return None
                first, _, rest = deeper.partition(" and ")
                parts.append(
                    f"({w} := {v}.get({name!r})).__class__ is dict" + (f" and {rest}" if rest else "")
                )
                assert first == f"{w}.__class__ is dict"
        return " and ".join(parts)

    def _test(self, schema: Schema, base: str) -> str:
        if isinstance(schema, dict) and _bare(schema) == {"$ref"}:
            return self._referred(schema["$ref"], base)
        return self.function(schema, base)


def _bare(schema: dict[str, Any]) -> set[str]:
    """The keywords of a schema that assert something."""
    return {key for key in schema if key not in _ANNOTATIONS and not key.startswith("x-")}


def _small(schema: Any) -> bool:
    """Whether a referred schema is better written out than called."""
    return isinstance(schema, dict) and not _bare(schema) - _STRING - {"type", "enum", "const"}


def _any_same(value: Any, allowed: tuple[Any, ...]) -> bool:
    return any(same(value, one) for one in allowed)
