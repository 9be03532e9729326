"""What the world can do in a call, as data: one `Choice` for each moment at which it has a say."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from busyhour.errors import BusyhourError


class Choice(NamedTuple):
    """One thing that the world does. `kind` is one of `KINDS`; `value` is JSON."""

    kind: str
    value: Any = None


KINDS = {
    "contact": "how the contact comes in: an object of `Contact` fields that differ from an ordinary inbound call",
    "goes on": "the prompt is heard, the wait is over",
    "presses": "the caller presses these keys",
    "says": "the bot understands this intent; empty: none",
    "silence": "the caller enters or says nothing in time",
    "hangs up": "the caller hangs up",
    "answers": "the function answers what the flow needs; an object: exactly this",
    "calls": "the real function is called and answers what it answers",
    "answers late": "as `answers`, just within the limit of time",
    "answers much": "as `answers`, every value being long",
    "lambda fails": "the function fails: timeout, throttled, function_error, unreachable or invalid",
    "hours": "hours of operation are open (true) or closed",
    "metrics": "the queue's metrics",
    "queued": "the queue takes the contact",
    "full": "the queue is full",
    "agent": "an agent answers",
    "talked": "the conversation is over, ended by agent or customer",
    "connected": "the third party answers",
    "returned": "the customer returns to the chat",
    "works": "the service works; a value: with this result",
    "fails": "it fails with this type of error",
    "value": "what a reference holds that nobody had settled; null: nothing",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that is open at some moment.

    `passive`: the caller gets nowhere by it and the world changes nothing; a cycle of such choices goes on without end.
    `fault`: something breaks. `guided`: the search for coverage tries it; others are left to chance, as they lead
    where a guided one leads too.
    """

    choice: Choice
    passive: bool = False
    fault: bool = False
    guided: bool = True


class Where(NamedTuple):
    """What a choice is made for: an action's effect, or a reference that an action reads.

    `flow` and `action` are names (the action's identifier), `what` is the effect's name or the reference.
    """

    flow: str
    action: str
    what: str


@dataclass(slots=True)
class Decision:
    """A choice that was made: where, out of which options, and in which state of the call."""

    where: Where
    options: Sequence[Option]
    option: Option
    state: int
    passed: int = 0
    """Transitions that had been taken by then."""

    @property
    def choice(self) -> Choice:
        """What was chosen."""
        return self.option.choice


_PREFIX = "c1"


def token(choices: Sequence[Choice]) -> str:
    """Choices as one word for the command line, `choices_of` reads it."""
    text = json.dumps(
        [list(one) if one.value is not None else [one.kind] for one in choices], separators=(",", ":")
    )
    packed = zlib.compress(text.encode("utf-8", "surrogatepass"), 9)
    return _PREFIX + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def choices_of(word: str) -> list[Choice]:
    """The choices in a token.

    Raises:
        BusyhourError: it is no token.
    """
    try:
        if not word.startswith(_PREFIX):
            raise ValueError("it begins otherwise")
        body = word[len(_PREFIX) :]
        # A token is a few kilobytes at most; what unpacks to more was not made here.
        text = zlib.decompressobj().decompress(
            base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), 1_000_000
        )
        made = [Choice(*one) for one in json.loads(text.decode("utf-8", "surrogatepass"))]
        if not all(isinstance(one.kind, str) for one in made):
            raise ValueError("a choice has no kind")
    except (ValueError, TypeError, binascii.Error, zlib.error, RecursionError) as error:
        raise BusyhourError(
            f"{word[:40]!r} is no token of an explored call: {error}",
            "Copy it whole from `busyhour explore`.",
        ) from None
    return made
