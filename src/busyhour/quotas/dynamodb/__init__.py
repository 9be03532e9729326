"""Capacity of DynamoDB tables: items, operations, units, partitions."""
