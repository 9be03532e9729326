"""Throughput of tables: capacity units charged, partitions, throttling."""
