"""The numbers of callers: left open until something looks at them, then one contact for each."""

from __future__ import annotations

from busyhour.capacity.markov.outcomes import MOST_VALUES, NotFiniteError, filled
from busyhour.flows import protocol as p
from busyhour.flows.contact import Contact


class Watched(Contact):
    """A contact that counts how often the flow looks at the customer's number."""

    __slots__ = ("looks",)

    looks: list[None]

    def customer(self) -> dict[str, str] | None:
        """As every contact; the look is counted."""
        self.looks.append(None)
        return super().customer()


class Numbers:
    """The contacts that differ in their number.

    Args:
        patterns: the scenario's numbers, `#` for any digit.
        initiation_method: of the contacts.
    """

    def __init__(self, patterns: tuple[str, ...], initiation_method: str) -> None:
        self._patterns = patterns or ("",)
        self._method = initiation_method
        self._contacts: dict[int | None, Watched] = {None: self._contact(self._patterns[0].replace("#", "5"))}
        self._shares: list[float] | None = None
        self.looked = False
        """Whether something has looked at the number since this was last set to False."""

    def contact(self, number: int | None) -> Watched:
        """The contact with a number, or the one that stands for all; looks are counted from now on."""
        found = self._contacts[number]
        found.looks.clear()
        return found

    def note(self, contact: Contact, effect: p.Effect) -> None:
        """Whether the number was looked at on the way to `effect`.

        The event of an invocation has it in any case; that alone is no look at it.
        """
        assert isinstance(contact, Watched)
        self.looked |= len(contact.looks) > isinstance(effect, p.Invoke)

    def shares(self) -> list[float]:
        """The probability of each number, by its place.

        Raises:
            NotFiniteError: there are too many.
        """
        if self._shares is None:
            if sum(10.0 ** pattern.count("#") for pattern in self._patterns) > MOST_VALUES:
                raise NotFiniteError(
                    f"callers have more than {MOST_VALUES:,} numbers, and flows or functions look at them"
                )
            shares: dict[str, float] = {}
            for pattern in self._patterns:
                values = filled(pattern)
                for value in values:
                    shares[value] = shares.get(value, 0.0) + 1.0 / len(self._patterns) / len(values)
            self._shares = list(shares.values())
            self._contacts |= {index: self._contact(number) for index, number in enumerate(shares)}
        return self._shares

    def _contact(self, number: str) -> Watched:
        made = Watched(initiation_method=self._method, customer_endpoint=number or None)
        object.__setattr__(made, "looks", [])
        return made
