"""The contract as data, and as JSON (`contract.schema.json` describes it)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json, read_text

VERSION = 1
SCHEMA = Path(__file__).with_name("contract.schema.json")


@dataclass(frozen=True, slots=True)
class Place:
    """An action of a flow."""

    flow: str
    action: str


@dataclass(frozen=True, slots=True)
class Invocation:
    """One action that invokes the function.

    `parameters` are as exported: constants, and references to data of the contact. `response` is STRING_MAP
    or JSON; `seconds` the time limit of the function. `state` is what is known when it is invoked.
    """

    place: Place
    parameters: Mapping[str, Any]
    response: str
    seconds: float
    asynchronous: bool
    state: State


@dataclass(frozen=True, slots=True)
class State:
    """Values that are set when a function is invoked: on every path (`always`) or on some (`sometimes`).

    Names are contact attributes (`Attributes.tier`), `Queue`, `StoredCustomerInput`, `Lex`, and other functions
    whose response `$.External` still has (`External of NAME`).
    """

    always: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """A key of the response that flows read. `tested` are the values that conditions compare it with."""

    key: str
    places: tuple[Place, ...]
    tested: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answers:
    """Observed responses of a real handler: every key, and whether it was always present."""

    keys: Mapping[str, bool]
    parameters: tuple[str, ...] = ()
    """Parameters that the handler was observed to read."""


@dataclass(frozen=True, slots=True)
class FunctionContract:
    """One function: its invocations by flows, the keys they read, responses of its handler (None: not observed)."""

    name: str
    invocations: tuple[Invocation, ...]
    readings: tuple[Reading, ...]
    answers: Answers | None = None

    @property
    def seconds(self) -> float:
        """The shortest time limit of any invocation that waits for the response, in seconds."""
        return min((one.seconds for one in self.invocations if not one.asynchronous), default=8.0)

    @property
    def responses(self) -> tuple[str, ...]:
        """Response types that flows expect."""
        return tuple(sorted({one.response for one in self.invocations if not one.asynchronous}))

    @property
    def passed(self) -> frozenset[str]:
        """Parameters that every invocation passes."""
        given = [frozenset(one.parameters) for one in self.invocations]
        return frozenset.intersection(*given) if given else frozenset()


@dataclass(frozen=True, slots=True)
class Contract:
    """Functions by name."""

    functions: Mapping[str, FunctionContract] = field(default_factory=dict)


def data(contract: Contract) -> dict[str, Any]:
    """Return the contract as plain values."""
    return {
        "version": VERSION,
        "functions": {name: _function(one) for name, one in sorted(contract.functions.items())},
    }


def render(contract: Contract) -> str:
    """Return the contract as JSON text, the same text for the same contract."""
    return json.dumps(data(contract), ensure_ascii=False, indent=2) + "\n"


def read(path: Path) -> Contract:
    """Read the contract in a file.

    Raises:
        BusyhourError: the file cannot be read, or is not a contract.
    """
    import jsonschema

    hint = "Write one with `busyhour contract PATH -o FILE`."
    try:
        found = parse_json(read_text(path))
    except OSError as error:
        raise BusyhourError(f"{path}: cannot be read: {error.strerror}", hint) from None
    except ValueError as error:
        raise BusyhourError(f"{path}: is not JSON: {error}", hint) from None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    problem = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(found)), None)
    if problem is not None:
        raise BusyhourError(
            f"{path}: {problem.json_path}: {problem.message}: this is not a contract file", hint
        )
    return Contract({name: _read(name, one) for name, one in found["functions"].items()})


def _function(one: FunctionContract) -> dict[str, Any]:
    found: dict[str, Any] = {
        "invocations": [
            {
                "flow": call.place.flow,
                "action": call.place.action,
                "parameters": dict(call.parameters),
                "response": call.response,
                "seconds": call.seconds,
                "asynchronous": call.asynchronous,
                "state": {"always": list(call.state.always), "sometimes": list(call.state.sometimes)},
            }
            for call in one.invocations
        ],
        "reads": {
            reading.key: {
                "tested": list(reading.tested),
                "by": [{"flow": place.flow, "action": place.action} for place in reading.places],
            }
            for reading in one.readings
        },
    }
    if one.answers is not None:
        found["answers"] = {
            "keys": {
                key: "always" if always else "sometimes" for key, always in sorted(one.answers.keys.items())
            },
            "parameters": list(one.answers.parameters),
        }
    return found


def _read(name: str, found: Mapping[str, Any]) -> FunctionContract:
    answers = found.get("answers")
    return FunctionContract(
        name,
        tuple(
            Invocation(
                Place(one["flow"], one["action"]),
                one["parameters"],
                one["response"],
                float(one["seconds"]),
                one["asynchronous"],
                State(tuple(one["state"]["always"]), tuple(one["state"]["sometimes"])),
            )
            for one in found["invocations"]
        ),
        tuple(
            Reading(key, tuple(Place(by["flow"], by["action"]) for by in one["by"]), tuple(one["tested"]))
            for key, one in found["reads"].items()
        ),
        None
        if answers is None
        else Answers(
            {key: often == "always" for key, often in answers["keys"].items()}, tuple(answers["parameters"])
        ),
    )
