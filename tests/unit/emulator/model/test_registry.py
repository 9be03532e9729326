"""Registration of the emulator's operations."""

from __future__ import annotations

import pytest

from busyhour.emulator.model.registry import operation, registered


class Notes:
    def __init__(self, text: str) -> None:
        self.text = text

    @operation("GetNote")
    def get(self) -> str:
        return self.text

    @operation("DeleteNote", "DropNote", status=204)
    def delete(self) -> str:
        return ""

    def unregistered(self) -> None:
        raise AssertionError


def test_methods_are_found_by_the_names_of_their_operations() -> None:
    found = registered(Notes("hello"))
    assert list(found) == ["GetNote", "DeleteNote", "DropNote"]
    assert found["GetNote"].run() == "hello"
    assert [one.status for one in found.values()] == [200, 204, 204]


def test_the_names_of_a_class_are_known_without_an_object() -> None:
    assert list(registered(Notes)) == ["GetNote", "DeleteNote", "DropNote"]


def test_one_operation_has_one_function() -> None:
    with pytest.raises(ValueError, match="GetNote is registered twice"):
        registered(Notes("a"), Notes("b"))
