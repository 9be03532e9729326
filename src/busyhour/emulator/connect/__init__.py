"""Amazon Connect inside the emulator: instance, flows, contacts and what becomes of them."""
