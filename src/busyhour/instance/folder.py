"""The folder of an instance in a project: files, their index, what differs and what is written.

Files are replaced one by one, each whole or not at all, and the index last. Files that the index does not name are never
touched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from busyhour.atomic_write import write_atomically
from busyhour.errors import BusyhourError
from busyhour.input_files import parse_json, read_text
from busyhour.instance.documents import text_of
from busyhour.instance.drift import Difference, differences
from busyhour.instance.kind import Kind

FOLDER = "instance"
INDEX = "index.json"
JOURNAL = ".pull.jsonl"
_RESTORE = "Restore the file, or delete it and pull again."
_BYTES = 64 * 2**20


@dataclass(slots=True)
class Folder:
    """The files of an instance.

    Args:
        root: the folder; it may not exist yet.
        writes: whether files are written, or compared only.
    """

    root: Path
    writes: bool = True
    differences: list[Difference] = field(default_factory=list)
    written: int = 0
    removed: int = 0
    _index: dict[str, Any] = field(default_factory=dict)
    _before: Mapping[str, Any] = field(default_factory=dict)

    def open(self, instance: Mapping[str, str]) -> None:
        """Read the index.

        Raises:
            BusyhourError: it is damaged, or is of another instance.
        """
        self._before = self._read(INDEX) or {}
        if self._before and not _is_index(self._before):
            raise BusyhourError(f"{self.root / INDEX}: not the index of a pulled instance.", _RESTORE)
        known = (self._before.get("instance") or {}).get("Arn")
        if known not in (None, instance["Arn"]):
            raise BusyhourError(
                f"{self.root / INDEX}: this folder is of {known}, not of {instance['Arn']}.",
                "Name another folder with --into, or the instance that it is of.",
            )
        self._index = {"instance": dict(sorted(instance.items())), "resources": {}}

    @property
    def is_new(self) -> bool:
        """Whether nothing was pulled into the folder yet."""
        return not self._before

    def put(
        self,
        kind: Kind,
        identity: str,
        name: str,
        file: str,
        content: dict[str, Any],
        missing: Iterable[str] | None = (),
    ) -> None:
        """Compare a resource's file, and write it where its text differs; a file of an earlier name is removed.

        Args:
            kind, identity, name: of the resource.
            file: below the folder.
            content: of the file.
            missing: members that could not be read, which are kept as the file has them; None: any that it has.
        """
        before = self._known(kind).get(identity)
        earlier = before["file"] if before is not None else None
        path = self._inside(file)
        old = self._read(earlier or file)
        if old is not None:
            content = _completed(kind, old, content, missing)
        text = text_of(content)
        self.differences += differences(kind, name, old, content)
        if before is not None and before["name"] != name and not kind.gathered:
            self.differences.append(Difference(kind.noun, name, "name", before["name"], name))
        self._index["resources"].setdefault(kind.folder, {})[identity] = {"file": file, "name": name}
        if not self.writes:
            return
        if earlier is not None and earlier != file:
            self._remove(earlier)
        if old is None or earlier not in (None, file) or self._text(path) != text:
            write_atomically(path, text, make_folder=True)
            self.written += 1

    def finish(self, kind: Kind) -> None:
        """Remove the files of the resources of a kind that the instance no longer has."""
        now = self._index["resources"].setdefault(kind.folder, {})
        files = {one["file"] for one in now.values()}
        for identity, one in self._known(kind).items():
            if identity in now:
                continue
            self.differences.append(Difference(kind.noun, one["name"], "", "there", None))
            if self.writes and one["file"] not in files:
                self._remove(one["file"])

    def keep(self, kind: Kind, identity: str | None = None) -> None:
        """Keep the files of a kind, or of one of its resources, that could not be read: they are as they were."""
        known = self._known(kind)
        kept = known if identity is None else {identity: known[identity]} if identity in known else {}
        self._index["resources"].setdefault(kind.folder, {}).update(kept)

    def close(self, not_read: list[str], dangling: list[str]) -> None:
        """Write the index, with what was not read and the references that lead to nothing."""
        resources = {
            folder: dict(sorted(entries.items()))
            for folder, entries in sorted(self._index["resources"].items())
            if entries
        }
        content = {**self._index, "resources": resources, "not_read": not_read, "dangling": dangling}
        text = text_of(dict(sorted(content.items())))
        if self.writes and self._text(self._inside(INDEX)) != text:
            write_atomically(self.root / INDEX, text, make_folder=True)

    def _known(self, kind: Kind) -> Mapping[str, Any]:
        known: Mapping[str, Any] = (self._before.get("resources") or {}).get(kind.folder) or {}
        return known

    def _inside(self, file: str) -> Path:
        """Return the path of a file of the folder.

        Raises:
            BusyhourError: it leads out of the folder, by `..` or by a link.
        """
        path = self.root / file
        if not path.resolve().is_relative_to(self.root.resolve()):
            raise BusyhourError(
                f"{path}: leads out of {self.root}, to {path.resolve()}: nothing is read or written there.",
                "Remove the link, or restore index.json, and pull again.",
            )
        return path

    def _remove(self, file: str) -> None:
        self._inside(file).unlink(missing_ok=True)
        self.removed += 1

    def _text(self, path: Path) -> str | None:
        try:
            return read_text(path, _BYTES)
        except (OSError, UnicodeDecodeError):
            return None

    def _read(self, file: str) -> Any:
        path = self._inside(file)
        try:
            found = parse_json(read_text(path, _BYTES))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise BusyhourError(f"{path}: cannot be read: {error}.", _RESTORE) from None
        if not isinstance(found, dict):
            raise BusyhourError(f"{path}: not a file of a pulled resource: no JSON object.", _RESTORE)
        return found


def _completed(kind: Kind, old: Any, new: dict[str, Any], missing: Iterable[str] | None) -> dict[str, Any]:
    """Return the new content with the members that could not be read as the old one has them."""
    if kind.wrapper:
        if not missing:
            return new
        before = old.get(kind.wrapper)
        before = before if isinstance(before, dict) else {}
        inner = _completed(replace(kind, wrapper=""), before, new[kind.wrapper], missing)
        return {kind.wrapper: inner}
    kept = {key: old[key] for key in (old if missing is None else missing) if key in old and key not in new}
    return dict(sorted({**new, **kept}.items())) if kept else new


def _is_index(index: Mapping[str, Any]) -> bool:
    resources, instance = index.get("resources"), index.get("instance")
    return (
        isinstance(instance, dict)
        and isinstance(resources, dict)
        and all(isinstance(entries, dict) for entries in resources.values())
        and all(
            isinstance(one, dict) and isinstance(one.get("file"), str) and isinstance(one.get("name"), str)
            for entries in resources.values()
            for one in entries.values()
        )
    )


def read_index(root: Path) -> Mapping[str, Any]:
    """Return the index of a pulled instance.

    Raises:
        BusyhourError: there is none, or it is damaged.
    """
    path = root / INDEX
    try:
        index = parse_json(read_text(path, _BYTES))
    except FileNotFoundError:
        raise BusyhourError(
            f"{root}: no instance was pulled into this folder.",
            "Pull one: busyhour pull --instance ALIAS --region REGION",
        ) from None
    except (OSError, ValueError) as error:
        raise BusyhourError(f"{path}: cannot be read: {error}.", "Pull the instance again.") from None
    if not isinstance(index, dict) or not _is_index(index):
        raise BusyhourError(f"{path}: not the index of a pulled instance.", "Pull the instance again.")
    return index


def files_of(index: Mapping[str, Any], kind: Kind) -> dict[str, str]:
    """Return the files of a kind's resources by id."""
    entries = index["resources"].get(kind.folder, {})
    return {identity: one["file"] for identity, one in entries.items()}
