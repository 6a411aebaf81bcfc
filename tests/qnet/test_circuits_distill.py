"""Distillation circuits against enumerated density matrices, Bell labels and published values."""

import itertools

import numpy as np
import pytest
from qiskit.quantum_info import Operator, partial_trace, random_density_matrix

from qnet import circuits
from qnet.errors import ParameterError
from tests.qnet.circuit_branches import bell_diagonal, bell_weights, branches, join, werner

SCHEMES = {
    "bbpssw": circuits.bbpssw,
    "dejmps": circuits.dejmps,
    "double_selection": circuits.double_selection,
    "entanglement_pumping": lambda: circuits.entanglement_pumping(2),
}


def distil(circuit, *pairs):
    """Return the acceptance probability and the Bell weights (Phi+, Psi+, Psi-, Phi-) after."""
    alice, bob = range(0, 2 * len(pairs), 2), range(1, 2 * len(pairs), 2)
    outcomes = branches(circuit, join(*pairs), (*alice, *bob))
    accepted = sum(bell_weights(kept(state)) for key, state in outcomes.items() if good(key))
    probability = sum(state.trace().real for key, state in outcomes.items() if good(key))
    return probability, accepted / probability if probability else accepted


def kept(state):
    return partial_trace(state, range(2, state.num_qubits))


def good(key):
    alice_bits, bob_bits = key
    return circuits.accepts(alice_bits, bob_bits)


def label_pair(x, z):
    """The Bell state of Phi+ with X^x Z^z on one half, as a density matrix."""
    return bell_diagonal(np.eye(4)[{(0, 0): 0, (1, 0): 1, (1, 1): 2, (0, 1): 3}[x, z]])


def labels_after(steps, labels):
    """Propagate Bell labels (x, z) through bilateral gates, by the rules of Pauli errors.

    A bilateral CNOT copies x to the target and z to the control; the rotation of DEJMPS swaps
    Psi- and Phi-, that is x -> x + z.
    """
    labels = [list(label) for label in labels]
    for name, *where in steps:
        if name == "cnot":
            control, target = where
            labels[target][0] ^= labels[control][0]
            labels[control][1] ^= labels[target][1]
        else:
            labels[where[0]][0] ^= labels[where[0]][1]
    return labels


@pytest.mark.parametrize("scheme", SCHEMES)
def test_no_gate_acts_across_the_two_nodes(scheme):
    circuit = SCHEMES[scheme]()
    owner = {q: register.name.split("_")[0] for register in circuit.qregs for q in register}
    for instruction in circuit.data:
        assert len({owner[qubit] for qubit in instruction.qubits}) == 1
    assert circuit.num_connected_components(unitary_only=True) == 2


