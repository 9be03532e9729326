"""Amazon Connect inside the emulator: instance, flows, contacts and their outcomes."""
