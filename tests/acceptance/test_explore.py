"""`busyhour explore`, `paths`, `contract` and `pytest contract_tests` as a team runs them."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from busyhour.exploration.output import json_output, test_cases
from busyhour.lambda_contract import contract
from busyhour.shipped import shipped_root

ROOT = shipped_root()
FLOWS = ROOT / "examples" / "helpdesk" / "flows"
HANDLERS = ROOT / "examples" / "helpdesk" / "lambda" / "helpdesk.py"
FAULTS = Path(__file__).parents[1] / "unit" / "exploration" / "faults"


def fits(data, module, name):
    schema = json.loads(Path(module.__file__).with_name(name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(data)


def test_the_helpdesk_holds_and_every_coverable_branch_is_taken(busyhour, tmp_path):
    done = busyhour(
        "explore", FLOWS, "--html", tmp_path / "page.html", "--lcov", tmp_path / "cover.info", cwd=tmp_path
    )
    assert done.code == 0, done.out + done.err
    assert "(100.0%)" in done.out.splitlines()[-1]
    assert "0 failures" in done.out.splitlines()[-1]
    assert (tmp_path / "page.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "cover.info").read_text().count("end_of_record") == 6


def test_a_failure_exits_1_and_is_replayed_by_its_token(busyhour, tmp_path):
    flow = FAULTS / "infinite_reprompt" / "broken" / "bank.json"
    done = busyhour("explore", flow, "--examples", "5", cwd=tmp_path)
    assert done.code == 1
    word = re.search(r"--replay (\S+)", done.out).group(1)
    again = busyhour("explore", flow, "--replay", word, cwd=tmp_path)
    assert again.code == 1
    assert "call-ends" in again.out
    assert "Press 1 for accounts" in again.out
    kept = busyhour(
        "explore", FAULTS / "infinite_reprompt" / "kept" / "bank.json", "--replay", word, cwd=tmp_path
    )
    assert kept.code == 0, kept.out
    assert "all invariants hold" in kept.out


def test_a_failure_over_two_flows_is_replayed_as_it_was_printed(busyhour, tmp_path):
    done = busyhour("explore", FAULTS / "flows_in_a_circle" / "broken", "--examples", "0", cwd=tmp_path)
    assert done.code == 1
    again = shlex.split(re.search(r"again: busyhour (.*)", done.out).group(1))
    assert "--entry" in again
    replayed = busyhour(*again, cwd=tmp_path)
    assert replayed.code == 1
    assert "loop-has-exit" in replayed.out


def test_a_failure_with_a_real_handler_is_replayed_as_it_was_printed(busyhour, tmp_path):
    (tmp_path / "lookup.py").write_text("def handler(event, context):\n    raise KeyError('caller')\n")
    flows = FAULTS / "dead_end_on_lambda_error" / "broken"
    options = ["--lambda", "lookup=lookup.py:handler", "--alias", "arn:other=Bank", "--ignore", "dead-air"]
    done = busyhour("explore", flows, *options, "--examples", "0", cwd=tmp_path)
    assert done.code == 1, done.out + done.err
    again = shlex.split(re.search(r"again: busyhour (.*)", done.out).group(1))
    assert [one for one in again if one in options] == options
    replayed = busyhour(*again, cwd=tmp_path)
    assert replayed.code == 1, replayed.out + replayed.err
    said = [line for line in done.out.splitlines() if line.startswith("lambda-failure-is-handled: ")]
    assert len(said) == 1
    assert said[0] in replayed.out.splitlines()
    # It is the handler that fails: without it the same word is another call.
    without = busyhour("explore", flows, "--replay", again[-1], cwd=tmp_path)
    assert said[0] not in without.out


def test_json_fits_its_schema(busyhour, tmp_path):
    done = busyhour(
        "explore",
        FAULTS / "queue_unset_on_one_branch" / "broken",
        "--format",
        "json",
        "--examples",
        "2",
        cwd=tmp_path,
    )
    data = json.loads(done.out)
    fits(data, json_output, "exploration.schema.json")
    assert [one["invariant"] for one in data["flows"][0]["failures"]] == ["queue-is-set"]


def test_a_real_handler_is_held_to_what_the_flows_read(busyhour, tmp_path):
    folder = FAULTS / "wrong_key_name"
    for kind, code in (("broken", 1), ("kept", 0)):
        given = f"lookup={folder / kind / 'lookup.py'}:handler"
        done = busyhour("explore", folder / kind, "--lambda", given, "--examples", "20", cwd=tmp_path)
        assert done.code == code, done.out + done.err
        assert ("never returns 'tier'" in done.out) == bool(code)


def test_a_handler_may_be_named_as_lambda_names_it(busyhour, tmp_path):
    folder = FAULTS / "api_envelope" / "broken"
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "lookup.py").write_text((folder / "lookup.py").read_text())
    done = busyhour(
        "explore", folder, "--lambda", "lookup=app.lookup:handler", "--examples", "5", cwd=tmp_path
    )
    assert done.code == 1, done.out + done.err
    assert "envelope: Lambda `lookup`" in done.out


def test_paths_print_test_cases(busyhour, tmp_path):
    done = busyhour("paths", FLOWS, "-o", tmp_path / "calls.json", "--examples", "0", cwd=tmp_path)
    assert done.code == 0, done.err
    data = json.loads((tmp_path / "calls.json").read_text())
    fits(data, test_cases, "paths.schema.json")
    assert data["summary"]["covered"] == data["summary"]["coverable"]


def test_a_contract_is_written_and_compared(busyhour, tmp_path):
    written = busyhour("contract", FLOWS, "-o", tmp_path / "old.json", cwd=tmp_path)
    assert written.code == 0, written.err
    old = json.loads((tmp_path / "old.json").read_text())
    fits(old, contract, "contract.schema.json")
    assert "helpdesk-lookup" in old["functions"]
    new = json.loads((tmp_path / "old.json").read_text())
    new["functions"]["helpdesk-lookup"]["reads"]["language"] = {
        "tested": [],
        "by": [{"flow": "f", "action": "a"}],
    }
    (tmp_path / "new.json").write_text(json.dumps(new))
    done = busyhour("contract", "diff", tmp_path / "old.json", tmp_path / "new.json", cwd=tmp_path)
    assert done.code == 0
    assert "Deploy the functions first" in done.out
    del new["functions"]["helpdesk-lookup"]["reads"]["tier"]
    (tmp_path / "new.json").write_text(json.dumps(new))
    assert busyhour("contract", "diff", tmp_path / "old.json", tmp_path / "new.json", cwd=tmp_path).code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["explore", "nowhere"], "nowhere: no such file or folder"),
        (["explore"], "no flows to read"),
        (["explore", FLOWS, "--entry", "Helpdesk main", "--replay", "nonsense"], "is not a token"),
        (["explore", FLOWS, "--replay", "c1eNqLjgUAARUAuQ"], "--entry does not name the one that the call enters"),
        (["explore", FLOWS, "--ignore", "call-end"], "Did you mean 'call-ends'"),
        (["explore", FLOWS, "--lambda", "lookup=nowhere.py:handler"], "nowhere.py does not exist"),
        (["explore", FLOWS, "--lambda", f"look={HANDLERS}:lookup"], "no flow invokes this function"),
        (["explore", FLOWS, "--lambda", f"helpdesk-lookup={HANDLERS}:look"], "missing on module 'helpdesk'. Did you mean 'lookup'?"),
        (["explore", FLOWS, "--alias", "x"], "is not of the form KEY=VALUE"),
        (["paths", "nowhere"], "no such file or folder"),
        (["contract", "diff", "a.json", "b.json"], "a.json: cannot be read"),
    ],
)  # fmt: skip
def test_bad_input_exits_2_and_says_why(busyhour, tmp_path, arguments, message):
    done = busyhour(*arguments, cwd=tmp_path)
    assert done.code == 2, done.out + done.err
    assert message in done.err


def test_pytest_explores_the_flows_of_a_team_one_test_a_flow(tmp_path):
    def run(*arguments):
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                str(ROOT / "contract_tests" / "test_exploration.py"),
                "-q",
                "-p",
                "no:cacheprovider",
                *arguments,
            ],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=150,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            check=False,
        )

    broken = run(
        "-k", "exploration or Bank", "--busyhour-flows", str(FAULTS / "queue_unset_on_one_branch" / "broken")
    )
    assert "1 failed" in broken.stdout, broken.stdout
    assert "queue-is-set: transfers to a queue" in broken.stdout
    good = run("-k", "test_invariants_hold")
    assert "6 passed" in good.stdout, good.stdout
