"""The run in Locust's web UI: a tab with figures, a page with charts, and /metrics for Prometheus.

Uses Locust's extension points: the web UI's Flask app, `template_args` with `extendedTabs` and
`extendedTables`, and `extendedStats` in the response that its page polls (Locust's example
extend_modern_web_ui.py). Headless runs have no web UI; with a port in BUSYHOUR_LIVE, the page and /metrics are
served there.
"""

from __future__ import annotations

from gevent.pywsgi import WSGIServer

import json
import logging
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request

from busyhour.errors import BusyhourError
from busyhour.load.monitoring.figures import Live

KEY = "busyhour"
PAGE = Path(__file__).with_name("live.html")
LOOPBACK = "127.0.0.1"

_log = logging.getLogger(__name__)


def routes(live: Live) -> Blueprint:
    """Add the routes `/busyhour` (a page), `/busyhour/state` (JSON) and `/metrics` (Prometheus)."""
    made = Blueprint(KEY, __name__)

    @made.route("/busyhour")
    def page() -> Response:
        return Response(PAGE.read_text(encoding="utf-8"), mimetype="text/html")

    @made.route("/busyhour/state")
    def state() -> Response:
        return Response(json.dumps(live.state()), mimetype="application/json")

    @made.route("/metrics")
    def metrics() -> Response:
        return Response(live.prometheus(), content_type="text/plain; version=0.0.4; charset=utf-8")

    return made


def extend(web_ui: Any, live: Live) -> None:
    """Add a tab and the routes to Locust's web UI."""
    tab = {"title": "busyhour", "key": KEY}
    columns = [{"key": "name", "title": "What"}, {"key": "value", "title": "Now"}]
    given = web_ui.template_args
    given["extendedTabs"] = [*given.get("extendedTabs", ()), tab]
    given["extendedTables"] = [*given.get("extendedTables", ()), {"key": KEY, "structure": columns}]

    @web_ui.app.after_request  # type: ignore[untyped-decorator]  # Locust ships no types
    def with_figures(response: Response) -> Response:
        if request.path == "/stats/requests" and response.is_json:
            data = response.get_json()
            rows = [*live.rows(), {"name": "Charts", "value": "at this address under /busyhour"}]
            data["extendedStats"] = [*data.get("extendedStats", ()), {"key": KEY, "data": rows}]
            response.set_data(json.dumps(data))
        return response

    web_ui.app.register_blueprint(routes(live))


def serve(where: str, live: Live) -> WSGIServer:
    """Serve the page and /metrics at `where`, `port` or `host:port`, for a run without a web UI.

    Raises:
        BusyhourError: `where` is not a valid address, or the port is in use.
    """
    host, _, port = where.rpartition(":")
    app = Flask(KEY)
    app.register_blueprint(routes(live))
    server = WSGIServer((host.strip("[]") or LOOPBACK, int(port) if port.isdigit() else -1), app, log=None)
    try:
        if not port.isdigit() or not 0 <= int(port) <= 65535:
            raise BusyhourError(f"BUSYHOUR_LIVE is {where!r}.", "Give a port, as in 9646, or host:port.")
        server.start()
    except OSError as error:
        raise BusyhourError(
            f"BUSYHOUR_LIVE is {where!r}: {error.strerror or error}.", "Give a port that is free."
        ) from None
    _log.info("The run is shown at http://%s:%d/busyhour, and to Prometheus at /metrics", *server.address[:2])
    return server
