"""Several functions in one process, isolated from each other: variables, folder and modules of each are its own.

The process of explorations and forecasts runs every function of a scenario, so that they share the tables.
Before a function runs, the environment variables, the working folder, the module search path and the modules
from the folders of functions are set to its own. Packages with compiled parts are shared: Python loads them
once per process.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from importlib.machinery import ExtensionFileLoader
from pathlib import Path
from types import ModuleType

from busyhour.handlers.runtime.importing import Handler, clear, is_under, load, take_out

AWS_LIBRARIES = frozenset({"boto3", "botocore", "aiobotocore", "s3transfer", "moto"})
"""Libraries always taken from this installation, even if a function contains them: moto patches these."""


class Function:
    """One function: its handler once imported, and its modules while another function runs.

    Args:
        root: folder of the code.
        handler: `module.name`.
        variables: all environment variables.
    """

    def __init__(self, root: Path, handler: str, variables: Mapping[str, str]) -> None:
        self._root = root
        self._name = handler
        self._given = dict(variables)
        self._variables = dict(variables)
        self._handler: Handler | None = None
        self._own: dict[str, ModuleType] = {}
        self._hidden: dict[str, ModuleType] = {}
        self._path: list[str] = []

    def enter(self) -> None:
        """Make the process the function's."""
        self._set_variables()
        if self._root.is_dir():
            os.chdir(self._root)
        self._path = list(sys.path)
        sys.path.insert(0, str(self._root))
        self.hide()
        sys.modules.update(self._own)

    def hide(self) -> None:
        """Set aside modules of this process whose names the function's own files have."""
        self._hidden.update(clear(self._root, AWS_LIBRARIES))

    def leave(self) -> None:
        """Undo `enter`; variables set by the function are kept for its next invocation."""
        self._variables = dict(os.environ)
        self._own = self._take_own()
        sys.modules.update(self._hidden)
        self._hidden = {}
        sys.path[:] = self._path

    def handler(self) -> Handler:
        """Return the handler, imported on first use; only between `enter` and `leave`.

        Raises:
            BaseException: as `runtime.importing.load`.
        """
        if self._handler is None:
            self._handler = load(self._name, self._root, AWS_LIBRARIES)
        return self._handler

    def start_again(self) -> None:
        """Discard the environment, as Lambda does with one that exited: the next invocation imports again."""
        self._handler = None
        self._take_own()
        self._variables = dict(self._given)
        self._set_variables()

    def _take_own(self) -> dict[str, ModuleType]:
        """Take the function's modules out of `sys.modules`, except packages with compiled parts."""
        compiled = {
            name.partition(".")[0]
            for name, module in list(sys.modules.items())
            if isinstance(getattr(module, "__loader__", None), ExtensionFileLoader)
        }
        return take_out(
            lambda name, module: name.partition(".")[0] not in compiled and is_under(module, self._root)
        )

    def _set_variables(self) -> None:
        os.environ.clear()
        os.environ.update(self._variables)
        time.tzset()
