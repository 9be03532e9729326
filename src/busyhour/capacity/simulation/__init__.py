"""Discrete-event simulation of a scenario's traffic in virtual time, with quotas enforced."""
