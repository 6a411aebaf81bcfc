"""Results of networks, drawn and as data frames: the numbers of the demands, at their places."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from protocols.key_networks.result import KeyDemandResult, KeyNetworkResult
from qnet import Estimate, ParameterError, UnknownNameError
from qnet.metrics.security import chain_claim
from qnet.network.result import DemandResult, NetworkResult

pytestmark = pytest.mark.usefixtures("without_a_screen")

RATES = {"fast": Estimate(400.0, 500.0, 700.0, 9), "slow": Estimate(0.5, 1.0, 2.0, 9)}


def network(key, pairs, **more):
    claim = chain_claim(0.0, "no pair")
    found = tuple(
        DemandResult(
            ends=("A", name),
            routes=(),
            figures={"secret_key_rate_hz": key.get(name), "pair_rate_hz": pairs.get(name)},
            security=claim,
        )
        for name in ("fast", "slow", "none")
    )
    given = {"engine": "sampled", "seed": 4, "replicas": 20, "duration_s": 50.0, "edges": ()}
    return NetworkResult(**({"demands": found} | given | more))


def test_a_point_for_each_demand_that_has_the_figure():
    """Oracle: the numbers above; a demand that nothing is known of has no line."""
    axes = network(RATES, {}).plot(Figure().subplots())
    assert [label.get_text() for label in axes.get_yticklabels()] == ["A - fast", "A - slow"]
    assert axes.get_xlabel() == "secret-key rate (bit/s)"
    assert axes.get_xscale() == "log"  # 500 to 1
    assert axes.get_title() == "engine sampled, 20 runs of 50 s, seed 4; 95 % intervals"
    for bar, rate in zip(axes.containers, RATES.values(), strict=True):
        ends = bar.lines[2][0].get_segments()[0][:, 0]
        assert list(ends) == [rate.low, rate.high]
        assert list(bar.lines[0].get_xdata()) == [rate.best]


def test_pairs_are_drawn_where_nobody_has_a_key():
    zeros = dict.fromkeys(RATES, Estimate.exact(0.0))
    assert network(zeros, RATES).plot(Figure().subplots()).get_xlabel() == "pairs (1/s)"
    asked = network(zeros, RATES).plot(figure="secret_key_rate_hz")
    assert asked.get_xlabel() == "secret-key rate (bit/s)"
    assert [bar.lines[0].get_xdata()[0] for bar in asked.containers] == [0.0, 0.0]


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(UnknownNameError, match="fidelity"):
        network(RATES, RATES).plot(figure="fidelty")
    with pytest.raises(ParameterError, match="be known of some demand"):
        network({}, {}).plot()


def test_a_data_frame_has_a_row_for_each_demand_and_figure():
    """Oracle: the numbers above, by the names of demand and figure."""
    frame = network(RATES, {}).to_dataframe()
    assert list(frame.loc[("A - slow", "secret_key_rate_hz")])[1:4] == [0.5, 1.0, 2.0]
    assert len(frame) == len(RATES)
    twice = network(RATES, {}, demands=network(RATES, {}).demands[:1] * 2).to_dataframe()
    assert list(twice.index.levels[0]) == ["A - fast (1)", "A - fast (2)"]


def test_a_result_is_told_in_a_line():
    """Oracle: how many demands there are, and what they were played with."""
    assert repr(network(RATES, {})) == (
        "<NetworkResult: 3 demands; engine sampled, 20 runs of 50 s, seed 4; 95 % intervals>"
    )
    exact = network(RATES, {}, engine="exact", seed=None, replicas=0)
    assert repr(exact) == "<NetworkResult: 3 demands; engine exact, computed>"


def test_a_key_network_is_printed_and_drawn_as_any_network():
    """Oracle: the throughput given."""
    demand = KeyDemandResult(
        ends=("A", "B"),
        routes=(),
        relays=(),
        figures={"key_bits_hz": Estimate(1.0, 2.0, 3.0, 9)},
        corrupt_node_learns={},
        security=chain_claim(0.0, "given outright"),
    )
    result = KeyNetworkResult(
        engine="sampled", seed=1, replicas=20, duration_s=9.0, demands=(demand,), edges=()
    )
    assert repr(result).startswith("<KeyNetworkResult: 1 demand; engine sampled, 20 runs of 9 s")
    titles, row, _ = str(result).splitlines()
    assert titles.split("  ")[-1] == "throughput (bit/s)"
    assert row.split("  ")[-1].strip() == "2.0 [1.0, 3.0]"
    axes = result.plot(Figure().subplots())
    assert axes.get_xlabel() == "throughput (bit/s)"
    assert axes.containers[0].lines[0].get_xdata()[0] == 2.0
