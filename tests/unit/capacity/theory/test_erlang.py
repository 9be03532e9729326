"""Closed forms against published tables, against each other, and at the extremes.

Erlang B tables: offered load for a given loss, as in "Telephone Traffic Theory: Tables and Charts" (Siemens, 1970) and
every traffic handbook since, three to four digits. Erlang C: "Values of P0 for multiple-channel waiting lines with Poisson
arrivals and exponential service times" (Anderson, Sweeney and Williams, An Introduction to Management Science, chapter
Waiting Line Models), four digits, where C = P0 a^n / n! * n / (n - a); the waiting probabilities that the multiple
server sheet of the same authors' publisher prints for 10 arrivals and 12 services an hour, three digits; and the worked
example of 200 calls of 180 s an hour that call centre textbooks use (10 erlangs; 14 agents answer 88.8 % within 20 s).
"""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from busyhour.capacity.theory.erlang import (
    calls_per_hour,
    erlang_b,
    erlang_c,
    load_for_blocking,
    poisson_quantile,
    servers_for_blocking,
    waiting_with_abandonment,
    waiting_without_abandonment,
)
from busyhour.errors import BusyhourError

LOADS = st.floats(0.01, 500.0)
SERVERS = st.integers(1, 600)
BLOCKINGS = st.floats(1e-6, 0.5)

TABLE = [
    *[(1, 0.01, "0.0101"), (2, 0.01, "0.153"), (3, 0.01, "0.455"), (4, 0.01, "0.869"), (5, 0.01, "1.36")],
    *[(6, 0.01, "1.91"), (7, 0.01, "2.50"), (8, 0.01, "3.13"), (9, 0.01, "3.78"), (10, 0.01, "4.46")],
    *[(15, 0.01, "8.11"), (20, 0.01, "12.0"), (30, 0.01, "20.3"), (40, 0.01, "29.0"), (50, 0.01, "37.9")],
    *[(100, 0.01, "84.1"), (1, 0.02, "0.0204"), (5, 0.02, "1.66"), (10, 0.02, "5.08"), (20, 0.02, "13.2")],
    *[
        (50, 0.02, "40.3"),
        (100, 0.02, "88.0"),
        (10, 0.001, "3.09"),
        (20, 0.001, "9.41"),
        (100, 0.001, "75.2"),
    ],
    *[(5, 0.05, "2.22"), (10, 0.05, "6.22"), (20, 0.05, "15.2"), (10, 0.1, "7.51"), (20, 0.1, "17.6")],
]


@pytest.mark.parametrize(("servers", "blocking", "load"), TABLE, ids=lambda v: str(v))
def test_erlang_b_agrees_with_the_printed_table(servers: int, blocking: float, load: str):
    digits = len(load.partition(".")[2])
    assert round(load_for_blocking(servers, blocking), digits) == float(load)


def test_the_worked_case_of_a_new_account():
    assert calls_per_hour(10, 180.0) == 200.0
    assert round(calls_per_hour(load_for_blocking(10, 0.01), 180.0)) == 89


def test_extreme_values_neither_overflow_nor_lose_the_answer():
    servers = servers_for_blocking(100_000, 1e-9)
    assert erlang_b(100_000, servers) <= 1e-9 < erlang_b(100_000, servers - 1)
    assert erlang_b(load_for_blocking(10_000, 1e-9), 10_000) == pytest.approx(1e-9, rel=1e-6)
    assert erlang_b(0.001, 1000) == 0.0
    assert erlang_b(1e9, 10) == pytest.approx(1.0)


@pytest.mark.parametrize(("servers", "load"), [(0, 0.0), (0, 5.0), (7, 0.0)])
def test_nothing_offered_is_never_blocked_and_no_server_blocks_all(servers: int, load: float):
    assert erlang_b(load, servers) == (1.0 if servers == 0 else 0.0)


@given(LOADS, SERVERS)
def test_blocking_falls_with_servers_and_grows_with_load(load: float, servers: int):
    assert erlang_b(load, servers + 1) < erlang_b(load, servers) or erlang_b(load, servers) < 1e-290
    assert erlang_b(load * 1.1, servers) >= erlang_b(load, servers)


@settings(deadline=None)
@given(SERVERS, BLOCKINGS)
def test_load_for_blocking_is_the_inverse_of_erlang_b(servers: int, blocking: float):
    assert erlang_b(load_for_blocking(servers, blocking), servers) == pytest.approx(blocking, rel=1e-6)


