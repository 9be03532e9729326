import contextlib

import pytest

from busyhour.harness import target
from busyhour.scenarios.reader import load
from busyhour.shipped import shipped_root


class StartedError(Exception):
    """The command was given; nothing is to be started."""


@pytest.fixture
def command_of(monkeypatch, tmp_path):
    """The command that the embedded emulator would be started with."""

    def of(scenario):
        given = []

        @contextlib.contextmanager
        def child(name, command, **_):
            given.extend(command)
            raise StartedError
            yield

        monkeypatch.setattr(target, "child", child)
        with pytest.raises(StartedError), target.emulator(scenario, tmp_path):
            pass
        return given

    return of


@pytest.fixture
def outbound():
    return load(shipped_root() / "scenarios" / "outbound.toml")


def test_the_emulator_writes_the_contact_events_that_the_generator_is_to_read(
    command_of, outbound, monkeypatch
):
    monkeypatch.setenv("BUSYHOUR_CONTACT_EVENTS", "events.jsonl")
    command = command_of(outbound)
    assert command[command.index("--events") + 1] == "events.jsonl"


def test_without_such_a_file_it_writes_none(command_of, outbound, monkeypatch):
    monkeypatch.delenv("BUSYHOUR_CONTACT_EVENTS", raising=False)
    assert "--events" not in command_of(outbound)
