"""Requests of a link layer: latencies, priorities, measured pairs, and every error seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from protocols.applications.requests import (
    CreateRequest,
    LinkLayer,
    OkKeep,
    OkMeasure,
    OkRemoteState,
)
from qnet.errors import ParameterError
from qnet.hardware import Gates
from qnet.network import ControllerSettings, Demand, NetworkCase, RunTimes
from qnet.network.session_records import play_sessions
from tests.qnet.network.described import link, network


def asked(**fields) -> CreateRequest:
    """A request between A and B, unless other nodes are said."""
    return CreateRequest(**{"node": "A", "remote_node": "B", **fields})


def layer(net, *, duration_s: float = 4000.0, replicas: int = 20, **controller) -> LinkLayer:
    """The link layer of a network without demands of its own."""
    run = RunTimes(duration_s=duration_s, warm_up_s=200.0, replicas=replicas)
    settings = ControllerSettings(**controller)
    return LinkLayer(network=NetworkCase(network=net, demands=(), run=run, controller=settings))


ONE = network({("A", "B"): link(p=0.5, w=0.96)})
LINE = network({("A", "R"): link(p=0.5, w=0.96), ("R", "B"): link(p=0.5, w=0.96)})


def within(found, value: float, width: float = 5.0) -> bool:
    """Whether a value lies within so many standard errors of an interval of 95 %."""
    half = max(found.high - found.best, found.best - found.low) / 2.09
    return abs(found.best - value) <= width * half


def test_latency_of_one_request_is_that_of_an_m_g_1_queue():
    """Pollaczek and Khinchine: W + E[S], S geometric of p = 1/2 in seconds, E[S^2] = (2-p)/p^2."""
    rate, mean, square = 0.25, 2.0, 6.0
    expected = rate * square / 2.0 / (1.0 - rate * mean) + mean
    (found,) = layer(ONE).run([asked(rate_hz=rate)]).requests
    assert within(found["latency_s"], expected)
    assert within(found["queue_length"], rate * expected)  # Little
    assert within(found["throughput_hz"], rate)
    assert found["fidelity"].best == pytest.approx((1.0 + 3.0 * 0.96) / 4.0, abs=1e-12)


def test_priorities_wait_as_cobham_says():
    """W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)) of strict priorities that do not preempt (Cobham)."""
    rate, mean, square = 0.15, 2.0, 6.0
    requests = [asked(rate_hz=rate, priority=5), asked(rate_hz=rate)]
    found = layer(ONE, discipline="priority").run(requests)
    residual = 2.0 * rate * square / 2.0
    first, both = rate * mean, 2.0 * rate * mean
    assert within(found.requests[0]["latency_s"], residual / (1.0 - first) + mean)
    assert within(found.requests[1]["latency_s"], residual / ((1.0 - first) * (1.0 - both)) + mean)
    assert [each.priority for each in found.priorities] == [5, 0]
    assert found.fairness.best > 0.99  # both get all that they ask for


def test_slots_make_a_request_wait_as_a_tdma_frame_says():
    """(n + 1)/2 + n (1/p - 1) slots of a frame of n from a slot's end, and half a slot."""
    slots, chance = 2, 0.5
    requests = [asked(rate_hz=0.001), asked(node="B", remote_node="A", rate_hz=0.001)]
    tdma = layer(ONE, allocation="tdma", frame_slots=slots, slot_s=1.0, duration_s=40000.0)
    expected = 0.5 + (slots + 1) / 2.0 + slots * (1.0 / chance - 1.0)
    for each in tdma.run(requests).requests:
        assert within(each["latency_s"], expected)


def test_contention_costs_rate_and_time_but_no_fidelity():
    """Two routes over one edge: pairs of reserved routes are as good as without the other."""
    net = network({(end, "S"): link(p=0.5, w=0.96, t2_s=50.0) for end in "ABCD"}, switch="S")
    requests = [asked(rate_hz=0.12), asked(remote_node="C", rate_hz=0.12)]
    alone = layer(net).run(requests[:1]).requests[0]
    both = layer(net).run(requests).requests[0]
    assert both["latency_s"].low > alone["latency_s"].high
    middle = (alone["fidelity"].best + both["fidelity"].best) / 2.0
    assert within(both["fidelity"], middle)
    assert within(alone["fidelity"], middle)
    crowded = [replace(each, rate_hz=1.0) for each in requests]
    served = layer(net, duration_s=400.0).run(crowded).requests
    assert served[0]["throughput_hz"].high < 0.25  # half of 3/8 Hz and more of rounding
    assert served[0]["completed_fraction"].best == 1.0  # after the measured time


