"""Whether the Python of a project's own rules and invariants may run: only where the user trusts the project.

A check of a pull request reads files of a stranger; importing a rule among them would run the stranger's code. A project
is trusted by option, by BUSYHOUR_TRUST=1, or by a line with its root in the file `trusted` of the user's own configuration
($XDG_CONFIG_HOME/busyhour, else ~/.config/busyhour), where `busyhour init` records the projects that it makes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from busyhour.shipped import shipped_root

VARIABLE = "BUSYHOUR_TRUST"
_LARGEST = 1 << 20
_YES = ("1", "true", "yes")


def trusted_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file with the roots of trusted projects, which may not exist; None without a home folder."""
    folder = environment.get("XDG_CONFIG_HOME", "")
    if Path(folder).is_absolute():
        return Path(folder) / "busyhour" / "trusted"
    home = environment.get("HOME", "")
    return Path(home) / ".config" / "busyhour" / "trusted" if Path(home).is_absolute() else None


def trusts(root: Path, environment: Mapping[str, str]) -> bool:
    """Whether the project with this root is trusted by the environment or the user's configuration.

    A configuration file inside the project is not the user's own and counts for nothing.
    """
    root = root.resolve()
    given = environment.get(VARIABLE, "").strip().lower()
    if given in _YES:
        return True
    file = trusted_file(environment)
    if file is None or file.resolve().is_relative_to(root):
        return False
    return str(root) in _recorded(file)


def record(root: Path, environment: Mapping[str, str]) -> Path | None:
    """Add a project to the user's configuration; return the file, or None where it cannot be written."""
    root = root.resolve()
    file = trusted_file(environment)
    if file is None or file.resolve().is_relative_to(root) or "\n" in str(root):
        return None
    lines = _recorded(file)
    if str(root) not in lines:
        try:
            file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with file.open("a", encoding="utf-8") as opened:
                opened.write(f"{root}\n")
        except OSError:
            return None
    return file


def own_units(folders: Iterable[Path]) -> list[Path]:
    """Return the Python files of rules or invariants in `folders` that do not ship with busyhour, sorted by folder."""
    shipped = (shipped_root() / "contract_tests").resolve()
    return [
        path
        for folder in folders
        if not folder.resolve().is_relative_to(shipped)
        for path in sorted(folder.glob("*.py"))
        if not path.name.startswith("_")
    ]


def _recorded(file: Path) -> list[str]:
    try:
        with file.open(encoding="utf-8") as opened:
            return [line.strip() for line in opened.read(_LARGEST).splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError):
        return []
