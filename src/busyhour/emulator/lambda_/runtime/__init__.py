"""Execution of functions: admission, environments, worker processes, remote endpoints."""
