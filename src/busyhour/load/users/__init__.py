"""Locust users and their behaviour at each arrival."""
