"""Feasible branches, and the reasons why others cannot be taken."""
