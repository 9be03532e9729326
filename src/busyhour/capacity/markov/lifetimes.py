"""Distribution of the time until a chain ends, from the transforms of the transitions' durations.

A state's transform is the sum over its transitions of share x transform of the duration x transform of the
target's (Howard, "Dynamic Probabilistic Systems" II, 1971, chapter 10, semi-Markov processes). States are
solved from the ends backwards, those with the same future once; cycles by Gauss-Seidel. The transform is
evaluated at the frequencies of a discrete Fourier transform, on a line parallel to the imaginary axis, so
that probability beyond the grid does not alias into it (Abate and Whitt, "The Fourier-series method for
inverting transforms", Queueing Systems 10, 1992).
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, Any

from busyhour.capacity.markov.outcomes import NotFiniteError
from busyhour.capacity.theory.durations import Lasting, Mixture, Part, constant_of, on_grid
from busyhour.capacity.theory.holding_times import HoldingTime

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Transform = NDArray[np.complex128]

_POINTS, _ROUGH = 8192, 512
"""Points of the grid, and of a first one that finds its range."""
_BEYOND = 1e-5
"""Probability that may lie beyond the grid; it is placed such that the mean is kept."""
_DAMPING = 12.0
"""Aliasing from beyond the grid is damped by exp(-12); more would magnify rounding errors."""
_CLOSE = 1e-10
MOST_ATOMS = 5000
MOST_CLASSES = 4000
"""Number of different futures above which the distribution is given up as too large."""
MOST_SWEEPS = 400_000
"""Largest number of transitions solved in cycles."""


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition of a chain from one state to another; a target below 0 is the end."""

    source: int
    target: int
    share: float
    lasting: Mixture


def holding_time(edges: Sequence[Edge], mean: float) -> HoldingTime:
    """Compute the distribution of the time from state 0 to the end.

    Args:
        edges: transitions of the chain; every state leads to the end.
        mean: the exact mean, seconds.

    Raises:
        NotFiniteError: there are too many different futures, or cycles that hardly ever end.
    """
    order, out = _backwards(edges)
    atoms = _atoms(order, out)
    if atoms is not None:
        return HoldingTime.of_atoms(atoms)
    reach = 8.0 * mean
    for _ in range(12):
        found = _on_grid(order, out, reach / _ROUGH, _ROUGH)
        below = found.cumsum()
        if 1.0 - float(below[-1]) < _BEYOND:
            # Cut the grid at the last point with probability.
            reach *= (int((below < 1.0 - _BEYOND).sum()) + 3) / _ROUGH
            break
        reach *= 1.5
    step = reach / _POINTS
    shares = _on_grid(order, out, step, _POINTS)
    return _of_grid(shares, step, mean)


def _of_grid(shares: Any, step: float, mean: float) -> HoldingTime:
    import numpy as np

    shares = np.maximum(shares, 0.0)
    seconds = np.arange(len(shares)) * step
    kept = shares > 1e-13
    kept[: int(np.argmax(kept))] = False
    beyond = 1.0 - float(shares[kept].sum())
    values, parts = seconds[kept].tolist(), shares[kept].tolist()
    if beyond > 0.0:
        # The probability beyond the grid, at its own mean.
        missing = (mean - float((seconds * shares)[kept].sum())) / beyond
        last = values[-1] + step
        values.append(min(max(missing, last), max(last, 100.0 * mean)))
        parts.append(beyond)
    total = math.fsum(parts)
    return HoldingTime(values, [part / total for part in parts], mean, exact=True, resolution=step)


_Out = dict[int, list[Edge]]


