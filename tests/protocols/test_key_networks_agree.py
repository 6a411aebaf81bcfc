"""Exact and sampled engine of key networks on the same cases: every figure within its bracket."""

from __future__ import annotations

import pytest

from protocols.key_networks import (
    KeyDemand,
    KeyLink,
    KeyNetworkScenario,
    RelayTable,
    StoreTable,
)
from protocols.networks import TopologyTable
from qnet.errors import EngineError
from qnet.network import Fault, RunTimes

LINE = [["A", "B"], ["B", "C"]]
LADDER = [["A", "B"], ["B", "D"], ["A", "C"], ["C", "D"], ["A", "D"]]
UNITS = {"fill": "poisson", "unit_bits": 1}
EDGE_FIGURES = ("key_rate_hz", "used_bits_hz", "stored_bits", "dry_fraction")

CASES = {
    "dam that is no whole number of keys, some of it in reserve": (
        [["A", "B"]],
        {"key_rate_hz": 10.0},
        [{"ends": ("A", "B"), "rate_hz": 0.9, "key_bits": 10}],
        {"store": StoreTable(capacity_bits=32, reserve_bits=7, initial_bits=7)},
    ),
    "waiting dam": (
        [["A", "B"]],
        {"key_rate_hz": 10.0},
        [{"ends": ("A", "B"), "rate_hz": 0.7, "key_bits": 10, "on_shortage": "wait"}],
        {"store": StoreTable(capacity_bits=25)},
    ),
    "waiting units": (
        [["A", "B"]],
        {"key_rate_hz": 1.0, **UNITS},
        [{"ends": ("A", "B"), "rate_hz": 0.6, "key_bits": 1, "on_shortage": "wait"}],
        {"store": StoreTable(capacity_bits=3)},
    ),
    "equal stores in a row, two demands over both": (
        LINE,
        {"key_rate_hz": 4.0, "fill": "blocks", "block_bits": 10},
        [{"ends": ("A", "C"), "rate_hz": rate, "key_bits": 3} for rate in (0.9, 0.3)],
        {"store": StoreTable(capacity_bits=17)},
    ),
    "two of three routes": (
        LADDER,
        {"key_rate_hz": 1.0, **UNITS},
        [{"ends": ("A", "D"), "rate_hz": 1.1, "key_bits": 1}],
        {"store": StoreTable(capacity_bits=2), "relay": RelayTable(routes=3, shares_needed=2)},
    ),
    "endless store that is drained": (
        [["A", "B"]],
        {"key_rate_hz": 1.5, "fill": "poisson", "unit_bits": 3},
        [{"ends": ("A", "B"), "rate_hz": 1.1, "key_bits": 2}],
        {},
    ),
    "stream over two edges, another that nobody uses": (
        [*LINE, ["C", "D"]],
        {"key_rate_hz": 4.0},
        [{"ends": ("A", "C"), "device": "one-time-pad", "data_rate_bit_per_s": 5.0}],
        {"store": StoreTable(capacity_bits=3000, initial_bits=1000)},
    ),
}


def scenario(edges, link, demands, **changes):
    tables = {
        "run": RunTimes(duration_s=1500.0, warm_up_s=300.0, replicas=40),
        "topology": TopologyTable(edges=edges),
        "link": KeyLink(**link),
        "demand": tuple(KeyDemand(**each) for each in demands),
    }
    return KeyNetworkScenario(**tables | changes)


@pytest.mark.parametrize("name", list(CASES))
def test_engines_agree(name):
    """The engines share no code but the case: five standard errors, from the 95 % intervals."""
    edges, link, demands, changes = CASES[name]
    case = scenario(edges, link, demands, **changes)
    exact, sampled = case.play(engine="exact"), case.play(engine="sampled")
    pairs = [
        (f"{k} {figure}", one.figures[figure], other.figures[figure])
        for k, (one, other) in enumerate(zip(exact.demands, sampled.demands, strict=True))
        for figure in one.figures
    ]
    pairs += [
        (f"{one.ends} {figure}", getattr(one, figure), getattr(other, figure))
        for one, other in zip(exact.edges, sampled.edges, strict=True)
        for figure in EDGE_FIGURES
    ]
    for what, one, other in pairs:
        assert (one is None) == (other is None), what
        if one is not None:
            half = 5.0 / 1.96 * (other.high - other.low) / 2.0 + 1e-9 * abs(one.best)
            assert other.best == pytest.approx(one.best, abs=half), what
    for one, other in zip(exact.demands, sampled.demands, strict=True):
        assert one.corrupt_node_learns == pytest.approx(other.corrupt_node_learns, abs=0.1)
        assert one.security == other.security


@pytest.mark.parametrize(
    ("edges", "link", "demand", "changes", "words"),
    [
        (LINE, {}, {"arrivals": "regular"}, {}, "regular times"),
        (LINE, {}, {}, {"fault": (Fault(node="B", mtbf_s=9.0, mttr_s=1.0),)}, "no faults"),
        (LINE, {}, {}, {"store": StoreTable(time_to_live_s=1.0)}, "keys that age"),
        (LINE, {}, {}, {"relay": RelayTable(metric="load")}, "load"),
        (LINE, {}, {"on_shortage": "wait", "patience_s": 1.0}, {}, "patience_s"),
        (LINE, {}, {}, {}, "capacity_bits fills without end"),
        (LINE, {"key_rate_hz": 0.5}, {"on_shortage": "wait"}, {}, "pile up without end"),
        (LINE, UNITS, {"on_shortage": "wait"}, {}, "where they fill by Poisson units"),
        (
            LINE,
            UNITS,
            {},
            {"store": StoreTable(capacity_bits=1000)},
            "too many for the exact engine",
        ),
        (
            LINE,
            {"fill": "blocks", "block_bits": 7},
            {},
            {"store": StoreTable(capacity_bits=10**5)},
            "too large for the exact engine",
        ),
        (
            LINE,
            {},
            {},
            {"edge": ({"ends": ["B", "C"], "link": {"key_rate_hz": 2.0}},)},
            "edges A - B, B - C",
        ),
        (LADDER, {}, {"ends": ("A", "D")}, {"relay": RelayTable(routes=2)}, "fills without end"),
    ],
)
def test_what_is_not_known_is_left_to_the_sampled_engine(edges, link, demand, changes, words):
    """Each says why, and which engine plays it."""
    demands = [{"ends": ("A", "C"), "rate_hz": 0.9, "key_bits": 1} | demand]
    with pytest.raises(EngineError) as error:
        scenario(edges, {"key_rate_hz": 1.0} | link, demands, **changes).play(engine="exact")
    assert words in str(error.value)
    assert "sampled" in str(error.value)


def test_a_demand_that_is_never_served():
    """By hand: no way, or no room for a key; the other demand is played all the same."""
    demands = [
        {"ends": ("A", "C"), "rate_hz": 1.0, "key_bits": 5},
        {"ends": ("A", "B"), "rate_hz": 1.0, "key_bits": 1},
        {"ends": ("A", "Z"), "rate_hz": 1.0, "key_bits": 1},
    ]
    found = scenario(
        [*LINE, ["Y", "Z"]], {"key_rate_hz": 1.0}, demands, store=StoreTable(capacity_bits=2)
    ).play(engine="exact")
    figures = [each.figures for each in found.demands]
    assert [each["refused_fraction"].best == 1.0 for each in figures] == [True, False, True]
    assert figures[0]["response_delay_s"] is None
    assert "hold one" in found.demands[0].notes[0]
    assert "no route" in found.demands[2].notes[0]
    assert found.edges[0].used_bits_hz.best > 0.0
