"""Closed-form traffic theory: Erlang, peakedness, finite buffers, retrials, distributions.

No scenario, no I/O.
"""
