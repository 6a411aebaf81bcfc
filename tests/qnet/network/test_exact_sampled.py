"""Reserved routes, exact and sampled, against each other.

Oracle: the sampled engine, which plays every session and every pair; each exact figure lies within
five standard errors of the sampled one, which come from forty replicas.
"""

from __future__ import annotations

import numpy as np
import pytest

from qnet.network import Demand
from tests.qnet.network.agreement import check_agreement, run
from tests.qnet.network.described import case, link, network

AB, AC, SC = ("A", "B"), ("A", "C"), ("S", "C")
LINE = {("A", "S"): link(0.3, t2_s=20.0), ("S", "B"): link(0.2, t2_s=30.0)}
TEE = {**LINE, ("S", "C"): link(0.4)}


CASES = {
    "fifo": lambda: case(
        network(TEE),
        [Demand(ends=AB, rate_hz=0.03, pairs=2), Demand(ends=AC, rate_hz=0.06)],
        run=run(80_000.0),
    ),
    "priority": lambda: case(
        network(TEE),
        [Demand(ends=AB, rate_hz=0.03, pairs=2), Demand(ends=AC, rate_hz=0.06, priority=1)],
        run=run(80_000.0),
        discipline="priority",
    ),
    "slots": lambda: case(
        network(LINE),
        [Demand(ends=AB, rate_hz=0.08, arrivals="bernoulli", slot_s=1.0)],
        run=run(80_000.0),
    ),
    "side by side": lambda: case(
        network(LINE, memories=4),
        [Demand(ends=AB, arrivals="backlog", memories=2, pairs=3)],
        run=run(40_000.0),
    ),
    "in turn": lambda: case(
        network(TEE),
        [
            Demand(ends=AB, arrivals="backlog", pairs=2),
            Demand(ends=AC, arrivals="backlog"),
            Demand(ends=("C", "A"), arrivals="backlog", pairs=3),
        ],
        run=run(40_000.0),
    ),
    "drop": lambda: case(
        network(TEE, memories=3),
        [
            Demand(ends=AB, rate_hz=0.2, pairs=2),
            Demand(ends=AC, rate_hz=0.3, memories=2),
            Demand(ends=SC, rate_hz=0.1),
        ],
        run=run(40_000.0),
        discipline="drop",
    ),
    "no patience": lambda: case(
        network(TEE, memories=2),
        [
            Demand(ends=AB, rate_hz=0.2, patience_s=0.0),
            Demand(ends=AC, rate_hz=0.3, patience_s=0.0),
        ],
        run=run(40_000.0),
    ),
    "time division": lambda: case(
        network(TEE, memories=2),
        [
            Demand(ends=AB, arrivals="backlog", pairs=3, memories=2),
            Demand(ends=AB, rate_hz=0.01, pairs=2),
            Demand(ends=AC, rate_hz=0.02, arrivals="bernoulli", slot_s=5.0),
        ],
        run=run(80_000.0),
        allocation="tdma",
        frame_slots=3,
        slot_s=5.0,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_exact_and_sampled_networks_agree(name):
    check_agreement(CASES[name]())


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
    return case(described, demands, run=run(40_000.0), discipline=discipline, seed=seed)


@pytest.mark.parametrize("seed", range(12))
def test_random_networks_agree(seed):
    check_agreement(random_case(seed))


def random_slots(seed):
    """One or two demands that have slots of several attempts, and one or two memories, in turn."""
    rng = np.random.default_rng([2, seed])
    edges = {}
    for name in "ABC"[: rng.integers(2, 4)]:
        chance, attempt_s = float(rng.choice([0.3, 0.6, 1.0])), float(rng.choice([0.5, 1.0]))
        edges[name, "S"] = link(chance, attempt_s, t2_s=20.0)
    demands = []
    for name, _ in list(edges)[1:]:
        arrivals = str(rng.choice(["backlog", "poisson", "bernoulli"]))
        more = {} if arrivals == "backlog" else {"rate_hz": float(rng.uniform(0.01, 0.04))}
        more |= {"slot_s": 4.0} if arrivals == "bernoulli" else {}
        pairs, memories = (int(rng.integers(1, most)) for most in (4, 3))
        more |= {"pairs": pairs, "memories": memories}
        demands.append(Demand(ends=("A", name), arrivals=arrivals, **more))
    return case(
        network(edges, memories=2, q=float(rng.choice([1.0, 0.7]))),
        demands,
        run=run(40_320.0),  # whole frames for each replica, of one to three slots
        allocation="tdma",
        frame_slots=len(demands) + int(rng.integers(2)),
        slot_s=4.0,
        seed=seed,
    )


@pytest.mark.parametrize("seed", range(8))
def test_random_slots_agree(seed):
    check_agreement(random_slots(seed))
