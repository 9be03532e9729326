"""Keys pressed one after another at an input, as Connect reads them: end, cancel key, pauses, the DTMF buffer.

Every driver of calls (trace, exploration, forecast, load, emulator) has its time from `pressed`, and the machine its
value from `read`, so that they agree. Sources: AWS administrator guide, Store customer input, Get customer input and
Set touchtone buffer behavior.
"""

from __future__ import annotations

from typing import NamedTuple

from busyhour.flows.protocol.effects import Collect
from busyhour.flows.protocol.events import Digits, Silence

KEYS = frozenset("0123456789*#")
CANCEL = "*"
END = "#"
"""Key that ends an input whose flow names no InputTerminationSequence."""
PAUSE = ","
"""In a text of keys: a pause before the next key, as in the strings of digits that Connect dials."""
PAUSE_SECONDS = 0.75
KEY_SECONDS = 0.4
"""Seconds between keys while a caller enters a number. Decision: no public figure."""
BUFFER_KEYS = 30
"""Keys that the DTMF buffer keeps; further ones are ignored (AWS)."""


class Entry(NamedTuple):
    """Result of the keys at an input.

    `digits` is the key of a menu or the value to store (empty: none is left), `used` the number of keys taken, `ended`
    whether a key ended the input, as opposed to the time between keys.
    """

    digits: str
    used: int
    ended: bool


def read(effect: Collect, keys: str) -> Entry:
    """Read the keys of one input; those that came from the DTMF buffer are before them."""
    before = len(effect.entered)
    typed, used, ended = _read(effect, effect.entered + keys)
    return Entry(typed, max(0, used - before), ended)


def _read(effect: Collect, keys: str) -> Entry:
    if effect.menu:
        return Entry(keys[:1], min(1, len(keys)), bool(keys))
    end = effect.terminator or END
    typed = ""
    for at, key in enumerate(keys):
        if key == CANCEL and effect.cancel_key:
            typed = ""
            continue
        typed += key
        if typed.endswith(end):
            used = at + 1
            # AWS's example: of `1#2#3*4###` with the sequence `##`, `1#2#3*4#` is stored.
            while len(end) > 1 and used < len(keys) and (typed + keys[used]).endswith(end):
                typed += keys[used]
                used += 1
            return Entry(typed.removesuffix(end), used, True)
        if 0 < effect.max_digits <= len(typed):
            return Entry(typed, at + 1, True)
    return Entry(typed, len(keys), False)


def pressed(
    effect: Collect, text: str, first: float, between: float = KEY_SECONDS
) -> tuple[Digits | Silence, float]:
    """Press keys at an input; return the event and the seconds from the end of the prompt until the input is over.

    The input is over with the key that ends it, or when the time for the next key is up. Keys that come later are in
    `Digits.later`.

    Args:
        effect: the input.
        text: keys; each `,` is a pause before the next.
        first: seconds from the end of the prompt to the first key.
        between: seconds between two keys.
    """
    if effect.menu and len(text) == 1 and first <= effect.timeout_seconds:
        return Digits(text), first
    keys, times = "", []
    at = first
    for one in text:
        if one == PAUSE:
            at += PAUSE_SECONDS
        else:
            keys += one
            times.append(at)
            at += between
    if not keys or times[0] > effect.timeout_seconds:
        return Silence(), effect.timeout_seconds
    gaps = (
        number
        for number in range(1, len(keys))
        if times[number] - times[number - 1] > effect.interdigit_seconds
    )
    within = next(gaps, len(keys))
    entry = read(effect, keys[:within])
    seconds = times[entry.used - 1] + (0.0 if entry.ended else effect.interdigit_seconds)
    return Digits(keys[: entry.used], keys[entry.used :]), seconds


def full(effect: Collect, keys: str) -> str:
    """Return the keys, followed by the sequence that ends the input if the flow names one and they do not end it."""
    return keys if not effect.terminator or read(effect, keys).ended else keys + effect.terminator


def plain(text: str) -> str:
    """Return the keys of a text, without its pauses."""
    return text.replace(PAUSE, "")


def kept(buffer: str, keys: str) -> str:
    """Return the DTMF buffer after more keys."""
    return (buffer + keys)[:BUFFER_KEYS]
