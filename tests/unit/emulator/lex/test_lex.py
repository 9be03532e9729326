"""Lex through boto3 and in flows: sessions, intents by name, conversations at once, faults."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from types import SimpleNamespace

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from busyhour.emulator.account import new_state
from busyhour.emulator.app import build
from busyhour.emulator.faults.requests import Fault, Faults
from busyhour.emulator.lex.model import TEST_ALIAS, TEXT, VOICE, Bot, LexModel, bot_of
from busyhour.emulator.messages import Request
from busyhour.emulator.server.listener import running
from busyhour.emulator.server.timers import VirtualClock
from busyhour.flows.protocol import Converse
from busyhour.quotas.table.quota_table import load

ALIAS_ARN = "arn:aws:lex:us-east-1:123456789012:bot-alias/BOTID12345/ALIAS12345"
WHERE = {"botId": "BOTID12345", "botAliasId": "ALIAS12345", "localeId": "en_US", "sessionId": "s-1"}


@pytest.fixture(scope="module")
def aws():
    emulator = build(quotas={TEXT: 3})
    with running(emulator) as url:
        client = boto3.client(
            "lexv2-runtime",
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="A",
            aws_secret_access_key="s",
            config=Config(retries={"total_max_attempts": 1}, max_pool_connections=20),
        )
        yield SimpleNamespace(lex=client, emulator=emulator)


def test_a_text_that_names_an_intent_is_that_intent(aws):
    answer = aws.lex.recognize_text(
        **WHERE, text="OrderStatus", sessionState={"sessionAttributes": {"a": "b"}}
    )
    assert answer["sessionState"]["intent"]["name"] == "OrderStatus"
    assert answer["interpretations"][0]["nluConfidence"] == {"score": 1.0}
    assert (
        aws.lex.recognize_text(**WHERE, text="where is it?")["sessionState"]["intent"]["name"]
        == "FallbackIntent"
    )
    session = aws.lex.get_session(**WHERE)
    assert session["sessionState"]["sessionAttributes"] == {"a": "b"}
    aws.lex.delete_session(**WHERE)
    with pytest.raises(aws.lex.exceptions.ResourceNotFoundException):
        aws.lex.get_session(**WHERE)
    aws.lex.put_session(**WHERE, sessionState={"intent": {"name": "Returns"}})
    assert aws.lex.get_session(**WHERE)["sessionState"]["intent"]["name"] == "Returns"


@pytest.mark.parametrize(("alias", "limit"), [("ALIAS12345", 3), (TEST_ALIAS, 2)])
def test_conversations_beyond_the_quota_are_throttled(aws, alias, limit):
    def one(number):
        try:
            aws.lex.recognize_text(**WHERE | {"sessionId": f"s-{number}", "botAliasId": alias}, text="hi")
        except ClientError as error:
            return error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        return "", 200

    with ThreadPoolExecutor(12) as pool:
        ends = list(pool.map(one, range(12)))
    assert limit <= ends.count(("", 200)) < 12
    assert set(ends) == {("", 200), ("ThrottlingException", 429)}


@pytest.fixture
def bench():
    clock = VirtualClock()
    state = new_state(load(), quotas={VOICE: 2, TEXT: 1}, clock=clock, epoch=0.0)
    faults = Faults(Random(1))
    return SimpleNamespace(clock=clock, state=state, faults=faults, model=LexModel(state, clock, faults))


def turn(bench, channel="VOICE", seconds=10.0, bot=ALIAS_ARN):
    return bench.model.turn(SimpleNamespace(channel=channel), Converse("a", "hi", 1.0, bot), seconds)


def test_flows_hold_voice_conversations_for_their_turns_and_text_apart(bench):
    assert [turn(bench), turn(bench), turn(bench)] == [0.0, 0.0, None]
    assert [turn(bench, "CHAT"), turn(bench, "CHAT")] == [0.0, None]
    bench.clock.advance(10.0)
    assert [turn(bench), turn(bench), turn(bench)] == [0.0, 0.0, None]
    tally = next(t for t in bench.state.limits.tallies() if t.quota.key == VOICE)
    assert (tally.peak, tally.rejected) == (3, 2)
    where = (
        ("BotAliasId", "ALIAS12345"),
        ("BotId", "BOTID12345"),
        ("InputMode", "Speech"),
        ("LocaleId", "en_US"),
        ("Operation", "StartConversation"),
    )
    assert bench.state.metrics.total("AWS/Lex", "RuntimeThrottledEvents", where) == 2


def test_a_slow_bot_makes_turns_longer_and_holds_its_conversation(bench):
    bench.faults.set([Fault("lex", resource="BOTID12345", latency_seconds=30.0)])
    assert [turn(bench), turn(bench)] == [30.0, 30.0]
    assert turn(bench, bot="OtherBot") is None
    bench.clock.advance(39.9)
    assert turn(bench) is None
    bench.clock.advance(0.2)
    assert turn(bench) == 30.0


def test_a_bot_that_fails_turns_the_conversation_away(bench):
    bench.faults.set([Fault("lex", error_share=1.0)])
    assert turn(bench) is None
    assert bench.state.limits.in_use(VOICE, "Speech") == 0


def test_bots_are_named_by_alias_or_by_name():
    assert bot_of(ALIAS_ARN) == Bot("BOTID12345", "ALIAS12345")
    assert bot_of("HelpBot") == Bot("HelpBot", "")


def test_an_operation_that_is_not_served_says_so():
    async def ask():
        emulator = build()
        path = "/bots/BOTID12345/botAliases/A2345678AB/botLocales/en_US/sessions/s/utterance"
        request = Request("POST", path, "", {}, b"", "lex", "us-east-1", "A")
        answer = emulator.router.answer(request)
        await emulator.stop()
        return answer

    answer = asyncio.run(ask())
    assert answer.status == 404
    assert "RecognizeUtterance" in json.loads(answer.body)["message"]
