"""The HTTP server: connections, routing, signatures, timers, sinks."""
