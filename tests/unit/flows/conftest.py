"""What the tests of the flows share: flows written short, calls driven by a list of answers, the real exports."""

import random
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from flow_builders import action, flow

from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact
from busyhour.flows.library import FlowLibrary
from busyhour.flows.machine import Machine

CORPUS = (Path(__file__).parents[3] / "../shared/corpus/flows").resolve()


@pytest.fixture(scope="session")
def corpus():
    """Paths of all real exports."""
    files = sorted(CORPUS.glob("*.json")) if CORPUS.is_dir() else []
    if not files:
        pytest.skip(f"no corpus of real exports at {CORPUS}")
    return files


def say(identifier, then=None, text=None):
    """A prompt that plays its own identifier, then `then` (the end, if not given)."""
    return action(identifier, "MessageParticipant", {"Text": text or identifier}, then=then or "end")


def machine(*flows, aliases=None, **options):
    return Machine(FlowLibrary(flows, aliases), **options)


def call(*flows, contact=None, **options):
    """A call that begins in the first flow."""
    return machine(*flows, **options).call(flows[0], contact or Contact())


def run(live, *events):
    """Start the call and send the events, one for each effect; every effect, first to last."""
    return [live.start(), *(live.send(event) for event in events)]


def heard(live, answer):
    """Drive the call to its end with `answer(effect)`; what was heard."""
    effect = live.start()
    said = []
    while not isinstance(effect, p.Ended):
        text = getattr(effect, "text", "")
        if text:
            said.append(text)
        effect = live.send(answer(effect))
    return said


@pytest.fixture(scope="session")
def build():
    return SimpleNamespace(
        action=action, say=say, flow=flow, machine=machine, call=call, run=run, heard=heard, answers=Answers
    )


class Answers:
    """A driver that answers every effect, at random but always the same for a seed; gives up after a number of them."""

    def __init__(self, seed, live, limit=200):
        self.random = random.Random(seed)
        self.live = live
        self.left = limit

    def __call__(self, effect):
        self.left -= 1
        return p.HungUp() if self.left < 0 else self.random.choice(self.options(effect))

    def options(self, effect):
        match effect:
            case p.Play():
                return [p.Done()] * 9 + [p.Failed()]
            case p.Loop(seconds=seconds):
                leave = p.AgentAnswered("agent/1", "ann") if self.live.is_queued else p.HungUp()
                return [leave] if seconds == float("inf") else [p.Done(), p.Done(), leave]
            case p.Collect(choices=choices):
                return [p.Silence(), p.Failed(), p.Digits("0123456789"), *map(p.Digits, choices * 3)]
            case p.Converse(intents=intents):
                return [
                    p.Silence(),
                    p.Failed(),
                    p.LexResult(""),
                    *(p.LexResult(one, {"a": "b"}) for one in intents * 3),
                ]
            case p.Invoke():
                good = p.LambdaResult({"status": "ok", "queue": "q1"}, seconds=0.2)
                return [good] * 3 + [
                    p.LambdaResult({}),
                    p.LambdaResult(None),
                    p.LambdaFailed("timeout", seconds=8.0),
                ]
            case p.CheckHours():
                return [p.Hours(True), p.Hours(False), p.Failed()]
            case p.ReadMetrics(metric=metric):
                return [p.Metrics({}), p.Metrics({metric or "NumberOfAgentsOnline": 3}), p.Failed()]
            case p.Enqueue():
                return [p.Queued("Support", "arn:queue"), p.AtCapacity(), p.Failed()]
            case p.Talk():
                return [p.Done("agent"), p.Done("customer"), p.HungUp()]
            case p.Dial():
                return [p.Connected(), p.Failed("CallFailed"), p.Failed()]
            case p.Pause(events=events):
                return [p.Done(), *([p.CustomerReturned()] if "CustomerReturned" in events else [])]
            case p.Service(branches=branches, errors=errors):
                return [p.Succeeded(), *(p.Succeeded(branch=one) for one in branches), *map(p.Failed, errors)]
        raise AssertionError(effect)
