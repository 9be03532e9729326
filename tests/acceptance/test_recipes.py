"""The recipes for clusters are what Kubernetes and ECS take, and say what busyhour and Locust understand."""

from __future__ import annotations

import copy
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
import pytest
import yaml
from botocore.model import ServiceModel
from botocore.validate import ParamValidator
from click.testing import CliRunner

from busyhour.cli.run import command as run_command
from busyhour.load.outcomes.clean_up import process_seconds
from busyhour.shared_secret.worker_secret import VARIABLE
from busyhour.shipped import shipped_root

Busyhour = Callable[..., Any]
ROOT = shipped_root()
SECRET = "0123456789abcdef"
MODULE = "busyhour.load.runner.remote_workers"
RECIPES = ROOT / "docs" / "recipes"
KUBERNETES = list(yaml.safe_load_all((RECIPES / "kubernetes.yaml").read_text()))
ECS = json.loads((RECIPES / "ecs-task.json").read_text())


def of_kind(kind: str) -> dict[str, Any]:
    return {each["metadata"]["name"]: each for each in KUBERNETES if each["kind"] == kind}


def pod(job: str) -> dict[str, Any]:
    spec: dict[str, Any] = of_kind("Job")[job]["spec"]["template"]["spec"]
    return spec


def test_every_object_has_what_kubernetes_requires() -> None:
    versions = {
        "Namespace": "v1",
        "ServiceAccount": "v1",
        "PersistentVolumeClaim": "v1",
        "Service": "v1",
        "Job": "batch/v1",
    }
    assert {each["kind"]: each["apiVersion"] for each in KUBERNETES} == versions
    for each in KUBERNETES:
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", each["metadata"]["name"])
        assert each["kind"] == "Namespace" or each["metadata"]["namespace"] in of_kind("Namespace")
    for name in of_kind("Job"):
        spec = pod(name)
        assert spec["restartPolicy"] in ("Never", "OnFailure")
        assert spec["serviceAccountName"] in of_kind("ServiceAccount")
        claims = {volume["name"]: volume["persistentVolumeClaim"]["claimName"] for volume in spec["volumes"]}
        assert set(claims.values()) <= set(of_kind("PersistentVolumeClaim"))
        for container in spec["containers"]:
            assert container["image"]
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(claims)
            assert all(isinstance(argument, str) for argument in container["args"])
            for variable in container.get("env", ()):
                assert isinstance(variable.get("value", ""), str)
                assert ("value" in variable) != ("valueFrom" in variable)


@pytest.mark.slow  # the schemas are 100 MB, too much for every installation
def test_kubernetes_own_schemas_take_every_object_and_nothing_that_they_do_not_know() -> None:
    validator: Any = pytest.importorskip(
        "kubernetes_validate", reason="pip install kubernetes-validate: Kubernetes' OpenAPI schemas, 100 MB"
    )
    newest = validator.latest_version()
    for each in KUBERNETES:
        assert validator.validate(each, newest, strict=True)
    broken = copy.deepcopy(of_kind("Job")["busyhour-workers"])
    broken["spec"]["template"]["spec"]["containers"][0]["resourcez"] = {}
    with pytest.raises(validator.ValidationError, match="resourcez"):
        validator.validate(broken, newest, strict=True)


def test_workers_find_the_master_and_are_as_many_as_it_waits_for() -> None:
    (service,) = of_kind("Service").values()
    labels = of_kind("Job")["busyhour-master"]["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"].items() <= labels.items()
    (worker,) = pod("busyhour-workers")["containers"]
    (master,) = pod("busyhour-master")["containers"]
    assert worker["args"][worker["args"].index("--master-host") + 1] == service["metadata"]["name"]
    waits_for = int(master["args"][master["args"].index("--remote-workers") + 1])
    workers = of_kind("Job")["busyhour-workers"]["spec"]
    assert workers["parallelism"] == workers["completions"] == waits_for


def test_master_and_workers_have_the_same_secret_and_the_master_listens_where_it_was_told_to() -> None:
    (worker,) = pod("busyhour-workers")["containers"]
    (master,) = pod("busyhour-master")["containers"]
    secrets = [
        variable["valueFrom"]["secretKeyRef"]
        for container in (master, worker)
        for variable in container["env"]
        if variable["name"] == VARIABLE
    ]
    assert len(secrets) == 2
    assert secrets[0] == secrets[1]
    own = {
        each["name"]: each.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath") for each in master["env"]
    }
    assert master["args"][master["args"].index("--bind") + 1] == "$(POD_IP)"
    assert own["POD_IP"] == "status.podIP"
    (container,) = ECS["containerDefinitions"]
    assert [each["name"] for each in container["secrets"]] == [VARIABLE]


def test_workers_start_with_a_module_of_busyhour() -> None:
    (worker,) = pod("busyhour-workers")["containers"]
    (container,) = ECS["containerDefinitions"]
    assert worker["command"] == container["entryPoint"] == ["python"]
    for arguments in (worker["args"], container["command"]):
        assert arguments[:2] == ["-m", MODULE]
        assert importlib.util.find_spec(arguments[1]) is not None


