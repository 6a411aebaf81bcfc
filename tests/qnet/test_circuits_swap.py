"""Bell pairs, storage, swapping, chains and frames against enumeration by density matrices."""

import itertools

import numpy as np
import pytest
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, partial_trace
from qiskit_aer.primitives import SamplerV2

from qnet import circuits
from qnet.errors import ParameterError, UnknownNameError
from tests.qnet.circuit_branches import (
    BELL_VECTORS,
    PAULIS,
    bell_diagonal,
    bell_weights,
    branches,
    join,
    werner,
)

LETTERS = "IXYZ"
ALICE, LEFT, RIGHT, FAR_END = range(4)  # two pairs side by side
STATION = (LEFT, RIGHT, FAR_END)


def ends_after(state, *stations):
    """The unnormalised state of all qubits but those of the stations."""
    return partial_trace(state, list(stations))


@pytest.mark.parametrize("kind", BELL_VECTORS)
def test_bell_pair_gives_the_state_of_its_name(kind):
    state = Statevector(circuits.bell_pair(kind))
    assert abs(np.vdot(BELL_VECTORS[kind], state.data)) == pytest.approx(1)


def test_bell_kinds_are_in_the_order_of_the_paulis_on_one_half():
    for kind, letter in zip(circuits.BELL_KINDS, LETTERS, strict=True):
        moved = np.kron(PAULIS[letter], np.eye(2)) @ BELL_VECTORS["phi+"]
        assert abs(np.vdot(moved, BELL_VECTORS[kind])) == pytest.approx(1)


def test_qubit_zero_is_the_rightmost_letter():
    circuit = circuits.bell_pair("psi+").copy_empty_like()
    circuit.x(circuit.qregs[0])  # alice, the first register
    assert Statevector(circuit).probabilities_dict() == {"01": 1.0}


def test_bit_zero_is_the_rightmost_letter_in_sampled_data():
    measurement = circuits.bell_measurement()
    prepared = measurement.copy_empty_like()
    prepared.compose(circuits.bell_pair("psi+"), [0, 1], inplace=True)
    result = SamplerV2(seed=1).run([prepared.compose(measurement)], shots=20).result()
    assert result[0].data.bsm.get_counts() == {"01": 20}


def test_with_bell_pairs_leaves_its_argument_and_pairs_registers_in_order():
    step = circuits.entanglement_pumping(2)
    before = step.copy()
    ready = circuits.with_bell_pairs(step, ("alice_keep", "bob_keep"), ("alice_spend", "bob_spend"))
    assert step == before
    assert set(branches(ready)) == {(b, b) for b in ("00", "01", "10", "11")}


def test_with_bell_pairs_refuses_unknown_and_unequal_registers():
    with pytest.raises(UnknownNameError, match="bob_keep"):
        circuits.with_bell_pairs(circuits.dejmps(), ("alice_keep", "bob_kept"))
    with pytest.raises(ParameterError, match="equal size"):
        circuits.with_bell_pairs(circuits.double_selection(), ("alice_keep", "bob_spend"))


def test_idle_holds_one_delay_in_seconds_per_memory():
    circuit = circuits.idle(2.5e-3, "alice", "bob")
    delays = [(i.operation.duration, i.operation.unit) for i in circuit.data]
    assert delays == [(2.5e-3, "s")] * 2
    assert [register.name for register in circuits.idle(0).qregs] == ["memory"]


@pytest.mark.parametrize("duration_s", [-1e-9, np.inf, np.nan])
def test_idle_refuses_impossible_times(duration_s):
    with pytest.raises(ParameterError, match="duration_s"):
        circuits.idle(duration_s)


@pytest.mark.parametrize(
    ("kind", "bits"), [("phi+", "00"), ("psi+", "01"), ("phi-", "10"), ("psi-", "11")]
)
def test_bell_measurement_tells_the_bell_state(kind, bits):
    result = branches(circuits.bell_measurement(), DensityMatrix(BELL_VECTORS[kind]))
    assert set(result) == {(bits,)}


@pytest.mark.parametrize("latency_s", [0.0, 1e-4])
def test_swap_gives_phi_plus_for_every_outcome(latency_s):
    circuit = circuits.swap_feed_forward(latency_s)
    outcomes = branches(circuit, join(werner(1), werner(1)), STATION)
    assert len(outcomes) == 4
    for state in outcomes.values():
        weights = bell_weights(ends_after(state, LEFT, RIGHT))
        np.testing.assert_allclose(weights, [0.25, 0, 0, 0], atol=1e-12)


