"""CloudWatch alarms for the limits of a scenario: written as templates, and compared with those that exist."""
