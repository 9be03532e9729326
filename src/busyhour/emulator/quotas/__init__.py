"""Service quotas as the emulator enforces them."""
