"""Demand, traffic theory, simulation in virtual time, and the ladder of quotas."""
