"""Files of quota values that the user knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.quotas.files.overrides import read_file
from busyhour.quotas.model import Origin
from busyhour.quotas.table.quota_table import load

TABLE = load()
CALLS = TABLE.by_code("L-12AB7C57")
RATE, BURST = TABLE.rate("connect", "StartOutboundVoiceContact")


def write(folder: Path, text: str, name: str = "quotas.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_values_by_code_and_by_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        '# what Support told us\n"L-12AB7C57" = 500\nconnect.start-outbound-voice-contact.burst = 20\n'
        "[connect.start-outbound-voice-contact]\nrate = 8.5\n".replace(
            "connect.start-outbound-voice-contact.burst = 20\n", '"connect.stop-contact.burst" = 20\n'
        ),
    )
    overrides = read_file(path, TABLE)
    value = overrides.read(CALLS)
    assert value is not None
    assert (value.value, value.origin, value.detail) == (500, Origin.OVERRIDE, f"{path}:2")
    assert value.read_at.endswith("+00:00")
    rate = overrides.read(RATE)
    assert rate is not None
    assert (rate.value, rate.detail) == (8.5, f"{path}:5")
    assert overrides.read(BURST) is None


def test_json_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path, '{\n  "L-12AB7C57": 500\n}', "quotas.json")
    value = read_file(path, TABLE).read(CALLS)
    assert value is not None
    assert (value.value, value.detail) == (500, f"{path}:2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('\n"L-12AB7C58" = 1', "{path}:2: No quota 'L-12AB7C58' is known. Did you mean 'L-12AB7C57'?"),
        ('"L-12AB7C57" = "many"', "{path}:1: L-12AB7C57 = 'many' is not a quota value."),
        ('"L-12AB7C57" = -1', "{path}:1: L-12AB7C57 = -1 is not a quota value."),
        ('"L-12AB7C57" = true', "{path}:1: L-12AB7C57 = True is not a quota value."),
        ('"L-12AB7C57" = inf', "{path}:1: L-12AB7C57 = inf is not a quota value."),
        (
            '"L-12AB7C57" = 1\n"connect.concurrent-active-calls-per-instance" = 2',
            "{path}:2: 'connect.concurrent-active-calls-per-instance' is "
            "'connect.concurrent-active-calls-per-instance', which is given in {path}:1 already.",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(BusyhourError) as caught:
        read_file(path, TABLE)
    assert caught.value.message == message.format(path=path)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("q.toml", "x = = 1", "not TOML"), ("q.json", "{", "not JSON"), ("q.json", "[]", "a list")],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(BusyhourError, match=words):
        read_file(write(tmp_path, text, name), TABLE)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="cannot be read"):
        read_file(tmp_path / "no.toml", TABLE)


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "1" + "0" * 309])
def test_a_number_beyond_every_quota_is_no_value(tmp_path: Path, number: str) -> None:
    for text, name in ((f'{{"L-12AB7C57": {number}}}', "q.json"), (f'"L-12AB7C57" = {number}', "q.toml")):
        with pytest.raises(BusyhourError, match="is not a quota value"):
            read_file(write(tmp_path, text, name), TABLE)
