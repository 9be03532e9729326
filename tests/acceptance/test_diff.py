"""`busyhour diff` on files, folders and git revisions."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

Busyhour = Any
EXAMPLE = Path(__file__).parents[2] / "examples" / "helpdesk"


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """Folders old/ and new/: in the new one the greeting differs, and the lookup is made twice."""
    for name in ("old", "new"):
        shutil.copytree(EXAMPLE / "flows", tmp_path / name)
    path = tmp_path / "new" / "helpdesk-main.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    actions = {each["Identifier"]: each for each in document["Actions"]}
    actions["Greet"]["Parameters"]["Text"] = "Good day."
    again = json.loads(json.dumps(actions["Look up the caller"])) | {"Identifier": "Look up again"}
    actions["Look up the caller"]["Transitions"]["NextAction"] = "Look up again"
    document["Actions"].append(again)
    path.write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_folders_are_compared_by_meaning(versions: Path, busyhour: Busyhour) -> None:
    done = busyhour("diff", "old", "new", cwd=versions)
    assert done.code == 0, done.err
    assert "prompt   Greet: Text: Welcome to the helpdesk. -> Good day." in done.out
    assert "lambda   Look up again: InvokeLambdaFunction is new" in done.out
    assert "Branch coverage: Helpdesk main: 68 of 68 branches taken, 7 that no call can take -> " in done.out
    assert "Helpdesk queue: " not in done.out, "it is as it was"
    assert done.out.splitlines()[-1].startswith("1 prompt, 1 lambda, 1 route; 0 new findings, 0 gone")


def test_two_files_are_versions_of_each_other(versions: Path, busyhour: Busyhour) -> None:
    (versions / "new" / "helpdesk-main.json").rename(versions / "tomorrow.json")
    done = busyhour("diff", "old/helpdesk-main.json", "tomorrow.json", "--format", "json", cwd=versions)
    kinds = [change["kind"] for change in json.loads(done.out)["changes"]]
    assert kinds == ["prompt", "lambda", "route"]


def test_a_git_revision_is_compared_with_the_folder(versions: Path, busyhour: Busyhour) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *identity, *arguments], cwd=versions, check=True, capture_output=True)

    (versions / "busyhour.toml").write_text('flows = ["old/*.json"]\n', encoding="utf-8")
    git("init", "-q")
    git("add", "old")
    git("commit", "-qm", "old")
    shutil.copy(versions / "new" / "helpdesk-main.json", versions / "old" / "helpdesk-main.json")
    for revision in ("HEAD", "HEAD:old"):
        done = busyhour("diff", revision, "old", cwd=versions)
        assert done.code == 0, done.err
        assert "Greet: Text" in done.out
    refused = busyhour("diff", "HEAD:nothing", "old", cwd=versions)
    assert refused.code == 2
    assert "has no nothing" in refused.err


def test_the_page_has_both_graphs_with_what_changed_marked(versions: Path, busyhour: Busyhour) -> None:
    done = busyhour("diff", "old", "new", "--format", "html", "-o", "diff.html", cwd=versions)
    assert done.code == 0, done.err
    page = (versions / "diff.html").read_text(encoding="utf-8")
    assert page.count("<svg ") == 2
    assert page.count('<rect class="s-changed"') == 4  # greeting and lookup, on both sides
    assert page.count('<rect class="s-new"') == 1
    assert '<rect class="s-gone"' not in page
    for picture in page.split("<svg ")[1:]:
        ElementTree.fromstring("<svg " + picture.split("</svg>")[0] + "</svg>")


def test_a_new_error_ends_with_1(versions: Path, busyhour: Busyhour) -> None:
    path = versions / "new" / "helpdesk-main.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    document["Actions"][3]["Type"] = "NoSuchAction"
    path.write_text(json.dumps(document), encoding="utf-8")
    done = busyhour("diff", "old", "new", cwd=versions)
    assert done.code == 1
    assert "New finding: error unknown-type" in done.out


def test_another_region_or_account_ends_with_1_unless_the_flows_have_moved(
    versions: Path, busyhour: Busyhour
) -> None:
    path = versions / "old" / "helpdesk-main.json"
    text = path.read_text(encoding="utf-8")
    stray = versions / "stray.json"
    stray.write_text(text.replace("lambda:us-east-1", "lambda:eu-west-2", 1), encoding="utf-8")
    done = busyhour("diff", str(path), str(stray), cwd=versions)
    assert done.code == 1
    assert "names the Region eu-west-2" in done.out
    assert busyhour("diff", str(path), str(stray), "--moved", cwd=versions).code == 0


def test_the_exit_code_tells_when_asked_to(versions: Path, busyhour: Busyhour) -> None:
    assert busyhour("diff", "old", "new", "--exit-code", cwd=versions).code == 1
    assert busyhour("diff", "old", "old", "--exit-code", cwd=versions).code == 0


@pytest.mark.slow
def test_the_demand_of_a_call_says_what_one_more_lambda_call_costs(
    versions: Path, busyhour: Busyhour
) -> None:
    done = busyhour(
        "diff", "old", "new", "--scenario", "helpdesk", "--calls", "400", "--format", "markdown", cwd=versions
    )
    assert done.code == 0, done.err
    assert "invocations:helpdesk-lookup: 1 -> 2 (+1, +100%)" in done.out
    assert "Concurrent executions binds at" in done.out
    assert "less headroom" in done.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("old", "nothing"), "nothing: there is no such file or folder, and no such git revision"),
        (("old", "empty"), "no flows found in empty"),
        (("old", "broken.json"), "broken.json"),
        (("old", "new", "--scenario", "helpdsk"), "Did you mean 'helpdesk'"),
    ],
)
def test_bad_input_is_answered_with_what_is_wrong(
    arguments: tuple[str, ...], words: str, versions: Path, busyhour: Busyhour
) -> None:
    (versions / "empty").mkdir()
    (versions / "broken.json").write_text("{", encoding="utf-8")
    done = busyhour("diff", *arguments, cwd=versions)
    assert done.code == 2
    assert words in done.err


def test_links_of_a_revision_that_leave_it_are_left_out_and_named(versions: Path, busyhour: Busyhour) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        subprocess.run(["git", *identity, *arguments], cwd=versions, check=True, capture_output=True)

    (versions / "old" / "absolute.json").symlink_to("/etc/passwd")
    (versions / "old" / "above.json").symlink_to("../../../x.json")
    (versions / "old" / "nowhere.json").symlink_to("missing.json")
    git("init", "-q")
    git("add", "old")
    git("commit", "-qm", "old")
    done = busyhour("diff", "HEAD:old", "new", cwd=versions)
    assert done.code == 0
    for name in ("absolute.json", "above.json", "nowhere.json"):
        assert f"{name} was left out" in done.out + done.err
    assert "root:" not in done.out


UNFINISHED = {
    "main.tf": 'resource "aws_connect_contact_flow" "x" {\n  content = jsonencode({ "Version": "2019-10-30", "Actions": [ }',
    "main.json": '{"Version": "2019-10-30", "StartAction": "a", "Actions": [ }',
    "main.yaml": 'Content: \'{"Version": "2019-10-30", "Actions": [ }\'\n',
}


@pytest.mark.parametrize("name", UNFINISHED)
def test_a_flow_that_cannot_be_read_any_more_is_named_and_ends_with_1(
    versions: Path, busyhour: Busyhour, name: str
) -> None:
    shutil.copytree(versions / "old", versions / "later")
    (versions / "later" / name).write_text(UNFINISHED[name], encoding="utf-8")
    done = busyhour("diff", "old", "later", cwd=versions)
    assert done.code == 1, done.out
    assert f"{name} was left out: " in done.out
    assert "not-json" in done.out


def test_flows_of_templates_are_compared_too(versions: Path, busyhour: Busyhour) -> None:
    for side, text in (("one", "Hello"), ("two", "Good morning")):
        (versions / side).mkdir()
        (versions / side / "main.tf").write_text(
            'resource "aws_connect_contact_flow" "main" {\n  name = "main"\n  content = jsonencode({\n'
            '    Version = "2019-10-30", StartAction = "a", Actions = [\n'
            f'      {{ Identifier = "a", Type = "MessageParticipant", Parameters = {{ Text = "{text}" }},\n'
            '        Transitions = { NextAction = "b", Errors = [{ NextAction = "b", ErrorType = "NoMatchingError" }] } },\n'
            '      { Identifier = "b", Type = "DisconnectParticipant", Parameters = {}, Transitions = {} }]\n  })\n}\n',
            encoding="utf-8",
        )
    done = busyhour("diff", "one", "two", cwd=versions)
    assert done.code == 0, done.out
    assert "Good morning" in done.out
