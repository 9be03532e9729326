"""Code uploaded as a zip by CreateFunction and UpdateFunctionCode: validated, unpacked, stored."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from busyhour.emulator.messages import ApiError

ZIPPED_LIMIT = 50 * 1024 * 1024
"""Maximum bytes of a directly uploaded zip (Lambda Developer Guide, gettingstarted-limits)."""
UNZIPPED_LIMIT = 262_144_000
"""Maximum bytes of an unpacked package, 250 MB (the same page)."""


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked zip: the folder, the zip itself, and its digest in Lambda's format."""

    root: Path
    archive: Path
    sha256: str
    size: int


class PackageStore:
    """Unpacked packages by their digest, in a temporary folder that is removed with the emulator."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def put(self, data: bytes) -> Package:
        """Unpack a zip; a known one is not unpacked again.

        Raises:
            ApiError: it is not a zip, it is too large, or a name in it points outside the folder.
        """
        if len(data) > ZIPPED_LIMIT:
            raise _refused("RequestEntityTooLargeException", f"The zip has {len(data)} bytes.", 413)
        digest = hashlib.sha256(data)
        root = self._root() / digest.hexdigest()
        archive = root.with_suffix(".zip")
        if not archive.exists():
            self._unpack(data, root)
            archive.write_bytes(data)
        return Package(root, archive, base64.b64encode(digest.digest()).decode(), len(data))

    def close(self) -> None:
        """Remove all packages."""
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _root(self) -> Path:
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="busyhour-lambda-")
        return Path(self._folder.name)

    def _unpack(self, data: bytes, root: Path) -> None:
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                entries = archive.infolist()
                if sum(entry.file_size for entry in entries) > UNZIPPED_LIMIT:
                    raise _refused(
                        "InvalidParameterValueException",
                        f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes",
                    )
                for entry in entries:
                    if not (root / entry.filename).resolve().is_relative_to(root.resolve()):
                        raise _refused(
                            "InvalidParameterValueException", f"{entry.filename!r} leaves the package."
                        )
                    path = archive.extract(entry, root)
                    if mode := entry.external_attr >> 16 & 0o777:
                        Path(path).chmod(mode | stat.S_IRUSR | stat.S_IWUSR)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
            # RuntimeError: encrypted; NotImplementedError: a compression that Python lacks.
            raise _refused(
                "InvalidParameterValueException", f"Could not unzip uploaded file: {error}."
            ) from None


def _refused(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status, Type="User")
