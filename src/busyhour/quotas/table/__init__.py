"""The table of quotas with their defaults, bursts and Regions."""
