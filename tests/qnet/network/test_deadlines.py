"""Deadlines of what waits: they end it in time, and what is over leaves nothing behind."""

from __future__ import annotations

import numpy as np
import pytest

from qnet.network import RunTimes
from qnet.network.deadlines import Deadlines
from qnet.network.kernel import EventQueue
from qnet.network.replica import Replica
from qnet.plans import Cutoff
from tests.qnet.network.described import case, link, network
from tests.qnet.network.queues import poisson


def test_all_that_is_not_over_ends_at_its_deadline_in_order():
    """Oracle: the deadlines sorted, less those whose thing was over by then."""
    rng = np.random.default_rng(1)
    events, ended, over = EventQueue(0.0), [], set()
    deadlines = Deadlines(events, 0, over.__contains__, lambda k: ended.append((events.now, k)))
    begins, lasts = rng.uniform(0.0, 50.0, 500), rng.exponential(20.0, 500)
    leaves = begins + rng.exponential(20.0, 500)
    for k in range(500):
        events.at(begins[k], 0, lambda k: deadlines.add(events.now + lasts[k], k), k)
        events.at(leaves[k], 0, over.add, k)
    events.run(1e4)
    wanted = sorted((t, k) for k, t in enumerate(begins + lasts) if t < leaves[k])
    assert [k for _, k in ended] == [k for _, k in wanted]
    assert np.allclose([t for t, _ in ended], [t for t, _ in wanted])
    assert len(deadlines) == 0


@pytest.mark.parametrize(
    ("more", "controller"),
    [
        ({"patience_s": 1e9}, {"allocation": "reserve"}),
        ({"patience_s": 1e9}, {"allocation": "share"}),
        ({"patience_s": 1e9}, {"allocation": "tdma", "frame_slots": 2, "slot_s": 2.0}),
        ({}, {"allocation": "share"}),
    ],
)
def test_deadlines_that_are_far_away_take_no_memory(more, controller):
    """Patience, cut-offs and losses far beyond the run: the queue of events stays short.

    Some 2,000 sessions come, and 4,000 pairs are made; what waits at a time is a few of them.
    """
    edges = {("A", "S"): link(p=0.5, attempt_s=0.1), ("S", "B"): link(p=0.5, attempt_s=0.1)}
    described = {} if more else {"cutoff": Cutoff(kind="age", time_s=1e9)}
    edge = {} if more else {"pair_loss_rate_hz": 1e-7}
    where = network(edges, memories=2, edge=edge, **described)
    run = RunTimes(duration_s=10_000.0, replicas=1)
    asked = case(where, [poisson(0.2, **more)], run=run, **controller)
    replica = Replica(asked, 0)
    replica.play()
    assert replica.tally.sessions.sum(axis=0)[0, 0] > 1500.0
    assert len(replica.events._heap) < 200
