"""Service Quotas and its increase requests."""
