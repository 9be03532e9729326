"""Quota values from files: an account file with its date, values that a team overrides."""
