"""Invariants of shared pairs after every single event, in random small networks."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from qnet.network.faults import start_faults
from qnet.network.history import Recorder
from qnet.network.replica import Replica
from qnet.network.session_arrivals import start_arrivals
from tests.qnet.network.random_networks import generator, random_faults, shared, switched

RUN = {"duration_s": 60.0, "warm_up_s": 10.0, "replicas": 10}


@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(
    seed=st.integers(0, 10**6),
    sharing=st.sampled_from(["statistical", "buffer-space", "dynamic", "switch"]),
    cutoff_s=st.sampled_from([None, 0.0, 3.0, 8.0]),
    purify=st.sampled_from([0.0, 0.5, 1.0]),
    fibre=st.booleans(),
    loss_hz=st.sampled_from([0.0, 0.1]),
    faults=st.booleans(),
)
def test_every_event_leaves_the_books_in_order(
    seed, sharing, cutoff_s, purify, fibre, loss_hz, faults
):
    """Oracle: made = delivered + stored + lost + swapped; one owner a pair, one pair a memory."""
    rng = generator(seed)
    if sharing == "switch":
        case = switched(rng, **RUN)
    else:
        how = {"cutoff_s": cutoff_s, "purify": purify, "fibre": fibre}
        case = shared(rng, sharing, shape="line", **how, **RUN)
    edges = tuple(replace(edge, pair_loss_rate_hz=loss_hz) for edge in case.network.edges)
    case = replace(case, network=replace(case.network, edges=edges))
    if faults:
        case = replace(case, faults=random_faults(rng, case.network))
    replica = Replica(case, 0, Recorder())
    replica.arrivals = start_arrivals(replica)
    start_faults(replica)
    replica.controller.start()
    events = []

    def look():
        replica.controller.audit()
        events.append(replica.events.now)
        return False

    replica.events.run(60.0, look)
    replica.controller.finish()
    assert events
    ledger = replica.controller.ledger
    kept = sum(len(handed.times) for handed in replica.recorder.batches)
    assert kept <= ledger.delivered
