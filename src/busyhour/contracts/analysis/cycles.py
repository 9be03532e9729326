"""Cycles in a graph: strongly connected components, and one shortest cycle in each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence


def strongly_connected(edges: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Return the strongly connected components (Tarjan), without recursion.

    A single node is a component of its own, whether or not it has an edge to itself. Linear in nodes and edges.
    """
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    waiting: list[int] = []
    on_stack: set[int] = set()
    for root in range(len(edges)):
        if root in number:
            continue
        work = [(root, 0)]
        while work:
            node, at = work.pop()
            if at == 0:
                number[node] = low[node] = len(number)
                waiting.append(node)
                on_stack.add(node)
            targets = edges[node]
            for place in range(at, len(targets)):
                target = targets[place]
                if target not in number:
                    work.append((node, place + 1))
                    work.append((target, 0))
                    break
                if target in on_stack:
                    low[node] = min(low[node], number[target])
            else:
                if low[node] == number[node]:
                    part: list[int] = []
                    while True:
                        last = waiting.pop()
                        on_stack.discard(last)
                        part.append(last)
                        if last == node:
                            break
                    yield part
                if work:
                    above = work[-1][0]
                    low[above] = min(low[above], low[node])


def cycle(edges: Sequence[Sequence[int]], part: Collection[int]) -> list[int]:
    """Return a shortest cycle through the first node of a component; empty without one."""
    start = min(part)
    inside = set(part)
    came: dict[int, int] = {}
    queue = [start]
    for node in queue:
        for target in edges[node]:
            if target == start:
                way = [node]
                while way[-1] != start:
                    way.append(came[way[-1]])
                return way[::-1]
            if target in inside and target not in came:
                came[target] = node
                queue.append(target)
    return []
