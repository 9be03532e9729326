"""The life of a call, independent of the clock: flow machine, caller, queues and agents, Connect's Lambda retries.

Capacity (virtual clock), emulator (asyncio) and load (gevent) drive the same code. Each passes in a clock and a
function that makes one Lambda attempt, so a flow behaves the same in all three. Call number i of a scenario is
the same caller with the same choices in all three.
"""
