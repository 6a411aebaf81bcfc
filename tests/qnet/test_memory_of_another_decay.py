"""A memory whose decay is not exponential, added from outside: one class with one method."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from protocols import nested, pumped, recurrence, swap_asap
from qnet import Abstract, DoubleClick, EngineError, Fibre, Gates, Node, Station, Swap, play
from qnet.engines.agree import composed_state
from qnet.engines.circuit import joint_state
from qnet.engines.sampled import delivery
from qnet.hardware import Memory
from qnet.links import HeraldedAttempt


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Gaussian(Memory):
    """Dephasing by a field that stands still: x and y fall as exp(-(t / T)**2)."""

    gaussian_time_s: float = 1.0
    rates: ClassVar[None] = None

    def pauli_transfer(self, t: ArrayLike) -> NDArray[np.float64]:
        matrix = super(Gaussian, self).pauli_transfer(t)
        matrix[..., 1:3, 1:3] *= np.exp(-((np.asarray(t) / self.gaussian_time_s) ** 2))[
            ..., None, None
        ]
        return matrix


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Unsaid(Memory):
    """An exponential memory that does not say its rates."""

    rates: ClassVar[None] = None


MEMORY = Gaussian(gaussian_time_s=20.0)
NOISY = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_time_s=0.3)


def link(attempt_time_s: float = 1.0, p: float = 1.0, memory: Memory = MEMORY):
    return Abstract(
        success_probability=p,
        attempt_time_s=attempt_time_s,
        fidelity=0.95,
        memory=memory,
        channel=Fibre(length_km=2e4),
    ).link()


def left_to_right(*links):
    """Swap the first two, then the result with the third."""
    first = Swap(left=links[0], right=links[1])
    return Swap(left=first, right=links[2])


def test_decay_follows_from_the_whole_storage_time():
    """Oracle: by hand. Attempts of 1, 3 and 10 s that succeed: swaps at 3 s and at 10 s.

    The left end waits 9 s, both qubits at the second station 7 s and 0 s, those at the first 2 s
    and 0 s; the right end does not wait. Two waits of 2 s and 7 s are one of 9 s.
    """
    plan = left_to_right(link(1.0), link(3.0), link(10.0))
    found = play(plan, shots=10, seed=1)
    w, exponent = (4 * 0.95 - 1) / 3, (9.0**2 + 2.0**2 + 7.0**2) / 20.0**2
    coherence = w**3 * math.exp(-exponent)
    expected = (1 + w**3 + 2 * coherence) / 4

    assert found.fidelity.best == pytest.approx(expected, rel=1e-12)


PLANS = {
    "one swap": lambda m: Swap(left=link(p=0.3, memory=m), right=link(p=0.3, memory=m)),
    "nested": lambda m: nested(
        [link(p=0.3, memory=m)] * 4, stations=Station(gates=NOISY), classical_latency=True
    ),
    "as soon as possible": lambda m: swap_asap(
        [link(p=0.3, memory=m)] * 3, stations=Station(gates=NOISY), classical_latency=True
    ),
    "distilled": lambda m: nested(
        [link(p=0.3, memory=m)] * 2,
        stations=Station(gates=NOISY),
        improve={0: lambda pair: recurrence(pair, gates=NOISY, classical_latency=True)},
    ),
    "pumped": lambda m: Swap(
        left=pumped(link(p=0.3, memory=m), steps=2, gates=NOISY, classical_latency=True),
        right=link(p=0.1, memory=m),
    ),
}


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("seed", [1, 2])
def test_the_joint_circuit_gives_the_composed_state(name, seed):
    """Oracle: the density matrix of the whole history as one circuit on Aer."""
    draw = delivery(PLANS[name](MEMORY), seed=seed)

    np.testing.assert_allclose(composed_state(draw), joint_state(draw), atol=1e-9)


@pytest.mark.parametrize("name", PLANS)
def test_exponential_decay_without_its_rates_is_the_same_decay(name):
    """Oracle: the algebras for exponential decay, on the same draws."""
    times = {"t2_s": 30.0, "depolarizing_time_s": 50.0}
    said, unsaid = (
        play(PLANS[name](kind(**times)), shots=200, seed=3) for kind in (Memory, Unsaid)
    )

    assert unsaid.rate_hz == said.rate_hz
    assert unsaid.fidelity.best == pytest.approx(said.fidelity.best, rel=1e-9)
    assert unsaid.secret_key_fraction.best == pytest.approx(said.secret_key_fraction.best, abs=1e-9)


def test_exponential_memories_beside_it_decay_as_ever():
    """Oracle: the joint circuit; relaxation does not commute with corrections."""
    others = link(p=0.3, memory=Memory(t1_s=40.0)), link(p=0.3, memory=MEMORY)
    for seed in (1, 2, 3):
        for links in (others, others[::-1]):
            draw = delivery(nested([*links, links[0]], classical_latency=True), seed=seed)
            np.testing.assert_allclose(composed_state(draw), joint_state(draw), atol=1e-9)


def test_the_circuit_engine_plays_it():
    """Oracle: the sampled engine."""
    plan = PLANS["one swap"](MEMORY)
    circuit = play(plan, engine="circuit", shots=60, seed=1)
    sampled = play(plan, shots=20_000, seed=2)

    assert circuit.fidelity.low <= sampled.fidelity.high
    assert sampled.fidelity.low <= circuit.fidelity.high


def test_links_wait_for_their_herald_in_it():
    """Oracle: the closed form; both memories wait for 0.5 ms."""
    attempt = HeraldedAttempt(transmission=0.5, attempt_time_s=1.0)
    memory = Gaussian(gaussian_time_s=1e-3)
    found = DoubleClick(attempt, Fibre(length_km=100.0), memory=memory).link()

    assert found.fano[1, 1] == pytest.approx(math.exp(-2 * 0.5**2), rel=1e-9)
    assert found.fano[3, 3] == pytest.approx(1.0)


def test_the_exact_engine_refuses_it():
    with pytest.raises(EngineError, match=r"Gaussian\(.*has no decay rates.*sampled"):
        play(link(), engine="exact")


def test_relaxation_without_rates_is_refused():
    plan = Swap(left=link(memory=Unsaid(t1_s=1.0)), right=link())
    with pytest.raises(EngineError, match="has relaxation"):
        play(plan, shots=10, seed=1)


def test_a_node_of_it_is_a_target():
    qubit = Node(memory=MEMORY).to_target(1).qubit_properties[0]
    assert (qubit.t1, qubit.t2) == (None, None)
