"""Playback of calls: traces, flow logs, scripted callers."""
