"""Contract rules for exported flows: errors that Connect rejects, and problems for callers.

Offline, in milliseconds.

`check.check` applies the rules of contract_tests/rules and the schemas of flow_schemas/ to documents; the
result is a `finding.Report`, which `formats` renders.
"""
