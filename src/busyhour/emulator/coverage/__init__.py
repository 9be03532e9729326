"""What the emulator enforces, what it does not, and how it differs from AWS: docs/emulator-coverage.md."""
