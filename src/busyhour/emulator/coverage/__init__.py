"""Limits that the emulator enforces or not, and its differences from AWS: docs/emulator-coverage.md."""
