"""Connect's metrics: historical, current, and those reported to CloudWatch."""
