"""Read quotas from AWS and request increases."""
