"""The HTTP server: connections, routing, signatures, error formats, options."""
