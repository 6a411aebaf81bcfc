"""Invariants of networks that are played: pairs, memories and counts, under every controller."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from qnet.network import Demand, NetworkCase
from qnet.network.history import Recorder
from qnet.network.replica import Replica, play_replica
from qnet.network.sampled import play_sampled_network
from qnet.network.tally import SESSION_COUNTS
from tests.qnet.network.random_networks import (
    fusing,
    generator,
    random_faults,
    reserved,
    shared,
    slotted,
    switched,
)

SLOW = settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

RUN = {"duration_s": 60.0, "warm_up_s": 10.0, "replicas": 10}

SEEDS = st.integers(0, 10**6)

KINDS = {
    "statistical": lambda rng: shared(rng, "statistical", **RUN),
    "buffer-space": lambda rng: shared(rng, "buffer-space", **RUN),
    "dynamic": lambda rng: shared(rng, "dynamic", **RUN),
    "cut-off": lambda rng: shared(rng, "statistical", cutoff_s=8.0, **RUN),
    "fibre": lambda rng: shared(rng, "statistical", fibre=True, cutoff_s=8.0, **RUN),
    "fibre purified": lambda rng: shared(rng, "buffer-space", fibre=True, purify=0.7, **RUN),
    "purified": lambda rng: shared(rng, "statistical", purify=0.5, **RUN),
    "switch": lambda rng: switched(rng, **RUN),
    "ghz": lambda rng: fusing(rng, **RUN),
}

RESERVED = {
    "drop": lambda rng: reserved(rng, "drop", **RUN),
    "fifo": lambda rng: reserved(rng, "fifo", **RUN),
    "priority": lambda rng: reserved(rng, "priority", **RUN),
    "tdma": lambda rng: slotted(rng, **RUN),
}


def drawn(kinds, kind, seed, *, faults):
    """A case of a kind, with faults or without."""
    rng = generator(seed)
    case = kinds[kind](rng)
    return replace(case, faults=random_faults(rng, case.network)) if faults else case


class Watched(Replica):
    """A replica whose controller is looked at between events, at random times."""

    def __init__(self, case, number, look, times):
        super().__init__(case, number, Recorder())
        for time in times:
            self.events.at(float(time), 99, look, self)


def look_at_pairs(replica):
    """Every stored pair has an identity and two memories of its own, and all are accounted for."""
    replica.controller.audit()
    ledger = replica.controller.room.ledger
    assert ledger.imbalance() == 0
    for place, identities in ledger.holders().items():
        assert len(identities) == 1, place
        edge, channel, _ = place
        memories = replica.case.network.edges[edge].memories
        assert memories is None or 0 <= channel < memories
    if replica.case.controller.signalling == "instantaneous":  # and swaps that take no time
        channels = [each for edge in replica.controller.room.edges for each in edge.channels]
        assert all(each.free_from <= replica.events.now for each in channels)
    cutoff = replica.case.network.cutoff
    for identity, pair in ledger.live.items():
        assert pair.identity == identity
        assert not pair.gone
        if cutoff is not None:
            assert replica.events.now - pair.oldest <= cutoff.time_s + 1e-9
        born = [part.made[0] for part in pair.parts]
        assert pair.oldest == min(born)
        assert len(pair.swaps) == len(pair.parts) - 1


def look_at_bookings(replica):
    """No edge gives more memories than it has, and none less than nothing."""
    ledger = replica.controller.ledger
    for edge, taken in zip(replica.case.network.edges, ledger.taken, strict=True):
        assert taken >= 0
        assert edge.memories is None or taken <= edge.memories


def look_at_counts(replica):
    """When it is over: of the sessions that arrived, all were served or not, and once."""
    sessions = dict(zip(SESSION_COUNTS, replica.tally.sessions.sum(axis=0).T, strict=True))
    over = sum(sessions[name] for name in ("no_route", "refused", "gave_up", "served"))
    open_now = sessions["arrived"].sum() - over.sum()
    assert open_now == replica.open_sessions >= 0


@SLOW
@given(st.sampled_from(sorted(KINDS)), SEEDS, st.booleans())
def test_shared_pairs_have_one_owner_and_are_accounted_for(kind, seed, faults):
    """Oracle: made = delivered + stored + lost + swapped; one pair a memory; none too old."""
    case = drawn(KINDS, kind, seed, faults=faults)

    def look(replica):
        look_at_pairs(replica)
        assert replica.open_sessions >= 0

    times = generator(seed, 1).uniform(-10.0, 60.0, 40)
    replica = Watched(case, 0, look, times)
    replica.play()
    look(replica)
    look_at_counts(replica)
    cutoff = case.network.cutoff
    for handed in replica.recorder.batches:
        draw, births = handed.draw, handed.draw.births()
        age = draw.time - np.min(births, axis=0)
        assert (age >= -1e-9).all()
        if cutoff is not None:
            assert (age <= cutoff.time_s + 1e-9).all()


@SLOW
@given(st.sampled_from(sorted(RESERVED)), SEEDS, st.booleans())
def test_reserved_memories_are_never_booked_twice(kind, seed, faults):
    """Oracle: no more memories are held than there are, and what is held is given back."""
    case = drawn(RESERVED, kind, seed, faults=faults)

    def look(replica):
        assert replica.open_sessions >= 0
        if hasattr(replica.controller, "ledger"):
            look_at_bookings(replica)

    times = generator(seed, 1).uniform(-10.0, 60.0, 40)
    replica = Watched(case, 0, look, times)
    tally = replica.play()
    look(replica)
    look_at_counts(replica)
    assert replica.open_sessions == 0 or faults
    for edge, peak in zip(case.network.edges, tally.peak, strict=True):
        assert peak <= edge.memories
    used = tally.edges[..., 2].sum(axis=0)
    assert (used <= [edge.memories * 60.0 + 1e-9 for edge in case.network.edges]).all()


@pytest.mark.parametrize("kind", ["statistical", "fifo"])
def test_a_result_does_not_depend_on_the_number_of_workers(kind):
    """Oracle: the result of one worker."""
    case = drawn({**KINDS, **RESERVED}, kind, 3, faults=True)
    case = replace(case, run=replace(case.run, duration_s=20.0, replicas=3))
    one, two = play_sampled_network(case), play_sampled_network(case, workers=2)
    assert one == two


#: An edge of its own beside the network, with a demand that does not compete.
def beside(case: NetworkCase) -> NetworkCase:
    """The case with one more edge between two new nodes, and a demand over it."""
    network = case.network
    edge = replace(network.edges[0], ends=("far", "away"))
    nodes = tuple(replace(network.nodes[0], name=name, site=None) for name in edge.ends)
    return replace(
        case,
        network=replace(network, nodes=(*network.nodes, *nodes), edges=(*network.edges, edge)),
        demands=(*case.demands, Demand(ends=edge.ends, rate_hz=0.2)),
    )


@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(({**KINDS, **RESERVED}).keys() - {"switch", "ghz"})),
    SEEDS,
    st.booleans(),
)
def test_a_demand_that_does_not_compete_changes_no_draw(kind, seed, faults):
    """Oracle: the tally of the case without it, number by number."""
    case = drawn({**KINDS, **RESERVED}, kind, seed, faults=faults)
    more = beside(case)
    alone, together = play_replica(case, 0), play_replica(more, 0)
    demands, edges = len(case.demands), len(case.network.edges)
    np.testing.assert_array_equal(together.sessions[:, :demands], alone.sessions)
    np.testing.assert_array_equal(together.pairs[:, :demands], alone.pairs)
    np.testing.assert_allclose(together.edges[:, :edges], alone.edges, rtol=1e-12)
    assert together.sessions[:, demands, 0].sum() > 0
