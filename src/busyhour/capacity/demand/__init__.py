"""Demand of one call: executions, requests, table units, time in queues; solved for or sampled."""
