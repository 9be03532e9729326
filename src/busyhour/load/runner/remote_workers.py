"""Locust with workers on other machines: `python -m busyhour.load.runner.remote_workers`, with Locust's arguments.

Both ends need the secret that the user made, in BUSYHOUR_WORKER_SECRET or in the file that BUSYHOUR_WORKER_SECRET_FILE
names. The connection is authenticated before anything is sent: before a worker downloads the locustfile, and before the
master sends the permit of a live run (`curve`). Without further arguments than `--master-host` it is a worker.
"""

from __future__ import annotations

from locust import main as locust_main

import os
import sys
import tempfile

from busyhour.errors import BusyhourError
from busyhour.load.runner import curve
from busyhour.shared_secret.worker_secret import required


def main() -> None:
    """Run Locust with the given arguments, as a worker unless --master is one of them."""
    try:
        secret = required(os.environ)
    except BusyhourError as error:
        _say(f"error: {error.message}\nhint: {error.hint}")
        raise SystemExit(int(error.exit_code)) from None
    curve.install(curve.derive(secret), warn=_say)
    if "--master" in sys.argv:
        locust_main.main()
        return
    sys.argv += ["--worker"] if "--worker" not in sys.argv else []
    sys.argv += ["-f", "-"] if not {"-f", "--locustfile"} & set(sys.argv) else []
    with tempfile.TemporaryDirectory(prefix="busyhour-") as private:
        # Locust writes the master's locustfile under its own name into the folder for temporary files.
        tempfile.tempdir = private
        locust_main.main()


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