def test_kept_pairs_of_an_atomic_request_wait_for_the_last():
    """Sequential pairs: the first waits S seconds in two memories of T2, S geometric of p."""
    chance, t2 = 0.5, 20.0
    net = network({("A", "B"): link(p=chance, w=1.0, t2_s=t2)})
    found = layer(net, replicas=10).run([asked(number=2, rate_hz=0.05, atomic=True)])
    decay = np.exp(-2.0 / t2)
    mean = chance * decay / (1.0 - (1.0 - chance) * decay)
    (fresh, stale) = 1.0, (1.0 + mean) / 2.0
    assert within(found.requests[0]["fidelity"], (fresh + stale) / 2.0)
    keeps = found.pairs
    assert all(isinstance(each, OkKeep) for each in keeps)
    assert keeps[0].time_s == keeps[1].time_s
    assert keeps[0].create_id == keeps[1].create_id
    assert [each.sequence_number for each in keeps] == list(range(len(keeps)))


def test_measured_pairs_are_as_equal_as_their_states_say():
    """Bits of equal X or Z bases of a Werner pair agree with probability (1 + w)/2."""
    request = asked(type="M", random_basis_local="XZ", random_basis_remote="XZ", rate_hz=0.3)
    found = layer(ONE, replicas=2).run([request], most_answers=1200).pairs
    assert all(isinstance(each, OkMeasure) for each in found)
    same = [each for each in found if each.basis == each.remote_basis]
    agree = sum(each.outcome == each.remote_outcome for each in same)
    expected = 0.98 * len(same)
    assert abs(agree - expected) < 5.0 * np.sqrt(expected * 0.02)
    assert abs(len(same) - len(found) / 2.0) < 5.0 * np.sqrt(len(found)) / 2.0


def test_chsh_of_measured_pairs_with_noisy_readout():
    """S = 2 sqrt(2) w (1 - 2e)^2: XZ against Z turned by 45 degrees, readout wrong with e."""
    request = asked(
        type="M", random_basis_local="XZ", random_basis_remote="CHSH", number=50, rate_hz=0.005
    )
    noisy = replace(layer(ONE, replicas=2), gates=Gates(readout_flip_0=0.01, readout_flip_1=0.01))
    found = noisy.run([request], most_answers=100).pairs
    sign = {("X", "ZMINUSX"): -1.0}
    sums: dict[tuple[str, str], list[int]] = {}
    for each in found:
        product = (-1) ** (each.outcome + each.remote_outcome)
        sums.setdefault((each.basis, each.remote_basis), []).append(product)
    value = sum(sign.get(key, 1.0) * np.mean(each) for key, each in sums.items())
    error = np.sqrt(sum(0.5 / len(each) for each in sums.values()))
    assert abs(value - 2.0 * np.sqrt(2.0) * 0.96 * 0.98**2) < 5.0 * error


def test_remote_states_are_as_good_as_the_pair():
    """A Werner pair prepares a qubit of fidelity (1 + w)/2 in whatever basis."""
    request = asked(type="R", rotation_local=(0.3, 0.7, -0.2), rate_hz=0.1)
    found = layer(ONE, replicas=2).run([request], most_answers=50).pairs
    assert {type(each) for each in found} == {OkRemoteState}
    assert [each.state_fidelity for each in found] == pytest.approx([0.98] * len(found))
    assert {each.outcome for each in found} == {0, 1}


def codes(found) -> set[str]:
    """Codes of all errors."""
    return {error.code for error in found.errors}


def test_errors_before_the_run():
    """What can never be served is refused with its code and a sentence."""
    few = network({("A", "B"): link(p=0.5)}, memories=2)
    shared = layer(few, allocation="share")
    lonely = replace(LINE, nodes=tuple(replace(n, kind="user") for n in LINE.nodes))
    cases = [
        (layer(LINE), asked(minimum_fidelity=0.97), "UNSUPP"),
        (layer(ONE), asked(number=20, max_time=10.0), "NOTIME"),
        (layer(lonely), asked(), "NORES"),
        (shared, asked(number=3, atomic=True), "NORES"),
        (layer(ONE), asked(node="nobody"), "CREATE"),
        (layer(ONE), asked(remote_node="A"), "CREATE"),
        (layer(ONE), asked(random_basis_local="XZ"), "CREATE"),
        (layer(ONE), asked(at_s=(1e9,)), "CREATE"),
    ]
    for each, request, code in cases:
        (error,) = each.errors([request])
        assert (error.code, error.create_id) == (code, None)
        assert error.reason
        assert codes(each.run([request])) == {code}


