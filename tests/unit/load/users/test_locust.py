"""The locustfiles under Locust itself, in processes of their own: Locust patches the process that imports it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from busyhour.errors import ExitCode
from busyhour.load.safety import permit
from busyhour.results.store import PROGRESS_FILE, read_load
from busyhour.scenarios.reader import load


class Started:
    """A Locust process with one of the locustfiles; `finish` waits for it and reads load.json."""

    def __init__(self, locustfile, scenario, url, folder, *arguments, web=False, **environment):
        self.folder = folder
        self.log = folder / "locust.log"
        variables = {
            "BUSYHOUR_SCENARIO": str(scenario),
            "BUSYHOUR_RUN_DIR": str(folder),
            "BUSYHOUR_ENDPOINT": url,
            "BUSYHOUR_TARGET": "emulator",
            "BUSYHOUR_SLIP_P99_MS": "2000",
        }
        command = [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(locustfile),
            "--autostart" if web else "--headless",
            "--only-summary",
            *arguments,
        ]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command,
                env={**os.environ, **variables, **environment},
                stdout=out,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=folder,
            )

    def said(self):
        return self.log.read_text(errors="replace")

    def ticks(self):
        path = self.folder / PROGRESS_FILE
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def wait_until(self, condition, seconds=30):
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, self.said()
            assert self.process.poll() is None, self.said()
            time.sleep(0.1)

    def children(self):
        """Process ids of its workers."""
        listing = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True
        )
        return [int(each) for each in listing.stdout.split()]

    def finish(self, seconds=40):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise AssertionError(self.said()) from None
        return code, read_load(self.folder)


@pytest.fixture
def run_locust(loadtests, fake_aws, tmp_path):
    started = []

    def start(name, scenario, *arguments, url=None, locustfile=None, **environment):
        made = Started(
            locustfile or loadtests / f"{name}.py",
            scenario,
            url or fake_aws.url,
            tmp_path,
            *arguments,
            **environment,
        )
        started.append(made)
        return made

    yield start
    for each in started:
        if each.process.poll() is None:
            os.killpg(each.process.pid, signal.SIGKILL)
            each.process.wait()


def test_plain_locust_drives_a_scenario_and_leaves_load_json_progress_and_its_own_statistics(
    run_locust, write_scenario, fake_aws, tmp_path
):
    # Written once at the end; the rows of --csv are as old as the last second.
    written = ("--json-file", str(tmp_path / "stats"))
    running = run_locust("voice", write_scenario(rate=2.5, duration=2), *written)
    code, result = running.finish()
    assert code == 0, running.said()
    assert (result.arrivals.planned, result.arrivals.started, result.arrivals.completed) == (5, 5, 5)
    assert fake_aws.count("/contact/outbound-voice") == 5
    last = running.ticks()[-1]
    assert (last["planned"], last["started"], last["total"]) == (5, 5, 2.0)
    assert result.workers == 1
    counts = {
        (row["method"], row["name"]): (row["num_requests"], row["num_failures"])
        for row in json.loads((tmp_path / "stats.json").read_text())
    }
    assert counts["connect", "StartOutboundVoiceContact"] == (5, 0)


def test_who_listens_to_locusts_request_event_hears_every_request(run_locust, write_scenario, tmp_path):
    locustfile = tmp_path / "listening.py"
    locustfile.write_text(
        "from locust import events\n"
        "from busyhour.load.users.locust_users import VoiceUser\n"
        "class Voice(VoiceUser):\n"
        "    outcomes_per_second = 0.0\n"
        "heard = []\n"
        "@events.request.add_listener\n"
        "def hear(request_type, name, response_time, exception, context, **_):\n"
        "    heard.append((request_type, name, response_time >= context['service_time'], exception))\n"
        "@events.quitting.add_listener\n"
        "def tell(environment, **_):\n"
        "    print('HEARD', len(heard), environment.stats.total.num_requests, set(heard))\n"
    )
    running = run_locust("", write_scenario(rate=10, duration=1), locustfile=locustfile)
    running.finish()
    assert "HEARD 10 10 {('connect', 'StartOutboundVoiceContact', True, None)}" in running.said()


def test_a_team_writes_calls_from_top_to_bottom(run_locust, write_scenario, tmp_path):
    locustfile = tmp_path / "own.py"
    locustfile.write_text(
        "from busyhour.load.users.locust_users import BlockingCalls\n"
        "import gevent\n"
        "class Own(BlockingCalls):\n"
        "    def prepare(self):\n"
        "        parameters = {'FunctionName': 'lookup', 'Payload': b'{}'}\n"
        "        self.invoke = self.drive.service('lambda').operation('Invoke', parameters)\n"
        "    def call(self, index):\n"
        "        answer = self.invoke.call(b'{}')\n"
        "        gevent.sleep(0.1)\n"
        "        if index == 3:\n"
        "            raise ValueError('no')\n"
    )
    code, result = run_locust("", write_scenario(rate=10, duration=1), locustfile=locustfile).finish()
    assert code == 0
    assert (result.arrivals.started, result.arrivals.completed) == (10, 9)
    assert result.calls["ends"] == {"ValueError": 1}
    assert result.operations[0].requests == 10


def test_being_told_to_end_stops_live_contacts_and_writes_what_was_measured(
    run_locust, write_scenario, fake_aws
):
    fake_aws.ends_after = 100.0
    running = run_locust("voice", write_scenario(rate=5, duration=60))
    running.wait_until(lambda: len(fake_aws.contacts) >= 5)
    running.process.send_signal(signal.SIGTERM)
    code, result = running.finish(12)
    assert code == 0
    assert result.interrupted
    assert result.arrivals.started == len(fake_aws.contacts)
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)


def test_ctrl_c_does_the_same(run_locust, write_scenario, fake_aws):
    fake_aws.ends_after = 100.0
    running = run_locust("voice", write_scenario(rate=5, duration=60))
    running.wait_until(lambda: len(fake_aws.contacts) >= 3)
    os.killpg(running.process.pid, signal.SIGINT)
    _, result = running.finish(12)
    assert result.interrupted
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)


def test_two_workers_share_the_schedule_and_their_measures_add_up(run_locust, write_scenario, fake_aws):
    running = run_locust("backend", write_scenario(drive="backend", rate=10, duration=2), "--processes", "2")
    code, result = running.finish()
    assert code == 0, running.said()
    assert (result.workers, result.arrivals.planned, result.arrivals.started) == (2, 20, 20)
    assert result.arrivals.completed == 20
    assert fake_aws.count("/2015") == 20
    assert result.valid, result.reasons


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"BUSYHOUR_TARGET": "aws", "BUSYHOUR_ENDPOINT": ""}, "was not started by `busyhour run`"),
        (
            {"BUSYHOUR_TARGET": "", "BUSYHOUR_ENDPOINT": "https://connect.us-east-1.amazonaws.com"},
            "https://connect.us-east-1.amazonaws.com is AWS itself",
        ),
    ],
)
def test_plain_locust_never_dials_aws(run_locust, write_scenario, fake_aws, said, why):
    """The stand-in is where AWS would be: even there no request arrives."""
    scenario = write_scenario(more='[aws]\naccount = "123456789012"\ninstance = "i"')
    running = run_locust("voice", scenario, AWS_ENDPOINT_URL=fake_aws.url, **said)
    assert running.process.wait(30) == 3
    assert why in running.said()
    assert "hint: Start it with `busyhour run SCENARIO --target aws --live`" in running.said()
    assert fake_aws.requests == []


def test_a_target_that_is_not_there_is_said_with_its_exit_code(run_locust, write_scenario):
    running = run_locust("voice", write_scenario(), url="http://127.0.0.1:9")
    assert running.process.wait(30) == 5
    assert "Cannot connect to http://127.0.0.1:9" in running.said()


def test_a_target_that_dies_in_mid_run_is_counted_and_the_run_goes_on(run_locust, write_scenario, fake_aws):
    running = run_locust("voice", write_scenario(rate=10, duration=3, drain=1))
    running.wait_until(lambda: len(fake_aws.contacts) >= 5)
    fake_aws.answers["/contact"] = (503, {}, b"")
    fake_aws.close()
    _, result = running.finish()
    assert result.arrivals.started == 30
    assert {first.kind for first in result.first_errors} & {"connection", "server_error"}


@pytest.mark.slow
def test_a_killed_worker_is_counted_and_the_other_takes_its_arrivals_over(
    run_locust, write_scenario, fake_aws
):
    fake_aws.ends_after = 3.0
    running = run_locust("voice", write_scenario(rate=10, duration=20, drain=6), "--processes", "2")
    running.wait_until(lambda: len(running.ticks()) >= 3)
    os.kill(running.children()[0], signal.SIGKILL)
    code, result = running.finish(60)
    assert code == 0
    assert any("died around second" in note for note in result.notes)
    assert result.arrivals.dropped_reasons["worker lost"] > 0
    assert result.arrivals.lost > 0
    assert not result.valid
    assert "Workers died" in " ".join(result.reasons)
    second_half = [v for t, v in zip(result.series[1].t, result.series[1].v, strict=True) if 14 <= t < 20]
    assert sum(second_half) >= 55, second_half


@pytest.mark.slow
def test_workers_stop_dialling_when_the_master_is_killed_and_stop_their_live_contacts(
    run_locust, write_scenario, fake_aws
):
    fake_aws.ends_after = 100.0
    running = run_locust("voice", write_scenario(rate=4, duration=60), "--processes", "2")
    running.wait_until(lambda: len(fake_aws.contacts) >= 8)
    workers = running.children()
    os.kill(running.process.pid, signal.SIGKILL)
    running.process.wait()
    time.sleep(6.0)
    dialled = len(fake_aws.contacts)
    time.sleep(4.0)
    assert len(fake_aws.contacts) == dialled
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)
    deadline = time.monotonic() + 15
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


@pytest.mark.slow
def test_after_kill_9_of_a_real_run_stop_ends_what_was_left_and_a_second_stop_has_nothing_to_do(
    run_locust, write_scenario, fake_aws, tmp_path
):
    fake_aws.ends_after = 100.0
    keys = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_ENDPOINT_URL": fake_aws.url}
    more = '[aws]\naccount = "123456789012"\ninstance = "i"\nsource_number = "+12025550100"\ndestinations = ["+12025550101"]\nmax_calls = 500\nmax_concurrent = 500\nmax_cost_usd = 500'
    scenario = write_scenario(rate=4, duration=60, more=more)
    keys["BUSYHOUR_PERMIT"] = permit.issue(tmp_path, load(scenario), 600.0)
    running = run_locust("voice", scenario, BUSYHOUR_TARGET="aws", BUSYHOUR_ENDPOINT="", **keys)
    running.wait_until(lambda: len(fake_aws.contacts) >= 5)
    os.killpg(running.process.pid, signal.SIGKILL)
    running.process.wait()
    assert fake_aws.stopped == []
    target = {"kind": "aws", "endpoint": None, "region": "us-east-1", "account": "123456789012"}
    target |= {"instance_id": "i", "instance_arn": "arn:aws:connect:us-east-1:123456789012:instance/i"}
    (tmp_path / "target.json").write_text(json.dumps(target))

    def stop():
        command = [sys.executable, "-m", "busyhour", "stop", str(tmp_path), "--live"]
        return subprocess.run(
            command, env={**os.environ, **keys}, capture_output=True, text=True, timeout=60, check=False
        )

    first = stop()
    assert first.returncode == 0, first.stderr
    assert sorted(fake_aws.stopped) == sorted(fake_aws.contacts)
    assert f"{len(fake_aws.contacts)} stopped, 0 had ended already, 0 failed." in first.stdout
    assert "Nothing to do" in stop().stdout


@pytest.mark.slow
def test_the_control_room_runs_beside_voice_under_locust(run_locust, write_scenario, fake_aws, loadtests):
    queues = {"QueueSummaryList": [{"Id": "q", "Arn": "arn:q", "Name": "q", "QueueType": "STANDARD"}]}
    fake_aws.answers["/queues-summary/"] = (200, {}, json.dumps(queues).encode())
    fake_aws.answers["/metrics/current/"] = (200, {}, b'{"MetricResults":[]}')
    fake_aws.answers["/contact/attributes/"] = (200, {}, b'{"Attributes":{}}')
    both = f"{loadtests / 'voice.py'},{loadtests / 'control_room.py'}"
    running = run_locust("", write_scenario(rate=2, duration=5, drain=4), locustfile=both)
    code, result = running.finish()
    assert code == 0, running.said()
    assert result.arrivals.started == 10
    requests = {operation.name: operation.requests for operation in result.operations}
    assert requests["GetCurrentMetricData"] >= 2
    assert requests["GetContactAttributes"] >= 1


@pytest.mark.slow
def test_the_readmes_own_locustfile_runs_as_it_stands_and_is_short(
    run_locust, write_scenario, fake_aws, loadtests, tmp_path
):
    fake_aws.answers["/contact/attributes/"] = (200, {}, b'{"Attributes":{}}')
    text = (loadtests / "README.md").read_text().split("```python\n")[1].split("```")[0]
    assert len(text.splitlines()) <= 15
    own = tmp_path / "desktop.py"
    own.write_text(text)
    running = run_locust("", write_scenario(rate=5, duration=1), locustfile=own)
    code, result = running.finish()
    assert code == 0, running.said()
    assert (result.arrivals.started, result.arrivals.completed) == (5, 5)
    assert fake_aws.count("/contact/attributes/") == 5


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def fetched(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return answer.read().decode()


def test_a_headless_run_is_shown_to_prometheus_where_it_is_told_to(run_locust, write_scenario):
    port = free_port()
    running = run_locust("voice", write_scenario(rate=5, duration=4), BUSYHOUR_LIVE=str(port))
    running.wait_until(lambda: len(running.ticks()) >= 2)
    scraped = fetched(port, "/metrics")
    assert "busyhour_calls_planned_total 20" in scraped
    assert (
        'busyhour_requests_total{service="connect",operation="StartOutboundVoiceContact",outcome="ok"}'
        in scraped
    )
    assert json.loads(fetched(port, "/busyhour/state"))["scenario"] == "scenario"
    assert running.finish()[0] == 0


def test_a_port_that_is_taken_is_said_and_nothing_starts(run_locust, write_scenario, fake_aws):
    port = fake_aws.url.rpartition(":")[2]
    running = run_locust("voice", write_scenario(), BUSYHOUR_LIVE=port)
    assert running.process.wait(30) == 2
    assert f"error: BUSYHOUR_LIVE is '{port}'" in running.said()
    assert fake_aws.requests == []


@pytest.mark.slow
@pytest.mark.browser
def test_locusts_web_ui_shows_arrivals_in_progress_slip_and_throttles(run_locust, write_scenario, tmp_path):
    if shutil.which("chromium") is None:
        pytest.skip("there is no chromium")
    port = free_port()
    running = run_locust("voice", write_scenario(rate=5, duration=40), "--web-port", str(port), web=True)
    running.wait_until(lambda: len(running.ticks()) >= 4)

    def page(path):
        quiet = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
        ]
        command = [
            "chromium",
            *quiet,
            f"--user-data-dir={tmp_path / 'browser'}",
            "--virtual-time-budget=5000",
        ]
        command += ["--dump-dom", f"http://127.0.0.1:{port}{path}"]
        return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True).stdout

    tab = page("/?tab=busyhour")
    for words in (
        "Arrivals started",
        "Calls in progress",
        "Slip p99",
        "Throttled, at a limit",
        "200, of them due by now",
    ):
        assert words in tab
    lines = page("/busyhour")
    for words in (
        "Arrivals, calls a second: arrivals planned 5, arrivals started",
        "Slip p99 so far, ms: slip p99",
    ):
        assert f'aria-label="{words}' in lines
    running.process.send_signal(signal.SIGTERM)
    running.process.wait(20)


@pytest.mark.slow
def test_locusts_own_otel_option_exports_requests_and_the_runs_figures(run_locust, write_scenario):
    pytest.importorskip("opentelemetry.sdk", reason='needs pip install "locust[otel]"')
    running = run_locust(
        "voice",
        write_scenario(rate=5, duration=3),
        "--otel",
        OTEL_METRICS_EXPORTER="console",
        OTEL_TRACES_EXPORTER="none",
        OTEL_LOGS_EXPORTER="none",
        OTEL_METRIC_EXPORT_INTERVAL="1000",
    )
    assert running.finish()[0] == 0
    for name in ("locust.client.duration", "busyhour.calls.in_progress", "busyhour.start.slip.p99"):
        assert f'"name": "{name}"' in running.said()


AWS = """
[aws]
account = "123456789012"
instance = "i"
source_number = "+12025550100"
destinations = ["+12025550101"]
max_calls = 500
max_concurrent = 500
max_cost_usd = 500
"""


def signed_by(target):
    """The access keys that calls were signed with."""
    return {
        headers["Authorization" if "Authorization" in headers else "authorization"]
        .split("Credential=")[1]
        .split("/")[0]
        for _, path, headers, _ in target.requests
        if path == "/contact/outbound-voice"
    }


def test_a_profile_gives_its_keys_and_renews_them_while_the_run_goes_on(
    run_locust, write_scenario, fake_aws, tmp_path
):
    """Locust patches sockets and subprocesses: what botocore's chain does must not block the generator's loop."""
    script = tmp_path / "keys.py"
    script.write_text(
        "import datetime, json, pathlib, time\n"
        f"count = pathlib.Path({str(tmp_path / 'asked')!r})\n"
        "asked = len(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text('x' * asked)\n"
        "ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=60)\n"
        "print(json.dumps({'Version': 1, 'AccessKeyId': f'KEY{asked}', 'SecretAccessKey': 's', 'SessionToken': 't',\n"
        "                  'Expiration': ends.isoformat()}))\n"
    )
    config = tmp_path / "config"
    config.write_text(
        f"[profile tests]\ncredential_process = {sys.executable} {script}\nregion = us-east-1\n"
    )
    scenario = write_scenario(rate=5, duration=5, more=AWS)
    keys = {"AWS_PROFILE": "tests", "AWS_CONFIG_FILE": str(config), "AWS_ENDPOINT_URL": fake_aws.url}
    keys["BUSYHOUR_PERMIT"] = permit.issue(tmp_path, load(scenario), 600.0)
    running = run_locust("voice", scenario, BUSYHOUR_TARGET="aws", BUSYHOUR_ENDPOINT="", **keys)
    code, result = running.finish()
    assert code == 0, running.said()
    assert (result.arrivals.started, [each.errors for each in result.operations if each.errors]) == (25, [])
    assert len(signed_by(fake_aws)) >= 2


@pytest.fixture
def run_with_sso(run_locust, write_scenario, sso_portal, fake_aws, tmp_path, monkeypatch):
    """Starts calls against "AWS" with an SSO profile; the portal stands for Connect too, `fake_aws` for STS."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)

    def start(seconds, **login):
        sso_portal.home(tmp_path, **login)
        scenario = write_scenario(rate=5, duration=seconds, more=AWS)
        return run_locust(
            "voice",
            scenario,
            HOME=str(tmp_path),
            BUSYHOUR_TARGET="aws",
            BUSYHOUR_ENDPOINT="",
            BUSYHOUR_PERMIT=permit.issue(tmp_path, load(scenario), 600.0),
            AWS_PROFILE="staging",
            AWS_ENDPOINT_URL=sso_portal.url,
            AWS_ENDPOINT_URL_STS=fake_aws.url,
        )

    return start


@pytest.mark.slow
@pytest.mark.parametrize("session", [False, True], ids=["legacy", "sso-session"])
def test_calls_are_signed_with_the_keys_of_an_sso_role_which_are_renewed_while_they_go_on(
    run_with_sso, sso_portal, session
):
    sso_portal.lasts = 120.0
    running = run_with_sso(5, session=session)
    code, result = running.finish()
    assert code == 0, running.said()
    assert (result.arrivals.started, [each.errors for each in result.operations if each.errors]) == (25, [])
    signed = signed_by(sso_portal)
    assert len(signed) >= 2
    assert all(key.startswith("SSO") for key in signed)


def test_an_expired_sso_token_ends_the_run_before_its_first_call_with_the_login_that_helps(
    run_with_sso, sso_portal
):
    running = run_with_sso(5, session=True, token_lasts=-60.0)
    assert running.process.wait(30) == ExitCode.UNREACHABLE
    said = running.said()
    assert "error: AWS credentials of the profile 'staging' cannot be read" in said
    assert "hint: Log in again: aws sso login --profile staging" in said
    assert "Traceback" not in said
    assert sso_portal.requests == []
