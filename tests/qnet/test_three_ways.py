"""One plan, three ways: composed steps, joint density matrix, and single runs on Aer or in Stim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from protocols import from_tree, nested, pumped, recurrence, sequential, swap_asap
from qnet import Gates, Link, Memory, Multiplex, Station, Swap
from qnet.engines.algebra import BellDiagonal, General
from qnet.engines.circuit import joint_state, sampled_counts
from qnet.engines.sampled import States, delivery
from qnet.engines.sampled.sampler import Sampler
from qnet.engines.timeline import records
from qnet.plans.maps import distill_map
from qnet.states import fano_from_correlators, fano_from_weights, is_bell_diagonal
from tests.qnet import stim_oracle

SCHEMES = ("dejmps", "bbpssw", "double-selection")


def noisy_state(seed):
    """Phi+ mixed with a random state: no Bell-diagonal form, no symmetry."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4))
    other = root @ root.conj().T
    bell = np.zeros((4, 4))
    bell[::3, ::3] = 0.5
    return 0.85 * bell + 0.15 * other / np.trace(other).real


def noisy_memory(k):
    return Memory(
        t1_s=50.0 + k,
        t2_s=40.0 + 2 * k,
        depolarizing_time_s=60.0 + 3 * k,
        dephasing_time_s=80.0 - k,
    )


def noisy_gates(k):
    return Gates(
        two_qubit_depolarizing=0.01 + 0.003 * k,
        single_qubit_depolarizing=0.004 + 0.002 * k,
        readout_flip_0=0.01 + 0.004 * k,
        readout_flip_1=0.03 - 0.003 * k,
        single_qubit_time_s=0.1,
        two_qubit_time_s=0.2 + 0.05 * k,
        readout_time_s=0.3,
    )


def noisy_link(k):
    return Link(
        success_probability=0.4,
        attempt_time_s=1.0,
        state=noisy_state(k),
        left=noisy_memory(2 * k),
        right=noisy_memory(2 * k + 1),
        length_km=1e5 * (1 + k),
    )


LINKS = [noisy_link(k) for k in range(4)]
STATIONS = [Station(success_probability=0.7, gates=noisy_gates(k)) for k in range(3)]
NOISE = {"classical_latency": True}


def distilled(scheme, level, links=2):
    """Distillation on the pairs of a nesting level."""
    return nested(
        LINKS[:links],
        stations=STATIONS[: links - 1],
        **NOISE,
        improve={
            level: lambda pair: recurrence(pair, scheme=scheme, gates=noisy_gates(4), **NOISE)
        },
    )


PLANS = {
    "link": LINKS[0],
    **{
        f"{name} {n}": build(LINKS[:n], stations=STATIONS[: n - 1], **NOISE)
        for name, build in (("nested", nested), ("sequential", sequential), ("asap", swap_asap))
        for n in (2, 3, 4)
    },
    "right comb": from_tree(LINKS, [0, [1, [2, 3]]], stations=STATIONS, **NOISE),
    "crooked tree": from_tree(LINKS, [0, [[1, 2], 3]], stations=STATIONS, **NOISE),
    **{f"{s} on a link": recurrence(LINKS[1], scheme=s, gates=noisy_gates(2)) for s in SCHEMES},
    **{f"{s} on level 1": distilled(s, 1) for s in SCHEMES},
    "dejmps on links": distilled("dejmps", 0),
    "bbpssw on links": distilled("bbpssw", 0),
    "two rounds": recurrence(LINKS[2], rounds=2, gates=noisy_gates(1)),
    "sequential copies": replace(
        recurrence(LINKS[2], gates=noisy_gates(1), **NOISE), order="sequential"
    ),
    "pumping": pumped(LINKS[0], steps=3, gates=noisy_gates(1), **NOISE),
    "pumping level 1": pumped(swap_asap(LINKS[:2], stations=STATIONS[:1]), gates=noisy_gates(1)),
    "multiplex": Swap(left=Multiplex(pair=LINKS[0], copies=3), right=LINKS[1], station=STATIONS[0]),
    "asap of swaps": swap_asap(
        [Swap(left=LINKS[0], right=LINKS[1], station=STATIONS[0]), LINKS[2]],
        stations=STATIONS[1:2],
        **NOISE,
    ),
}


def composed(draw, algebra):
    state = algebra.to_array(States(algebra).of(draw), 1)[0]
    return fano_from_correlators(state) if state.shape == (3,) else state


def histories(plan, algebra, count=2):
    """A few deliveries, drawn with one algebra."""
    draw = Sampler(plan, algebra).draw(plan, count, np.random.default_rng(11))
    return [draw.take(np.array([row])) for row in range(count)]


@pytest.mark.parametrize("name", PLANS)
def test_composition_is_the_joint_density_matrix(name):
    for draw in histories(PLANS[name], General()):
        joint = joint_state(draw)
        assert not is_bell_diagonal(joint, 1e-4)  # the noise does show
        np.testing.assert_allclose(composed(draw, General()), joint, atol=1e-10)


def pauli_link(k):
    """The same without relaxation and off-diagonal elements."""
    weights = np.array([0.88 - 0.01 * k, 0.05, 0.03 + 0.01 * k, 0.04])
    memory = Memory(depolarizing_time_s=60.0 + 5 * k, dephasing_time_s=80.0 - 7 * k)
    return replace(
        LINKS[k], state=fano_from_weights(weights), left=memory, right=replace(memory, modes=2)
    )


PAULI_LINKS = [pauli_link(k) for k in range(4)]
#: Readout that favours no outcome.
PAULI_STATIONS = [
    replace(s, gates=replace(s.gates, readout_flip_1=s.gates.readout_flip_0)) for s in STATIONS
]
PAULI_GATES = PAULI_STATIONS[1].gates

