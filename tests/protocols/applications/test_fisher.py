"""Fisher information: bounds that hold of any state, and two independent ways to its value.

Oracles: inequalities of Cramer and Rao, convexity, the Bures distance, and sampled estimates.
"""

import numpy as np
import pytest

from protocols.applications.needs import ideal_vector
from protocols.applications.sensing.fisher import (
    fisher_information,
    logarithmic_derivative,
    phase_generator,
    quantum_fisher_information,
    quantum_fisher_matrix,
    readout_of_bound,
    turning,
    vector_fisher_information,
)
from protocols.applications.sensing.phase_readout import Harmonics, LocalReadout, best_phases
from qnet.hardware import Gates
from qnet.noise import from_gates


def random_state(rng, size, rank=None):
    """A density matrix whose purification is a random vector."""
    shape = (size, size if rank is None else rank)
    amplitudes = rng.normal(size=shape) + 1j * rng.normal(size=shape)
    rho = amplitudes @ amplitudes.conj().T
    return rho / np.trace(rho).real


def random_basis(rng, size):
    """A random orthonormal basis, in columns."""
    return np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))[0]


@pytest.mark.parametrize("size", [2, 4, 8])
def test_no_readout_tells_more_than_the_bound_and_one_tells_as_much(size):
    """Oracle: Braunstein and Caves: the bound holds of every readout, and is reached."""
    rng = np.random.default_rng(size)
    generator = phase_generator(rng.normal(size=size.bit_length() - 1))
    for rank in (1, 2, size):
        rho = random_state(rng, size, rank)
        slope = turning(rho, generator)
        bound = quantum_fisher_information(rho, slope)
        for _ in range(20):
            basis = random_basis(rng, size)
            seen, change = (
                np.einsum("di,de,ei->i", basis.conj(), each, basis).real for each in (rho, slope)
            )
            assert fisher_information(seen, change) <= bound * (1.0 + 1e-9)
        assert readout_of_bound(rho, slope) == pytest.approx(bound, rel=1e-9)


def test_information_is_convex_additive_and_bounded_by_the_variance():
    """Oracle: theorems: mixing loses information, copies add it, 4 Var(G) is the most."""
    rng = np.random.default_rng(5)
    generator = phase_generator([1.0, 1.0])

    def information(rho, over=generator):
        return quantum_fisher_information(rho, turning(rho, over))

    for _ in range(20):
        one, other = random_state(rng, 4), random_state(rng, 4, 1)
        share = rng.uniform()
        mixed = information(share * one + (1 - share) * other)
        assert mixed <= share * information(one) + (1 - share) * information(other) + 1e-9
        both = information(np.kron(one, other), np.add.outer(generator, generator).reshape(-1))
        assert both == pytest.approx(information(one) + information(other), rel=1e-9)
        for rho in (one, other):
            mean = np.diag(rho).real @ generator
            variance = np.diag(rho).real @ generator**2 - mean**2
            assert information(rho) <= 4.0 * variance * (1 + 1e-9)
        assert information(other) == pytest.approx(4.0 * variance)


def test_information_is_the_curvature_of_the_fidelity():
    """Oracle: the Bures distance, 1 - sqrt F = I dx^2/8, by SciPy's matrix root."""
    from scipy.linalg import expm, sqrtm

    rng = np.random.default_rng(3)
    rho, generator = random_state(rng, 4), phase_generator([1.0, 0.5])
    step = 1e-2
    turn = expm(-1j * step * np.diag(generator))
    root = sqrtm(rho)
    fidelity = np.trace(sqrtm(root @ turn @ rho @ turn.conj().T @ root)).real
    found = quantum_fisher_information(rho, turning(rho, generator))
    assert 8.0 * (1.0 - fidelity) / step**2 == pytest.approx(found, rel=1e-3)


def test_logarithmic_derivative_and_matrix_of_information():
    """Oracle: the definition, and the information of one parameter along every direction."""
    rng = np.random.default_rng(4)
    rho = random_state(rng, 4)
    slopes = np.array([turning(rho, phase_generator(each)) for each in np.eye(2)])
    derivative = logarithmic_derivative(rho, slopes[0])
    assert (rho @ derivative + derivative @ rho) / 2.0 == pytest.approx(slopes[0])
    matrix = quantum_fisher_matrix(rho, slopes)
    for _ in range(5):
        direction = rng.normal(size=2)
        along = quantum_fisher_information(rho, np.tensordot(direction, slopes, axes=1))
        assert direction @ matrix @ direction == pytest.approx(along, rel=1e-9)


def test_a_parameter_at_the_border_of_its_range_is_known_without_limit():
    """Oracle: the probability of an outcome that grows from 0: information 1/p without bound."""
    assert quantum_fisher_information(np.diag([1.0, 0.0]), np.diag([-1.0, 1.0])) == np.inf
    assert fisher_information([1.0, 0.0], [-1.0, 1.0]) == np.inf


def test_information_of_ghz_and_w_states():
    """Oracle: 4 Var(sum Z/2) by hand: N^2, and 0 of a state with one excitation."""
    assert vector_fisher_information(ideal_vector("ghz", 5), [1.0] * 5) == pytest.approx(25.0)
    assert vector_fisher_information(ideal_vector("w", 4), [1.0] * 4) == pytest.approx(0.0)


def test_derivative_of_a_compiled_readout_is_that_of_its_circuits():
    """Oracle: differences of fresh circuits with another phase in them."""
    from protocols.applications.effects import outcome_effects
    from protocols.applications.sensing.phase_readout import phase_circuit

    noise = from_gates(Gates(single_qubit_depolarizing=0.05, readout_flip_0=0.03))
    curve = LocalReadout(noise=noise).one(np.array([1.0, 0.6, 0.2, 0.3]))

    def mean(phase):
        circuit = phase_circuit(1, [phase])
        outcomes, effects = outcome_effects(circuit, noise, circuit.qubits)
        seen = effects @ np.array([1.0, 0.6, 0.2, 0.3])
        return sum(p * (1 - 2 * int(o["x"])) for o, p in zip(outcomes, seen, strict=True))

    for phase in (-0.7, 0.3, 2.0):
        found, slope, curvature = (each[0] for each in curve.at(np.array([phase])))
        around = [mean(phase + step) for step in (-1e-3, 0.0, 1e-3)]
        assert found == pytest.approx(around[1], abs=1e-12)
        assert slope == pytest.approx((around[2] - around[0]) / 2e-3, abs=1e-6)
        assert curvature == pytest.approx((around[2] - 2 * around[1] + around[0]) / 1e-6, abs=1e-5)


def test_estimates_from_sampled_parities_spread_as_the_bound_says():
    """Oracle: Cramer and Rao: 400 maximum-likelihood estimates of 2000 rounds each."""
    curve = Harmonics(frequencies=np.array([3.0]), columns=np.array([0.9, 0.0]))
    phase, information = best_phases(curve)
    rng = np.random.default_rng(8)
    rounds, repeats = 2000, 400
    mean = curve.at(np.array([phase]))[0][0]
    seen = 2.0 * rng.binomial(rounds, (1.0 + mean) / 2.0, repeats) / rounds - 1.0
    estimates = np.arccos(np.clip(seen / 0.9, -1, 1)) / 3.0
    spread = estimates.var(ddof=1) * rounds * information
    # The variance of a variance of 400 values: sqrt(2/399) = 0.071; five of them.
    assert abs(spread - 1.0) < 0.36