def _backwards(edges: Sequence[Edge]) -> tuple[list[list[int]], _Out]:
    """Group the states (one, or those of a cycle), targets before sources, with the edges out of each."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    out: _Out = {}
    for edge in edges:
        if edge.share > 0.0:
            out.setdefault(edge.source, []).append(edge)
    n = max(out) + 1
    inside = [(edge.source, edge.target) for edge in edges if edge.target >= 0 and edge.share > 0.0]
    rows, columns = [a for a, _ in inside], [b for _, b in inside]
    _, labels = connected_components(
        csr_matrix(([1] * len(inside), (rows, columns)), shape=(n, n)), connection="strong"
    )
    groups: dict[int, list[int]] = {}
    before: dict[int, set[int]] = {}
    for state in range(n):
        label = int(labels[state])
        groups.setdefault(label, []).append(state)
        before.setdefault(label, set())
    for source, target in inside:
        a, b = int(labels[source]), int(labels[target])
        if a != b:
            before[a].add(b)
    return [groups[label] for label in TopologicalSorter(before).static_order()], out


def _atoms(order: list[list[int]], out: _Out) -> dict[float, float] | None:
    """Return the few possible durations if no transition is random; None if there are many."""
    found: dict[int, dict[float, float]] = {-1: {0.0: 1.0}}
    for group in order:
        state = group[0]
        if len(group) > 1 or any(edge.target == state for edge in out.get(state, ())):
            return None
        own: dict[float, float] = {}
        for edge in out.get(state, ()):
            for lasting, share in edge.lasting.items():
                seconds = constant_of(lasting)
                if seconds is None:
                    return None
                for rest, part in found[max(edge.target, -1)].items():
                    value = round(seconds + rest, 9)
                    own[value] = own.get(value, 0.0) + edge.share * share * part
        if len(own) > MOST_ATOMS:
            return None
        found[state] = own
    return found[0]


def _on_grid(order: list[list[int]], out: _Out, step: float, points: int) -> Any:
    """Compute the probabilities at the points of a grid."""
    import numpy as np

    transforms = _Transforms(step, points)
    found = transforms.of_chain(order, out)
    damping = np.exp(transforms.damp * np.arange(points))
    return np.fft.irfft(found, points) * damping


class _Transforms:
    """Transforms at the frequencies of one grid.

    Args:
        step: spacing of the grid, seconds. points: number of points.
    """

    def __init__(self, step: float, points: int) -> None:
        import numpy as np

        self._step = step
        self._points = points
        self.damp = _DAMPING / points
        self.at = self.damp + 2j * math.pi * np.arange(points // 2 + 1) / points
        self._weights = np.exp(-self.damp * np.arange(points))
        self._parts: dict[Part, Transform] = {}
        self._sums: dict[Lasting, Transform] = {}

    def of_chain(self, order: list[list[int]], out: _Out) -> Transform:
        """Compute the transform of the time from state 0 to the end."""
        import numpy as np

        classes: list[Transform] = [np.ones(len(self.at), dtype=np.complex128)]
        known: dict[Hashable, int] = {}
        place = {-1: 0}
        for group in order:
            state = group[0]
            if len(group) > 1 or any(edge.target == state for edge in out[state]):
                for member, found in self._cycle(group, out, place, classes).items():
                    place[member] = len(classes)
                    classes.append(found)
            else:
                future = frozenset(self._future(out[state], place).items())
                if future not in known:
                    known[future] = len(classes)
                    total = np.zeros(len(self.at), dtype=np.complex128)
                    for (target, lasting), share in future:
                        total += share * self._sum(lasting) * classes[target]
                    classes.append(total)
                place[state] = known[future]
            if len(classes) > MOST_CLASSES:
                raise NotFiniteError(f"calls have more than {MOST_CLASSES:,} different futures")
        return classes[place[0]]

    def _future(self, edges: list[Edge], place: dict[int, int]) -> dict[tuple[int, Lasting], float]:
        """Sum the shares by the class of the target and the duration of the transition."""
        found: dict[tuple[int, Lasting], float] = {}
        for edge in edges:
            for lasting, share in edge.lasting.items():
                key = place[max(edge.target, -1)], lasting
                found[key] = found.get(key, 0.0) + edge.share * share
        return {key: round(share, 14) for key, share in found.items()}

    def _cycle(
        self, group: list[int], out: _Out, place: dict[int, int], classes: list[Transform]
    ) -> dict[int, Transform]:
        import numpy as np

        members = set(group)
        leaving: dict[int, Transform] = {}
        inside: dict[int, list[tuple[int, Transform]]] = {}
        for state in group:
            leaving[state] = np.zeros(len(self.at), dtype=np.complex128)
            for edge in out[state]:
                step = edge.share * self._mixture(edge.lasting)
                if edge.target in members:
                    inside.setdefault(state, []).append((edge.target, step))
                else:
                    leaving[state] += step * classes[place[max(edge.target, -1)]]
        found = dict(leaving)
        work = 0
        while True:
            moved = 0.0
            for state in reversed(group):
                new = leaving[state].copy()
                for target, step in inside.get(state, ()):
                    new += step * found[target]
                    work += 1
                moved = max(moved, float(np.abs(new - found[state]).max()))
                found[state] = new
            if moved < _CLOSE:
                return found
            if work > MOST_SWEEPS:
                raise NotFiniteError("calls stay in cycles too long for their duration to be computed")

    def _mixture(self, mixture: Mixture) -> Transform:
        return sum(share * self._sum(lasting) for lasting, share in mixture.items())  # type: ignore[return-value]  # sum() starts at the int 0

    def _sum(self, lasting: Lasting) -> Transform:
        import numpy as np

        found = self._sums.get(lasting)
        if found is None:
            found = np.ones(len(self.at), dtype=np.complex128)
            for part in lasting:
                found = found * self._part(part)
            self._sums[lasting] = found
        return found

    def _part(self, part: Part) -> Transform:
        import numpy as np

        found = self._parts.get(part)
        if found is None:
            constant = part[0].constant if len(part) == 1 else None
            if constant is not None:
                # Placed on the grid like everything else, in two neighbouring points: a pure shift would
                # ring.
                cell = math.floor(constant / self._step)
                inside = constant / self._step - cell
                found = np.exp(-self.at * cell) * ((1.0 - inside) + inside * np.exp(-self.at))
            else:
                found = np.fft.rfft(on_grid(part, self._step, self._points) * self._weights)
            self._parts[part] = found
        return found