def test_frame_form_leaves_exactly_the_pauli_that_the_frame_names():
    outcomes = branches(circuits.swap_pauli_frame(), join(werner(1), werner(1)), STATION)
    assert len(outcomes) == 4
    for (bits,), state in outcomes.items():
        letter = circuits.pauli_frame(bits)
        far_end = ends_after(state, LEFT, RIGHT).evolve(Operator(PAULIS[letter]), [1])
        np.testing.assert_allclose(bell_weights(far_end), [0.25, 0, 0, 0], atol=1e-12)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        # P-C1, P-C2
        ([0.9, 0.05, 0.02, 0.03], [0.85, 0.03, 0.02, 0.10], [0.7699, 0.0721, 0.0409, 0.1171]),
        ([0.9] + 3 * [0.1 / 3], [0.9] + 3 * [0.1 / 3], [0.813333333] + 3 * [0.186666667 / 3]),
    ],
)
def test_swap_of_bell_diagonal_pairs(left, right, expected):
    pairs = join(bell_diagonal(left), bell_diagonal(right))
    outcomes = branches(circuits.swap_feed_forward(), pairs, STATION)
    weights = sum(bell_weights(ends_after(state, LEFT, RIGHT)) for state in outcomes.values())
    np.testing.assert_allclose(weights, expected, rtol=1e-6)


def test_latency_is_one_delay_before_and_outside_the_conditional_gates():
    circuit = circuits.swap_feed_forward(latency_s=2e-4)
    names = [instruction.operation.name for instruction in circuit.data]
    assert names[-3:] == ["delay", "if_else", "if_else"]
    delay = circuit.data[-3]
    assert (delay.operation.duration, delay.operation.unit) == (2e-4, "s")
    assert delay.qubits == (circuit.qubits[2],)
    assert "delay" not in circuits.swap_feed_forward().count_ops()


def test_swap_refuses_a_message_from_the_future():
    with pytest.raises(ParameterError, match="latency_s"):
        circuits.swap_feed_forward(latency_s=-1e-6)


@pytest.mark.parametrize("segments", [1, 2, 3])
def test_chain_with_feed_forward_ends_in_phi_plus(segments):
    outcomes = branches(circuits.repeater_chain(segments, frame=False))
    inner = range(1, 2 * segments - 1)
    assert len(outcomes) == 4 ** (segments - 1)
    for state in outcomes.values():
        weights = bell_weights(ends_after(state, *inner))
        np.testing.assert_allclose(weights, [1 / len(outcomes), 0, 0, 0], atol=1e-12)


@pytest.mark.parametrize("basis", "XYZ")
def test_chain_in_the_frame_form_gives_the_correlations_of_phi_plus(basis):
    outcomes = branches(circuits.repeater_chain(3, basis=basis))
    assert len(outcomes) == 16 * 2
    for *frames, alice_bit, bob_bit in outcomes:
        frame = circuits.frame_product(*map(circuits.pauli_frame, frames))
        different = (alice_bit != bob_bit) ^ circuits.frame_flips(frame, basis)
        assert different == (basis == "Y")


def test_chain_refuses_bad_arguments():
    with pytest.raises(ParameterError, match="segments"):
        circuits.repeater_chain(0)
    with pytest.raises(UnknownNameError, match="basis"):
        circuits.repeater_chain(2, basis="x")


def test_frame_product_is_the_matrix_product_up_to_a_phase():
    for first, second in itertools.product(LETTERS, repeat=2):
        product = PAULIS[first] @ PAULIS[second]
        name = circuits.frame_product(first, second)
        assert abs(np.trace(PAULIS[name].conj().T @ product)) == pytest.approx(2)
    assert circuits.frame_product() == "I"


def test_a_frame_flips_the_bases_it_anticommutes_with():
    for letter, basis in itertools.product(LETTERS, "XYZ"):
        anticommutator = PAULIS[letter] @ PAULIS[basis] + PAULIS[basis] @ PAULIS[letter]
        assert circuits.frame_flips(letter, basis) == np.allclose(anticommutator, 0)


def test_frames_refuse_unknown_letters_and_bits():
    for wrong in (
        lambda: circuits.pauli_frame("0"),
        lambda: circuits.frame_product("A"),
        lambda: circuits.frame_flips("X", "I"),
    ):
        with pytest.raises(UnknownNameError, match="must be one of"):
            wrong()
