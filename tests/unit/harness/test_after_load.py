"""Reading after the load: interrupted or without an answer, it is left out and named."""

from __future__ import annotations

import os
import signal

import pytest

from busyhour import interrupts
from busyhour.harness.after_load import AfterLoad


def interrupted() -> str:
    os.kill(os.getpid(), signal.SIGINT)
    return "read"


def test_ctrl_c_during_a_reading_leaves_it_out_and_names_it() -> None:
    with interrupts.deferred() as signals:
        after = AfterLoad(signals)
        assert after.of("quota values", interrupted, "nothing") == "nothing"
        assert after.of("metrics", lambda: "read", "nothing") == "read", "the next reading is made"
    assert after.not_measured == ["Quota values: not read, the run was interrupted"]
    assert signals.count == 1


def test_ctrl_c_between_readings_is_counted_and_interrupts_none() -> None:
    with interrupts.deferred() as signals:
        os.kill(os.getpid(), signal.SIGINT)
        assert AfterLoad(signals).of("metrics", lambda: "read", "nothing") == "read"
    assert signals.count == 1


def test_a_third_ctrl_c_ends_everything() -> None:
    with interrupts.deferred() as signals:
        interrupted()
        interrupted()
        assert signals.count == 2
        with pytest.raises(KeyboardInterrupt):
            interrupted()


def test_handlers_are_as_before_afterwards_and_nesting_shares_the_count() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interrupts.deferred() as outer, interrupts.deferred() as inner:
        assert outer is inner
    assert signal.getsignal(signal.SIGINT) is before


def test_a_target_that_does_not_answer_makes_the_run_invalid() -> None:
    def silent() -> str:
        raise TimeoutError("timed out")

    with interrupts.deferred() as signals:
        after = AfterLoad(signals)
        assert after.of("metrics", silent, "nothing") == "nothing"
    assert after.invalid == ["The target did not answer after the load, asked for metrics: timed out."]
