"""What the tests of exploration share: flows written short, planted faults."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from flow_builders import action as action
from flow_builders import flow as flow

FAULTS = Path(__file__).parent / "faults"
EXPORTS = (Path(__file__).parents[3] / "../shared/corpus/flows").resolve()


@dataclass(frozen=True)
class Fault:
    """A fault in `broken/`, and the same flows (and handlers) without it in `kept/`."""

    folder: Path
    about: str
    expects: str
    functions: tuple[str, ...]
    idempotent: frozenset[str]

    def handlers(self, kind: str) -> Mapping[str, str]:
        return {name: f"{self.folder / kind / name}.py:handler" for name in self.functions}


def faults() -> list[Fault]:
    found = []
    for folder in sorted(one.parent for one in FAULTS.glob("*/fault.toml")):
        data = tomllib.loads((folder / "fault.toml").read_text(encoding="utf-8"))
        functions, idempotent = tuple(data.get("functions", ())), frozenset(data.get("idempotent", ()))
        found.append(Fault(folder, data["about"], data["expects"], functions, idempotent))
    return found


def say(identifier, then="end", text=None):
    return action(identifier, "MessageParticipant", {"Text": text or identifier}, then=then)


def compare(identifier, value, when, otherwise, operator="Equals"):
    return action(
        identifier,
        "Compare",
        {"ComparisonValue": value},
        then=otherwise,
        when=when,
        errors={"NoMatchingCondition": otherwise},
        operator=operator,
    )


def menu(identifier, when, otherwise="end", silence="end"):
    errors = {
        "NoMatchingCondition": otherwise,
        "InputTimeLimitExceeded": silence,
        "NoMatchingError": otherwise,
    }
    return action(
        identifier,
        "GetParticipantInput",
        {"Text": identifier, "StoreInput": "False", "InputTimeLimitSeconds": "5"},
        then=otherwise,
        when=when,
        errors=errors,
    )


def invoke(identifier, name, then="end", error="end", **parameters):
    given = {"LambdaFunctionARN": f"arn:aws:lambda:us-east-1:111122223333:function:{name}", **parameters}
    return action(identifier, "InvokeLambdaFunction", given, then=then, errors={"NoMatchingError": error})
