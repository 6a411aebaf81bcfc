"""GHZ phase sensing: Fisher information under noise, by states and by blocks.

Oracles: closed forms of damped, depolarised and white states, typed here alone.
"""

import math

import numpy as np
import pytest

from protocols.applications import StateTable
from protocols.applications.sensing.ghz_phase import GhzPhase
from qnet.errors import ParameterError
from qnet.hardware import Gates


def best(result, name):
    return result[name].best


def damped(n, g):
    """Information of a damped GHZ state: its coherence, over the populations of its ends."""
    return n**2 * (1 - g) ** n / ((1 + g**n) / 2 + (1 - g) ** n / 2)


def depolarised(n, share):
    """The same of a GHZ state whose qubits are replaced with this probability."""
    v = 1 - share
    return n**2 * v ** (2 * n) / (((1 + v) ** n + (1 - v) ** n) / 2**n)


@pytest.mark.parametrize("n", [2, 4, 6, 40])
def test_information_under_damping_and_depolarising(n):
    """Oracle: closed forms; 12.6767299 and 3.6 of four sensors at g = 0.1; blocks beyond 8."""
    result = GhzPhase(parties=n, state=StateTable(damping=0.1)).play()
    assert best(result, "quantum_fisher_information") == pytest.approx(damped(n, 0.1), rel=1e-9)
    assert result.merit.ideal == pytest.approx(n**2)
    assert result.merit.without_entanglement == pytest.approx(n * 0.9)
    result = GhzPhase(parties=n, state=StateTable(depolarising=0.07)).play()
    assert best(result, "quantum_fisher_information") == pytest.approx(depolarised(n, 0.07))
    assert result.merit.without_entanglement == pytest.approx(n * 0.93**2)
    assert best(result, "best_readout_fisher_information") == pytest.approx(result.merit.best)


@pytest.mark.parametrize("n", [4, 30])
def test_parity_of_a_white_state(n):
    """Oracle: N^2 V^2 sin^2/(1 - V^2 cos^2); best where the cosine is 0."""
    state, v, x = StateTable(visibility=0.8), 0.8, 0.1
    result = GhzPhase(parties=n, state=state, phase_rad=x).play()
    expected = n**2 * v**2 * math.sin(n * x) ** 2 / (1 - v**2 * math.cos(n * x) ** 2)
    assert best(result, "parity_fisher_information") == pytest.approx(expected, rel=1e-9)
    assert best(result, "best_parity_fisher_information") == pytest.approx(n**2 * v**2)
    assert math.cos(n * best(result, "best_phase")) == pytest.approx(0.0, abs=1e-6)
    assert best(result, "phase_uncertainty") == pytest.approx(expected**-0.5)


def test_readout_errors_and_gates():
    """Oracle: each sensor's sign shrinks by 1 - 2e and by 1 - l of each of its two gates."""
    gates = Gates(single_qubit_depolarizing=0.02, readout_flip_0=0.03, readout_flip_1=0.03)
    for n in (3, 12):
        result = GhzPhase(parties=n, gates=gates).play()
        v = (0.94 * 0.98**2) ** n
        assert best(result, "best_parity_fisher_information") == pytest.approx(n**2 * v**2)
        assert best(result, "quantum_fisher_information") == pytest.approx(n**2)
        assert result["parity_fisher_information"].ideal == pytest.approx(n**2)


def test_states_and_blocks_agree_with_all_noise_at_once():
    """Oracle: the written-out state of six sensors against the same by its blocks."""
    state = StateTable(visibility=0.9, damping=0.05, dephasing=0.02, depolarising=0.03)
    gates = Gates(readout_flip_0=0.04, readout_flip_1=0.01)
    six = GhzPhase(parties=6, state=state, gates=gates)
    result, blocks = six.play(), six.blocks()
    assert result.merit.best == pytest.approx(blocks.quantum_fisher_information(), rel=1e-9)
    frequencies, columns = six.readout.parity(six.deliver(), [1.0] * 6)
    from protocols.applications.sensing.phase_readout import Harmonics

    phases = np.linspace(0.0, 2.0, 7)
    whole = Harmonics(frequencies=frequencies, columns=columns[0]).at(phases)
    for one, other in zip(whole, blocks.parity(six.readout).at(phases), strict=True):
        assert one == pytest.approx(other, abs=1e-9)
    assert best(result, "best_parity_fisher_information") <= result.merit.best


def test_many_sensors_have_noise_of_their_own_alone():
    """Oracle: the sentence of the error, before any work."""
    with pytest.raises(ParameterError, match=r"state\.fidelity must not be given for more than 8"):
        GhzPhase(parties=9, state=StateTable(fidelity=0.9))
    with pytest.raises(ParameterError, match="parties"):
        GhzPhase(parties=1)
