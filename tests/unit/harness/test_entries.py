"""Entries that nothing uses: an error with its line in a scenario with [test], a warning in an older file."""

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.harness.entries import check_entries
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root

ROOT = shipped_root()
HELPDESK = (
    (ROOT / "scenarios" / "helpdesk.toml")
    .read_text(encoding="utf-8")
    .replace("../examples", str(ROOT / "examples"))
)
MISTAKEN = HELPDESK.replace("[functions.helpdesk-lookup]", "[functions.helpdesk-lookp]")
LINE = MISTAKEN.splitlines().index("[functions.helpdesk-lookp]") + 1


def checked(folder: Path, text: str, *settings: str) -> list[str]:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    said: list[str] = []
    check_entries(load(file, overrides=settings), said.append)
    return said


def older(text: str) -> str:
    """The scenario as files without a [test] table have it: the test's length is in [traffic]."""
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


KINDS = {
    "a menu": (
        '[callers.menus]\n"Main menue" = { 1 = 1 }\n',
        'callers.menus."Main menue" is not an action of the flows',
    ),
    "an input": (
        '[callers.inputs]\n"Order nr" = ["1"]\n',
        'callers.inputs."Order nr" is not an action of the flows',
    ),
    "a function": (
        '[functions.helpdesk-lookp]\nlatency = "1s"\n',
        "functions.helpdesk-lookp is a function that no flow calls",
    ),
    "a queue": ("[queues.Acounts]\nagents = 1\n", "queues.Acounts is a queue that no flow names"),
    "a prompt": ('[prompts]\nwelcom = "1s"\n', "prompts.welcom is a prompt that no flow plays"),
}


def with_entry(text: str, entry: str) -> str:
    """The scenario with an entry more: in its table where it has that."""
    head, _, rest = entry.partition("\n")
    return text.replace(f"{head}\n", f"{head}\n{rest}", 1) if f"\n{head}\n" in text else f"{text}\n{entry}"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("setting", [(), ("test.hold=9s",), ("traffic.duration=9s",)])
def test_every_kind_is_a_warning_in_an_older_file_whatever_is_set(
    tmp_path: Path, kind: str, setting: tuple[str, ...]
) -> None:
    entry, said = KINDS[kind]
    (warning,) = checked(tmp_path, with_entry(older(HELPDESK), entry), *setting)
    assert said in warning


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_an_error_beside_a_test_table(tmp_path: Path, kind: str) -> None:
    entry, said = KINDS[kind]
    with pytest.raises(BusyhourError) as caught:
        checked(tmp_path, with_entry(HELPDESK, entry))
    assert said.partition(" is ")[0] in caught.value.message
