"""Traffic of a scenario in virtual time, with quotas enforced."""
