"""Queues that hang together and that migration waves move at different times, with the calls that break."""

from __future__ import annotations

from collections.abc import Sequence

from busyhour.capacity.migration.together import Link
from busyhour.scenarios.traffic import Wave


def groups(found: Sequence[Link]) -> list[frozenset[str]]:
    """Return the queues that hang together, as sets of at least two."""
    sets: list[frozenset[str]] = []
    for link in found:
        touched = [one for one in sets if one & {link.first, link.second}]
        sets = [one for one in sets if one not in touched]
        sets.append(frozenset({link.first, link.second}).union(*touched))
    return sorted(sets, key=sorted)


def notes(waves: Sequence[Wave], found: Sequence[Link]) -> list[str]:
    """Return what the waves part: each group of queues that hangs together, then the calls that break."""
    moved = _moved(waves)
    parted = [
        f"{', '.join(sorted(group))} hang together by the flows, and do not all move in one wave"
        for group in groups(found)
        if moved and len({id(moved.get(queue)) for queue in group}) > 1
    ]
    return [*parted, *torn(waves, found)]


def _moved(waves: Sequence[Wave]) -> dict[str, Wave]:
    """Return the wave of each queue that one names: the first."""
    return {queue: wave for wave in reversed(waves) for queue in wave.queues}


def torn(waves: Sequence[Wave], found: Sequence[Link]) -> list[str]:
    """Return a sentence for each pair of queues that hangs together and moves at different times.

    Args:
        waves: in order of time; those without queues tear nothing that can be named.
        found: links of the queues.
    """
    moved = _moved(waves)
    if not moved:
        return []
    order = {id(wave): number for number, wave in enumerate(waves)}
    sentences: list[str] = []
    shared: dict[tuple[str, str], list[str]] = {}
    for link in found:
        ours, theirs = moved.get(link.first), moved.get(link.second)
        if ours is theirs:
            continue
        if link.breaks_calls:
            if ours is None or (theirs is not None and order[id(theirs)] < order[id(ours)]):
                continue  # the other direction has the sentence
            sentences.append(_sentence(link, ours, theirs))
        else:
            shared.setdefault((link.first, link.second), []).append(f"{link.kind} {link.through}")
    for (first, second), names in shared.items():
        sentences.append(f"{first} and {second} move at different times and share {', '.join(names)}")
    return list(dict.fromkeys(sentences))


def _sentence(link: Link, ours: Wave, theirs: Wave | None) -> str:
    until = f"moves with wave {theirs.name} on {theirs.date}" if theirs is not None else "is in no wave"
    where = (
        f"waits in {link.first} and is transferred by {link.through}"
        if link.kind == "transfer"
        else f"comes to {link.through}"
    )
    return (
        f"wave {ours.name} moves {link.first} on {ours.date}, and {link.second} {until}: a call that {where}"
        f"{f' ({link.call})' if link.call else ''} reaches {link.second} on Connect before; move them together, or let the flow "
        "send these calls to the centre of today until then"
    )
