"""AWS Lambda's Python runtime: context, environment variables, import, invocation, results and errors.

Used by both programs that run handlers: the emulator's worker processes
(`busyhour.emulator.lambda_.runtime.worker`) and the process of explorations and forecasts
(`busyhour.handlers.child`). Only the standard library is imported, so that a handler runs in an interpreter as
empty as Lambda's.

Facts are those of `awslambdaric`, the runtime interface client that AWS publishes and uses in its Python
runtimes, observed with release 4.2.2 on Python 3.11 and a Runtime API on loopback (2026-11-30); the environment
variables are from the Lambda Developer Guide, "Defined runtime environment variables".
"""
