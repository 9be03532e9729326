"""Collections wait while a check runs, and go on as they were afterwards, whatever happens in between."""

import gc

import pytest

from busyhour.contracts.collector import paused


def test_nothing_is_collected_meanwhile():
    with paused():
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_does_not_leave_it_switched_off():
    with pytest.raises(ZeroDivisionError), paused():
        raise ZeroDivisionError
    assert gc.isenabled()


def test_who_has_switched_it_off_keeps_it_off():
    gc.disable()
    try:
        with paused():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
