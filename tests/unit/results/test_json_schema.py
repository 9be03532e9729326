"""run.json's published schema is the one that the dataclasses give, and real records keep it."""

import json
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import pytest

from busyhour.results.codec import encode
from busyhour.results.entries import Arrivals, Series
from busyhour.results.json_schema import schema_of
from busyhour.results.record import Outcome, RunRecord, VerdictRecord
from busyhour.shipped import shipped_root

PUBLISHED = shipped_root() / "reports" / "run.schema.json"
COMMAND = "python -m busyhour.results.json_schema > reports/run.schema.json"


def record() -> RunRecord:
    return RunRecord(
        run_id="x",
        busyhour_version="0",
        scenario={"name": "x"},
        target={},
        started="2026-11-22T08:00:00Z",
        ended="2026-11-22T08:00:01Z",
        duration=1.0,
        verdict=VerdictRecord(Outcome.HOLDS),
        arrivals=Arrivals(1, 1, 0, 0),
        series=[Series("calls in progress", "calls", [0.0, 1.0], [1.0, None])],
    )


def test_a_record_keeps_the_schema_and_a_broken_one_does_not() -> None:
    schema = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    document = json.loads(json.dumps(encode(record())))
    jsonschema.validate(document, schema)
    document["arrivals"]["plannd"] = 3
    with pytest.raises(jsonschema.ValidationError, match="plannd"):
        jsonschema.validate(document, schema)


@dataclass
class Odd:
    """Holds what JSON has no type for."""

    place: Path


def test_a_type_without_a_schema_is_named() -> None:
    with pytest.raises(TypeError, match=r"pathlib.* has no JSON Schema here"):
        schema_of(Odd, title="", schema_id="")
