"""Property-based exploration: tries callers, functions and queues against flows, and reports the transitions taken.

A call is a list of choices (`choices`), made by a decider (`deciders`) at every point where the world decides
(`world`): each effect of the flow machine, and each unset value that a flow reads. A call is therefore data: it
can be replayed, varied, shrunk and described as a story. `search` looks for calls that take transitions not yet
taken, `random_phase` makes random calls, `reachability` proves which transitions cannot be taken, and
`explorer` does all of it for the flows of a project.
"""
