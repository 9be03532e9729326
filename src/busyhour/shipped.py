"""The folders that ship with the tool: beside the package once installed, at the repository root in a checkout."""

from __future__ import annotations

from pathlib import Path

_SHIPPED = Path(__file__).with_name("_rooms")
_CHECKOUT = Path(__file__).parents[2]


def shipped_root() -> Path:
    """Folder that holds the shipped loadtests/, contract_tests/, flow_schemas/, scenarios/, reports/ and examples/.

    A real path, not a Traversable: Locust and pytest are handed files by name.
    """
    return _SHIPPED if _SHIPPED.is_dir() else _CHECKOUT
