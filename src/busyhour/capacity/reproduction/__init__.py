"""Comparison of a learnt scenario with the days that it was learnt from."""
