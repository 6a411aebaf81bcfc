"""Results of networks as a notebook shows them."""

from __future__ import annotations

from qnet import Estimate
from qnet.metrics.security import chain_claim
from qnet.network.result import DEMAND_FIGURES, DemandResult, NetworkResult, SwitchResult


def result(demands, **more):
    figures = {**dict.fromkeys(DEMAND_FIGURES), "waiting_time_s": Estimate(1.0, 2.0, 3.0, 9)}
    found = tuple(
        DemandResult(ends=ends, routes=(), figures=figures, security=chain_claim(0.0, "no pair"))
        for ends in demands
    )
    given = {"engine": "sampled", "seed": 1, "replicas": 20, "duration_s": 50.0, "edges": ()}
    return NetworkResult(demands=found, **(given | more))


def test_a_row_for_each_demand_with_intervals():
    """Oracle: the numbers by hand; what is not known is a dash; names are no markup."""
    shown = result([("A", "<B>")])._repr_html_()
    assert "<td>A - &lt;B&gt;</td><td><b>2</b> <small>[1, 3]</small></td><td>-</td>" in shown
    assert "engine sampled, 20 runs of 50 s" in shown
    assert "no pair" in shown


def test_many_demands_are_cut_and_a_switch_has_its_row():
    """Oracle: 45 demands, of which 15 are only counted."""
    switch = SwitchResult(swap_rate_hz=Estimate.exact(2.5), stored=None, pairs=())
    ends = [("hub", str(k)) for k in range(45)]
    shown = result(ends, switch=switch, engine="exact", replicas=0)._repr_html_()
    assert shown.count("<tr>") == 1 + 30 + 1
    assert "<td>all swaps</td><td></td><td></td><td><b>2.5</b>" in shown
    assert "engine exact, computed; 15 more demands" in shown


def test_a_result_prints_as_a_table():
    """A line of titles, one a demand, and what the figures are."""
    lines = str(result([("A", "<B>"), ("C", "D")])).splitlines()
    assert lines[0].startswith("demand")
    assert [line.split("  ")[0] for line in lines[1:3]] == ["A - <B>", "C - D"]
    assert lines[3].startswith("engine ")
