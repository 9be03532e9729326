"""The life of a call under any clock: machine, caller, queues and agents, Connect's Lambda retries.

Capacity (virtual clock), emulator (asyncio) and load (gevent) drive the same code and hand in only a clock and
a way to invoke a function, so that a flow means the same thing everywhere. Call number i of a scenario is the
same caller with the same choices in all three.
"""
