"""Load rules by path: the shipped folder and a team's own in the same way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from busyhour.contracts.rule import Rule
from busyhour.contracts.unit_file import units_in
from busyhour.errors import BusyhourError, did_you_mean
from busyhour.shipped import shipped_root

_HOW = "Decorate one generator function with `@rule(...)` from busyhour.api.rules."


@dataclass(frozen=True)
class RuleSet:
    """Rules in order of their ids."""

    rules: tuple[Rule, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)

    def __getitem__(self, id: str) -> Rule:
        """Return the rule with this id.

        Raises:
            BusyhourError: the rule does not exist; names the nearest.
        """
        for one in self.rules:
            if one.id == id:
                return one
        known = [one.id for one in self.rules]
        raise BusyhourError(
            f"no rule is called {id!r}.{did_you_mean(id, known)}", "`busyhour check --list` shows all rules."
        )

    def narrowed(
        self, select: Iterable[str] = (), ignore: Iterable[str] = (), enable: Iterable[str] = ()
    ) -> RuleSet:
        """Return the rules (or groups) in `select`, without those in `ignore`.

        Without `select`, all rules that are not optional, and those (or groups) in `enable`.

        Raises:
            BusyhourError: a name is neither a rule nor a group.
        """
        chosen = self._named(select) or {one.id for one in self.rules if not one.optional}
        chosen |= self._named(enable)
        chosen -= self._named(ignore)
        return RuleSet(tuple(one for one in self.rules if one.id in chosen))

    def _named(self, names: Iterable[str]) -> set[str]:
        found: set[str] = set()
        ids = {one.id for one in self.rules}
        for name in names:
            chosen = {one.id for one in self.rules if one.group == name} or ({name} & ids)
            if not chosen:
                known = sorted(ids | {one.group for one in self.rules})
                raise BusyhourError(
                    f"no rule is called {name!r}.{did_you_mean(name, known)}",
                    "`busyhour check --list` shows all rules with their groups.",
                )
            found |= chosen
        return found


def shipped_rules_folder() -> Path:
    """Return the folder of the rules that ship with busyhour."""
    return shipped_root() / "contract_tests" / "rules"


def load_rules(folders: Iterable[Path] = ()) -> RuleSet:
    """Load the shipped rules and those of `folders`; a team's rule replaces the shipped one with the same id.

    Raises:
        BusyhourError: a file cannot be imported, or contains no rule or more than one.
    """
    found = {one.id: one for one in _shipped()}
    for folder in folders:
        found |= {one.id: one for one in _folder(folder)}
    return RuleSet(tuple(found[id] for id in sorted(found)))


def default_rules() -> RuleSet:
    """Return the shipped rules without the optional ones."""
    return load_rules().narrowed()


@lru_cache(maxsize=1)
def _shipped() -> tuple[Rule, ...]:
    return tuple(_folder(shipped_rules_folder()))


def _folder(folder: Path) -> Iterator[Rule]:
    if not folder.is_dir():
        raise BusyhourError(f"{folder}: no such folder of rules", "Each file in it contains one rule.")
    for path, rule in units_in(folder, Rule, _HOW):
        yield replace(rule, file=path)
