"""The exports of other projects go through an instance and come back as they were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner

from busyhour.capacity.demand.machine import machine_of
from busyhour.cli.check import command as check
from busyhour.cli.forecast import command as forecast
from busyhour.errors import BusyhourError
from busyhour.flowdiff.diff import diff_flow
from busyhour.flows.export.reader import read_file
from busyhour.flows.model import Flow, FlowType
from busyhour.instance import kinds
from busyhour.instance.folder import files_of, read_index
from busyhour.instance.masking import Mask
from busyhour.instance.scaffold.check import remarks
from busyhour.instance.scaffold.new import write_scenario
from busyhour.project import Project
from busyhour.scenarios.reader import load

from .conftest import Centre


def copies_of_a_name(centre: Centre, files: list[Path]) -> list[str]:
    """Create the exports whose name an earlier one has, under their file's; return those that cannot be created."""
    connect, here = centre.client("connect"), {"InstanceId": centre.emulator.state.account.instance_id}
    taken: set[str] = set()
    refused = []
    for path in files:
        name = read_file(path).name
        if name not in taken:
            taken.add(name)
            continue
        content, name = path.read_text(encoding="utf-8-sig"), path.stem[-100:]
        centre.clock.advance(1.0)
        try:
            if read_file(path).type is FlowType.MODULE:
                connect.create_contact_flow_module(**here, Name=name, Content=content)
            else:
                connect.create_contact_flow(**here, Name=name, Type="CONTACT_FLOW", Content=content)
        except ClientError:
            refused.append(path.name)
    return refused


@pytest.mark.slow
def test_pulled_exports_equal_the_originals_and_each_has_a_scenario(
    make: Callable[..., Any],
    fast: dict[str, float],
    corpus: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = sorted((corpus / "flows").glob("*.json"))
    assert len(files) > 150
    centre = make(
        quotas={
            **fast,
            "connect.contact-flows-per-instance": 1000,
            "connect.flow-modules-per-instance": 1000,
        },
        flows=files,
    )
    refused = copies_of_a_name(centre, files)
    project = tmp_path / "project"
    instance = project / "instance"
    (project / "flows").mkdir(parents=True)
    (project / "busyhour.toml").write_text('flows = ["instance/flows/*.json", "instance/modules/*.json"]\n')

    pulled = centre.pull(instance)
    assert pulled.unread == []
    assert pulled.dangling != []
    before = {path: path.read_bytes() for path in instance.rglob("*.json")}
    assert centre.pull(instance).differences == []
    assert {path: path.read_bytes() for path in instance.rglob("*.json")} == before

    index = read_index(instance)
    back = [
        read_file(instance / file)
        for kind in (kinds.FLOW, kinds.MODULE)
        for file in files_of(index, kind).values()
    ]
    by_name: dict[str, list[Flow]] = {}
    for flow in back:
        by_name.setdefault(flow.name, []).append(flow)
    lost = {}
    for path in files:
        masked = tmp_path / path.name
        masked.write_text(Mask()("", {"": path.read_text(encoding="utf-8-sig")})[""])
        original = read_file(masked)
        same = [*by_name.get(original.name, ()), *by_name.get(path.stem[-100:], ())]
        if not any(diff_flow(original.name, original, one) == [] for one in same):
            lost[path.name] = original.name
    assert set(lost) <= set(refused)
    assert len(refused) <= 5

    entries = [flow for flow in back if flow.type in (FlowType.CONTACT_FLOW, None)]
    assert len(entries) > 100
    root, failed = Project.at(project), {}
    for number, flow in enumerate(entries):
        try:
            written = write_scenario(root, f"s{number}", flow.arn, force=False)
            scenario = load(written.path, root=project)
            machine_of(scenario)
            left = [str(one) for one in remarks(scenario) if one.kind not in ("look", "unset")]
        except BusyhourError as error:
            left = [str(error)]
        if left:
            failed[flow.name] = left
    assert failed == {}

    monkeypatch.chdir(project)
    assert CliRunner().invoke(check, []).exit_code in (0, 1)
    for number in range(0, len(entries), 12):
        done = CliRunner().invoke(forecast, [f"s{number}"])
        assert done.exit_code in (0, 1, 4), (entries[number].name, done.output, done.exception)