@pytest.mark.parametrize("scheme", SCHEMES)
def test_perfect_pairs_are_always_accepted_and_stay_perfect(scheme):
    circuit = SCHEMES[scheme]()
    probability, weights = distil(circuit, *[werner(1)] * (circuit.num_qubits // 2))
    assert probability == pytest.approx(1)
    np.testing.assert_allclose(weights, [1, 0, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("fidelity", "expected"), [(0.7, 0.735294118), (0.75, 0.788461538), (0.85, 0.884146341)]
)
def test_bbpssw_on_werner_pairs(fidelity, expected):  # P-C5, P-C7b
    _, weights = distil(circuits.bbpssw(), werner(fidelity), werner(fidelity))
    assert weights[0] == pytest.approx(expected, rel=1e-6)


def test_bbpssw_acceptance():  # P-C5
    assert distil(circuits.bbpssw(), werner(0.7), werner(0.7))[0] == pytest.approx(0.68, rel=1e-6)


def test_two_rounds_of_dejmps():  # P-C6, P-C7 in the order Phi+, Psi-, Psi+, Phi-
    probability, first = distil(circuits.dejmps(), werner(0.7), werner(0.7))
    assert probability == pytest.approx(0.68, rel=1e-6)
    expected = [0.735294118, 0.0294117647, 0.0294117647, 0.205882353]
    np.testing.assert_allclose(first[[0, 2, 1, 3]], expected, rtol=1e-6)

    pair = bell_diagonal(first)
    probability, second = distil(circuits.dejmps(), pair, pair)
    assert probability == pytest.approx(0.640138408, rel=1e-6)
    expected = [0.845945946, 0.0189189189, 0.0675675676, 0.0675675676]
    np.testing.assert_allclose(second[[0, 2, 1, 3]], expected, rtol=1e-6)


def test_dejmps_formula_on_an_uneven_bell_mixture():
    weights = np.array([0.55, 0.2, 0.15, 0.1])  # Phi+, Psi-, Psi+, Phi-
    a, b, c, d = weights
    pair = bell_diagonal([a, c, b, d])
    probability, after = distil(circuits.dejmps(), pair, pair)
    norm = (a + b) ** 2 + (c + d) ** 2
    assert probability == pytest.approx(norm)
    expected = np.array([a**2 + b**2, 2 * c * d, c**2 + d**2, 2 * a * b]) / norm
    np.testing.assert_allclose(after[[0, 2, 1, 3]], expected, atol=1e-12)


@pytest.mark.parametrize(
    ("scheme", "steps", "checks"),
    [
        # a check is (pair, component): 0 is x, found by Z measurements; 1 is z, found by X
        ("bbpssw", [("cnot", 0, 1)], [(1, 0)]),
        ("dejmps", [("turn", 0), ("turn", 1), ("cnot", 0, 1)], [(1, 0)]),
        ("double_selection", [("cnot", 0, 1), ("cnot", 2, 1)], [(1, 0), (2, 1)]),
        (
            "entanglement_pumping",
            [
                *(("turn", 0), ("turn", 1), ("cnot", 0, 1)),
                *(("turn", 0), ("turn", 2), ("cnot", 0, 2)),
            ],
            [(1, 0), (2, 0)],
        ),
    ],
)
def test_every_pauli_error_against_bell_labels(scheme, steps, checks):
    circuit = SCHEMES[scheme]()
    errors = itertools.product(itertools.product((0, 1), repeat=2), repeat=circuit.num_qubits // 2)
    for labels in errors:
        after = labels_after(steps, labels)
        found = any(after[pair][component] for pair, component in checks)
        probability, weights = distil(circuit, *(label_pair(*label) for label in labels))
        assert probability == pytest.approx(0 if found else 1, abs=1e-12)
        if not found:
            expected = bell_weights(label_pair(*after[0]))
            np.testing.assert_allclose(weights, expected, atol=1e-12)


def test_double_selection_misses_only_a_phase_error_of_the_kept_pair_at_first_order():
    missed = [
        (pair, label)
        for pair in range(3)
        for label in ((1, 0), (1, 1), (0, 1))
        if distil(
            circuits.double_selection(),
            *(label_pair(*(label if k == pair else (0, 0))) for k in range(3)),
        )[0]
        > 0.5
    ]
    assert missed == [(0, (0, 1))]


def test_double_selection_beats_single_selection_on_good_werner_pairs():
    single = distil(circuits.bbpssw(), *[werner(0.95)] * 2)[1][0]
    double = distil(circuits.double_selection(), *[werner(0.95)] * 3)[1][0]
    assert double > single > 0.95


def test_pumping_is_dejmps_again_and_again():
    fresh = bell_diagonal([0.8, 0.1, 0.06, 0.04])
    first_probability, first = distil(circuits.dejmps(), fresh, fresh)
    second_probability, second = distil(circuits.dejmps(), bell_diagonal(first), fresh)
    probability, weights = distil(circuits.entanglement_pumping(2), fresh, fresh, fresh)
    assert probability == pytest.approx(first_probability * second_probability)
    np.testing.assert_allclose(weights, second, atol=1e-12)
    assert circuits.entanglement_pumping(1) == circuits.dejmps()


def test_acceptance_compares_every_bit():
    assert circuits.accepts("01", "01")
    assert not circuits.accepts("01", "10")


@pytest.mark.parametrize(("alice", "bob"), [("0", "00"), ("", ""), ("2", "2")])
def test_acceptance_refuses_what_is_no_pair_of_registers(alice, bob):
    with pytest.raises(ParameterError, match="must be"):
        circuits.accepts(alice, bob)


def test_pumping_needs_a_step():
    with pytest.raises(ParameterError, match="steps"):
        circuits.entanglement_pumping(0)


@pytest.mark.parametrize("seed", range(3))
def test_twirl_gives_the_werner_state_of_the_same_fidelity(seed):
    state = random_density_matrix(4, seed=seed)
    rotations = [Operator(circuit) for circuit in circuits.werner_twirl()]
    mean = sum(state.evolve(rotation).data for rotation in rotations) / 12
    np.testing.assert_allclose(mean, werner(bell_weights(state)[0]).data, atol=1e-12)


def test_twirl_is_a_group_of_twelve_that_keeps_phi_plus():
    rotations = [Operator(circuit) for circuit in circuits.werner_twirl()]
    assert rotations[0] == Operator(np.eye(4))
    for one, two in itertools.product(rotations, repeat=2):
        assert sum((one @ two).equiv(three) for three in rotations) == 1
    for rotation in rotations:
        np.testing.assert_allclose(
            bell_weights(werner(1).evolve(rotation)), [1, 0, 0, 0], atol=1e-12
        )
