"""Finds a handler: imports its module from the function's folder, as Lambda's runtime does at initialisation."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from busyhour.handlers.runtime.failures import FaultError

_LOADED_ON_AWS = frozenset(
    [
        "__future__",
        "abc",
        "atexit",
        "awslambdaric",
        "builtins",
        "codecs",
        "collections",
        "contextlib",
        "copyreg",
        "decimal",
        "encodings",
        "enum",
        "functools",
        "genericpath",
        "importlib",
        "io",
        "itertools",
        "json",
        "keyword",
        "linecache",
        "logging",
        "marshal",
        "math",
        "numbers",
        "operator",
        "os",
        "posix",
        "posixpath",
        "pwd",
        "re",
        "reprlib",
        "runtime_client",
        "simplejson",
        "site",
        "stat",
        "string",
        "sys",
        "textwrap",
        "threading",
        "time",
        "token",
        "tokenize",
        "traceback",
        "types",
        "warnings",
        "weakref",
        "zipimport",
    ]
)
"""Top-level modules that exist before a handler's is imported: a file with such a name is never imported."""

Handler = Callable[[Any, Any], Any]


def handler_name(file: Path, name: str, root: Path) -> str:
    """Return Lambda's setting of a handler, `package.module.name`, from its file and the folder of the code."""
    return ".".join((*file.relative_to(root).with_suffix("").parts, name))


def load(handler: str, root: Path, keep: frozenset[str] = frozenset()) -> Handler:
    """Import `handler`, written `module.name` with dots or slashes between packages, from the folder `root`.

    The attribute is returned unchecked: if it cannot be called, the first invocation fails. `keep` as in
    `clear`.

    Raises:
        FaultError: Runtime.ImportModuleError, .UserCodeSyntaxError, .HandlerNotFound, .BuiltInModuleConflict,
            .MalformedHandlerName.
        BaseException: raised by the handler's module.
    """
    module_name, dot, name = handler.rpartition(".")
    if not dot:
        message = f"Bad handler '{handler}': not enough values to unpack (expected 2, got 1)"
        raise FaultError("Runtime.MalformedHandlerName", message)
    if module_name.partition(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {module_name} as a handler module"
        raise FaultError("Runtime.BuiltInModuleConflict", message)
    if str(root) not in sys.path[:1]:
        sys.path.insert(0, str(root))
    clear(root, keep)
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise FaultError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        stack = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{module_name}': {error}"
        raise FaultError("Runtime.UserCodeSyntaxError", message, stack) from error
    try:
        return getattr(module, name)  # type: ignore[no-any-return]  # the handler's own module
    except AttributeError:
        message = f"Handler '{name}' missing on module '{module_name}'"
        raise FaultError("Runtime.HandlerNotFound", message) from None


def clear(root: Path, keep: frozenset[str] = frozenset()) -> dict[str, ModuleType]:
    """Remove from `sys.modules` the modules whose names the function also has, and return them.

    This interpreter has imported more modules than Lambda's.

    Args:
        root: folder of the function's modules.
        keep: top-level names that stay, regardless of the function's files.
    """
    try:
        own = {entry.name.partition(".")[0] for entry in os.scandir(root) if _is_module(entry)}
    except OSError:
        return {}
    own -= _LOADED_ON_AWS | keep
    return take_out(lambda name, module: name.partition(".")[0] in own and not is_under(module, root))


def _is_module(entry: os.DirEntry[str]) -> bool:
    """Whether a regular module or package can be imported from an entry of a folder."""
    if entry.is_dir():
        return (Path(entry.path) / "__init__.py").is_file()
    return entry.name.endswith((".py", ".so"))


def take_out(chosen: Callable[[str, ModuleType], bool]) -> dict[str, ModuleType]:
    """Remove the chosen modules from `sys.modules`, and return them."""
    found = {name: module for name, module in list(sys.modules.items()) if chosen(name, module)}
    for name in found:
        del sys.modules[name]
    return found


def is_under(module: ModuleType, root: Path) -> bool:
    """Whether a module was imported from the folder `root`."""
    file = getattr(module, "__file__", None)
    places = getattr(module, "__path__", ()) if file is None else (file,)
    start = f"{root}{os.sep}"
    return any(str(one).startswith(start) for one in places)
