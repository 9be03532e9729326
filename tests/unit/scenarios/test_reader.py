"""What a scenario file may say, and what each mistake is answered with."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from busyhour.errors import BusyhourError, ExitCode
from busyhour.scenarios.account import AwsTarget, Client, RetryMode
from busyhour.scenarios.model import Distribution, DriveKind, KeyChoice, Objective, Queue, Redial
from busyhour.scenarios.reader import load, schema_path
from busyhour.scenarios.traffic import ArrivalProcess, Direction, Layer, ShapePoint

FULL = """
[callers.menus]
"Main menu" = { 1 = 0.6, 2 = 0.3, silence = 0.1 }
"queue/Offer" = { 1 = 1 }

[callers.inputs]
"Main flow/Ask for a number" = ["10##", "silence"]

[queues.Support]
agents = 12
capacity = 30
open_share = 0.9
arn = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/q"

[functions.lookup]
handler = "app.py:lookup"
environment = { TABLE_NAME = "customers" }
operations = { "customers.GetItem" = 1, "customers.PutItem" = 0.5 }
reserved_concurrency = 20
timeout = "3s"
memory_mb = 256

[functions.model]
latency = { distribution = "lognormal", mean = "40ms", cv = 0.7, high = "1s" }
response = { found = "yes" }
error_share = 0.01
cold_start = "300ms"

[tables.customers]
definition = "customers.json"
items = "items.json"
keys = { count = 500, zipf = 1.2 }
item_bytes = [400, 4000]

[objectives]
throttles = { at_most = 0 }
service_level = { at_least = 0.8, within = "10s" }
"latency_p99:lambda" = { at_most = "500ms" }

[quotas]
L-12AB7C57 = 200

[prompts]
"CustomerQueue.wav" = "1m"

