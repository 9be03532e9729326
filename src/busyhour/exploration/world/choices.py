"""Choices of the world in a call, as data: one `Choice` for each point at which it decides."""

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
    """One choice of the world. `kind` is one of `KINDS`; `value` is JSON."""

    kind: str
    value: Any = None


KINDS = {
    "contact": "how the contact arrives: an object of `Contact` fields that differ from an ordinary inbound call",
    "goes on": "the prompt or the wait ends",
    "presses": "the caller presses these keys",
    "says": "the bot recognises this intent; empty: none",
    "silence": "the caller enters or says nothing within the timeout",
    "hangs up": "the caller hangs up",
    "answers": "the function returns what the flow needs; an object: exactly this",
    "calls": "the real function is called and returns its response",
    "answers late": "as `answers`, just within the time limit",
    "answers much": "as `answers`, with long values",
    "lambda fails": "the function fails: timeout, throttled, function_error, unreachable or invalid",
    "hours": "hours of operation are open (true) or closed",
    "metrics": "the queue's metrics",
    "queued": "the queue accepts the contact",
    "full": "the queue is full",
    "agent": "an agent answers",
    "talked": "the conversation is over, ended by agent or customer",
    "connected": "the third party answers",
    "returned": "the customer returns to the chat",
    "works": "the service succeeds; a value: with this result",
    "fails": "the step fails with this type of error",
    "value": "value of a reference that was not yet settled; null: no value",
}


@dataclass(frozen=True, slots=True)
class Option:
    """A choice that is available at some point.

    `passive`: the caller makes no progress by it and the world changes nothing; a cycle of such choices has no
    end. `fault`: a failure. `guided`: the search for coverage tries it; others are left to random calls, since
    they lead to the same places as a guided one.
    """

    choice: Choice
    passive: bool = False
    fault: bool = False
    guided: bool = True


class Where(NamedTuple):
    """The point of a choice: an action's effect, or a reference that an action reads.

    `flow` and `action` are names (the action's identifier), `what` is the effect's name or the reference.
    """

    flow: str
    action: str
    what: str


@dataclass(slots=True)
class Decision:
    """A choice that was made: the point, the options, and the state of the call."""

    where: Where
    options: Sequence[Option]
    option: Option
    state: int
    passed: int = 0
    """Number of transitions taken before it."""

    @property
    def choice(self) -> Choice:
        """The chosen option."""
        return self.option.choice


_PREFIX = "c1"


def token(choices: Sequence[Choice]) -> str:
    """Encode choices as one word for the command line; `choices_of` decodes it."""
    text = json.dumps(
        [list(one) if one.value is not None else [one.kind] for one in choices], separators=(",", ":")
    )
    packed = zlib.compress(text.encode("utf-8", "surrogatepass"), 9)
    return _PREFIX + base64.urlsafe_b64encode(packed).decode("ascii").rstrip("=")


def choices_of(word: str) -> list[Choice]:
    """Return the choices in a token.

    Raises:
        BusyhourError: the word is not a token.
    """
    try:
        if not word.startswith(_PREFIX):
            raise ValueError("it begins otherwise")
        body = word[len(_PREFIX) :]
        # A token is a few kilobytes at most; one that unpacks to more was not made here.
        text = zlib.decompressobj().decompress(
            base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)), 1_000_000
        )
        made = [Choice(*one) for one in json.loads(text.decode("utf-8", "surrogatepass"))]
        if not all(isinstance(one.kind, str) for one in made):
            raise ValueError("a choice has no kind")
    except (ValueError, TypeError, binascii.Error, zlib.error, RecursionError) as error:
        raise BusyhourError(
            f"{word[:40]!r} is not a token of an explored call: {error}",
            "Copy it whole from `busyhour explore`.",
        ) from None
    return made
