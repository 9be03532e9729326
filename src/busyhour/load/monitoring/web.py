"""The run in Locust's web UI: a tab with figures, a page with charts, and /metrics for Prometheus.

Uses Locust's extension points: the web UI's Flask app, `template_args` with `extendedTabs` and
`extendedTables`, and `extendedStats` in the response that its page polls (Locust's example
extend_modern_web_ui.py). Headless runs have no web UI; with a port in BUSYHOUR_LIVE, the page and /metrics are
served there. Both are on loopback unless another address is given, and take no requests of other sites' pages: one could
start or stop a run, or read it.
"""

from __future__ import annotations

from gevent.pywsgi import WSGIServer

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, Response, request

from busyhour.errors import BusyhourError
from busyhour.load.monitoring.figures import Live
from busyhour.local_http import host_of, is_loopback

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


def objection(headers: Mapping[str, str], *, on_loopback: bool) -> str:
    """Return why a request is refused, by its headers: sent by a page of another site; empty if it is not.

    Args:
        headers: of the request.
        on_loopback: whether the server listens on loopback alone. Host must then be loopback too, since a name of
            another site may be resolved to this machine.
    """
    host, origin = headers.get("Host", ""), headers.get("Origin")
    name = host_of(f"http://{host}")
    if on_loopback and name != "localhost" and not is_loopback(name):
        return f"Host {host!r} is not loopback, which is where this page is served."
    if origin is not None and origin.lower() not in (f"http://{host}".lower(), f"https://{host}".lower()):
        return f"A page of {origin!r} may not send requests here."
    if headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
        return "A page of another site may not send requests here."
    return ""


def guard(app: Flask, host: str) -> None:
    """Refuse requests of other sites' pages to `app`, which listens at `host`."""
    on_loopback = host == "localhost" or is_loopback(host)

    @app.before_request  # type: ignore[untyped-decorator,unused-ignore]  # Flask is untyped in some releases
    def refuse() -> Response | None:
        why = objection(dict(request.headers), on_loopback=on_loopback)
        return Response(f"{why}\n", 403, mimetype="text/plain") if why else None


def extend(web_ui: Any, live: Live, host: str | None = "") -> None:
    """Add a tab and the routes to Locust's web UI, and bind it to loopback unless --web-host is given (`host`)."""
    if not host:
        web_ui.host = LOOPBACK
        _log.info(
            "The web interface is on loopback only; --web-host ADDRESS (or '*') opens it to the network."
        )
    guard(web_ui.app, host or LOOPBACK)
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
    guard(app, host.strip("[]") or LOOPBACK)
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
