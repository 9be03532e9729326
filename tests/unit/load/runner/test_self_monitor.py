from pathlib import Path

import pytest

from busyhour.load.runner.self_monitor import LOW_MEMORY, Health, memory_left


def test_the_share_of_a_cpu_is_that_since_the_last_question():
    cpu, clock = iter([1.0, 1.5, 1.6]), iter([10.0, 11.0, 12.0])
    health = Health(lambda: next(cpu), lambda: next(clock), lambda: 1.0)
    health.begin()
    assert [round(health.share(), 6), round(health.share(), 6)] == [0.5, 0.1]


@pytest.mark.parametrize(("left", "low"), [(LOW_MEMORY / 2, True), (LOW_MEMORY * 2, False)])
def test_memory_is_looked_at_with_every_question(left, low):
    health = Health(left=lambda: left)
    health.share()
    assert health.memory_low is low


def test_the_systems_memory_is_read_or_taken_for_enough():
    assert 0.0 < memory_left() <= 1.0


def test_the_machines_own_account_of_its_memory_is_understood():
    values = {}
    for line in Path("/proc/meminfo").read_text().splitlines():
        name, _, rest = line.partition(":")
        values[name] = float(rest.split()[0])
    assert memory_left() == pytest.approx(values["MemAvailable"] / values["MemTotal"], abs=0.05)
