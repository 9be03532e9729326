"""What a pulled project knows of its instance: the files of a pull, read for a scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from busyhour.errors import BusyhourError
from busyhour.flows.export.reader import read_file
from busyhour.flows.library import FlowLibrary, identity
from busyhour.flows.model import Flow
from busyhour.input_files import parse_json, read_text
from busyhour.instance import kinds
from busyhour.instance.folder import FOLDER, files_of, read_index
from busyhour.instance.kind import Kind


@dataclass(slots=True)
class Facts:
    """The pulled instance below a project's root.

    `unreadable` are files of flows that no call can be played through, with the reason.
    """

    root: Path
    index: Mapping[str, Any]
    flows: list[Flow] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    unreadable: dict[Path, str] = field(default_factory=dict)

    @property
    def library(self) -> FlowLibrary:
        """Return the flows, found by ARN, id and name."""
        return FlowLibrary(self.flows)

    def of(self, kind: Kind) -> dict[str, dict[str, Any]]:
        """Return the content of each resource's file by id."""
        return {
            identifier: content
            for identifier, file in files_of(self.index, kind).items()
            if isinstance(content := self._content(file), dict)
        }

    def gathered(self, kind: Kind) -> dict[str, Any]:
        """Return the content of the one file of a kind; empty without one."""
        content = self._content(kind.folder)
        return content if isinstance(content, dict) else {}

    def path(self, kind: Kind, identifier: str) -> Path:
        """Return the file of a resource."""
        return self.root / FOLDER / files_of(self.index, kind)[identifier]

    def numbers(self) -> Iterator[tuple[str, str, str]]:
        """Yield id, number (masked, if it was pulled so) and id of the flow of each phone number that leads to one."""
        for identifier, content in self.of(kinds.NUMBER).items():
            flow = content.get("FlowId")
            if isinstance(flow, str):
                yield identifier, str(content.get("PhoneNumber", "")), identity(flow)

    def _content(self, file: str) -> Any:
        path = self.root / FOLDER / file
        try:
            return parse_json(read_text(path))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise BusyhourError(
                f"{path}: cannot be read: {error}.", "Restore the file, or delete it and pull again."
            ) from None


def read_facts(root: Path) -> Facts:
    """Read the index and the flows of a pulled project.

    Raises:
        BusyhourError: nothing was pulled into it, or a file is damaged.
    """
    index = read_index(root / FOLDER)
    facts = Facts(root, index)
    for kind in (kinds.FLOW, kinds.MODULE):
        for file in sorted(files_of(index, kind).values()):
            path = root / FOLDER / file
            try:
                flow = read_file(path)
            except BusyhourError as error:
                facts.unreadable[path] = error.message
                continue
            facts.flows.append(flow)
            facts.files.append(path)
    return facts