def test_errors_of_a_run():
    """Requests that wait too long, find nothing free, give pairs up, or never end."""
    crowd = [asked(rate_hz=0.4, number=2, max_time=6.0)]
    assert codes(layer(ONE, replicas=2, duration_s=400.0).run(crowd)) == {"TIMEOUT"}
    atomic = [replace(crowd[0], atomic=True)]
    found = layer(ONE, replicas=2, duration_s=400.0).run(atomic)
    assert codes(found) == {"TIMEOUT", "EXPIRE"}
    expired = next(error for error in found.errors if error.code == "EXPIRE")
    assert expired.sequence_numbers[0] <= expired.sequence_numbers[1]
    drop = layer(ONE, replicas=2, duration_s=400.0, discipline="drop")
    assert codes(drop.run([asked(rate_hz=0.4)])) == {"REJECTED"}
    starved = [asked(rate_hz=0.9, priority=1), asked(at_s=(300.0,))]
    late = layer(ONE, replicas=2, duration_s=400.0, discipline="priority").run(starved)
    assert codes(late) <= {"OTHER"}


def test_wrong_requests_and_networks_are_refused():
    """Values out of range are no requests at all."""
    with pytest.raises(ParameterError, match="type must be keep, measure or remote-state"):
        asked(type="S")
    with pytest.raises(ParameterError, match="rotation_local must be three angles"):
        asked(rotation_local=(1.0,))
    with pytest.raises(ParameterError, match="rotation_local must be three angles"):
        asked(type="M", rotation_local=(float("nan"), 0.0, 0.0))
    with pytest.raises(ParameterError, match="network must be a network"):
        LinkLayer(network="network.toml")
    switch = NetworkCase(
        network=ONE,
        demands=(Demand(ends=("A", "B"), arrivals="backlog"),),
        run=RunTimes(duration_s=1.0),
        any_pair=True,
    )
    with pytest.raises(ParameterError, match="keep_demands must be left out"):
        _ = LinkLayer(network=switch, keep_demands=True).base


def test_demands_of_the_network_compete_if_they_are_kept():
    """Where somebody always waits, a request waits for one more service at least."""
    run = RunTimes(duration_s=400.0, replicas=10)
    busy = (Demand(ends=("A", "B"), arrivals="backlog"),)
    case = NetworkCase(network=ONE, demands=busy, run=run)
    crowd = [asked(rate_hz=0.1)]
    free = LinkLayer(network=case).run(crowd).requests[0]
    shared = LinkLayer(network=case, keep_demands=True).run(crowd).requests[0]
    assert shared["latency_s"].low > free["latency_s"].high


def played_for(requests, **controller):
    """Sessions of requests on one link, 400 replicas of 40 s."""
    one = layer(ONE, **controller)
    run = RunTimes(duration_s=40.0, replicas=400)
    return play_sessions(replace(one, network=replace(one.network, run=run)).case(requests))


def test_time_that_is_over_frees_a_route():
    """Nine pairs are asked for at 0, for 5.5 s; who comes at 1 has a pair at 5.5 + 1/p."""
    found = played_for([asked(number=9, max_time=5.5), asked(at_s=(1.0,))])
    assert {each[0].reasons for each in found} == {("gave_up",)}  # nine pairs take nine seconds
    ends = np.array([each[1].ends[0] for each in found])
    assert abs(ends.mean() - 7.5) < 5.0 * np.sqrt(2.0 / 400)
    got = np.array([len(each[0].times) for each in found])  # five attempts
    assert abs(got.mean() - 2.5) < 5.0 * np.sqrt(1.25 / 400)
    assert max(each[0].times.max(initial=0.0) for each in found) <= 5.0 + 1e-9


def test_time_that_is_over_frees_slots_and_shared_pairs():
    """The same comes again at 1: it begins with the slot after 5.5, or with the next pair."""
    twice = [asked(number=9, max_time=5.5, at_s=(0.0, 1.0))]
    slots = played_for(twice, allocation="tdma", frame_slots=1, slot_s=1.0)
    assert {tuple(each[0].starts) for each in slots} == {(slots[0][0].starts[0], 6.0)}
    assert all(np.allclose(each[0].ends, [5.5, 6.5]) for each in slots)
    shared = played_for(twice, allocation="share")
    assert all(np.allclose(each[0].ends, [5.5, 6.5]) for each in shared)
    second = np.array([(each[0].owners == 1).sum() for each in shared])
    assert abs(second.mean() - 0.5) < 5.0 * np.sqrt(0.25 / 400)  # the attempt that ends at 6
