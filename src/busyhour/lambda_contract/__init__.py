"""The contract between flows and their Lambda functions: parameters passed, keys read, responses.

`usage` finds the flows' side by following `$.External` through them, `checks` compares real handlers with it,
`contract` stores both as JSON that a team commits, and `difference` determines the order in which two versions
can be deployed.
"""
