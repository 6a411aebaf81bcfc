"""Shared pairs, exact and sampled, against each other.

Oracle: the sampled engine, which plays every session and every pair; each exact figure lies within
five standard errors of the sampled one, which come from forty replicas.
"""

from __future__ import annotations

import pytest

from qnet.network import Demand
from qnet.network.network import Purification
from tests.qnet.network.agreement import check_agreement, run
from tests.qnet.network.described import age, case, link, network, switch_case

AB = ("A", "B")
LINE = {("A", "S"): link(0.3, t2_s=20.0), ("S", "B"): link(0.2, t2_s=30.0)}


def star(chances, *, by_rate=False, **how):
    """A switch whose users have given success probabilities, or rates."""
    links = [link(0.1 if by_rate else p, t2_s=8.0) for p in chances]
    special = [{"generation_rate_hz": p} for p in chances] if by_rate else ()
    return switch_case(links, special=special, run=run(8_000.0), **how)


def shared_star(rates, ends, memories, *, pairs=1, q=1.0, **edge):
    """A star whose demands share pairs that come at random times."""
    described = network(
        {(str(k + 1), "hub"): link(t2_s=5.0) for k in range(len(rates))},
        memories=memories,
        q=q,
        edge=edge,
        special={(str(k + 1), "hub"): {"generation_rate_hz": v} for k, v in enumerate(rates)},
    )
    demands = [Demand(ends=tuple(each), arrivals="backlog", pairs=pairs) for each in ends]
    return case(described, demands, run=run(8_000.0), allocation="share")


def edge_case(demand, *, made_hz=None, tau=None, purify=0.0, memories=1, **edge):
    """One edge whose pairs are shared."""
    described = network(
        {AB: link(0.2, w=0.9, t2_s=20.0)},
        memories=memories,
        edge={"generation_rate_hz": made_hz, **edge},
        cutoff=age(tau),
        purification=Purification(probability=purify),
    )
    return case(described, [Demand(ends=AB, **demand)], run=run(20_000.0), allocation="share")


CASES = {
    "switch": lambda: star((1.0, 2.0, 0.7), by_rate=True),
    "switch with losses": lambda: star(
        (1.0, 2.0, 0.7), by_rate=True, memories=2, q=0.6, pair_loss_rate_hz=0.3
    ),
    "endless switch": lambda: star((1.0, 2.0, 1.5), by_rate=True, memories=None),
    "switch with a cut-off": lambda: star((1.0, 2.0, 0.7), by_rate=True, tau=0.4),
    "fusion": lambda: star((1.0, 2.0, 0.7, 1.0), by_rate=True, ghz=3),
    "fusion of pairs that are lost": lambda: star(
        (1.0, 2.0, 0.7, 1.0), by_rate=True, ghz=3, pair_loss_rate_hz=0.4, q=0.8
    ),
    "fusion with losses": lambda: star(
        (1.0, 2.0, 0.7, 1.0), by_rate=True, ghz=3, memories=2, pair_loss_rate_hz=0.3
    ),
    "slotted switch": lambda: star((0.1, 0.3, 0.2)),
    "slotted switch with a cut-off": lambda: star((0.1, 0.3, 0.2), tau=2.0, q=0.7),
    "slotted switch of three memories": lambda: star(
        (0.3, 0.5, 0.2, 0.4), memories=3, attempts_at_once=1
    ),
    "star that two demands share": lambda: shared_star((1.0, 2.0, 0.7), ["12", "13"], 1),
    "star that three demands share": lambda: shared_star(
        (1.0, 2.0, 0.7, 1.5), ["12", "34", "13"], 2, pairs=2, q=0.6, pair_loss_rate_hz=0.3
    ),
    "buffer": lambda: edge_case(
        {"rate_hz": 0.2, "patience_s": 0.0}, made_hz=1.0, tau=6.0, pair_loss_rate_hz=0.1
    ),
    "purified buffer": lambda: edge_case(
        {"rate_hz": 0.2, "patience_s": 0.0}, made_hz=0.5, tau=6.0, purify=0.5
    ),
    "slotted buffer": lambda: edge_case(
        {"rate_hz": 0.2, "patience_s": 0.0, "arrivals": "bernoulli", "slot_s": 1.0}, tau=6.0
    ),
    "purified slotted buffer": lambda: edge_case(
        {"rate_hz": 0.2, "patience_s": 0.0, "arrivals": "bernoulli", "slot_s": 1.0},
        tau=6.0,
        purify=0.6,
    ),
    "purified slotted buffer without a cut-off": lambda: edge_case(
        {"rate_hz": 0.1, "patience_s": 0.0, "arrivals": "bernoulli", "slot_s": 1.0}, purify=1.0
    ),
    "buffer of attempts": lambda: edge_case({"rate_hz": 0.2, "patience_s": 0.0}, tau=6.3),
    "window": lambda: edge_case(
        {"arrivals": "backlog", "pairs": 3, "together": True},
        memories=3,
        tau=6.0,
        attempts_at_once=1,
    ),
    "shared line": lambda: case(
        network(LINE, q=0.7),
        [Demand(ends=AB, arrivals="backlog", pairs=2)],
        run=run(40_000.0),
        allocation="share",
    ),
    "shared line with a cut-off": lambda: case(
        network(LINE, cutoff=age(3.0)),
        [Demand(ends=AB, arrivals="backlog")],
        run=run(40_000.0),
        allocation="share",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_exact_and_sampled_networks_agree(name):
    check_agreement(CASES[name]())
