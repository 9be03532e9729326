"""Locust with workers on this machine: `python -m busyhour.load.runner.local_workers`, with Locust's arguments.

Locust's master listens on every interface. Here it listens on loopback, at a free port that is bound before the workers
are forked, and takes messages only from who has the keys of this run (`curve`). They are made from a random secret that
exists in the memory of these processes alone.
"""

from __future__ import annotations

from locust import main as locust_main

import secrets
import socket
import sys

from busyhour.load.runner import curve

HOST = "127.0.0.1"


def main() -> None:
    """Run Locust with the given arguments, its master on loopback."""
    listener = socket.create_server((HOST, 0), backlog=128)
    port = str(listener.getsockname()[1])
    curve.install(curve.derive(secrets.token_hex(32)), listener)
    sys.argv += ["--master-bind-host", HOST, "--master-bind-port", port]
    sys.argv += ["--master-host", HOST, "--master-port", port]
    locust_main.main()


if __name__ == "__main__":
    main()
