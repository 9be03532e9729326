"""Demand, traffic theory, simulation in virtual time, and the list of limits."""
