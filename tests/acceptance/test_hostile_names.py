"""Names in flows, files and scenarios that would act on a terminal or a CI: no command in any format lets them through."""

from __future__ import annotations

import json
import re

import pytest

from busyhour import cli
from busyhour.printable import printable

COMMANDS = "\n::warning::owned\r::error::owned\x1b[2J\x9b31m\u202e ##[error]owned ##vso[task.x]owned"
NAMES = [
    f"evil{COMMANDS}",
    "::error::at the start",
    "Accounts [/de]",
    "[eu] [bold]x[/bold] :smile:",
    "a | b](http://evil.example) <img src=x> ![x](http://evil.example)",
]
ACTS = re.compile(
    r"\x1b|\x9b|\u202e|\u2028|\r|##\w*\[|^\s*::(?!(error|warning|notice) (file|title)=)", re.MULTILINE
)


def flow(name: str) -> dict[str, object]:
    """A flow with the name in every place that has room for one: name, identifiers, types, parameters, errors."""

    def errors(*types: str) -> list[dict[str, str]]:
        return [{"NextAction": f"end {name}", "ErrorType": one} for one in types]

    return {
        "Version": "2019-10-30",
        "StartAction": f"hello {name}",
        "Metadata": {
            "name": name,
            "ActionMetadata": {f"hello {name}": {"isFriendlyName": True, "friendlyName": name}},
        },
        "Actions": [
            {
                "Identifier": f"hello {name}",
                "Type": "MessageParticipant",
                "Parameters": {"Text": name, name: name},
                "Transitions": {"NextAction": f"look {name}", "Errors": errors("NoMatchingError", name)},
            },
            {
                "Identifier": f"look {name}",
                "Type": "InvokeLambdaFunction",
                "Parameters": {
                    "LambdaFunctionARN": f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
                    "InvocationTimeLimitSeconds": "3",
                },
                "Transitions": {"NextAction": "queue", "Errors": errors("NoMatchingError")},
            },
            {
                "Identifier": "queue",
                "Type": "UpdateContactTargetQueue",
                "Parameters": {"QueueId": f"arn:aws:connect:us-east-1:123456789012:instance/i/queue/{name}"},
                "Transitions": {"NextAction": f"odd {name}", "Errors": errors("NoMatchingError")},
            },
            {
                "Identifier": f"odd {name}",
                "Type": "UpdateContactAttributes",
                "Parameters": {"Attributes": {name: f"$.External.{name}"}, "TargetContact": "Current"},
                "Transitions": {"NextAction": f"end {name}", "Errors": errors("NoMatchingError")},
            },
            {
                "Identifier": f"end {name}",
                "Type": "DisconnectParticipant",
                "Parameters": {},
                "Transitions": {},
            },
            {
                "Identifier": f"unreached {name}",
                "Type": name,
                "Parameters": {},
                "Transitions": {"NextAction": name},
            },
        ],
    }


@pytest.fixture(params=range(len(NAMES)), ids=["commands", "start", "closing tag", "markup", "markdown"])
def folder(request, tmp_path):
    """A folder with hostile flows, in files with hostile names, and a scenario with hostile names."""
    name = NAMES[request.param]
    flows = tmp_path / "flows"
    flows.mkdir()
    file_name = name.replace("/", "-").replace("\0", "")
    (flows / f"{file_name}.json").write_text(json.dumps(flow(name)))
    (flows / f"{file_name} broken.json").write_text(
        f'{{"Version": "2019-10-30", "{file_name.encode("unicode_escape").decode()}": '
    )
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "one.json").write_text(json.dumps(flow(f"other {name}")))
    quoted = json.dumps(name)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "one.json").write_text(
        json.dumps({**flow("plain"), "Actions": flow("plain")["Actions"][:-1]})
    )  # type: ignore[index]  # members of `flow` are objects
    (tmp_path / "evil.toml").write_text(
        f'name = {quoted}\ndescription = {quoted}\n[traffic]\nrate = "60/h"\nduration = "60s"\n'
        f'[flows]\nfiles = ["plain/one.json"]\n[queues.{quoted}]\nagents = 3\n[{quoted}]\nx = 1\n'
    )
    return tmp_path


