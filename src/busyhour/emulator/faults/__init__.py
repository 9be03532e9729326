"""Faults on demand: errors and delays of requests, conditions of the call centre."""
