"""Entries that nothing uses: an error with its line in a scenario with [test], a warning in an older file."""

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.harness.entries import check_entries
from busyhour.rooms import shipped_root
from busyhour.scenarios.reader import load

ROOT = shipped_root()
HELPDESK = (
    (ROOT / "scenarios" / "helpdesk.toml")
    .read_text(encoding="utf-8")
    .replace("../examples", str(ROOT / "examples"))
)
MISTAKEN = HELPDESK.replace("[functions.helpdesk-lookup]", "[functions.helpdesk-lookp]")
LINE = MISTAKEN.splitlines().index("[functions.helpdesk-lookp]") + 1


def checked(folder: Path, text: str) -> list[str]:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    said: list[str] = []
    check_entries(load(file), said.append)
    return said


def older(text: str) -> str:
    """The scenario as files without a [test] table say it: the test's length stands in [traffic]."""
    before, _, after = text.partition("\n[test]")
    rest = "\n[" + after.partition("\n[")[2]
    return f'{before}\nduration = "10s"\n{rest}'


def test_an_older_file_is_warned(tmp_path: Path) -> None:
    (warning,) = checked(tmp_path, older(MISTAKEN))
    assert (
        "functions.helpdesk-lookp is a function that no flow calls. Did you mean 'helpdesk-lookup'?"
        in warning
    )


def test_a_file_with_a_test_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError) as caught:
        checked(tmp_path, MISTAKEN)
    assert "functions.helpdesk-lookp is a function that no flow calls. Did you mean 'helpdesk-lookup'?" in (
        caught.value.message
    )
    assert f"mine.toml:{LINE}:" in caught.value.message
    assert caught.value.hint is not None
    assert "helpdesk-lookup" in caught.value.hint


def test_all_mistakes_are_named_at_once(tmp_path: Path) -> None:
    two = MISTAKEN.replace("[queues.Accounts]", "[queues.Acounts]").replace("queue/88888888", "queue/8888888")
    with pytest.raises(BusyhourError) as caught:
        checked(tmp_path, two)
    assert [line.split(": ")[1].split(" ")[0] for line in caught.value.message.splitlines()] == [
        "functions.helpdesk-lookp",
        "queues.Acounts",
    ]


@pytest.mark.parametrize("file", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda file: file.stem)
def test_shipped_scenarios_are_clean(file: Path) -> None:
    said: list[str] = []
    check_entries(load(file, root=ROOT), said.append)
    assert said == []
