"""The scenario of a pulled instance: written whole from what is known, and compared with its flows."""
