"""Functions deployed in the emulator: versions, aliases, code packages, environment variables."""
