"""Quotas read from and increases filed with AWS."""
