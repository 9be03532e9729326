"""Measures of a generator: histograms, windows, samples and their intervals."""
