"""The contract between flows and their Lambda functions: what flows pass and read, what handlers answer.

`usage` finds the flows' side by following `$.External` through them, `checks` holds real handlers to it, `contract`
keeps both as JSON that a team commits, and `difference` says in which order two versions can be deployed.
"""
