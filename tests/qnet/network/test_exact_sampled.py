"""Exact and sampled networks, against each other.

Oracle: the sampled engine, which plays every session and every pair; each exact figure lies within
five standard errors of the sampled one, which come from forty replicas.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from qnet.metrics.intervals import t_quantile
from qnet.network import Demand, RunTimes, play_network
from qnet.network.network import Purification
from qnet.plans import Cutoff
from tests.qnet.network.described import case, link, network

AB, AC, SC = ("A", "B"), ("A", "C"), ("S", "C")
LINE = {("A", "S"): link(0.3, t2_s=20.0), ("S", "B"): link(0.2, t2_s=30.0)}
TEE = {**LINE, ("S", "C"): link(0.4)}


#: Replicas: so many that the tails of Student's t are nearly those of a normal law.
REPLICAS = 40


def run(duration_s):
    """Ten times so much measured time in all."""
    each = duration_s * 10.0 / REPLICAS
    return RunTimes(duration_s=each, warm_up_s=each / 10.0, replicas=REPLICAS)


def star(chances, *, tau=None, q=1.0, memories=1, ghz=0, **special):
    """A switch whose users have given success probabilities, or rates."""
    names = [str(k + 1) for k in range(len(chances))]
    ends = [(name, "hub") for name in names]
    by_rate = special.pop("by_rate", False)
    described = network(
        {
            each: link(0.1 if by_rate else p, t2_s=8.0)
            for each, p in zip(ends, chances, strict=True)
        },
        memories=memories,
        q=q,
        switch="hub",
        edge=special,
        special={
            each: {"generation_rate_hz": p}
            for each, p in zip(ends, chances, strict=True)
            if by_rate
        },
        cutoff=None if tau is None else Cutoff(kind="age", time_s=tau),
    )
    demands = [Demand(ends=each, arrivals="backlog") for each in combinations(names, ghz or 2)]
    how = {"allocation": "share", "any_pair": True, "ghz": ghz}
    return case(described, demands, run=run(2000.0), **how)


def edge_case(demand, *, made_hz=None, tau=None, purify=0.0, memories=1, **edge):
    """One edge whose pairs are shared."""
    described = network(
        {AB: link(0.2, w=0.9, t2_s=20.0)},
        memories=memories,
        edge={"generation_rate_hz": made_hz, **edge},
        cutoff=None if tau is None else Cutoff(kind="age", time_s=tau),
        purification=Purification(probability=purify),
    )
    return case(described, [Demand(ends=AB, **demand)], run=run(4_000.0), allocation="share")


CASES = {
    "fifo": lambda: case(
        network(TEE),
        [Demand(ends=AB, rate_hz=0.03, pairs=2), Demand(ends=AC, rate_hz=0.06)],
        run=run(20_000.0),
    ),
    "priority": lambda: case(
        network(TEE),
        [Demand(ends=AB, rate_hz=0.03, pairs=2), Demand(ends=AC, rate_hz=0.06, priority=1)],
        run=run(20_000.0),
        discipline="priority",
    ),
    "slots": lambda: case(
        network(LINE),
        [Demand(ends=AB, rate_hz=0.08, arrivals="bernoulli", slot_s=1.0)],
        run=run(20_000.0),
    ),
    "side by side": lambda: case(
        network(LINE, memories=4),
        [Demand(ends=AB, arrivals="backlog", memories=2, pairs=3)],
        run=run(5_000.0),
    ),
    "drop": lambda: case(
        network(TEE, memories=3),
        [
            Demand(ends=AB, rate_hz=0.2, pairs=2),
            Demand(ends=AC, rate_hz=0.3, memories=2),
            Demand(ends=SC, rate_hz=0.1),
        ],
        run=run(10_000.0),
        discipline="drop",
    ),
    "no patience": lambda: case(
        network(TEE, memories=2),
        [
            Demand(ends=AB, rate_hz=0.2, patience_s=0.0),
            Demand(ends=AC, rate_hz=0.3, patience_s=0.0),
        ],
        run=run(10_000.0),
    ),
    "switch": lambda: star((1.0, 2.0, 0.7), by_rate=True),
    "switch with losses": lambda: star(
        (1.0, 2.0, 0.7), by_rate=True, memories=2, q=0.6, pair_loss_rate_hz=0.3
    ),
    "endless switch": lambda: star((1.0, 2.0, 1.5), by_rate=True, memories=None),
    "switch with a cut-off": lambda: star((1.0, 2.0, 0.7), by_rate=True, tau=0.4),
    "fusion": lambda: star((1.0, 2.0, 0.7, 1.0), by_rate=True, ghz=3),
    "fusion with losses": lambda: star(
        (1.0, 2.0, 0.7, 1.0), by_rate=True, ghz=3, memories=2, pair_loss_rate_hz=0.3
    ),
    "slotted switch": lambda: star((0.1, 0.3, 0.2)),
    "slotted switch with a cut-off": lambda: star((0.1, 0.3, 0.2), tau=2.0, q=0.7),
    "slotted switch of three memories": lambda: star(
        (0.3, 0.5, 0.2, 0.4), memories=3, attempts_at_once=1
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
        run=run(10_000.0),
        allocation="share",
    ),
    "shared line with a cut-off": lambda: case(
        network(LINE, cutoff=Cutoff(kind="age", time_s=3.0)),
        [Demand(ends=AB, arrivals="backlog")],
        run=run(10_000.0),
        allocation="share",
    ),
}

FIGURES = (
    "sessions_hz",
    "served_hz",
    "refused_fraction",
    "waiting_time_s",
    "service_time_s",
    "pair_rate_hz",
    "fidelity",
    "qber_x",
    "qber_z",
)


def disagreements(exact, sampled):
    """Figures that differ by more than five standard errors, and how many were compared."""
    found = [
        (f"demand {k} {name}", one[name], other[name])
        for k, (one, other) in enumerate(zip(exact.demands, sampled.demands, strict=True))
        for name in FIGURES
    ]
    names = ("use", "stored")
    found += [
        (f"edge {k} {name}", getattr(one, name), getattr(other, name))
        for k, (one, other) in enumerate(zip(exact.edges, sampled.edges, strict=True))
        for name in names
    ]
    wrong, seen = [], 0
    for name, one, other in found:
        if one is not None and other is not None:
            seen += 1
            error = (other.high - other.low) / 2.0 / t_quantile(REPLICAS, 0.05)
            if abs(one.best - other.best) > 5.0 * error + 1e-9:
                wrong.append((name, one, other))
    return wrong, seen


@pytest.mark.parametrize("name", CASES)
def test_exact_and_sampled_networks_agree(name):
    described = CASES[name]()
    exact = play_network(described, engine="exact")
    wrong, seen = disagreements(exact, play_network(described))
    assert wrong == []
    assert seen >= 7


def random_case(seed):
    """Up to three demands over a star of edges with one or more memories, reserved."""
    rng = np.random.default_rng(seed)
    names = "ABCD"[: rng.integers(2, 5)]
    edges = {
        (name, "S"): link(
            float(rng.uniform(0.2, 0.9)),
            float(rng.choice([0.5, 1.0])),
            t2_s=float(rng.uniform(5, 50)),
        )
        for name in names
    }
    drops = bool(rng.random() < 0.5)
    memories = int(rng.integers(1, 4)) if drops else 1
    demands = [
        Demand(
            ends=("A", other),
            rate_hz=float(rng.uniform(0.01, 0.05)),
            pairs=int(rng.integers(1, 3)),
            memories=int(rng.integers(1, memories + 1)),
            priority=int(rng.integers(0, 3)),
        )
        for other in names[1:]
    ]
    discipline = "drop" if drops else str(rng.choice(["fifo", "priority"]))
    described = network(edges, memories=memories, q=float(rng.choice([1.0, 0.7])))
    return case(described, demands, run=run(10_000.0), discipline=discipline, seed=seed)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_agree(seed):
    described = random_case(seed)
    exact = play_network(described, engine="exact")
    wrong, seen = disagreements(exact, play_network(described))
    assert wrong == []
    assert seen >= 7
