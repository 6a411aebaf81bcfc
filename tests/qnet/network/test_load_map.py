"""Maps of played networks: loads and routes as they were found."""

from dataclasses import replace

import pytest

from qnet import Estimate, ParameterError
from qnet.figures import load_map
from qnet.metrics.security import chain_claim
from qnet.network import NetworkResult
from qnet.network.result import DemandResult, EdgeResult, SwitchResult
from tests.qnet.network import described

pytestmark = pytest.mark.usefixtures("without_a_screen")

STAR = described.network({("A", "S"): described.link(), ("S", "B"): described.link()})


def found(uses, demands=1):
    """A result with these uses, and as many demands from A to B."""
    edges = [
        EdgeResult(
            ends=edge.ends,
            length_km=None,
            use=None if use is None else Estimate.exact(use),
            pair_rate_hz=Estimate.exact(rate),
            stored=None,
        )
        for edge, use, rate in zip(STAR.edges, uses, (1.0, 3.0), strict=True)
    ]
    demand = DemandResult(
        ends=("A", "B"), routes=(("A", "S", "B"),), figures={}, security=chain_claim(0.0, "none")
    )
    return NetworkResult(
        engine="exact",
        seed=None,
        replicas=0,
        duration_s=1.0,
        demands=(demand,) * demands,
        edges=tuple(edges),
    )


def drawn(axes, kind):
    return [line for line in axes.lines if (line.get_gid() or "").startswith(kind)]


def words(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_uses_are_loads_and_routes_are_bands():
    """Oracle: the fuller edge is the thicker; kinds of nodes are kinds of sites."""
    axes = load_map(STAR, found((0.2, 0.9)))
    thin, thick = drawn(axes, "fibre")
    assert thick.get_linewidth() > thin.get_linewidth()
    assert len(drawn(axes, "route")) == 1
    assert words(axes)[:4] == ["user", "repeater", "A to B", "use of memories"]


def test_without_a_limit_widths_are_pairs():
    """Oracle: no memories, no use; three pairs a second are drawn thicker than one."""
    axes = load_map(STAR, found((None, None)))
    thin, thick = drawn(axes, "fibre")
    assert thick.get_linewidth() > thin.get_linewidth()
    assert "pairs made / 1/s" in words(axes)
    assert "use of memories" not in words(axes)


def test_routes_of_many_demands_are_drawn_where_they_are_asked_for():
    """Oracle: numbers of demands."""
    many = found((0.2, 0.9), demands=9)
    assert drawn(load_map(STAR, many), "route") == []
    assert len(drawn(load_map(STAR, many, demands=[0, 8]), "route")) == 2
    with pytest.raises(ParameterError, match=r"demands must be numbers of demands \(got 9\)"):
        load_map(STAR, many, demands=[9])


def test_a_switch_that_serves_any_two_has_no_routes():
    """Oracle: the sentence of `load_map`."""
    swaps = SwitchResult(swap_rate_hz=Estimate.exact(1.0), stored=None, pairs=())
    assert drawn(load_map(STAR, replace(found((0.2, 0.9)), switch=swaps)), "route") == []


def test_the_topology_of_a_network():
    """Oracle: names, kinds and edges as they were described."""
    topology = STAR.topology
    assert [(site.name, site.kind) for site in topology.sites] == [
        ("A", "user"),
        ("S", "repeater"),
        ("B", "user"),
    ]
    assert [span.ends for span in topology.spans] == [("A", "S"), ("S", "B")]
