"""Property-based exploration: plays callers, functions and queues against flows, and says which transitions it took.

A call is a list of choices (`choices`), made by a decider (`deciders`) wherever the world has a say (`world`): each
effect of the flow machine, and each value that a flow reads and nobody has settled. So a call is data: it can be
replayed, varied, shrunk and told as a story. `search` looks for calls that take transitions not yet taken,
`hypothesis_phase` plays at random, `reachability` proves which transitions nobody can take, and `explorer` does all
of it for the flows of a project.
"""
