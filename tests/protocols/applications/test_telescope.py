"""Telescopes: what readouts of weak light tell, with perfect and with noisy pairs.

Oracles: e |g|^2 and its kin, and the whole block of modes played by Qiskit's states.
"""

import itertools
import math

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.sensing.starlight import CountRates, Starlight
from protocols.applications.sensing.starlight_readouts import (
    bit_effects,
    brought_together,
    by_memories,
    by_shared_photon,
    pairs_of_block,
)
from protocols.applications.sensing.telescope import Telescope
from qnet.hardware import Gates


@pytest.mark.parametrize(("photons", "g", "phase"), [(0.01, 0.6, 0.0), (0.002, 0.9, 1.3)])
def test_information_of_the_light_and_of_perfect_readouts(photons, g, phase):
    """Oracle: e g^2 of the phase, e/(1 - g^2) of the size; half of both by a shared photon."""
    result = Telescope(mean_photons=photons, visibility=g, source_phase_rad=phase, modes=5).play()
    expected = {"phase": photons * g**2, "visibility": photons / (1 - g**2)}
    for of, whole in expected.items():
        assert result[f"{of}_quantum_fisher_information"].best == pytest.approx(whole, rel=1e-9)
        assert result[f"direct_{of}_fisher_information"].best == pytest.approx(whole, rel=1e-6)
        assert result[f"memory_{of}_fisher_information"].best == pytest.approx(whole, rel=1e-6)
        assert result[f"memory_{of}_fisher_information"].without_entanglement < 1e-9 * whole
        shared = result[f"shared_photon_{of}_fisher_information"].best
        assert shared == pytest.approx(whole / 2, rel=1e-6)


@pytest.mark.parametrize(("modes", "pairs"), [(1, 1), (3, 2), (4, 3), (1000, 10), (1023, 10)])
def test_pairs_of_a_block(modes, pairs):
    """Oracle: codes of that many times and of none, counted."""
    assert 2 ** (pairs - 1) < modes + 1 <= 2**pairs
    assert pairs_of_block(modes) == pairs
    result = Telescope(modes=modes, mean_photons=1e-3).play()
    assert result["pairs_per_block"].best == pairs
    assert result["pairs_per_photon"].best == pytest.approx(pairs / (modes * 1e-3))


def test_light_that_is_lost_on_its_way_together():
    """Oracle: each photon arrives with the transmission, whichever way it took."""
    light = Starlight(mean_photons=0.01, visibility=0.5)
    found = brought_together(0.2).best_information(light, of_phase=True)
    assert found == pytest.approx(0.2 * 0.01 * 0.25, rel=1e-6)


def test_memories_with_noise_against_the_whole_block():
    """Oracle: all four memories, two noisy pairs and all gates in Qiskit's density matrices."""
    from qiskit import QuantumCircuit
    from qiskit.quantum_info import DensityMatrix

    modes, share, g = 3, 0.8, 0.7 * np.exp(0.4j)
    pair = StateTable(visibility=share).vector("pair", 2)
    rates = by_memories(bit_effects(None), pair, modes)

    # Memories a0 a1 b0 b1 (bit 1 of the time is the more significant), pairs 4 5 and 6 7.
    def played(amplitudes):
        vector = np.zeros(16, dtype=complex)
        for (site, time), amplitude in amplitudes.items():
            bits = [(time >> bit) & 1 for bit in (1, 0)]
            held = [*bits, 0, 0] if site == 0 else [0, 0, *bits]
            vector[sum(bit << place for place, bit in enumerate(held))] += amplitude
        bell = np.zeros((4, 4))
        bell[np.ix_([0, 3], [0, 3])] = 0.5
        noisy = share * bell + (1 - share) * np.eye(4) / 4
        whole = np.kron(np.kron(noisy, noisy), np.outer(vector, vector.conj()))
        circuit = QuantumCircuit(8)
        for bit in range(2):
            circuit.cx(bit, 4 + 2 * bit)
            circuit.cx(2 + bit, 5 + 2 * bit)
        circuit.h(range(4))
        return DensityMatrix(whole).evolve(circuit).probabilities()

    def counted(chances):
        found = np.zeros(7)
        for index, chance in enumerate(chances):
            bits = [(index >> place) & 1 for place in range(8)]
            ones = [bits[4] ^ bits[5], bits[6] ^ bits[7]]
            time = 2 * ones[0] + ones[1]
            sign = sum(bits[k] ^ bits[2 + k] for k in range(2) if ones[k]) % 2
            found[0 if time == 0 else time + 3 * sign] += chance
        return found

    vacuum = counted(played({(0, 0): 1.0}))
    assert rates.vacuum == pytest.approx(vacuum, abs=1e-12)
    # Light of visibility g: a mixture of the two superpositions along the phase of g.
    single = np.zeros(7)
    for time, sign in itertools.product((1, 2, 3), (1, -1)):
        weight = (1 + sign * abs(g)) / 2
        turned = sign * g / abs(g)
        superposed = {(0, time): turned / math.sqrt(2), (1, time): 1 / math.sqrt(2)}
        single += weight * counted(played(superposed))
    assert rates.population + (g * rates.coherence).real == pytest.approx(single, abs=1e-12)


