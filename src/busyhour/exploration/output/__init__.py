"""Output of explorations as text, HTML, JSON, LCOV and test cases."""
