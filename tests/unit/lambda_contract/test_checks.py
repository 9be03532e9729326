"""Real handlers under every shape of event."""

import pytest

from busyhour.errors import BusyhourError
from busyhour.lambda_contract.checks import check_handlers, observed
from busyhour.lambda_contract.contract import (
    Contract,
    FunctionContract,
    Invocation,
    Place,
    Reading,
    State,
)
from busyhour.lambda_contract.handler import Handlers, Setup

HERE = Place("main", "look up")
CONTRACT = Contract(
    {
        "lookup": FunctionContract(
            "lookup",
            (Invocation(HERE, {"phone": "$.CustomerEndpoint.Address"}, "STRING_MAP", 2.0, False, State()),),
            (Reading("tier", (HERE,), ("gold",)),),
        )
    }
)


@pytest.fixture
def handler(tmp_path):
    def write(body, idempotent=False, setup=None):
        path = tmp_path / "handler.py"
        path.write_text(
            f"import itertools, json, os\n\nCOUNT = itertools.count()\n\n\ndef handler(event, context):\n{body}\n"
        )
        return Handlers({"lookup": f"{path}:handler"}, frozenset({"lookup"} if idempotent else ()), setup)

    return write


@pytest.mark.parametrize(
    ("body", "check", "message"),
    [
        ("    return {'tier': 'gold'}", None, ""),
        ("    return {'tier': 1}", "flat", "tier=1"),
        ("    return {'statusCode': 200, 'body': '{}', 'tier': 'x'}", "envelope", "statusCode"),
        ("    return ['gold']", "object", "not an object"),
        ("    return {'tier': 'x' * 40000}", "size", "32768"),
        ("    return {'Tier': 'gold'}", "keys", "Did you mean 'Tier'"),
        ("    return {'tier': event['Details']['ContactData']['Queue']['Name']}", "raises", "TypeError"),
        ("    return {'tier': event['Details']['ContactData']['LanguageCode']}", "raises", "KeyError"),
        ("    raise SystemExit(3)", "raises", "Runtime.ExitError"),
    ],
)
def test_what_a_handler_does_wrong(handler, body, check, message):
    with handler(body) as handlers:
        found = check_handlers(handlers, CONTRACT, 30)
    assert [one.check for one in found] == ([check] if check else [])
    assert all(message in one.text() for one in found)


def test_the_event_that_shows_it_is_the_smallest(handler):
    with handler("    return {'tier': event['Details']['ContactData']['Queue']['Name']}") as handlers:
        (found,) = check_handlers(handlers, CONTRACT, 30)
    contact = found.event["Details"]["ContactData"]
    assert contact["Channel"] == "VOICE"
    assert contact["InitiationMethod"] == "INBOUND"
    assert contact["Attributes"] == {}
    assert found.place.endswith("handler.py:7")


def test_a_handler_that_does_not_come_back_is_given_up_and_the_next_one_is_called(handler):
    with handler("    while True:\n        pass") as handlers:
        outcome = handlers.call("lookup", {"Details": {}}, 0.3)
        assert outcome.kind == "timeout"
        assert handlers.call("lookup", {"Details": {}}, 0.3).kind == "timeout"


def test_a_retry_that_is_answered_otherwise_matters_only_where_declared(handler):
    body = "    return {'tier': str(next(COUNT))}"
    with handler(body) as handlers:
        assert check_handlers(handlers, CONTRACT, 10) == []
    with handler(body, idempotent=True) as handlers:
        assert [one.check for one in check_handlers(handlers, CONTRACT, 10)] == ["idempotent"]


def test_what_a_handler_answers_and_reads_is_kept_in_the_contract(handler):
    body = "    found = {'tier': 'gold'}\n    if event['Details']['Parameters'].get('phone'):\n        found['name'] = 'Ann'\n    return found"
    with handler(body) as handlers:
        answers = observed(handlers, CONTRACT, 30).functions["lookup"].answers
    assert answers.keys == {"tier": True, "name": False}
    assert answers.parameters == ("phone",)


def test_handlers_get_their_environment_and_never_the_callers_credentials(handler, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "the-real-one")
    setup = Setup({"lookup": {"TABLE_NAME": "customers"}})
    with handler(
        "    return {'tier': os.environ['TABLE_NAME'] + os.environ['AWS_ACCESS_KEY_ID']}", setup=setup
    ) as handlers:
        assert handlers.call("lookup", {}, 5.0).answer == {"tier": "customerstesting"}


@pytest.mark.parametrize("text", ["handler.py", ":handler", "nowhere.py:handler", "handler.py:not a name"])
def test_a_handler_that_is_written_wrong_is_refused(text):
    with pytest.raises(BusyhourError, match="--lambda lookup="):
        Handlers({"lookup": text})


def test_a_function_that_no_flow_invokes_is_refused(handler):
    with handler("    return {}") as handlers, pytest.raises(BusyhourError, match="no flow invokes"):
        check_handlers(handlers, Contract({"look-up": CONTRACT.functions["lookup"]}))


def test_a_handler_that_cannot_be_imported_is_bad_input(handler):
    with (
        handler("    return {}\n\n\nraise RuntimeError('at import')") as handlers,
        pytest.raises(BusyhourError, match="at import"),
    ):
        check_handlers(handlers, CONTRACT)
