"""Which optional package belongs to which extra of busyhour, and the message where one is not installed."""

from __future__ import annotations

from importlib.util import find_spec

from busyhour.errors import BusyhourError

EXTRAS = {
    "aws": ("boto3", "botocore"),
    "emulator": ("boto3", "botocore", "httptools", "moto", "regex"),
    "forecast": ("hdrh", "numpy", "scipy"),
    "load": ("boto3", "botocore", "flask", "gevent", "hdrh", "httptools", "locust", "phonenumbers"),
    "report": ("hdrh", "jinja2", "matplotlib", "typst"),
}
"""Extra to the modules that it installs, by the names under which they are imported. uvloop is not listed: Windows has
none. The first extra that has a module is the one that a message names."""


def require(*extras: str) -> None:
    """Check that everything of these extras is installed, before work begins that would fail for want of it.

    Raises:
        BusyhourError: a package is missing; the message names it and the pip command (exit code 2).
    """
    lacking = [extra for extra in extras if not all(map(find_spec, EXTRAS[extra]))]
    if lacking:
        modules = {module for extra in lacking for module in EXTRAS[extra] if find_spec(module) is None}
        raise _not_installed(sorted(modules), lacking)


def explain(error: ImportError) -> BusyhourError | None:
    """Return the message for a failed import of a package of an extra; None for any other module."""
    module = (error.name or "").partition(".")[0]
    if find_spec(module) if module else True:
        return None
    extra = next((extra for extra, modules in EXTRAS.items() if module in modules), None)
    return None if extra is None else _not_installed([module], [extra])


def _not_installed(modules: list[str], extras: list[str]) -> BusyhourError:
    verb = "is" if len(modules) == 1 else "are"
    wanted = ",".join(extras) if len(extras) < 3 else "all"
    return BusyhourError(
        f"{', '.join(modules)} {verb} not installed. To use this command: pip install 'busyhour[{wanted}]'"
    )