[aws]
account = "123456789012"
region = "eu-west-2"
instance = "abc"
source_number = "+12025550100"
destinations = ["+12025550101"]
max_calls = 10
max_concurrent = 5
max_cost_usd = 20
approval = "items.json"
"""


# ------------------------------------------------------------------------------------------------ what it reads


def test_the_least_that_a_scenario_says(write, deployment):
    scenario = load(write())
    assert scenario.name == "s"
    assert scenario.path == deployment / "s.toml"
    assert scenario.drive is DriveKind.BACKEND
    assert scenario.seed == 1
    assert scenario.traffic.direction is Direction.INBOUND
    assert scenario.traffic.arrivals is ArrivalProcess.POISSON
    assert scenario.traffic.calls_per_hour == 3600
    assert scenario.traffic.duration == 100
    assert scenario.flows.files == (deployment / "flows/main.json", deployment / "flows/queue.json")
    assert scenario.flows.entry == "Main flow"
    assert scenario.callers.patience == Distribution("constant", 60)
    assert scenario.service_level_seconds == 20
    assert scenario.aws == AwsTarget()


def test_a_plan_may_ask_for_all_that_many_generators_can_send(write):
    assert (
        load(write("", ("calls_per_hour = 3600", "calls_per_hour = 360_000_000"))).traffic.calls_per_hour
        == 3.6e8
    )


@pytest.mark.parametrize("rate", ["360_000_001", "1e18", "inf", "nan"])
def test_a_plan_beyond_that_is_refused(write, rate):
    with pytest.raises(BusyhourError, match=r"s\.toml:4: traffic\.calls_per_hour"):
        load(write("", ("calls_per_hour = 3600", f"calls_per_hour = {rate}")))


def test_everything_that_a_scenario_can_say(write, deployment):
    scenario = load(write(FULL, ('drive = "backend"\n', 'drive = "backend"\nheadroom = 0.2\n')))
    assert scenario.callers.menus["Main menu"].choices == {"1": 0.6, "2": 0.3, "silence": 0.1}
    assert scenario.callers.inputs == {"Main flow/Ask for a number": ("10##", "silence")}
    arn = "arn:aws:connect:us-east-1:123456789012:instance/i/queue/q"
    assert scenario.queues == {"Support": Queue("Support", 12, capacity=30, open_share=0.9, arn=arn)}
    lookup, model = scenario.functions["lookup"], scenario.functions["model"]
    assert lookup.handler == f"{deployment / 'app.py'}:lookup"
    assert lookup.environment == {"TABLE_NAME": "customers"}
    assert lookup.operations == {"customers.GetItem": 1.0, "customers.PutItem": 0.5}
    assert (lookup.reserved_concurrency, lookup.timeout, lookup.memory_mb) == (20, 3.0, 256)
    assert model.latency == Distribution("lognormal", 0.04, cv=0.7, high=1.0)
    assert model.response == {"found": "yes"}
    assert model.cold_start == Distribution("constant", 0.3)
    assert scenario.tables["customers"].definition == deployment / "customers.json"
    assert scenario.tables["customers"].items == deployment / "items.json"
    assert scenario.tables["customers"].keys == KeyChoice(count=500, zipf=1.2)
    assert scenario.tables["customers"].item_bytes == (400, 4000)
    assert scenario.objectives == (
        Objective("throttles", at_most=0.0),
        Objective("service_level", at_least=0.8),
        Objective("latency_p99:lambda", at_most=500.0),
    )
    assert scenario.service_level_seconds == 10
    assert scenario.headroom == 0.2
    assert scenario.quotas == {"L-12AB7C57": 200.0}
    assert scenario.prompt_seconds == {"CustomerQueue.wav": 60.0}
    assert scenario.aws.destinations == ("+12025550101",)
    assert scenario.aws.approval == deployment / "items.json"


def test_an_action_may_be_named_with_the_file_name_of_its_flow(write):
    assert "Queue flow/Offer" in load(write(FULL)).callers.menus


@pytest.mark.parametrize("entry", ["main", "main.json", "Main flow"])
def test_a_flow_goes_by_its_name_and_by_its_file_name(write, entry):
    assert load(write("", ('entry = "main"', f'entry = "{entry}"'))).flows.entry == "Main flow"


def test_an_alias_stands_for_a_flow(write):
    scenario = load(write('\n[flows.aliases]\n"arn:x" = "queue"\n'))
    assert scenario.flows.aliases == {"arn:x": "Queue flow"}


def test_of_two_flows_with_one_name_the_second_goes_by_its_file(write, deployment):
    (deployment / "flows" / "other.json").write_text((deployment / "flows" / "main.json").read_text())
    assert load(write("", ('entry = "main"', 'entry = "other"'))).flows.entry == "other"


def test_a_flow_that_is_no_json_is_left_to_the_flow_reader(write, deployment):
    (deployment / "flows" / "main.json").write_text("{")
    assert load(write()).flows.entry == "main"


def test_layers_shape_and_growth(write):
    shape = 'shape = [{ at = "0s", factor = 0 }, { at = "1m", factor = 1.5 }]\ngrowth = 1.2\n'
    layers = '[[traffic.layers]]\nname = "spike"\nstart = "30s"\ncalls_per_hour = 600\n'
    traffic = load(write("", ('duration = "100s"\n', f'duration = "100s"\n{shape}{layers}'))).traffic
    assert traffic.shape == (ShapePoint(0, 0), ShapePoint(60, 1.5))
    assert traffic.growth == 1.2
    assert traffic.layers == (Layer("spike", 30, 70, 600),)


def test_blocked_callers_may_redial(write):
    assert load(write("")).callers.redial is None
    added = '[callers.redial]\nshare = 0.7\nattempts = 5\nafter = "45s"\n'
    assert load(write(added)).callers.redial == Redial(0.7, Distribution("constant", 45.0), 5)
    usual = load(write("[callers.redial]\nshare = 0.5\n")).callers.redial
    assert usual == Redial(0.5, Distribution("exponential", 30.0), 3)


def test_campaign_calls_go_out(write):
    found = load(write(""), overrides=("traffic.direction=outbound", "traffic.type=campaign"))
    assert found.traffic.campaign
    with pytest.raises(BusyhourError, match="campaign, which is for outbound calls only"):
        load(write(""), overrides=("traffic.type=campaign",))


def test_ramps_are_short_for_a_shape(write):
    ramps = 'ramp_up = "20s"\nramp_down = "30s"\n'
    traffic = load(write("", ('duration = "100s"\n', f'duration = "100s"\n{ramps}'))).traffic
    assert traffic.shape == (ShapePoint(0, 0), ShapePoint(20, 1), ShapePoint(70, 1), ShapePoint(100, 0))


def test_recorded_intervals_say_how_long_the_traffic_lasts(write, deployment):
    (deployment / "monday.csv").write_text("start,offered\n08:00,12\n08:15,30\n")
    intervals = 'intervals = { file = "monday.csv", interval = "15m" }'
    traffic = load(
        write("", ("calls_per_hour = 3600\n", intervals + "\n"), ('duration = "100s"\n', ""))
    ).traffic
    assert traffic.intervals == (12.0, 30.0)
    assert (traffic.interval_seconds, traffic.duration) == (900, 1800)


@pytest.mark.parametrize(
    ("start", "calls"),
    [
        ("", (2.0, 0.0, 1.0)),
        (", start = 2026-11-02T08:02:00Z", (1.0,)),
        (', start = "2026-11-02T08:02:00Z"', (1.0,)),
    ],
)
def test_real_contacts_say_when_calls_came(write, deployment, start, calls):
    (deployment / "monday.jsonl").write_text(
        "".join(f'{{"InitiationTimestamp": "2026-11-02T08:0{at}Z"}}' for at in ("0:00", "0:30", "2:10"))
    )
    contacts = f'contacts = {{ file = "monday.jsonl"{start} }}\n'
    traffic = load(write("", ("calls_per_hour = 3600\n", contacts), ('duration = "100s"\n', ""))).traffic
    assert traffic.intervals == calls
    assert (traffic.interval_seconds, traffic.duration) == (60, 60 * len(calls))


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (
            'contacts = { file = "x.json", start = "monday" }',
            "contacts.start is .monday., not a date and time",
        ),
        ('contacts = { file = "x.json" }\ncalls_per_hour = 1', "calls_per_hour does not go with contacts"),
        (
            'contacts = { file = "x.json" }\nintervals = { file = "x.csv" }',
            "intervals does not go with contacts",
        ),
    ],
)
def test_contacts_exclude_other_sources_of_the_same(write, deployment, more, message):
    (deployment / "x.json").write_text('{"InitiationTimestamp": 0}')
    with pytest.raises(BusyhourError, match=message):
        load(write("", ("calls_per_hour = 3600\n", more + "\n")))


def test_the_applications_retries_are_none_unless_said(write):
    assert load(write("")).client == Client(RetryMode.NONE, None, 10.0)
    said = load(write('\n[client]\nretry = "adaptive"\nmax_attempts = 5\ntimeout = "2s"\n')).client
    assert said == Client(RetryMode.ADAPTIVE, 5, 2.0)
    with pytest.raises(BusyhourError, match=r"client\.max_attempts does not go without retries"):
        load(write("\n[client]\nmax_attempts = 5\n"))


def test_a_path_is_looked_up_beside_the_file_and_then_in_the_root(write, deployment, tmp_path_factory):
    room = deployment / "scenarios"
    room.mkdir()
    path = write(FULL).rename(room / "s.toml")
    assert load(path, root=deployment).flows.files[0] == deployment / "flows/main.json"
    with pytest.raises(BusyhourError, match=r"scenarios/s\.toml:8: flows\.files\[1\] is .* no file matches"):
        load(path)


@given(st.floats(0.001, 1e6))
def test_numbers_are_seconds(value):
    # No fixture inside @given: the distribution alone is under test.
    from busyhour.project.toml_file import TomlFile
    from busyhour.scenarios.traffic_plan.arrival_source import Source

    source = Source(TomlFile(Path("s.toml"), {}, {}), None)
    assert source.distribution((), value) == Distribution("constant", value)
    assert source.distribution((), {"distribution": "exponential", "mean": value}).mean == value


# ------------------------------------------------------------------------------------------ values from outside


def test_values_of_the_file_can_be_replaced(write):
    overrides = (
        "traffic.duration=20s",
        "quotas.L-12AB7C57=500",
        "seed=7",
        'callers.talk={ distribution = "gamma", mean = 9 }',
    )
    scenario = load(write(), overrides=overrides)
    assert scenario.traffic.duration == 20
    assert scenario.quotas == {"L-12AB7C57": 500.0}
    assert scenario.seed == 7
    assert scenario.callers.talk == Distribution("gamma", 9)
    assert scenario.overrides == overrides


@pytest.mark.parametrize(
    ("override", "message", "hint"),
    [
        pytest.param(
            "traffic.duratin=20s",
            "--set traffic.duratin=20s: unknown key 'duratin' in [traffic]. Did you mean 'duration'?",
            "Keys of [traffic]: direction, type, calls_per_hour, growth, duration, arrivals, shape, ramp_up, ramp_down, "
            "intervals, contacts, layers, drain.",
            id="unknown-key",
        ),
        pytest.param(
            "trafic.duration=20s",
            "--set trafic.duration=20s: unknown key 'trafic' in the file. Did you mean 'traffic'?",
            "Keys of the file: name, description, seed, drive, traffic, test, flows, callers, queues, functions, tables, limits, "
            "objectives, headroom, quotas, prompts, client, aws, waves, support, usage.",
            id="unknown-table",
        ),
        pytest.param(
            "traffic.duration=soon",
            '--set traffic.duration=soon: traffic.duration is "soon", not a duration',
            'Write for example "90s" or "1h30m".',
            id="wrong-value",
        ),
        pytest.param(
            "flows.entry=mian",
            "--set flows.entry=mian: flows.entry is \"mian\", which is not one of the flows. Did you mean 'main'?",
            "Flows here: Main flow, Queue flow.",
            id="unknown-name",
        ),
        pytest.param(
            "traffic.duration",
            "--set traffic.duration: not KEY=VALUE",
            "Write for example --set traffic.duration=20s.",
            id="no-value",
        ),
        pytest.param(
            "drive.kind=voice",
            '--set drive.kind=voice: drive is "backend", not a table',
            "Set drive itself.",
            id="into-no-table",
        ),
    ],
)
def test_a_mistake_in_such_a_value_names_the_setting(write, override, message, hint):
    with pytest.raises(BusyhourError) as caught:
        load(write(), overrides=[override])
    assert (caught.value.message, caught.value.hint) == (message, hint)


# --------------------------------------------------------------------------------------------- what it refuses

DURATION = 'duration = "100s"\n'
WRITE_DURATION = 'Write for example "90s" or "1h30m".'


@pytest.mark.parametrize(
    ("added", "replacements", "message", "hint"),
    [
        pytest.param(
            "",
            [("calls_per_hour = 3600", "calls_per_hour = ")],
            "s.toml:4:18: not TOML: invalid value",
            "Correct the TOML there; strings are in quotes, a table begins with [name] on a line of its own.",
            id="broken-toml",
        ),
        pytest.param(
            "x = [1,\n",
            [],
            "s.toml:15:8: not TOML: invalid value",
            "Correct the TOML there; strings are in quotes, a table begins with [name] on a line of its own.",
            id="toml-that-ends-too-early",
        ),
        pytest.param(
            "",
            [("calls_per_hour", "call_per_hour")],
            "s.toml:4: unknown key 'call_per_hour' in [traffic]. Did you mean 'calls_per_hour'?",
            "Keys of [traffic]: direction, type, calls_per_hour, growth, duration, arrivals, shape, ramp_up, ramp_down, "
            "intervals, contacts, layers, drain.",
            id="unknown-key",
        ),
        pytest.param(
            "\n[functions.lookup]\nhandlr = 1\nlatency = 1\n",
            [],
            "s.toml:17: unknown key 'handlr' in [functions.lookup]. Did you mean 'handler'?",
            "Keys of [functions.lookup]: handler, latency, url, response, error_share, operations, environment, "
            "reserved_concurrency, cold_start, timeout, memory_mb.",
            id="unknown-key-in-a-named-table",
        ),
        pytest.param(
            "",
            [('entry = "main"\n', "")],
            "s.toml:7: [flows] has no 'entry'",
            "The flow that a call starts in: its name in the export, or its file's name without .json. Write for "
            'example "helpdesk-main".',
            id="missing-key",
        ),
        pytest.param(
            "",
            [("calls_per_hour = 3600", 'calls_per_hour = "many"')],
            's.toml:4: traffic.calls_per_hour is "many", not a number',
            "Planned calls per hour in the busy hour; the shape's factors multiply it. Write for example 9000.",
            id="wrong-type",
        ),
        pytest.param(
            "",
            [('"100s"', '"100 secs"')],
            's.toml:5: traffic.duration is "100 secs", not a duration',
            WRITE_DURATION,
            id="wrong-unit",
        ),
        pytest.param(
            "",
            [('"100s"', '"30s1h"')],
            "s.toml:5: traffic.duration is \"30s1h\", which is not a duration: 'h' comes after 's'",
            WRITE_DURATION,
            id="units-in-the-wrong-order",
        ),
        pytest.param(
            "",
            [('"100s"', "-3")],
            "s.toml:5: traffic.duration is -3; it must be at least 0",
            WRITE_DURATION,
            id="negative",
        ),
        pytest.param(
            "",
            [('"100s"', '"0s"')],
            's.toml:5: traffic.duration is "0s"; it must be more than 0',
            None,
            id="no-time-at-all",
        ),
        pytest.param(
            "",
            [('"100s"', "true")],
            "s.toml:5: traffic.duration is true, not a duration",
            WRITE_DURATION,
            id="true-for-a-duration",
        ),
        pytest.param(
            "",
            [(DURATION, "")],
            "s.toml:3: traffic has no 'duration'",
            'Add a [test] table with hold = "100s", the time for which the run holds the rate.',
            id="no-duration",
        ),
        pytest.param(
            "",
            [('"backend"', '"voise"')],
            "s.toml:1: drive is \"voise\", which is not one of voice, backend, lambda, dynamodb. Did you mean 'voice'?",
            "What the load side does for one call. voice: StartOutboundVoiceContact, the target runs the call. "
            "backend: the whole call through the flow machine, Lambda invoked as Connect would; no phone rings. "
            "lambda: one invocation a call. dynamodb: the table operations of one call.",
            id="unknown-choice",
        ),
        pytest.param(
            "",
            [('"backend"', '"lambda"')],
            's.toml:1: drive is "lambda" and the file has no [functions]',
            "Add a [functions.<name>] table, or drive something else.",
            id="nothing-to-drive",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "lognorm", mean = "20s" }')],
            's.toml:13: callers.talk.distribution is "lognorm", which is not one of constant, exponential, lognormal, '
            "gamma, uniform. Did you mean 'lognormal'?",
            "Kind of distribution.",
            id="unknown-distribution",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "gamma" }')],
            "s.toml:13: callers.talk is gamma and has no 'mean'",
            'Give the mean, as in mean = "16s".',
            id="distribution-without-mean",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "uniform", low = "5s" }')],
            "s.toml:13: callers.talk is uniform and has no 'high'",
            'Give low and high, as in high = "30s".',
            id="uniform-without-high",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "uniform", low = "9s", high = "5s" }')],
            "s.toml:13: callers.talk.low is 9 s, above high, which is 5 s",
            None,
            id="uniform-the-wrong-way-round",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "exponential", mean = "9s", cv = 2 }')],
            "s.toml:13: callers.talk.cv does not belong to a distribution that is exponential",
            "Remove it.",
            id="key-of-another-distribution",
        ),
        pytest.param(
            "",
            [('talk = "20s"', 'talk = { distribution = "gamma", mean = "9s", high = "5s" }')],
            "s.toml:13: callers.talk.high is 5 s, below the mean, which is 9 s",
            "Values above high are drawn again, so high must be well above the mean.",
            id="bound-below-the-mean",
        ),
        pytest.param(
            "",
            [("flows/*.json", "flowz/*.json")],
            's.toml:8: flows.files[1] is "flowz/*.json": no file matches.',
            "Give a pattern of exported flows, from the scenario's own folder.",
            id="no-flow-fits-the-pattern",
        ),
        pytest.param(
            "",
            [("flows/*.json", "flows/mian.json")],
            "s.toml:8: flows.files[1] is \"flows/mian.json\": no such file. Did you mean 'main.json'?",
            "Give the path of an exported flow, from the scenario's own folder.",
            id="missing-flow",
        ),
        pytest.param(
            "",
            [('entry = "main"', 'entry = "mains"')],
            "s.toml:9: flows.entry is \"mains\", which is not one of the flows. Did you mean 'main'?",
            "Flows here: Main flow, Queue flow.",
            id="entry-is-no-flow",
        ),
        pytest.param(
            '\n[flows.aliases]\n"arn:x" = "queu"\n',
            [],
            's.toml:17: flows.aliases."arn:x" is "queu", which is not one of the flows. Did you mean \'queue\'?',
            "Flows here: Main flow, Queue flow.",
            id="alias-of-no-flow",
        ),
        pytest.param(
            '\n[callers.menus]\n"Main menu" = { 1 = 0.7, 2 = 0.5 }\n',
            [],
            's.toml:17: callers.menus."Main menu" has probabilities that add up to 1.2',
            "They may not exceed 1.",
            id="probabilities-above-one",
        ),
        pytest.param(
            '\n[callers.menus]\n"Main menu" = { 1 = -0.1 }\n',
            [],
            's.toml:17: callers.menus."Main menu".1 is -0.1; it must be at least 0',
            "Write for example 0.25.",
            id="negative-probability",
        ),
        pytest.param(
            "",
            [("[callers]", '[callers]\nnumbers = ["020 1234"]')],
            's.toml:12: callers.numbers[1] is "020 1234", not a phone number in E.164 form, + and up to 15 digits or #',
            "A number in E.164 form; # is a random digit.",
            id="no-phone-number",
        ),
        pytest.param(
            '\n[functions.f]\nhandler = "app.py"\n',
            [],
            's.toml:17: functions.f.handler is "app.py", not a handler of the form path/to/file.py:callable',
            'Python file and callable that the emulator runs. Write for example "../lambda/app.py:handler".',
            id="handler-without-callable",
        ),
        pytest.param(
            '\n[functions.f]\nhandler = "ap.py:lookup"\n',
            [],
            "s.toml:17: functions.f.handler is \"ap.py\": no such file. Did you mean 'app.py'?",
            "Give the path of the function's Python file, from the scenario's own folder.",
            id="handler-file-missing",
        ),
        pytest.param(
            '\n[functions.f]\nhandler = "app.py:lokup"\n',
            [],
            "s.toml:17: functions.f.handler is \"app.py:lokup\": app.py defines no 'lokup'. Did you mean 'lookup'?",
            "Functions there: LIMIT, async_lookup, lookup, os.",
            id="handler-not-defined",
        ),
        pytest.param(
            "\n[functions.f]\nmemory_mb = 128\n",
            [],
            "s.toml:16: functions.f has no handler and no latency",
            'Give handler = "file.py:callable" to run it, or latency = "40ms" to answer without it.',
            id="function-that-can-not-answer",
        ),
        pytest.param(
            '\n[functions.f]\nhandler = "app.py:lookup"\nlatency = "1s"\n',
            [],
            "s.toml:16: functions.f has both a handler and a latency",
            'Give handler = "file.py:callable" to run it, or latency = "40ms" to answer without it.',
            id="function-that-answers-twice",
        ),
        pytest.param(
            '\n[tables.customers]\ndefinition = "customers.json"\n[functions.f]\nlatency = 0.1\n'
            'operations = { "custmers.GetItem" = 1 }\n',
            [],
            "s.toml:20: functions.f.operations.\"custmers.GetItem\" names the table 'custmers', which the scenario "
            "does not have. Did you mean 'customers'?",
            "Tables here: customers. Write table.Operation, as in customers.GetItem.",
            id="operation-on-no-table",
        ),
        pytest.param(
            '\n[tables.customers]\ndefinition = "customers.json"\n[functions.f]\nlatency = 0.1\n'
            'operations = { "customers.GetItm" = 1 }\n',
            [],
            "s.toml:20: functions.f.operations.\"customers.GetItm\" names the operation 'GetItm', which DynamoDB does "
            "not have. Did you mean 'GetItem'?",
            "Operations: GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan, BatchGetItem, BatchWriteItem, "
            "TransactGetItems, TransactWriteItems.",
            id="unknown-operation",
        ),
        pytest.param(
            '\n[tables.orders]\ndefinition = "customers.json"\n',
            [],
            "s.toml:17: tables.orders.definition is \"customers.json\", which has TableName 'customers', not 'orders'",
            "The file holds the arguments of CreateTable; give both the same name.",
            id="table-of-another-name",
        ),
        pytest.param(
            '\n[tables.customers]\ndefinition = "customers.json"\nitems = "customers.json"\n',
            [],
            's.toml:18: tables.customers.items is "customers.json", which is not a list',
            'Give a list of items in DynamoDB\'s JSON, as in [{"id": {"S": "1"}}].',
            id="items-that-are-no-list",
        ),
        pytest.param(
            '\n[tables.customers]\ndefinition = "customers.json"\nkeys = { recorded = "items.json", zipf = 1 }\n',
            [],
            "s.toml:18: tables.customers.keys has both recorded keys and a distribution of keys",
            "Keep one of the two.",
            id="keys-recorded-and-drawn",
        ),
        pytest.param(
            '\n[tables.customers]\ndefinition = "customers.json"\nitem_bytes = [4000, 400]\n',
            [],
            "s.toml:18: tables.customers.item_bytes goes from 4000 down to 400",
            "Give the smaller size first.",
            id="item-sizes-the-wrong-way-round",
        ),
        pytest.param(
            "\n[objectives]\nthrotles = { at_most = 0 }\n",
            [],
            "s.toml:17: objectives.throtles is not a metric. Did you mean 'throttles'?",
            "Metrics: latency_p50, latency_p90, latency_p95, latency_p99, latency_max, service_time_p50, "
            "service_time_p90, service_time_p95, service_time_p99, service_time_max, throttles, limits, errors, "
            "throttle_share, request_throttle_share, limit_share, error_share, blocked_share, abandoned_share, service_level, error_branch_share, late_arrivals, "
            "dropped_arrivals.",
            id="unknown-metric",
        ),
        pytest.param(
            "\n[objectives]\nlatency_p99 = { at_most = 500 }\n",
            [],
            "s.toml:17: objectives.latency_p99.at_most is 500, not a duration with its unit",
            'Write for example "500ms" or "2s".',
            id="latency-without-unit",
        ),
        pytest.param(
            '\n[objectives]\nthrottles = { at_most = "5s" }\n',
            [],
            's.toml:17: objectives.throttles.at_most is "5s", not a number',
            None,
            id="number-with-unit",
        ),
        pytest.param(
            "\n[objectives]\nservice_level = { at_least = 80 }\n",
            [],
            "s.toml:17: objectives.service_level.at_least is 80, not a share from 0 to 1",
            None,
            id="percent-for-share",
        ),
        pytest.param(
            "\n[objectives]\nthrottles = {}\n",
            [],
            "s.toml:17: objectives.throttles is empty",
            "Bounds of one metric; both may be given. Write for example { at_most = 0 }.",
            id="objective-without-bound",
        ),
        pytest.param(
            '\n[objectives]\nservice_level = { within = "5s" }\n',
            [],
            "s.toml:17: objectives.service_level has no bound",
            "Give at_most or at_least.",
            id="time-without-bound",
        ),
        pytest.param(
            '\n[objectives]\nthrottles = { at_most = 0, within = "5s" }\n',
            [],
            "s.toml:17: objectives.throttles.within belongs to service_level only",
            "Remove it.",
            id="time-of-another-metric",
        ),
        pytest.param(
            "",
            [('"backend"\n', '"backend"\nheadroom = 20\n')],
            "s.toml:2: headroom is 20; it must be below 1",
            "Share of every quota that must stay free at the peak: with 0.2 a quota holds up to 80 % of its value. "
            "Write for example 0.25.",
            id="headroom-in-percent",
        ),
        pytest.param(
            '\n[aws]\naccount = "12"\n',
            [],
            's.toml:17: aws.account is "12", not an AWS account number of 12 digits',
            'AWS account number. Write for example "123456789012".',
            id="no-account-number",
        ),
        pytest.param(
            "",
            [("calls_per_hour = 3600\n", "")],
            "s.toml:3: traffic has neither calls_per_hour nor intervals nor contacts",
            'Give calls_per_hour = 9000, or intervals = { file = "monday.csv" }.',
            id="no-rate",
        ),
        pytest.param(
            "",
            [(DURATION, DURATION + 'intervals = { file = "x.csv" }\n')],
            "s.toml:4: traffic.calls_per_hour does not go with intervals",
            "Keep one of the two; growth scales both.",
            id="rate-and-intervals",
        ),
        pytest.param(
            "",
            [("calls_per_hour = 3600", 'intervals = { file = "x.csv" }')],
            's.toml:4: traffic.intervals.file is "x.csv": no such file.',
            "Give the path of a CSV file of intervals, from the scenario's own folder.",
            id="intervals-missing",
        ),
        pytest.param(
            "",
            [(DURATION, DURATION + 'ramp_up = "60s"\nramp_down = "60s"\n')],
            "s.toml:7: traffic.ramp_down ends after the traffic: the ramps take 120 s, the duration is 100 s",
            "Shorten the ramps or lengthen the duration.",
            id="ramps-too-long",
        ),
        pytest.param(
            "",
            [(DURATION, DURATION + 'ramp_up = "60s"\nshape = [{ at = 0, factor = 1 }]\n')],
            "s.toml:6: traffic.ramp_up does not go with shape",
            "Keep one of the two.",
            id="ramp-and-shape",
        ),
        pytest.param(
            "",
            [(DURATION, DURATION + "shape = [{ at = 9, factor = 1 }, { at = 5, factor = 1 }]\n")],
            "s.toml:6: traffic.shape[2].at is 5 s, before the point above it, which is at 9 s",
            "Put the points in order of time.",
            id="shape-out-of-order",
        ),
        pytest.param(
            "",
            [(DURATION, DURATION + '[[traffic.layers]]\nname = "late"\nstart = "2m"\ncalls_per_hour = 60\n')],
            "s.toml:8: traffic.layers[1].start is 120 s, after the end of the traffic: its duration is 100 s",
            "Begin the layer earlier, or lengthen the duration.",
            id="layer-after-the-end",
        ),
    ],
)
def test_a_mistake_is_answered_with_place_value_and_way_out(write, added, replacements, message, hint):
    with pytest.raises(BusyhourError) as caught:
        load(write(added, *replacements))
    assert caught.value.message == message
    assert caught.value.hint == hint
    assert caught.value.exit_code is ExitCode.BAD_INPUT


NO_ACTIONS = [
    (
        '\n[callers.menus]\n"Main menue" = { 1 = 1 }\n',
        'callers.menus."Main menue"',
        "in the flows. Did you mean 'Main menu'?",
    ),
    ('\n[callers.inputs]\n"Nr" = ["1"]\n', "callers.inputs.Nr", "in the flows."),
    (
        '\n[callers.inputs]\n"queue/Main menu" = ["1"]\n',
        'callers.inputs."queue/Main menu"',
        "in the flow 'Queue flow'.",
    ),
]
HELD = ('duration = "100s"', ""), ("[callers]", '[test]\nhold = "9s"\n[callers]')


@pytest.mark.parametrize(("added", "key", "where"), NO_ACTIONS)
def test_a_menu_or_input_of_no_action_is_an_error_beside_a_test_table(write, added, key, where):
    with pytest.raises(BusyhourError) as caught:
        load(write(added, *HELD))
    assert f"{key} does not name an action {where}" in caught.value.message
    assert caught.value.hint == "Give the action's name as the flow designer shows it, or its identifier."


@pytest.mark.parametrize(("added", "key", "where"), NO_ACTIONS)
@pytest.mark.parametrize("setting", ["seed=2", "test.hold=9s"])
def test_an_older_file_keeps_a_menu_or_input_of_no_action(write, added, key, where, setting):
    callers = load(write(added), overrides=[setting]).callers
    assert [key.removeprefix("callers.menus.").removeprefix("callers.inputs.").strip('"')] == [
        *callers.menus,
        *callers.inputs,
    ]


def test_several_mistakes_are_said_at_once_in_the_order_of_the_file(write):
    with pytest.raises(BusyhourError) as caught:
        load(write("\n[nonsense]\n", ("calls_per_hour", "rate"), ('"100s"', '"soon"')))
    assert caught.value.message.splitlines() == [
        "s.toml:4: unknown key 'rate' in [traffic].",
        's.toml:5: traffic.duration is "soon", not a duration',
        "s.toml:16: unknown key 'nonsense' in the file.",
    ]


def test_a_missing_file_is_named(deployment):
    with pytest.raises(BusyhourError) as caught:
        load(deployment / "none.toml")
    assert caught.value.message == "none.toml: no such file"
    assert caught.value.hint == "Give the path of a scenario, a TOML file."


def test_a_folder_is_no_scenario(deployment):
    with pytest.raises(BusyhourError) as caught:
        load(deployment / "flows")
    assert caught.value.message == "flows: cannot be read: Is a directory"


def test_a_file_in_another_encoding_is_refused(deployment):
    (deployment / "s.toml").write_bytes('name = "Zürich"'.encode("latin-1"))
    with pytest.raises(BusyhourError) as caught:
        load(deployment / "s.toml")
    assert caught.value.message == "s.toml: byte 9 is not UTF-8"


def test_a_handler_that_is_no_python_is_named_with_its_place(write, deployment):
    (deployment / "app.py").write_text("def lookup(:\n")
    with pytest.raises(BusyhourError) as caught:
        load(write('\n[functions.f]\nhandler = "app.py:lookup"\n'))
    assert caught.value.message == "app.py:1:12: not Python: invalid syntax"
    assert caught.value.hint == "s.toml:17 names this file as a handler."


def test_a_function_elsewhere_has_a_url_and_a_latency_for_the_forecast(write):
    where = "http://127.0.0.1:9000/2015-03-31/functions/function/invocations"
    scenario = load(write(f'\n[functions.f]\nlatency = "40ms"\nurl = "{where}"\n'))
    assert scenario.functions["f"].url == where
    with pytest.raises(BusyhourError, match=r"functions\.f\.url"):
        load(write('\n[functions.f]\nlatency = "40ms"\nurl = "127.0.0.1:9000"\n'))


def test_a_table_that_is_no_json_is_named_with_its_place(write, deployment):
    (deployment / "customers.json").write_text('{"TableName": }')
    with pytest.raises(BusyhourError) as caught:
        load(write('\n[tables.customers]\ndefinition = "customers.json"\n'))
    assert caught.value.message == "customers.json:1:15: not JSON: Expecting value"
    assert caught.value.hint == "s.toml:17 names this file as a table's definition."


# ------------------------------------------------------------------------------------------------- the schema


def _schemas(node, path="#"):
    if isinstance(node, dict):
        for name, inner in node.get("properties", {}).items():
            yield f"{path}/{name}", inner
        for inner in node.values():
            yield from _schemas(inner, path)
    elif isinstance(node, list):
        for inner in node:
            yield from _schemas(inner, path)


def test_the_schema_is_valid_and_describes_every_key():
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_path().read_text())
    Draft202012Validator.check_schema(schema)
    described = list(_schemas(schema))
    assert len(described) > 60
    assert [path for path, inner in described if not inner.get("description")] == []


def test_the_examples_in_the_schema_are_valid():
    from jsonschema import Draft202012Validator

    schema = json.loads(schema_path().read_text())
    for path, inner in [*_schemas(schema), *schema["$defs"].items()]:
        for example in inner.get("examples", []):
            Draft202012Validator({**inner, "$defs": schema["$defs"]}).validate(example), path
