"""Runs of many nights: stored, compared, change points dated."""
