"""Secrets that a user hands to both ends of a connection."""
