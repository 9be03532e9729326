"""The published schemas: valid themselves, complete, usable alone; three readers of them agree."""

import copy
import json
import random
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012
from support.generated_flows.mutations import MUTATIONS, mutated

from busyhour.contracts.schema.errors import objections
from busyhour.contracts.schema.store import shipped_schemas

FOLDER = Path(__file__).parents[4] / "flow_schemas"
FILES = sorted(FOLDER.rglob("*.schema.json"))
HELPDESK = FOLDER.parent / "examples/helpdesk/flows"


def _name(path: Path) -> str:
    return str(path.relative_to(FOLDER)).removesuffix(".schema.json")


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_each_schema_is_valid_with_description_and_source(path):
    schema = json.loads(path.read_text())
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == path.name, (
        "the $id is the file's name, so that references work wherever the set lies"
    )
    assert schema["title"]
    assert schema["description"]
    assert schema["x-source"]
    assert schema["x-date"]


@pytest.mark.parametrize("type", sorted(shipped_schemas().types))
def test_each_action_schema_describes_its_type_alone_and_rejects_unknown_parameters(type):
    schema = json.loads((FOLDER / "actions" / f"{type}.schema.json").read_text())
    assert schema["properties"]["Type"] == {"const": type}
    assert schema["additionalProperties"] is False
    unknown = schema["properties"]["Parameters"]["additionalProperties"]
    assert unknown is False or "not published" in schema["x-partial"]
    assert schema["x-channels"]


def test_the_index_names_every_file_and_nothing_else():
    index = json.loads((FOLDER / "index.json").read_text())
    named = {index["flow"], index["common"], index["module_settings"], index["lambda_event"]}
    named |= {index["contact_record"], index["contact_event"]}
    named |= {*index["lambda_response"].values(), *index["actions"].values()}
    assert named == {str(path.relative_to(FOLDER)) for path in FILES}
    assert set(index["actions"]) == shipped_schemas().types


def _published() -> Registry:
    """The set as a team publishes it: under one address, relative $ids resolved by it."""
    base = "https://example.org/connect/"
    resources = [
        (base + str(path.relative_to(FOLDER)), DRAFT202012.create_resource(json.loads(path.read_text())))
        for path in FILES
    ]
    return Registry().with_resources(resources)


def test_the_set_works_under_any_address_with_the_jsonschema_library_alone():
    validator = Draft202012Validator(
        {"$ref": "https://example.org/connect/flow.schema.json"}, registry=_published()
    )
    for path in sorted(HELPDESK.glob("*.json")):
        assert list(validator.iter_errors(json.loads(path.read_text()))) == []
    flow = json.loads((HELPDESK / "helpdesk-main.json").read_text())
    flow["Actions"][0]["Parameters"]["Unknown"] = "x"
    errors = list(validator.iter_errors(flow))
    assert [list(error.absolute_path) for error in errors] == [["Actions", 0, "Parameters"]]


def test_lambda_schemas_separate_valid_and_invalid_responses():
    string_map = shipped_schemas().validator("lambda-response-string-map")
    assert string_map.is_valid({"status": "open", "count": "3"})
    assert not string_map.is_valid({"statusCode": 200, "body": "{}"})
    assert not string_map.is_valid({"nested": {"a": "b"}})
    assert shipped_schemas().validator("lambda-response-json").is_valid({"nested": {"a": [1]}})
    assert shipped_schemas().validator("lambda-response-json").is_valid(["a"])
    assert shipped_schemas().validator("lambda-response-json").is_valid("text")
    assert not shipped_schemas().validator("lambda-response-json").is_valid(None)


@pytest.fixture(scope="module")
def actions():
    """Actions as they are and as mutations break them."""
    flows = [json.loads(path.read_text()) for path in sorted(HELPDESK.glob("*.json"))]
    random_ = random.Random(1)
    for flow in list(flows):
        for mutation in MUTATIONS:
            for _ in range(3):
                broken = mutated(flow, mutation, random_.randrange)
                if broken is not None:
                    flows.append(broken)
    types = shipped_schemas().types
    found = []
    for flow in flows:
        if isinstance(flow["Actions"], list):
            found += [
                one for one in flow["Actions"] if isinstance(one, dict) and one.get("Type") in list(types)
            ]
    unique = {json.dumps(one, sort_keys=True): one for one in found}
    return [copy.deepcopy(one) for one in unique.values()]


def test_the_fast_validator_the_interpreter_and_jsonschema_agree(actions):
    store = shipped_schemas()
    assert len(actions) > 300
    broken = 0
    for action in actions:
        name = f"actions/{action['Type']}"
        expected = store.validator(name).is_valid(action)
        found = list(objections(store.document(name), action, f"{name}.schema.json", store.resolve))
        assert all(one.doubt is not None for one in found) == expected, action
        about_the_rest = [one for one in found if one.path[:1] not in (("Identifier",), ("Type",))]
        if "Identifier" in action:
            assert store.predicate(action["Type"])(action) == (not about_the_rest), action
        broken += not expected
    assert broken > 100