@given(LOADS, BLOCKINGS)
def test_servers_for_blocking_are_enough_and_one_less_is_not(load: float, blocking: float):
    servers = servers_for_blocking(load, blocking)
    assert erlang_b(load, servers) <= blocking * (1 + 1e-12)
    assert servers == 0 or erlang_b(load, servers - 1) > blocking * (1 - 1e-12)


@settings(deadline=None)  # the first call imports scipy
@given(st.floats(0.05, 200.0), st.floats(0.0, 200.0))
def test_blocking_for_fractions_of_servers_lies_between_the_whole_ones(load: float, servers: float):
    low, high = math.floor(servers), math.ceil(servers)
    value = erlang_b(load, servers)
    assert erlang_b(load, high) * (1 - 1e-9) <= value <= erlang_b(load, low) * (1 + 1e-9) + 1e-12


EMPTY = {
    0.2: ("0.8182", "0.8187"),
    0.5: ("0.6000", "0.6061", "0.6065"),
    1.0: ("0.3333", "0.3636", "0.3673", "0.3678"),
    1.5: ("0.1429", "0.2105", "0.2210", "0.2228"),
    2.0: (None, "0.1111", "0.1304", "0.1343"),
    2.5: (None, "0.0449", "0.0737", "0.0801"),
    3.0: (None, None, "0.0377", "0.0466"),
    4.0: (None, None, None, "0.0130"),
    4.5: (None, None, None, "0.0050"),
}
"""By load: the share of time in which a system of 2, 3, 4, 5 servers is empty."""


@pytest.mark.parametrize(
    ("load", "servers", "printed"),
    [(load, n, text) for load, row in EMPTY.items() for n, text in enumerate(row, start=2) if text],
)
def test_erlang_c_agrees_with_the_printed_table(load: float, servers: int, printed: str):
    empty = erlang_c(load, servers) * math.factorial(servers) * (servers - load) / (servers * load**servers)
    assert f"{empty:.4f}" == printed


@pytest.mark.parametrize(("servers", "printed"), [(2, "0.245"), (3, "0.058"), (4, "0.011"), (5, "0.002")])
def test_erlang_c_agrees_with_the_printed_waiting_probabilities(servers: int, printed: str):
    assert f"{erlang_c(10 / 12, servers):.3f}" == printed


def test_the_tables_have_as_many_points_as_they_should():
    assert len(TABLE) >= 30
    assert sum(bool(text) for row in EMPTY.values() for text in row) >= 20


def test_erlang_c_agrees_with_the_textbook():
    waiting = waiting_without_abandonment(10.0, 14, 180.0, 20.0)
    assert waiting.waits == pytest.approx(0.1741, abs=5e-5)
    assert waiting.service_level == pytest.approx(0.888, abs=5e-4)
    assert waiting.mean_wait == pytest.approx(7.8, abs=0.05)
    assert waiting.occupancy == pytest.approx(0.714, abs=5e-4)


def test_erlang_c_of_one_agent_is_the_load():
    assert erlang_c(0.7, 1) == pytest.approx(0.7)


def test_a_queue_that_cannot_keep_up_has_no_mean_wait():
    waiting = waiting_without_abandonment(10.0, 10, 180.0)
    assert (waiting.mean_wait, waiting.service_level, waiting.waits) == (math.inf, 0.0, 1.0)


@given(st.floats(0.1, 100.0), st.integers(0, 30))
def test_more_wait_than_are_blocked(load: float, spare: int):
    agents = math.floor(load) + 1 + spare
    assert erlang_b(load, agents) <= erlang_c(load, agents) <= 1.0


@given(st.floats(0.5, 80.0), st.integers(1, 100), st.floats(5.0, 600.0), st.floats(0.0, 120.0))
@settings(deadline=None, max_examples=60)
def test_erlang_a_accounts_for_every_call(load: float, agents: int, patience: float, threshold: float):
    waiting = waiting_with_abandonment(load, agents, 180.0, patience, threshold)
    assert 0.0 <= waiting.abandoned <= waiting.waits <= 1.0 + 1e-12
    assert -1e-9 <= waiting.service_level <= 1.0 - waiting.abandoned + 1e-9
    # Those who wait and those who do not: with no time allowed only the latter are in time.
    assert waiting_with_abandonment(load, agents, 180.0, patience, 0.0).service_level == pytest.approx(
        1.0 - waiting.waits, abs=1e-6
    )