@pytest.fixture
def run(folder, monkeypatch, capsys):
    """Runs a command in the folder, in this process, through the same entry as the real one."""

    def busyhour(*words: str) -> tuple[int, str]:
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            cli.main([*words])
        shown = capsys.readouterr()
        return int(ended.value.code or 0), f"{shown.out}\n{shown.err}"

    return busyhour


@pytest.mark.parametrize(
    "words",
    [
        ["check", "flows", "-v"],
        ["check", "flows", "--format", "github"],
        ["check", "flows", "--format", "json"],
        ["check", "flows", "--format", "sarif"],
        ["check", "flows", "--format", "gitlab"],
        ["explore", "flows", "--examples", "3", "--verbose"],
        ["explore", "flows", "--examples", "3", "--format", "json"],
        ["paths", "flows"],
        ["contract", "flows"],
        ["diff", "flows", "other"],
        ["diff", "flows", "other", "--format", "markdown"],
        ["diff", "flows", "other", "--format", "json"],
        ["trace", "other/one.json", "--lambda", "x={}"],
        ["trace", "other/one.json"],
        ["convert", "other/one.json"],
        ["forecast", "evil.toml"],
        ["plan", "evil.toml"],
        ["run", "evil.toml", "--target", "aws"],
        ["run", f"missing{COMMANDS}"],
        ["check", f"--{COMMANDS}"],
        [f"chek{COMMANDS}"],
        ["report", f"missing{COMMANDS}", "--format", f"pdf{COMMANDS}"],
    ],
    ids=lambda words: printable(" ".join(words)),
)
def test_no_name_acts_on_the_terminal_or_the_ci(run, words):
    code, out = run(*words)
    assert code in (0, 1, 2, 3, 4), out
    assert "Traceback" not in out
    assert "internal error" not in out
    found = ACTS.search(out)
    assert found is None, (found, out[max(0, found.start() - 200) : found.end() + 50])
    if "markdown" in words:
        assert "<img" not in out
        assert not re.search(r"(?<!\\)\]\(http", out)


@pytest.mark.parametrize(
    "name", ["Accounts [/de]", "[eu] [bold]x[/bold] :smile:", "two ::warning::x", "##[error]x"]
)
def test_a_queue_of_that_name_is_in_the_forecast_as_it_is_called(tmp_path, monkeypatch, capsys, name):
    errors = [{"NextAction": "end", "ErrorType": "NoMatchingError"}]
    actions = [
        ("q", "UpdateContactTargetQueue", {"QueueId": name}, {"NextAction": "t", "Errors": errors}),
        ("t", "TransferContactToQueue", {}, {"NextAction": "end", "Errors": errors}),
        ("end", "DisconnectParticipant", {}, {}),
    ]
    flow = {
        "Version": "2019-10-30",
        "StartAction": "q",
        "Metadata": {"name": name},
        "Actions": [
            dict(zip(("Identifier", "Type", "Parameters", "Transitions"), one, strict=True))
            for one in actions
        ],
    }
    (tmp_path / "one.json").write_text(json.dumps(flow))
    quoted = json.dumps(name)
    mean = '{ distribution = "exponential", mean = "60s" }'
    (tmp_path / "evil.toml").write_text(
        f'description = {quoted}\nseed = 1\ndrive = "backend"\n[traffic]\ndirection = "inbound"\ncalls_per_hour = 60\n'
        f'arrivals = "poisson"\n[test]\nhold = "60s"\n[callers]\npatience = {mean}\ntalk = {mean}\nwrap_up = {mean}\n'
        f'[flows]\nfiles = ["one.json"]\nentry = {quoted}\n[queues.{quoted}]\nagents = 30\n'
    )
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        cli.main(["forecast", "evil.toml", "--calls", "100"])
    shown = capsys.readouterr()
    assert ended.value.code == 0, shown.err
    assert printable(name) in shown.out
    assert not ACTS.search(shown.out + shown.err)
