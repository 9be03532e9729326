"""Sections of a report: a run record arranged for a reader."""
