"""Calls played back: traces, flow logs, scripted callers."""
