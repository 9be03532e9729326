"""Caller numbers as a symbolic value, split into one state per number when first read."""

from __future__ import annotations

from busyhour.calls.behaviour import tokens
from busyhour.capacity.markov.outcomes import MOST_VALUES, NotFiniteError, filled
from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact


class Watched(Contact):
    """A contact that counts reads of the customer's number."""

    __slots__ = ("looks",)

    looks: list[None]

    def customer(self) -> dict[str, str] | None:
        """The customer's number, as of every contact; the read is counted."""
        self.looks.append(None)
        return super().customer()


class Numbers:
    """The contacts that differ in their number.

    Args:
        patterns: the scenario's numbers, `#` for any digit. initiation_method: of the contacts.
    """

    def __init__(self, patterns: tuple[str, ...], initiation_method: str) -> None:
        self._patterns = patterns or ("",)
        self._method = initiation_method
        self._contacts: dict[int | None, Watched] = {None: self._contact(self._patterns[0].replace("#", "5"))}
        self._shares: list[float] | None = None
        self.looked = False
        """Whether the number was read since this was last set to False."""

    def contact(self, number: int | None) -> Watched:
        """Return the contact with a number, or the one that represents all; count reads from now on."""
        found = self._contacts[number]
        found.looks.clear()
        return found

    def note(self, contact: Contact, effect: p.Effect) -> None:
        """Record whether the number was read before `effect`.

        The event of an invocation contains the number in any case; that alone does not count as a read.
        """
        assert isinstance(contact, Watched)
        self.looked |= len(contact.looks) > isinstance(effect, p.Invoke)

    def shares(self) -> list[float]:
        """Return the probability of each number, by its index.

        Raises:
            NotFiniteError: there are too many.
        """
        if self._shares is None:
            if sum(10.0 ** pattern.count("#") for pattern in self._patterns) > MOST_VALUES:
                raise NotFiniteError(
                    f"callers have more than {MOST_VALUES:,} numbers, and flows or functions read them"
                )
            shares: dict[str, float] = {}
            for pattern in self._patterns:
                values = filled(tokens(pattern))
                for value in values:
                    shares[value] = shares.get(value, 0.0) + 1.0 / len(self._patterns) / len(values)
            self._shares = list(shares.values())
            self._contacts |= {index: self._contact(number) for index, number in enumerate(shares)}
        return self._shares

    def _contact(self, number: str) -> Watched:
        made = Watched(initiation_method=self._method, customer_endpoint=number or None)
        object.__setattr__(made, "looks", [])
        return made
