"""A run while it goes on: the tab and the page of the web UI, Prometheus, OpenTelemetry."""

import re
import sys
from types import SimpleNamespace

import pytest
from flask import Flask, jsonify

from busyhour.errors import BusyhourError
from busyhour.load.monitoring import otel, web
from busyhour.load.monitoring.figures import Live
from busyhour.load.recorder import Recorder
from busyhour.load.runner.aggregator import Aggregator
from busyhour.load.runner.generator import Status
from busyhour.load.settings import from_environment
from busyhour.scenarios.reader import load


@pytest.fixture
def run(write_scenario):
    """Three seconds of a run at 2 calls/s: six calls, one throttled, one at a limit, one that was dropped."""
    path = write_scenario(rate=2, duration=10)
    settings = from_environment({"BUSYHOUR_ENDPOINT": "http://127.0.0.1:1"}, path)
    total = Aggregator(settings, load(path), 1, 0.0)
    recorder = Recorder()
    start = recorder.operation("connect:StartOutboundVoiceContact")
    for n in range(6):
        at = n / 2
        recorder.call_started(at, at + 0.003)
        kind = {4: "rate_throttle", 5: "limit"}.get(n, "ok")
        start.record(at, at + 0.003, at + 0.1, kind, "" if kind == "ok" else "Code")
        if n % 2:
            recorder.end_second(n // 2)
    recorder.call_dropped('out of "room"')
    total.add(0, recorder.flush(), Status(3.0, 6, 0, 6.0), 0.0)
    total.measures.seal(10)
    total.tick(3.0)
    return total


def values(text):
    """A scrape as {name and labels: value}, after the format was looked at line by line."""
    sample = re.compile(r'[a-z_0-9]+(\{([a-z]+="([^"\\\n]|\\["\\n])*",?)+\})? [0-9.e+-]+')
    found = {}
    for line in text.splitlines():
        assert line.startswith(("# HELP busyhour_", "# TYPE busyhour_")) or sample.fullmatch(line), line
        if not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found


def test_prometheus_reads_what_is_due_started_in_progress_late_and_blocked(run):
    text = Live(lambda: run).prometheus()
    found = values(text)
    assert found["busyhour_calls_planned_total"] == 20
    assert found["busyhour_calls_due_total"] == 6
    assert found["busyhour_calls_started_total"] == 6
    assert found["busyhour_calls_in_progress"] == 6
    assert found["busyhour_start_slip_p99_seconds"] == pytest.approx(0.003, rel=0.01)
    assert found['busyhour_calls_dropped_total{reason="out of \\"room\\""}'] == 1
    request = 'service="connect",operation="StartOutboundVoiceContact"'
    assert found[f'busyhour_requests_total{{{request},outcome="ok"}}'] == 4
    assert found[f'busyhour_requests_total{{{request},outcome="rate_throttle"}}'] == 1
    assert found[f"busyhour_request_latency_seconds_count{{{request}}}"] == 6
    assert found[f'busyhour_request_latency_seconds{{{request},quantile="0.99"}}'] == pytest.approx(
        0.1, rel=0.01
    )
    assert text.endswith("\n")


def test_before_the_first_run_there_is_nothing_and_nothing_fails():
    live = Live(lambda: None)
    assert (live.figures(), live.prometheus()) == ({}, "")
    assert live.rows() == [{"name": "Run", "value": "not started"}]
    assert live.state()["lines"] == []


def test_the_page_has_the_whole_schedule_and_what_became_of_it(run):
    state = Live(lambda: run).state()
    lines = {line["name"]: line["points"] for line in state["lines"]}
    assert lines["arrivals planned"] == [[float(t), 2.0] for t in range(10)]
    assert lines["arrivals started"] == [[0.0, 2.0]]  # newer seconds may not be complete yet
    assert lines["slip p99"] == [[3.0, pytest.approx(3.0, rel=0.01)]]
    assert state["figures"]["throttles"] == 1


def test_a_long_run_is_sent_as_a_few_hundred_points(write_scenario):
    path = write_scenario(rate=1, duration=36_000)
    run = Aggregator(from_environment({"BUSYHOUR_ENDPOINT": "http://127.0.0.1:1"}, path), load(path), 1, 0.0)
    for t in range(36_000):
        run.measures.second(t).count("started", 1)
    lines = {line["name"]: line["points"] for line in Live(lambda: run).state()["lines"]}
    assert len(lines["arrivals planned"]) == len(lines["arrivals started"]) == 600
    assert {value for _, value in lines["arrivals started"]} == {1.0}


@pytest.fixture
def web_ui(run):
    """As much of Locust's web UI as is extended. Not named after Locust: Flask would import it, and it patches the process."""
    ui = SimpleNamespace(app=Flask("stand_in"), template_args={})

    @ui.app.route("/stats/requests")
    def stats():
        return jsonify({"stats": []})

    web.extend(ui, Live(lambda: run))
    return ui


def test_locusts_page_gets_a_tab_with_the_figures(web_ui):
    assert web_ui.template_args["extendedTabs"] == [{"title": "busyhour", "key": "busyhour"}]
    answer = web_ui.app.test_client().get("/stats/requests").json
    (extended,) = answer["extendedStats"]
    rows = {row["name"]: row["value"] for row in extended["data"]}
    assert rows["Arrivals planned"] == "20, of them due by now 6"
    assert rows["Calls in progress"] == "6"
    assert rows["Slip p99"] == "3.00 ms"
    assert rows["Throttled, at a limit"] == "1, 1"
    assert answer["stats"] == []


def test_the_routes_answer(web_ui):
    client = web_ui.app.test_client()
    assert "/busyhour/state" in client.get("/busyhour").text
    assert client.get("/busyhour/state").json["scenario"] == "scenario"
    scrape = client.get("/metrics")
    assert scrape.content_type == "text/plain; version=0.0.4; charset=utf-8"
    assert values(scrape.text)["busyhour_calls_started_total"] == 6


def test_the_page_asks_nobody_but_the_generator():
    assert not re.findall(r"https?://", web.PAGE.read_text())


@pytest.mark.parametrize("where", ["soon", "127.0.0.1:", "70000", "127.0.0.1:-1"])
def test_a_place_to_show_a_headless_run_that_is_none_is_named(where):
    with pytest.raises(BusyhourError, match=f"BUSYHOUR_LIVE is '{where}'"):
        web.serve(where, Live(lambda: None))


def test_opentelemetry_observes_the_same_figures(run, monkeypatch):
    made = {}

    def maker(kind):
        return lambda name, callbacks, **_: made.update({name: (kind, callbacks[0])})

    meter = SimpleNamespace(
        create_observable_gauge=maker("gauge"), create_observable_counter=maker("counter")
    )
    fake = SimpleNamespace(
        get_meter=lambda name: meter,
        Observation=lambda value, attributes=None: (value, tuple((attributes or {}).values())),
    )
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", fake)
    monkeypatch.setitem(sys.modules, "opentelemetry", SimpleNamespace(metrics=fake))
    assert otel.export(Live(lambda: run))
    assert {name for name, (kind, _) in made.items() if kind == "gauge"} == {
        "busyhour.calls.in_progress",
        "busyhour.start.slip.p99",
    }
    seen = {name: dict.fromkeys(observe(None)) for name, (_, observe) in made.items()}
    requests = {attributes: value for value, attributes in seen.pop("busyhour.requests")}
    start = ("connect", "StartOutboundVoiceContact")
    assert requests == {(*start, "ok"): 4, (*start, "rate_throttle"): 1, (*start, "limit"): 1}
    assert {name: value for name, ((value, _),) in ((name, tuple(all)) for name, all in seen.items())} == {
        "busyhour.calls.planned": 20.0,
        "busyhour.calls.due": 6.0,
        "busyhour.calls.started": 6.0,
        "busyhour.calls.in_progress": 6.0,
        "busyhour.calls.late": 0.0,
        "busyhour.calls.dropped": 1.0,
        "busyhour.calls.completed": 0.0,
        "busyhour.calls.failed": 0.0,
        "busyhour.requests.throttled": 1.0,
        "busyhour.requests.errors": 0.0,
        "busyhour.start.slip.p99": pytest.approx(3.0, rel=0.01),
    }


def test_without_opentelemetry_nothing_is_exported(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", None)
    assert not otel.export(Live(lambda: None))
    otel.flush()


def test_what_was_not_exported_is_when_the_process_quits(monkeypatch):
    flushed = []
    provider = SimpleNamespace(force_flush=lambda timeout_millis: flushed.append(timeout_millis))
    fake = SimpleNamespace(get_meter_provider=lambda: provider)
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", fake)
    otel.flush(exit_code=0)
    assert len(flushed) == 1
    del provider.force_flush
    otel.flush(exit_code=0)


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Host": "127.0.0.1:8089"}, ""),
        ({"Host": "localhost:8089", "Origin": "http://localhost:8089", "Sec-Fetch-Site": "same-origin"}, ""),
        ({"Host": "[::1]:8089", "Sec-Fetch-Site": "none"}, ""),
        ({"Host": "evil.example:8089"}, "Host 'evil.example:8089' is not loopback"),
        ({"Host": "127.0.0.1.evil.example"}, "is not loopback"),
        ({"Host": ""}, "is not loopback"),
        ({"Host": "127.0.0.1:8089", "Origin": "http://evil.example"}, "A page of 'http://evil.example'"),
        ({"Host": "127.0.0.1:8089", "Origin": "http://127.0.0.1:9999"}, "A page of"),
        ({"Host": "127.0.0.1:8089", "Origin": "null"}, "A page of"),
        ({"Host": "127.0.0.1:8089", "Origin": "http://["}, "A page of"),
        ({"Host": "127.0.0.1:8089", "Origin": "http://127.0.0.1:8089@evil.example"}, "A page of"),
        ({"Host": "["}, "is not loopback"),
        ({"Host": "127.0.0.1:8089", "Sec-Fetch-Site": "cross-site"}, "A page of another site"),
        ({"Host": "127.0.0.1:8089", "Sec-Fetch-Site": "same-site"}, "A page of another site"),
    ],
)
def test_a_page_of_another_site_neither_reads_nor_stops_a_run(headers, why):
    app = Flask("here")
    app.register_blueprint(web.routes(Live(lambda: None)))
    app.add_url_rule("/stop", view_func=lambda: "stopped")
    web.guard(app, "127.0.0.1")
    for path in ("/stop", "/metrics", "/busyhour"):
        answer = app.test_client().get(path, headers=headers)
        assert answer.status_code == (403 if why else 200)
        assert why in answer.get_data(as_text=True)


def test_beyond_loopback_the_name_is_the_networks():
    assert web.objection({"Host": "load.internal:9646"}, on_loopback=False) == ""
    assert web.objection({"Host": "load.internal:9646", "Origin": "http://evil.example"}, on_loopback=False)


@pytest.mark.parametrize(
    ("told", "bound"), [("", "127.0.0.1"), (None, "127.0.0.1"), ("10.0.0.5", "10.0.0.5"), ("*", "*")]
)
def test_locusts_web_ui_is_on_loopback_unless_told(told, bound):
    made = SimpleNamespace(host=told, app=Flask("ui"), template_args={})
    web.extend(made, Live(lambda: None), told)
    assert made.host == bound
