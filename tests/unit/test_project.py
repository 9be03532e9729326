import json
import os
from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.project import Project
from busyhour.shipped import shipped_root


@pytest.fixture
def shipped(tmp_path) -> Path:
    """Shipped rooms with one unit of each kind."""
    root = tmp_path / "shipped"
    for name in (
        "scenarios/helpdesk.toml",
        "scenarios/peak.toml",
        "loadtests/voice.py",
        "flow_schemas/flow.schema.json",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    (root / "contract_tests/rules").mkdir(parents=True)
    (root / "reports/templates").mkdir(parents=True)
    return root


@pytest.fixture
def team(tmp_path, monkeypatch) -> Path:
    """A team's folder, the current one."""
    root = tmp_path / "team"
    root.mkdir()
    monkeypatch.chdir(root)
    return root


# ---------------------------------------------------------------------------------------------------- the root


def test_the_root_is_the_nearest_folder_upwards_with_a_project_file(team):
    (team / "busyhour.toml").write_text("")
    deep = team / "a" / "b"
    deep.mkdir(parents=True)
    assert Project.find(deep).root == team
    (team / "a" / "busyhour.toml").write_text("")
    assert Project.find(deep).root == team / "a"


def test_pyproject_counts_when_it_has_our_table(team):
    (team / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    (team / "a").mkdir()
    assert Project.find(team / "a").root == team / "a"
    (team / "pyproject.toml").write_text('[tool.busyhour]\nruns = "out"\n')
    assert Project.find(team / "a").root == team
    assert Project.find(team / "a").runs_folder == team / "out"


def test_without_a_project_file_the_folder_itself_is_the_root(team):
    (team / "pyproject.toml").write_text("this is [no toml")
    project = Project.find()
    assert project.root == team
    assert project.config is None
    assert project.runs_folder == team / "reports" / "out"


def test_a_file_belongs_to_the_project_of_its_folder(team):
    (team / "busyhour.toml").write_text("")
    (team / "scenarios").mkdir()
    (team / "scenarios" / "s.toml").write_text("")
    assert Project.find(team / "scenarios" / "s.toml").root == team


def test_settings_are_read(team):
    (team / "busyhour.toml").write_text(
        'flows = ["flows/*.json"]\nruns = "build/runs"\n[rooms]\nscenarios = "load"\n'
    )
    project = Project.find()
    assert project.config == team / "busyhour.toml"
    assert project.runs_folder == team / "build" / "runs"
    assert project.flow_patterns == ("flows/*.json",)
    assert project.rooms == {"scenarios": "load"}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        pytest.param(
            "\nrun = 1\n",
            "busyhour.toml:2: unknown key 'run' in the file. Did you mean 'runs'?",
            "Keys of the file: flows, runs, history, ledger, check, rooms, compare.",
            id="unknown-key",
        ),
        pytest.param(
            "[rooms]\nscenario = 'x'\n",
            "busyhour.toml:2: unknown key 'scenario' in [rooms]. Did you mean 'scenarios'?",
            "Keys of [rooms]: scenarios, loadtests, contract_tests, flow_schemas, reports.",
            id="unknown-room",
        ),
        pytest.param(
            'flows = "flows/*.json"\n',
            'busyhour.toml:1: flows is "flows/*.json", not a list',
            "Exported flows that commands take where none are named: files or patterns, from the root. Write for "
            'example ["flows/*.json"].',
            id="wrong-type",
        ),
        pytest.param(
            "runs = ",
            "busyhour.toml:1:8: not TOML: invalid value",
            "Correct the TOML there; strings are in quotes, a table begins with [name] on a line of its own.",
            id="broken",
        ),
    ],
)
def test_wrong_settings_are_refused_with_place_and_way_out(team, text, message, hint):
    (team / "busyhour.toml").write_text(text)
    with pytest.raises(BusyhourError) as caught:
        Project.find()
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_wrong_settings_in_pyproject_are_found_at_their_line(team):
    (team / "pyproject.toml").write_text("[project]\nname = 'x'\n\n[tool.busyhour]\nruns = 3\n")
    with pytest.raises(BusyhourError) as caught:
        Project.find()
    assert caught.value.message == "pyproject.toml:5: runs is 3, not a text"


