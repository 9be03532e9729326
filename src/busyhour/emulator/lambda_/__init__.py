"""Lambda inside the emulator: real Python handlers in worker processes, a latency model, and Lambda's limits."""