@pytest.mark.parametrize("agents", [8, 11, 14])
def test_erlang_a_without_impatience_is_erlang_c_and_without_patience_erlang_b(agents: int):
    patient = waiting_with_abandonment(7.0, agents, 180.0, 1e9, 20.0)
    assert patient.service_level == pytest.approx(
        waiting_without_abandonment(7.0, agents, 180.0).service_level, abs=1e-5
    )
    assert waiting_with_abandonment(7.0, agents, 180.0, 0.0).abandoned == pytest.approx(erlang_b(7.0, agents))
    assert waiting_with_abandonment(7.0, agents, 180.0, 0.001).abandoned == pytest.approx(
        erlang_b(7.0, agents), rel=1e-2
    )


def test_erlang_a_holds_under_ten_fold_overload():
    waiting = waiting_with_abandonment(5000.0, 500, 300.0, 60.0)
    assert waiting.abandoned == pytest.approx(0.9, abs=1e-3)
    assert waiting.occupancy == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize(
    ("mean", "share", "quantile"), [(10.0, 0.99, 18), (1.0, 0.95, 3), (0.0, 0.5, 0), (0.001, 0.5, 0)]
)
def test_poisson_quantiles(mean: float, share: float, quantile: int):
    assert poisson_quantile(mean, share) == quantile


def test_poisson_quantile_of_a_large_mean_is_close_to_the_normal_one():
    assert poisson_quantile(1e6, 0.975) == pytest.approx(1e6 + 1.96 * 1e3, abs=5)


@pytest.mark.parametrize(
    "call", [lambda: erlang_b(-1, 3), lambda: load_for_blocking(3, 0.0), lambda: servers_for_blocking(3, 1.0)]
)
def test_senseless_values_are_refused_by_name(call: Callable[[], object]):
    with pytest.raises(BusyhourError, match=r"load|blocking"):
        call()


@pytest.mark.parametrize(
    ("load", "agents", "patience", "threshold"),
    [(251.18881865885317, 75, 67.8268063922017, 0.42), (45.72488964227717, 14, 709.3606496967665, 4.7)],
)
def test_the_service_level_of_an_overloaded_queue_is_never_below_0(
    load: float, agents: int, patience: float, threshold: float
):
    """All calls abandon or are answered late: the two shares are computed apart and may add to 1 + 1e-12."""
    found = waiting_with_abandonment(load, agents, 60.0, patience, threshold)
    assert 0.0 <= found.service_level < 1e-9


@pytest.mark.parametrize("servers", [0.25, 0.5, 0.9, 3.5])
@pytest.mark.parametrize("load", [700.0, 1_000.0, 30_000.0])
def test_fractions_of_servers_under_a_large_load_agree_with_fortets_integral(load: float, servers: float):
    """1/B(n) is the integral of e^-t (1 + t/a)^n over t from 0."""
    from scipy.integrate import quad

    inverse, _ = quad(lambda t: math.exp(-t) * (1.0 + t / load) ** servers, 0.0, 60.0, epsrel=1e-13)
    assert erlang_b(load, servers) == pytest.approx(1.0 / inverse, rel=2e-9)


@pytest.mark.parametrize("share", [-0.1, 0.0, 1.0, 1.5, 20.0, math.nan])
def test_a_share_outside_0_to_1_is_an_error_with_its_name_and_value(share: float):
    with pytest.raises(BusyhourError) as caught:
        servers_for_blocking(3.0, share)
    assert caught.value.message == f"blocking = {share!r}: it must lie between 0 and 1"
    assert caught.value.hint == "Write 1 % as 0.01."
    with pytest.raises(BusyhourError, match="share = "):
        poisson_quantile(3.0, share)


@pytest.mark.parametrize("value", [-1e-9, -5.0, math.nan])
def test_a_load_below_0_is_an_error_with_its_name_and_value(value: float):
    with pytest.raises(BusyhourError) as caught:
        erlang_b(value, 3)
    assert caught.value.message == f"load = {value!r}: it must be at least 0"
    for call in (
        lambda: calls_per_hour(value, 3.0),
        lambda: erlang_b(3.0, value),
        lambda: load_for_blocking(value, 0.01),  # type: ignore[arg-type]  # a value of the wrong type is the case
        lambda: erlang_c(value, 3),
        lambda: waiting_without_abandonment(1.0, 2, value),
        lambda: waiting_with_abandonment(1.0, 2, 3.0, 4.0, value),
        lambda: poisson_quantile(value, 0.5),
    ):
        with pytest.raises(BusyhourError, match="must be at least 0"):
            call()


@pytest.mark.parametrize("mean", [3.0, 150.0, 190.0, 1_000.0, 20_000.0])
@pytest.mark.parametrize("share", [0.001, 0.5, 0.99, 0.999999])
def test_poisson_quantiles_are_scipys(mean: float, share: float):
    from scipy.stats import poisson

    assert poisson_quantile(mean, share) == int(poisson.ppf(share, mean))