def test_shared_photons_with_noise():
    """Oracle: contrast w g among all counts of one photon at each site, by hand."""
    w = 0.9
    pair = StateTable(visibility=w).vector("pair", 2)
    rates = by_shared_photon(pair)
    assert rates.vacuum.sum() == pytest.approx(1.0)
    assert rates.population.sum() == pytest.approx(1.0)
    perfect = by_shared_photon(StateTable().vector("pair", 2))
    assert np.abs(rates.coherence) == pytest.approx(w * np.abs(perfect.coherence), abs=1e-12)
    # One photon at each site: the star's and the shared one, or both of white noise.
    e = 0.1
    light = Starlight(mean_photons=e, visibility=0.8)
    seen = e / 2 * (w + (1 - w) / 2) + (1 - e) * (1 - w) / 4
    expected = (e / 2 * w * 0.8) ** 2 / seen
    assert rates.best_information(light, of_phase=True) == pytest.approx(expected, rel=1e-6)


def test_every_readout_stays_below_the_bound():
    """Oracle: the quantum Fisher information of the light, for noisy gates, readout and pairs."""
    result = Telescope(
        mean_photons=0.05,
        modes=2,
        state=StateTable(fidelity=0.95),
        gates=Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.03),
    ).play()
    for of in ("phase", "visibility"):
        bound = result[f"{of}_quantum_fisher_information"].best
        found = result[f"memory_{of}_fisher_information"]
        assert 0.1 * bound < found.best < bound
        assert found.ideal == pytest.approx(bound, rel=1e-6)


def test_a_readout_of_counts():
    """Oracle: one fringe by hand: e g^2 sin^2/(1 - g^2 cos^2), best at a quarter."""
    half = np.array([0.0, 0.5, 0.5])
    rates = CountRates(
        vacuum=np.array([1.0, 0.0, 0.0]),
        population=half,
        coherence=np.array([0.0, 0.5, -0.5], dtype=complex),
    )
    light = Starlight(mean_photons=0.1, visibility=0.5, phase_rad=2.0)
    assert rates.best_information(light, of_phase=True) == pytest.approx(0.1 * 0.25)
    assert rates.best_information(light, of_phase=False) == pytest.approx(0.1 / 0.75)


def test_a_source_that_is_a_point():
    """Oracle: at |g| = 1 the size of g is at the border of its range, its phase is not."""
    result = Telescope(mean_photons=0.01, visibility=1.0, modes=3).play()
    assert result["memory_visibility_fisher_information"].best is None
    assert result["visibility_quantum_fisher_information"].best is None
    assert result["memory_phase_fisher_information"].best == pytest.approx(0.01, rel=1e-6)
