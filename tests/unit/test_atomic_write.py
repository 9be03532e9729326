"""Atomic writes: all or nothing, through links, with the permissions of the old file."""

import os
import threading
from pathlib import Path

import pytest

from busyhour.atomic_write import replace_file, write_atomically
from busyhour.errors import BusyhourError


def test_a_file_is_made_with_its_folder_where_that_is_asked_for_and_nothing_beside_it(tmp_path):
    path = tmp_path / "new" / "file.json"
    with pytest.raises(BusyhourError, match="cannot be written"):
        write_atomically(path, "é\r\n")
    write_atomically(path, "é\r\n", make_folder=True)
    assert path.read_bytes() == b"\xc3\xa9\r\n"
    assert list(path.parent.iterdir()) == [path]


def test_a_link_stays_and_its_target_keeps_its_permissions(tmp_path):
    target = tmp_path / "target"
    target.write_text("old")
    target.chmod(0o640)
    link = tmp_path / "link"
    link.symlink_to(target)
    replace_file(link, b"new")
    assert link.is_symlink()
    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_that_any_new_file_has(tmp_path):
    (tmp_path / "plain").write_text("")
    replace_file(tmp_path / "made", b"")
    assert (tmp_path / "made").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_a_failure_names_the_file_and_leaves_no_part_of_it(tmp_path):
    folder = tmp_path / "taken"
    folder.mkdir()
    with pytest.raises(BusyhourError, match="taken: cannot be written: Is a directory") as failure:
        write_atomically(folder, "x")
    assert failure.value.hint == "Check the folder and its permissions."
    assert list(tmp_path.iterdir()) == [folder]


def test_a_pipe_is_written_to_and_stays_a_pipe(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()))
    reader.start()
    write_atomically(pipe, "all of it")
    reader.join(10)
    assert read == [b"all of it"]
    assert pipe.is_fifo()
