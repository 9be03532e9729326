"""A folder of an instance in a stranger's project: nothing outside of it is read, written or removed."""

import json
from functools import partial
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.instance.folder import INDEX, Folder
from busyhour.instance.kinds import KINDS

KIND = KINDS[0]
INSTANCE = {"Arn": "arn:aws:connect:us-east-1:111122223333:instance/i"}


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file of the user, beside the project."""
    path = tmp_path / "mine.json"
    path.write_text("{}")
    return path


def opened(tmp_path: Path, file: str) -> Folder:
    """Return the folder of a project whose index names `file` for the resource `r`."""
    root = tmp_path / "project" / "instance"
    root.mkdir(parents=True, exist_ok=True)
    entries = {"r": {"file": file, "name": "r"}}
    index = {"instance": INSTANCE, "resources": {KIND.folder: entries}}
    (root / INDEX).write_text(json.dumps(index))
    folder = Folder(root)
    folder.open(INSTANCE)
    return folder


@pytest.mark.parametrize("file", ["../../mine.json", "ABSOLUTE", "kind/link.json", "linked/mine.json"])
@pytest.mark.parametrize("gone", [False, True], ids=["in the instance", "no longer there"])
def test_a_path_that_leads_out_of_the_folder_is_named(
    tmp_path: Path, outside: Path, file: str, gone: bool
) -> None:
    root = tmp_path / "project" / "instance"
    (root / "kind").mkdir(parents=True)
    (root / "kind" / "link.json").symlink_to(outside)
    (root / "linked").symlink_to(tmp_path)
    folder = opened(tmp_path, str(outside) if file == "ABSOLUTE" else file)
    change = partial(folder.finish, KIND) if gone else partial(folder.put, KIND, "r", "r", "kind/r.json", {})
    with pytest.raises(BusyhourError, match="nothing is read or written there"):
        change()
    assert outside.read_text() == "{}"


def test_a_link_where_a_new_file_belongs_is_not_followed(tmp_path: Path, outside: Path) -> None:
    folder = opened(tmp_path, "kind/other.json")
    (folder.root / "kind").mkdir()
    (folder.root / "kind" / "new.json").symlink_to(outside)
    with pytest.raises(BusyhourError, match="leads out of"):
        folder.put(KIND, "n", "n", "kind/new.json", {"a": 1})
    assert outside.read_text() == "{}"