def test_the_schema_of_the_settings_is_valid_and_describes_every_key():
    from jsonschema import Draft202012Validator

    import busyhour.project

    schema = json.loads(Path(busyhour.project.__file__).with_name("busyhour.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert all(key["description"] for key in schema["properties"].values())
    assert tuple(schema["properties"]["rooms"]["properties"]) == busyhour.project.ROOMS


# ------------------------------------------------------------------------------------------------------- names


def test_a_name_is_looked_up_in_the_teams_room_first(team, shipped):
    project = Project(team, shipped=shipped)
    assert project.scenario("helpdesk") == shipped / "scenarios/helpdesk.toml"
    (team / "scenarios").mkdir()
    (team / "scenarios/helpdesk.toml").write_text("")
    (team / "scenarios/ours.toml").write_text("")
    assert project.scenario("helpdesk") == team / "scenarios/helpdesk.toml"
    with pytest.raises(BusyhourError) as caught:
        project.scenario("nothing")
    assert "Known: helpdesk, ours, peak." in caught.value.hint


def test_a_room_may_have_another_name(team, shipped):
    (team / "load").mkdir()
    (team / "load/ours.toml").write_text("")
    assert (
        Project(team, rooms={"scenarios": "load"}, shipped=shipped).scenario("ours")
        == team / "load/ours.toml"
    )


def test_a_path_is_taken_from_the_current_folder_and_then_from_the_root(team, shipped, monkeypatch):
    (team / "x.toml").write_text("")
    (team / "deep").mkdir()
    project = Project(team, shipped=shipped)
    assert project.scenario("x.toml") == team / "x.toml"
    monkeypatch.chdir(team / "deep")
    assert project.scenario("x.toml") == team / "x.toml"
    assert project.scenario(Path("../x.toml")) == team / "x.toml"
    (team / "deep/x.toml").write_text("")
    assert project.scenario("x.toml") == team / "deep/x.toml"


def test_private_files_are_no_units(team, shipped):
    (shipped / "loadtests/__init__.py").write_text("")
    (shipped / "loadtests/_shared.py").write_text("")
    with pytest.raises(BusyhourError) as caught:
        Project(team, shipped=shipped).loadtest("_shared")
    assert "Known: voice." in caught.value.hint


@pytest.mark.parametrize(
    ("ask", "name", "message", "hint"),
    [
        pytest.param(
            "scenario",
            "helpdsk",
            "no scenario named 'helpdsk'. Did you mean 'helpdesk'?",
            "Known: helpdesk, peak. The path of a file is also accepted.",
            id="name",
        ),
        pytest.param(
            "scenario",
            "scenarios/paek.toml",
            "scenarios/paek.toml: no such scenario file. Did you mean 'peak'?",
            "Known: helpdesk, peak. The path of a file is also accepted.",
            id="path",
        ),
        pytest.param(
            "loadtest",
            "chat",
            "no load test named 'chat'.",
            "Known: voice. The path of a file is also accepted.",
            id="nothing-near",
        ),
    ],
)
def test_an_unknown_name_is_answered_with_those_that_there_are(team, shipped, ask, name, message, hint):
    with pytest.raises(BusyhourError) as caught:
        getattr(Project(team, shipped=shipped), ask)(name)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_a_pipe_or_a_device_is_not_said_to_be_missing(team, tmp_path):
    os.mkfifo(tmp_path / "pipe.toml")
    for path in (tmp_path / "pipe.toml", "/dev/zero"):
        with pytest.raises(BusyhourError, match="is a pipe or a device, not a file"):
            Project(team).scenario(path)


def test_where_no_room_has_anything_a_path_is_asked_for(team, tmp_path):
    with pytest.raises(BusyhourError) as caught:
        Project(team, shipped=tmp_path / "none").scenario("x")
    assert caught.value.hint == "Give the path of a scenario file; this project has none."


# ------------------------------------------------------------------------------------------------------ folders


def test_rules_and_templates_of_the_team_come_before_the_shipped_ones(team, shipped):
    project = Project(team, shipped=shipped)
    assert project.rules_folders() == [shipped / "contract_tests/rules"]
    assert project.report_templates() == [shipped / "reports/templates"]
    (team / "contract_tests/rules").mkdir(parents=True)
    (team / "reports/templates").mkdir(parents=True)
    assert project.rules_folders() == [team / "contract_tests/rules", shipped / "contract_tests/rules"]
    assert project.report_templates() == [team / "reports/templates", shipped / "reports/templates"]


def test_in_the_checkout_each_room_is_there_once(shipped):
    project = Project(shipped, shipped=shipped)
    assert project.rules_folders() == [shipped / "contract_tests/rules"]
    assert project.report_templates() == [shipped / "reports/templates"]


def test_the_teams_schemas_replace_the_shipped_ones_when_they_have_a_flow_schema(team, shipped):
    project = Project(team, shipped=shipped)
    (team / "flow_schemas").mkdir()
    assert project.schemas_root() == shipped / "flow_schemas"
    (team / "flow_schemas/flow.schema.json").write_text("{}")
    assert project.schemas_root() == team / "flow_schemas"


def test_the_flows_that_a_project_names_are_found(team, shipped):
    (team / "flows").mkdir()
    for name in ("b.json", "a.json", "notes.txt"):
        (team / "flows" / name).write_text("{}")
    project = Project(team, flow_patterns=("flows/a.json", "flows/*.json"), shipped=shipped)
    assert project.flows() == [team / "flows/a.json", team / "flows/b.json"]
    assert Project(team, shipped=shipped).flows() == []
    absolute = Project(team / "flows", flow_patterns=(f"{team}/flows/a.*", "../flows/b*"), shipped=shipped)
    assert absolute.flows() == [team / "flows/a.json", team / "flows/b.json"]


def test_a_pattern_of_flows_that_finds_nothing_is_refused(team):
    (team / "busyhour.toml").write_text('flows = ["flow/*.json"]\n')
    with pytest.raises(BusyhourError) as caught:
        Project.find().flows()
    assert caught.value.message == "busyhour.toml: flows[1] is 'flow/*.json': no file matches."
    assert caught.value.hint == f"Patterns start at {team}. Correct this one, or remove it."


def test_the_shipped_scenarios_are_found_from_anywhere(team):
    assert Project.find().scenario("helpdesk") == shipped_root() / "scenarios/helpdesk.toml"
