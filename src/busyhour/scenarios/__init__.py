"""Scenarios: read from TOML, and turned into the arrival schedule and the draws of a run. Pure."""
