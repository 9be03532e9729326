"""The secret of workers on other machines, and the address at which their master listens."""

from __future__ import annotations

from pathlib import Path

import pytest

from busyhour.errors import BusyhourError
from busyhour.shared_secret.worker_secret import Address, address, listening, required

SECRET = "0123456789abcdef"


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        (None, "127.0.0.1", 5557),
        ("10.0.0.5", "10.0.0.5", 5557),
        ("10.0.0.5:6000", "10.0.0.5", 6000),
        ("0.0.0.0", "0.0.0.0", 5557),
        ("::1", "::1", 5557),
        ("[fd00::5]:6000", "fd00::5", 6000),
    ],
)
def test_an_address_is_loopback_or_what_was_asked_for(text: str | None, host: str, port: int) -> None:
    assert address(text) == Address(host, port)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "*",
        "eth0",
        "master",
        "10.0.0.5:",
        "10.0.0.5:0",
        "10.0.0.5:65536",
        "10.0.0.5:\u0665",
        "[::1",
        ":5557",
    ],
)
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(BusyhourError, match="--bind"):
        address(text)


def test_the_secret_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{SECRET}\n")
    assert required({"BUSYHOUR_WORKER_SECRET": SECRET}) == SECRET
    assert required({"BUSYHOUR_WORKER_SECRET_FILE": str(file)}) == SECRET


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"BUSYHOUR_WORKER_SECRET": ""},
        {"BUSYHOUR_WORKER_SECRET": "short"},
        {"BUSYHOUR_WORKER_SECRET": f"{SECRET} {SECRET}"},
        {"BUSYHOUR_WORKER_SECRET_FILE": "/nowhere/secret"},
    ],
)
def test_without_a_good_secret_no_master_waits(environment: dict[str, str]) -> None:
    with pytest.raises(BusyhourError, match="secret") as refused:
        listening(2, None, environment)
    assert "openssl rand" in (refused.value.hint or "")


def test_an_address_without_remote_workers_is_a_mistake() -> None:
    assert listening(0, None, {}) == Address()
    with pytest.raises(BusyhourError, match="--bind"):
        listening(0, "10.0.0.5", {})
