"""Random networks under reservation and schedules, with faults and messages: what always holds."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from qnet.network import Demand, Fault, NetworkCase, RunTimes
from qnet.network.replica import Replica, play_replica
from qnet.network.tally import SESSION_COUNTS
from tests.qnet.network.described import case, link, network

#: Seeds, several to a test.
SEEDS = [range(first, first + 15) for first in range(0, 60, 15)]


def described(rng: np.random.Generator, *, lengths_km):
    """Some of all pairs of nodes as edges, of unlike links, memories and lengths."""
    names = [str(k) for k in range(int(rng.integers(3, 7)))]
    pairs = list(combinations(names, 2))
    kept = rng.choice(len(pairs), int(rng.integers(len(names), len(pairs) + 1)), replace=False)
    edges, special = {}, {}
    for ends in (pairs[k] for k in sorted(kept.tolist())):
        length = float(rng.choice(lengths_km))
        each = link(float(rng.choice([0.2, 0.5, 1.0])), float(rng.choice([0.1, 0.25, 1 / 3])))
        edges[ends] = replace(each, length_km=length)
        special[ends] = {"memories": int(rng.integers(1, 4)), "length_km": length}
    found = network(edges, special=special, q=float(rng.choice([0.7, 1.0])))
    nodes = [replace(node, kind="repeater") for node in found.nodes]
    return replace(found, nodes=tuple(nodes))


def asked(rng: np.random.Generator, names) -> list[Demand]:
    """One to four demands that come as may be, and wait as long as may be."""
    demands = []
    for _ in range(int(rng.integers(1, 5))):
        arrivals = str(rng.choice(["poisson", "poisson", "regular", "backlog"]))
        rate = {} if arrivals == "backlog" else {"rate_hz": float(rng.choice([0.1, 0.5]))}
        waits = {} if rng.random() < 0.5 else {"patience_s": float(rng.choice([0.0, 0.3, 5.0]))}
        ends = tuple(rng.choice(names, 2, replace=False).tolist())
        pairs, memories, priority = (int(rng.integers(*each)) for each in ((1, 6), (1, 3), (0, 3)))
        demands.append(
            Demand(
                ends=ends,
                arrivals=arrivals,
                pairs=pairs,
                memories=memories,
                priority=priority,
                **rate,
                **waits,
            )
        )
    return demands


def drawn(seed: int, *, lengths_km=(0.0, 5e3, 2e4), **controller) -> NetworkCase:
    """A case whose controller is what is said, and else as may be."""
    rng = np.random.default_rng(seed)
    found = described(rng, lengths_km=lengths_km)
    names = [node.name for node in found.nodes]
    faults = [Fault(edge=found.edges[0].ends, mtbf_s=10.0, mttr_s=5.0)] * int(rng.integers(2))
    faults += [Fault(node=str(rng.choice(names)), mtbf_s=20.0, mttr_s=3.0)] * int(rng.integers(2))
    settings = {
        "discipline": str(rng.choice(["drop", "fifo", "priority"])),
        "routing": str(rng.choice(["shortest", "disjoint"])),
        "routes": int(rng.integers(1, 4)),
        "overtaking": bool(rng.random() < 0.5),
        "signalling": str(rng.choice(["fibre", "instantaneous"])),
    }
    run = RunTimes(duration_s=60.0, warm_up_s=10.0, replicas=3)
    demands = asked(rng, names)
    return case(found, demands, run=run, faults=faults, seed=seed, **{**settings, **controller})


def counts(tally) -> dict[str, np.ndarray]:
    """Counts of each demand by name."""
    return dict(zip(SESSION_COUNTS, tally.sessions.sum(axis=0).T, strict=True))


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("allocation", ["reserve", "tdma"])
def test_every_session_is_over_once_and_nothing_is_booked_twice(allocation, seeds):
    """Arrived = refused + gave up + served + still open; no edge gives more than it has."""
    frame = {"frame_slots": 8, "slot_s": 2.0} if allocation == "tdma" else {}
    for seed in seeds:
        played = drawn(seed, allocation=allocation, **frame)
        replica = Replica(played, 0)
        tally = replica.play()
        found = counts(tally)
        over = sum(found[name] for name in ("no_route", "refused", "gave_up", "served"))
        assert found["arrived"].sum() - over.sum() == replica.open_sessions >= 0
        assert (over <= found["arrived"]).all()
        assert (found["waiting_s"] >= -1e-9).all()
        memories = np.array([edge.memories for edge in played.network.edges])
        assert (np.array(tally.peak) <= memories).all()
        used = tally.edges[..., 2].sum(axis=0)
        assert (used <= memories * played.run.duration_s + 1e-6).all()
        if allocation == "reserve":
            ledger = replica.controller.ledger
            assert (np.add(ledger.taken, ledger.free) == memories).all()


@pytest.mark.parametrize("seeds", SEEDS)
def test_messages_over_fibres_without_length_are_instantaneous(seeds):
    """The same run, number by number, as when messages are said to take no time."""
    for seed in seeds:
        fibre = drawn(seed, lengths_km=(0.0,), signalling="fibre")
        if any(not fibre.routes(k) for k in range(len(fibre.demands))):
            continue
        at_once = drawn(seed, lengths_km=(0.0,), signalling="instantaneous")
        one, two = play_replica(fibre, 0), play_replica(at_once, 0)
        np.testing.assert_allclose(one.sessions, two.sessions, rtol=1e-12)
        np.testing.assert_allclose(one.pairs, two.pairs, rtol=1e-12)
        np.testing.assert_allclose(one.edges, two.edges, rtol=1e-12)


@pytest.mark.parametrize("frame", [{}, {"frame_slots": 2, "slot_s": 100.0}])
def test_memory_does_not_grow_with_time(frame):
    """Eight times as long takes eight times the sessions, and no more memory at once."""
    peaks, sessions = [], []
    for duration_s in (30_000.0, 240_000.0):
        # Batches have grown to their full size after some 300 sessions.
        demands = [
            Demand(ends=("A", "B"), rate_hz=0.03, pairs=100, patience_s=300.0),
            Demand(ends=("B", "A"), rate_hz=0.03, pairs=100, memories=2),
        ]
        run = RunTimes(duration_s=duration_s, warm_up_s=300.0, replicas=10)
        described = network({("A", "B"): link(0.3, 0.1)}, memories=3)
        allocation = "tdma" if frame else "reserve"
        played = case(described, demands, run=run, allocation=allocation, **frame)
        play_replica(played, 0)
        tracemalloc.start()
        tally = play_replica(played, 0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        sessions.append(tally.sessions[..., 0].sum())
    assert sessions[1] > 7.0 * sessions[0]
    assert peaks[1] < 1.5 * peaks[0]
