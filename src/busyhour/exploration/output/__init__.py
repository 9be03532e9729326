"""Explorations as text, HTML, JSON, LCOV and test cases."""
