"""A contact attribute is read under a name that nothing sets, next to one that the project sets."""

from __future__ import annotations

from collections.abc import Iterator

from busyhour.api.rules import FlowView, Problem, Read, attributes_set, rule

_SHORTEST = 6
"""Names that differ by one letter are taken for the same only from this length on."""


@rule(
    id="attribute-misspelt",
    severity="warning",
    summary="A contact attribute is read under a name that nothing sets, next to one that the flow sets",
    why="Names of attributes are case-sensitive; the misspelt one is empty on every call.",
    fix="Read the attribute under the name by which it is set.",
    source="AWS administrator guide, contact attributes: names are case-sensitive",
    group="data-flow",
    types=("UpdateContactAttributes",),
)
def check(flow: FlowView) -> Iterator[Problem]:
    """A contact attribute is read under a name that nothing sets, next to one that the flow sets.

    One that is copied into the other (`testType` from `$.Attributes.TestType`) is none: the creator of the
    contact sets it.
    """
    if not any(read.reference.root == "Attributes" for read in flow.reads):
        return
    here = {key for action in flow.of_type("UpdateContactAttributes") for key in attributes_set(action)}
    setters = flow.project.flow_set.setters
    reported: set[tuple[int, str]] = set()
    written = [(_plain(one), one) for one in sorted(here)]
    meanings: dict[str, str | None] = {
        ".".join(read.reference.path): None for read in flow.reads if _copied(read)
    }
    for read in flow.reads:
        if read.reference.root != "Attributes":
            continue
        key = ".".join(read.reference.path)
        if not key or key in setters or (read.action, key) in reported:
            continue
        if key not in meanings:
            plain = _plain(key)
            meanings[key] = next((one for other, one in written if _same_name(plain, other)), None)
        similar = meanings[key]
        if similar is not None:
            reported.add((read.action, key))
            yield flow.problem(
                f"{read.reference.text} is set nowhere; this flow sets {similar!r}",
                *read.pointer,
                action=flow.actions[read.action],
                help=f"Read $.Attributes.{similar}.",
            )


def _copied(read: Read) -> bool:
    """Whether the reference is the value of an attribute of nearly the same name."""
    path, key = read.reference.path, read.pointer[-1]
    return (
        read.reference.root == "Attributes"
        and bool(path)
        and read.pointer[:-1] == ("Parameters", "Attributes")
        and isinstance(key, str)
        and _same_name(_plain(".".join(path)), _plain(key))
    )


def _plain(name: str) -> str:
    """The name without capitals and separators."""
    return name.lower().replace("_", "").replace("-", "").replace(" ", "")


def _same_name(one: str, other: str) -> bool:
    """Whether two plain names differ by one typing error."""
    if one == other:
        return True
    if min(len(one), len(other)) < _SHORTEST or abs(len(one) - len(other)) > 1:
        return False
    return _one_slip(one, other)


def _one_slip(one: str, other: str) -> bool:
    """Whether two different texts differ by one letter too many, too few, wrong, or two that are swapped.

    Digits are no slips (`line1`, `line2`), nor is the end of a word (`slot`, `slots`): both are names in use.
    """
    head = 0
    while head < min(len(one), len(other)) and one[head] == other[head]:
        head += 1
    tail = 0
    while tail < min(len(one), len(other)) - head and one[-1 - tail] == other[-1 - tail]:
        tail += 1
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    if not tail or not (left + right).isalpha():
        return False
    return max(len(left), len(right)) == 1 or (len(left) == len(right) == 2 and left == right[::-1])
