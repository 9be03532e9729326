"""The journal says which contacts may be live after a kill -9."""

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.results.journal import (
    STOPPED_FILE,
    Journal,
    contacts_file,
    ended_file,
    live,
    requested,
    requests_file,
)


def write(path: Path, *ids: str) -> None:
    journal = Journal(path)
    for identity in ids:
        journal.write(identity)
    journal.close()


def test_a_run_without_calls_kept_no_journal(tmp_path: Path) -> None:
    assert live(tmp_path) is None


def test_live_are_the_started_of_all_workers_less_the_ended_and_the_stopped_newest_first(
    tmp_path: Path,
) -> None:
    write(contacts_file(tmp_path, 0), "a", "b", "c")
    write(contacts_file(tmp_path, 1), "d", "e")
    write(ended_file(tmp_path, 0), "b")
    write(tmp_path / STOPPED_FILE, "d")
    assert live(tmp_path) == ["e", "c", "a"]


def test_one_workers_contacts_may_have_been_ended_by_another(tmp_path: Path) -> None:
    write(contacts_file(tmp_path, 0), "a", "b")
    write(contacts_file(tmp_path, 1), "c")
    write(ended_file(tmp_path, 1), "a")
    assert live(tmp_path, 0) == ["b"]
    assert live(tmp_path, 2) is None


def test_an_id_is_on_disk_at_once_and_a_torn_last_line_is_tried_too(tmp_path: Path) -> None:
    journal = Journal(contacts_file(tmp_path, 0))
    journal.write("a")
    assert live(tmp_path) == ["a"]
    journal.close()
    with contacts_file(tmp_path, 0).open("a") as file:
        file.write("torn")
    assert live(tmp_path) == ["torn", "a"]


def test_a_journal_that_cannot_be_written_is_reported_before_anything_is_dialled(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="journal of contacts cannot be written"):
        Journal(tmp_path / "missing" / "contacts-0.log")


def test_what_was_asked_for_is_counted_and_no_journal_is_not_zero(tmp_path: Path) -> None:
    assert requested(tmp_path, 0) is None
    written = Journal(requests_file(tmp_path, 0))
    assert requested(tmp_path, 0) == 0
    for token in ("a", "b"):
        written.write(token)
    assert requested(tmp_path, 0) == 2
    assert requested(tmp_path, 1) is None
    written.close()


def test_a_journal_is_its_owners_alone_and_is_added_to(tmp_path: Path) -> None:
    path = contacts_file(tmp_path, 0)
    for name in ("a", "b"):
        written = Journal(path)
        written.write(name)
        written.close()
    assert path.read_text() == "a\nb\n"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_journal_that_cannot_be_opened_is_an_error_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(BusyhourError, match="cannot be written") as caught:
        Journal(tmp_path / "none" / "contacts-0.log")
    assert "--out" in (caught.value.hint or "")


def test_a_journal_that_cannot_be_read_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    contacts_file(tmp_path, 0).mkdir()
    with pytest.raises(BusyhourError, match="cannot be read"):
        live(tmp_path)