def test_no_job_dials_again_by_itself_and_sigterm_leaves_time_to_end_calls() -> None:
    for name, job in of_kind("Job").items():
        assert job["spec"]["backoffLimit"] == 0
        assert pod(name)["restartPolicy"] == "Never"
        assert pod(name)["terminationGracePeriodSeconds"] >= process_seconds(aws=True)


def test_master_and_workers_share_the_folder_and_the_scenario() -> None:
    (worker,) = pod("busyhour-workers")["containers"]
    (master,) = pod("busyhour-master")["containers"]
    variables = {each["name"]: each.get("value") for each in worker["env"]}
    assert variables["BUSYHOUR_RUN_DIR"] == master["args"][master["args"].index("--out") + 1]
    assert variables["BUSYHOUR_SCENARIO"] == master["args"][1]
    assert of_kind("PersistentVolumeClaim")["busyhour-runs"]["spec"]["accessModes"] == ["ReadWriteMany"]


def test_the_masters_arguments_are_options_that_busyhour_has_and_it_is_a_dry_run() -> None:
    (master,) = pod("busyhour-master")["containers"]
    known = {name for parameter in run_command.params for name in parameter.opts}
    given = {argument for argument in master["args"] if argument.startswith("--")}
    assert given <= known
    assert "--live" not in given
    assert CliRunner().invoke(run_command, ["--help"]).exit_code == 0


def test_the_task_definition_is_what_ecs_registers() -> None:
    loader = botocore.session.Session().get_component("data_loader")
    shape = (
        ServiceModel(loader.load_service_model("ecs", "service-2"))
        .operation_model("RegisterTaskDefinition")
        .input_shape
    )
    report = ParamValidator().validate(ECS, shape)
    assert not report.has_errors(), report.generate_report()
    assert set(ECS) <= set(shape.members)
    (container,) = ECS["containerDefinitions"]
    assert set(container) <= set(shape.members["containerDefinitions"].member.members)


def test_the_task_definition_is_one_that_fargate_takes() -> None:
    assert (ECS["networkMode"], ECS["requiresCompatibilities"]) == ("awsvpc", ["FARGATE"])
    assert (ECS["cpu"], int(ECS["memory"]) % 1024 == 0 and 2048 <= int(ECS["memory"]) <= 8192) == (
        "1024",
        True,
    )
    (container,) = ECS["containerDefinitions"]
    assert container["stopTimeout"] <= 120
    assert {mount["sourceVolume"] for mount in container["mountPoints"]} == {
        v["name"] for v in ECS["volumes"]
    }
    variables = {each["name"]: each["value"] for each in container["environment"]}
    assert variables["BUSYHOUR_RUN_DIR"].startswith(container["mountPoints"][0]["containerPath"])


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.mark.slow
def test_a_worker_of_another_machine_takes_part_with_the_recipes_command_and_plain_locust_does_not(
    busyhour: Busyhour, tmp_path: Path
) -> None:
    """Both on loopback: `busyhour run` as master, the recipe's worker with nothing but its environment."""
    port, emulator, folder = str(free_port()), free_port(), tmp_path / "run"
    folder.mkdir()
    settings = ["traffic.duration=8s", "traffic.drain=2s"]
    (recipe,) = pod("busyhour-workers")["containers"]
    arguments = ["127.0.0.1" if each == "busyhour-master" else each for each in recipe["args"]]
    environment = {
        "BUSYHOUR_SCENARIO": "outbound",
        "BUSYHOUR_TARGET": "emulator",
        "BUSYHOUR_ENDPOINT": f"http://127.0.0.1:{emulator}",
        "BUSYHOUR_OVERRIDES": json.dumps(settings),
        "BUSYHOUR_RUN_DIR": str(folder),
        "BUSYHOUR_SLIP_P99_MS": "2000",
        "BUSYHOUR_CPU_SHARE": "9",
        "LOCUST_MASTER_NODE_PORT": port,
        "BUSYHOUR_WORKER_SECRET": SECRET,
    }
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, *arguments],
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    with (tmp_path / "stranger.log").open("wb") as log:  # Locust's own worker, which has no secret
        stranger = subprocess.Popen(
            [sys.executable, "-m", "locust", "-f", "-", "--worker", "--master-host", "127.0.0.1"],
            env={**os.environ, **environment},
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
    try:
        done = busyhour(
            *(
                "run",
                "outbound",
                "--remote-workers",
                "1",
                "--bind",
                f"127.0.0.1:{port}",
                "--port",
                str(emulator),
                "--out",
                folder,
            ),
            *(word for setting in settings for word in ("--set", setting)),
            cwd=ROOT,
            BUSYHOUR_WORKER_SECRET=SECRET,
            BUSYHOUR_SLIP_P99_MS="2000",
            BUSYHOUR_CPU_SHARE="9",
        )
        record = done.record(folder)
        deadline = time.monotonic() + 20
        while worker.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert stranger.poll() is None, "it waits for a locustfile that it does not get"
    finally:
        for process in (worker, stranger):
            if process.poll() is None:
                process.kill()
                process.wait()
    assert "Starting Locust" not in (tmp_path / "stranger.log").read_text()
    assert record["arrivals"]["planned"] == record["arrivals"]["started"] > 10, (
        tmp_path / "worker.log"
    ).read_text()