BELL_DIAGONAL_PLANS = {
    **{
        f"{name} {n}": build(PAULI_LINKS[:n], stations=PAULI_STATIONS[: n - 1], **NOISE)
        for name, build in (("nested", nested), ("sequential", sequential), ("asap", swap_asap))
        for n in (2, 3, 4)
    },
    "crooked tree": from_tree(PAULI_LINKS, [0, [[1, 2], 3]], stations=PAULI_STATIONS, **NOISE),
    **{
        f"{s} on level 1": recurrence(
            swap_asap(PAULI_LINKS[:2], stations=PAULI_STATIONS[:1]), scheme=s, gates=PAULI_GATES
        )
        for s in SCHEMES
    },
    "pumping": pumped(PAULI_LINKS[0], steps=2, gates=PAULI_GATES, **NOISE),
    "multiplex": Multiplex(pair=PAULI_LINKS[0], copies=2),
}


@pytest.mark.parametrize("name", BELL_DIAGONAL_PLANS)
def test_both_algebras_are_the_joint_density_matrix(name):
    plan = BELL_DIAGONAL_PLANS[name]
    short = BellDiagonal(isotropic=False)
    pairs = zip(histories(plan, short, 2), histories(plan, General(), 2), strict=True)
    for one, other in pairs:
        joint = joint_state(one)
        np.testing.assert_array_equal(one.time, other.time)
        np.testing.assert_allclose(composed(one, short), joint, atol=1e-10)
        np.testing.assert_allclose(composed(other, General()), joint, atol=1e-10)


def test_isotropic_exponents_are_the_joint_density_matrix():
    links = [replace(k, left=Memory(depolarizing_time_s=30.0)) for k in PAULI_LINKS[:3]]
    links = [replace(k, right=Memory(depolarizing_time_s=50.0)) for k in links]
    plan = swap_asap(links, stations=PAULI_STATIONS[:2])
    algebra = BellDiagonal(isotropic=True)
    for draw in histories(plan, algebra):
        np.testing.assert_allclose(composed(draw, algebra), joint_state(draw), atol=1e-10)


@pytest.mark.parametrize(
    ("name", "shots"),
    [
        ("asap 3", 500),
        ("nested 3", 500),
        ("nested 4", 500),
        ("crooked tree", 500),
        ("dejmps on links", 500),
        ("bbpssw on a link", 500),
        ("double-selection on a link", 500),
        ("pumping", 500),
    ],
)
def test_single_runs_on_aer(name, shots):
    """Feed-forward shot by shot against the exact state, 5 standard errors."""
    draw = delivery(PLANS[name], seed=4)
    joint = joint_state(draw)
    for axis, basis in enumerate("XYZ", start=1):
        counts = sampled_counts(draw, basis, shots=shots, seed=axis)
        n = sum(counts.values())
        same = counts["00"] + counts["11"]
        mean = joint[axis, axis]
        assert abs((2 * same - n) / n - mean) < 5.0 * np.sqrt((1.0 - mean**2) / n)


def test_accepted_runs_on_aer_are_as_many_as_the_map_says():
    at_once = replace(LINKS[0], success_probability=1.0)
    step = distill_map("dejmps", noisy_gates(2))
    (chance,), _ = step.apply([at_once.fano[None]] * 2)
    draw = delivery(recurrence(at_once, gates=noisy_gates(2)), seed=4)
    accepted = sum(sampled_counts(draw, "Z", shots=4000, seed=1).values())
    assert abs(accepted / 4000 - chance) < 5.0 * np.sqrt(chance * (1.0 - chance) / 4000)


STIM_SHOTS = 200_000


@pytest.mark.parametrize("n", [2, 4, 9])
def test_pauli_frame_chain_in_stim(n):
    """Asymmetric readout and every Pauli noise, against the joint density matrix."""
    links = [replace(PAULI_LINKS[k % 4], success_probability=0.5) for k in range(n)]
    stations = [STATIONS[k % 3] for k in range(n - 1)]
    plan = swap_asap(links, stations=stations, **NOISE)
    draw = delivery(plan, seed=2)
    joint = joint_state(draw)
    np.testing.assert_allclose(composed(draw, General()), joint, atol=1e-10)
    for axis, basis in enumerate("XYZ", start=1):
        mean, error = stim_oracle.frame_chain(plan, list(records(draw)), basis, STIM_SHOTS, axis)
        assert abs(mean - joint[axis, axis]) < 5.0 * error


def test_dejmps_in_stim():
    plan = recurrence(PAULI_LINKS[1], gates=noisy_gates(2), **NOISE)
    draw = delivery(plan, seed=2)
    joint = joint_state(draw)
    for axis, basis in enumerate("XYZ", start=1):
        mean, error = stim_oracle.dejmps(plan, list(records(draw)), basis, STIM_SHOTS, axis)
        assert abs(mean - joint[axis, axis]) < 5.0 * error


def test_nested_feed_forward_in_stim():
    stations = [
        replace(s, gates=replace(s.gates, single_qubit_depolarizing=0.0)) for s in PAULI_STATIONS
    ]
    plan = nested(PAULI_LINKS, stations=stations, **NOISE)
    draw = delivery(plan, seed=2)
    joint = joint_state(draw)
    for axis, basis in enumerate("XYZ", start=1):
        mean, error = stim_oracle.feed_forward_chain(
            plan, list(records(draw)), basis, STIM_SHOTS, axis
        )
        assert abs(mean - joint[axis, axis]) < 5.0 * error
