"""Exports of other systems as CSV: one row an interval or one row a call."""
