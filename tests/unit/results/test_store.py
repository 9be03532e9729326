import errno

import pytest

from busyhour.errors import BusyhourError
from busyhour.results.codec import decode
from busyhour.results.entries import Series
from busyhour.results.load_result import Bounds, Circumstances
from busyhour.results.load_summary import summarise
from busyhour.results.measurement.measures import Measures
from busyhour.results.store import naming, read_json, read_load, read_run, write_json, write_load


def test_a_file_is_there_whole_or_not_at_all(tmp_path):
    path = tmp_path / "new" / "run.json"
    write_json(path, {"a": 1})
    assert read_json(path) == {"a": 1}
    assert [each.name for each in path.parent.iterdir()] == ["run.json"]


def test_a_full_disk_is_reported_and_the_raw_data_named(tmp_path, monkeypatch):
    raw = tmp_path / "load.json"
    raw.write_text("{}")
    path = tmp_path / "run.json"
    path.write_text('{"old": 1}')

    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("busyhour.atomic_write.os.fsync", full)
    with pytest.raises(BusyhourError) as caught:
        write_json(path, {"a": 1}, keeps=raw)
    assert "No space left on device" in caught.value.message
    assert str(raw) in caught.value.message
    assert read_json(path) == {"old": 1}
    assert sorted(each.name for each in tmp_path.iterdir()) == ["load.json", "run.json"]


@pytest.mark.parametrize(("text", "message"), [("{", "not JSON"), ("[]", "list is not a JSON object")])
def test_a_broken_file_is_named(tmp_path, text, message):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(BusyhourError, match=message) as caught:
        read_run(tmp_path)
    assert str(path) in caught.value.message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BusyhourError, match="no such file"):
        read_load(tmp_path)


def test_a_load_result_is_read_back(tmp_path):
    result = summarise(Measures(), Circumstances("voice", "", "", 0.0, 0.0), Bounds())
    write_load(tmp_path, result)
    assert read_load(tmp_path) == result


@pytest.mark.parametrize("read", [read_run, read_load])
def test_a_file_of_a_newer_schema_is_not_read(tmp_path, read):
    for name in ("run.json", "load.json"):
        (tmp_path / name).write_text('{"schema_version": "99"}')
    with pytest.raises(BusyhourError, match=r"schema_version is '99', this version of busyhour reads '1'"):
        read(tmp_path)


def test_a_series_has_as_many_times_as_values():
    with pytest.raises(BusyhourError, match="has 2 times and 1 values"):
        decode(Series, {"name": "calls", "unit": "1/s", "t": [0, 1], "v": [1]})
    with pytest.raises(BusyhourError, match="has a time beyond 10,000,000 s"):
        decode(Series, {"name": "calls", "unit": "1/s", "t": [1e9], "v": [1]})


def test_an_error_of_types_in_a_record_names_the_record(tmp_path):
    with (
        pytest.raises(BusyhourError, match=r"run\.json: cannot be used: TypeError: .* in "),
        naming(tmp_path / "run.json"),
    ):
        len(3)
