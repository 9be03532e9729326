"""The emulator inside the caller's own process: build one, serve it on loopback, point any AWS client at it."""

from busyhour.emulator.app import Emulator, build
from busyhour.emulator.server.listener import running

__all__ = [
    "Emulator",
    "build",
    "running",
]
