"""Analyses of flows: graph, paths, data flow, cycles, comparisons."""
