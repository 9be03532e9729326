"""Fork a call: a copy that continues independently, and a key under which equal states compare equal.

Exploration tries every answer to an effect on a copy of its own; an exact solution treats calls with the same
key as one state of a Markov chain. A fork takes microseconds, since shared data is never changed in place.
"""

from __future__ import annotations

import json
from collections.abc import Hashable
from typing import Any

from busyhour.flows.call import Call, Frame
from busyhour.flows.protocol import Collect


def fork(call: Call) -> Call:
    """Copy a call so that it continues independently; the machine, its observer and the contact are shared."""
    twin: Call = Call.__new__(Call)
    for owner in Call.__mro__[:-1]:
        for name in owner.__dict__.get("__slots__", ()):
            setattr(twin, name, getattr(call, name))
    twin.attributes = dict(call.attributes)
    twin.extras = None if call.extras is None else dict(call.extras)
    twin.loops = None if call.loops is None else dict(call.loops)
    twin.frames = None if call.frames is None else [_frame(frame) for frame in call.frames]
    return twin


def key(call: Call) -> Hashable:
    """Return everything that determines the rest of the call as one hashable value, valid within one machine.

    Two calls of one contact (or of contacts that differ only in data no flow reads) with equal keys respond to
    equal events equally. The number of actions run is not part of the key, so a call in a loop returns to the
    same key.
    """
    return (
        call.stage,
        id(call._node),
        _plain(call.attributes),
        _plain(call.external),
        call.stored_input,
        call.keys,
        call.pending.entered if isinstance(call.pending, Collect) else "",
        _plain(call.flow_attributes),
        _plain(call.extras),
        _loops(call.loops),
        tuple(_frame_key(frame) for frame in call.frames or ()),
        _plain(call.hooks),
        call.queue,
        call.queue_name,
        call.queue_transfers,
        call.agent_target,
        call.agent,
        call.callback_number,
        call.priority,
        call.time_adjustment,
        round(call.lambda_seconds, 6),
        None if call.beside is None else id(call.beside[0]),
    )


def _frame(frame: Frame) -> Frame:
    twin: Frame = Frame.__new__(Frame)
    for name in Frame.__slots__:
        setattr(twin, name, getattr(frame, name))
    twin.loops = None if frame.loops is None else dict(frame.loops)
    return twin


def _frame_key(frame: Frame) -> Hashable:
    return (
        id(frame.node),
        _plain(frame.external),
        frame.stored_input,
        _plain(frame.lex),
        _plain(frame.flow_attributes),
        _loops(frame.loops),
    )


def _loops(loops: Any) -> Hashable:
    return frozenset((id(node), count) for node, count in loops.items()) if loops else None


def _plain(value: Any) -> Hashable:
    return json.dumps(value, sort_keys=True, default=str) if value else None
