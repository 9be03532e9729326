"""Demand of one call.

Lambda executions, API requests, table units, queue and agent time; solved or sampled.
"""
