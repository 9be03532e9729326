"""Code uploaded as a zip by CreateFunction and UpdateFunctionCode: validated, unpacked, stored."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import io
import shutil
import stat
import tempfile
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from busyhour.emulator.messages import ApiError

ZIPPED_LIMIT = 50 * 1024 * 1024
"""Maximum bytes of a directly uploaded zip (Lambda Developer Guide, gettingstarted-limits)."""
UNZIPPED_LIMIT = 262_144_000
"""Maximum bytes of an unpacked package, 250 MB (the same page)."""
UNZIPPED_FILES = 50_000
"""Most files of a package. Lambda has no such limit; real packages have a few thousand."""
UNZIPPED_PARTS = 5 * UNZIPPED_FILES
"""Most parts of all paths of a package together: each may be a folder that is made."""
RATIO = 200
"""Most that a package larger than `RATIO_FROM` may grow by on unzipping. Code and data grow by 3 to 20, bombs by 1,000."""
RATIO_FROM = 32 * 1024 * 1024
_CENTRAL = b"PK\x01\x02"
"""Begins the directory entry of each file in a zip."""


@dataclass(frozen=True, slots=True)
class Package:
    """An unpacked zip: the folder, the zip itself, and its digest in Lambda's format."""

    root: Path
    archive: Path
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Upload:
    """The code in a request after unpacking: its size in bytes, and its package or the reason why it is refused."""

    size: int
    unpacked: Package | ApiError

    def package(self) -> Package:
        """Return the package; raises ApiError if it was refused."""
        if isinstance(self.unpacked, ApiError):
            raise self.unpacked
        return self.unpacked


class PackageStore:
    """Unpacked packages by their digest, in a temporary folder that is removed with the emulator."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._unpacking = ThreadPoolExecutor(1, "busyhour-unzip")

    async def upload(self, text: str) -> Upload:
        """Unpack a zip in base64 in a thread, one at a time: meanwhile other requests are answered."""
        return await asyncio.get_running_loop().run_in_executor(self._unpacking, self._upload, text)

    def _upload(self, text: str) -> Upload:
        try:
            data = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError, TypeError):
            return Upload(0, _refused("InvalidParameterValueException", "ZipFile is not base64."))
        try:
            return Upload(len(data), self.put(data))
        except ApiError as error:
            return Upload(len(data), error)

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
        self._unpacking.shutdown(cancel_futures=True)
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
            _extract(data, root)
        except ApiError:
            shutil.rmtree(root, ignore_errors=True)
            raise
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            OSError,
            EOFError,
        ) as error:
            # RuntimeError: encrypted; NotImplementedError: a compression that Python lacks.
            shutil.rmtree(root, ignore_errors=True)
            raise _invalid(f"Could not unzip uploaded file: {error}.") from None


def _extract(data: bytes, root: Path) -> None:
    """Unpack a zip that is within the limits; nothing is read or written beyond them."""
    if data.count(_CENTRAL) > UNZIPPED_FILES:
        raise _invalid(f"The zip has more than {UNZIPPED_FILES:,} files, the most that the emulator unpacks.")
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > UNZIPPED_LIMIT:
            raise _invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT} bytes")
        if size > RATIO_FROM and size > RATIO * len(data):
            raise _invalid(
                f"Unzipped, the code is {size // len(data):,} times as large as its zip, more than the {RATIO} times "
                "that the emulator unpacks."
            )
        if sum(1 + entry.filename.count("/") for entry in entries) > UNZIPPED_PARTS:
            raise _invalid(f"The paths in the zip have more than {UNZIPPED_PARTS:,} parts together.")
        for entry in entries:
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise _invalid(f"{entry.filename!r:.200} is neither stored nor deflated.")
            if not (root / entry.filename).resolve().is_relative_to(root.resolve()):
                raise _invalid(f"{entry.filename!r:.200} leaves the package.")
            path = archive.extract(entry, root)
            if mode := entry.external_attr >> 16 & 0o777:
                # A folder without the right to enter it could be neither filled nor removed.
                own = stat.S_IRWXU if entry.is_dir() else stat.S_IRUSR | stat.S_IWUSR
                Path(path).chmod(mode | own)


def _invalid(message: str) -> ApiError:
    return _refused("InvalidParameterValueException", message)


def _refused(code: str, message: str, status: int = 400) -> ApiError:
    return ApiError(code, message, status, Type="User")
