"""Contracts of exported flows: what Connect would refuse, and what would hurt callers; offline, in milliseconds.

`check.check` judges documents by the rules of contract_tests/rules and the schemas of flow_schemas/; the
result is a `finding.Report`, which `formats` renders.
"""
