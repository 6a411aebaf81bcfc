"""Blind computing: steps, patterns, what the server sees, and the whole circuit on noisy pairs.

Oracles: state vectors and unitary matrices of NumPy alone, Aer's shots of the whole adaptive
circuit, and the published property of a step.
"""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import amplitude_damping_error

from protocols.applications import StateTable
from protocols.applications.blind.blind_computing import BlindComputing
from protocols.applications.blind.blind_run import classical_pairs
from protocols.applications.blind.hiding import HiddenQubits
from protocols.applications.blind.pattern import Pattern, brickwork
from protocols.applications.blind.server_view import server_information, view_distance, views
from protocols.applications.blind.step import blind_step
from protocols.applications.needs import ideal_vector
from qnet.errors import ParameterError
from qnet.hardware import Gates, Memory
from qnet.instrument import compile
from qnet.noise import from_gates
from qnet.schema import Part

H = np.array([[1.0, 1.0], [1.0, -1.0]]) / np.sqrt(2.0)
X, Z = np.array([[0.0, 1.0], [1.0, 0.0]]), np.diag([1.0, -1.0])
PAULIS = [np.eye(2), X, 1j * X @ Z, Z]
PLUS = np.ones(2) / np.sqrt(2.0)
PAIR = ideal_vector("pair", 2)


def turned(angle):
    """Z rotation without a phase of |0>."""
    return np.diag([1.0, np.exp(1j * angle)])


def vector(state):
    """Pauli vector of a pure state."""
    n = int(np.log2(len(state)))
    words = itertools.product(PAULIS, repeat=n)
    found = []
    for word in words:
        operator = np.eye(1)
        for letter in word:
            operator = np.kron(operator, letter)
        found.append(np.vdot(state, operator @ state).real)
    return np.array(found)


def of_gates(rows):
    """Output of a brickwork pattern from its gates: H Z(-angle) in every row, CZ in the bricks."""
    state = np.array(1.0)
    for _ in rows:
        state = np.kron(state, PLUS)
    for column in range(len(rows[0])):
        layer = np.eye(1)
        for row in rows:
            layer = np.kron(layer, H @ turned(-np.pi * row[column] / 4))
        state = layer @ state
        if len(rows) == 2 and column + 2 in (3, 5):
            state = np.diag([1.0, 1.0, 1.0, -1.0]) @ state
    return state


@pytest.mark.parametrize("rows", [[[1, 2, 3, 5]], [[1, 7, 2, 3], [5, 3, 6, 1]], [[3], [5]]])
def test_pattern_is_its_gates(rows):
    """Oracle: the gates that a brickwork pattern stands for, as matrices."""
    flat = tuple(angle for row in rows for angle in row)
    app = BlindComputing(angles=flat, rows=len(rows))
    found = app.run.outputs(app.deliver())[0]
    np.testing.assert_allclose(found, vector(of_gates(rows)), atol=1e-12)


def test_programs_do_what_they_say():
    """Oracle: CNOT of |+>|-> is |->|->, and two turns of Z that add up to pi make |-> of |+>."""
    for name, right in (("rotation", (1,)), ("cnot", (3,))):
        app = BlindComputing(program=name)
        assert app.run.right == right
        assert app.play()["success_probability"].ideal == pytest.approx(1.0, abs=1e-12)


def test_any_graph_with_a_flow(tmp_path):
    """Oracle: a cluster in the form of a T, by its gates; outputs in the order of the file."""
    values = {"edges": [[0, 1], [1, 2], [1, 3]], "angles": {"0": 3, "1": 1}}
    values |= {"flow": {"0": 1, "1": 2}, "outputs": [3, 2]}
    (tmp_path / "t.json").write_text(json.dumps(values))
    app = BlindComputing(folder=str(tmp_path), pattern_file="t.json")
    found = app.run.outputs(app.deliver())[0]
    start = np.kron(PLUS, H @ turned(-np.pi * 3 / 4) @ PLUS)
    joined = np.diag([1.0, 1.0, 1.0, -1.0]) @ start
    state = np.kron(np.eye(2), H @ turned(-np.pi / 4)) @ joined
    np.testing.assert_allclose(found, vector(state), atol=1e-12)


angle = st.floats(-7.0, 7.0)


@settings(max_examples=20, deadline=None)
@given(phi=angle, theta=angle, flip=st.integers(0, 1), tilt=st.floats(0.0, 3.14), phase=angle)
def test_step(phi, theta, flip, tilt, phase):
    """Oracle: X^(b xor r) H Z(-phi) of the input, both reports equally likely (arXiv:0807.4154)."""
    psi = np.array([np.cos(tilt / 2), np.sin(tilt / 2) * np.exp(1j * phase)])
    circuit = blind_step(phi, theta, flip)
    carrier, successor = circuit.qubits
    instrument = compile(circuit, inputs=[carrier], outputs=[successor])
    for reported in (0, 1):
        wanted = np.linalg.matrix_power(X, reported ^ flip) @ H @ turned(-phi) @ psi
        found = instrument.matrix(reported) @ vector(psi)
        np.testing.assert_allclose(found, 0.5 * vector(wanted), atol=1e-9)


@settings(max_examples=10, deadline=None)
@given(
    weights=st.lists(st.floats(0.0, 1.0), min_size=4, max_size=4),
    damping=st.floats(0.0, 1.0),
    preparation=st.sampled_from(["remote", "teleported"]),
)
def test_server_learns_nothing(weights, damping, preparation):
    """Oracle: the proof of blindness, for any pair and noise: views alike, angles uniform."""
    shares = np.array(weights) + 1e-3
    table = StateTable(bell_diagonal=tuple(shares / shares.sum()), damping=damping)
    gates = Gates(single_qubit_depolarizing=0.05, readout_flip_0=0.1, readout_flip_1=0.02)
    hidden = HiddenQubits(noise=from_gates(gates), preparation=preparation)
    seen = views(hidden, table.vector("pair", 2))
    np.testing.assert_allclose(seen[..., 0], 0.125, atol=1e-12)
    assert server_information(seen) < 1e-9
    assert view_distance(seen) < 1e-12


@pytest.mark.parametrize(
    ("hiding", "bits"),
    [({"flip": False}, 1.0), ({"angle": False}, 2.0), ({"angle": False, "flip": False}, 3.0)],
)
@pytest.mark.parametrize("preparation", ["remote", "teleported"])
def test_what_is_not_hidden_is_learnt(hiding, bits, preparation):
    """Oracle: without r a qubit tells one bit; without theta, delta tells all but the flip."""
    if preparation == "remote" and not hiding.get("angle", True) and hiding.get("flip", True):
        bits = 2.0
    hidden = HiddenQubits(preparation=preparation)
    assert server_information(views(hidden, PAIR, hiding)) == pytest.approx(bits, abs=1e-9)


@pytest.mark.parametrize(("preparation", "angles"), [("remote", (1, 3, 6)), ("teleported", (3, 6))])
def test_whole_circuit_on_noisy_pairs(preparation, angles):
    """Oracle: Aer's shots of the adaptive circuit, damped pairs, unequal readout; 5 sigma."""
    gates = Gates(readout_flip_0=0.04, readout_flip_1=0.01)
    app = BlindComputing(
        angles=angles, state=StateTable(damping=0.15), gates=gates, preparation=preparation
    )
    found = app.play()["success_probability"].value.best
    simulator = AerSimulator(noise_model=app.noise.model)
    shares = []
    for seed in range(24):
        played = replace(app, seed=seed).circuit()
        whole = QuantumCircuit(*played.qregs, *played.cregs)
        for vertex in range(app.pattern.vertices):
            ends = [next(r for r in whole.qregs if r.name == n)[vertex] for n in ("alice", "bob")]
            whole.h(ends[0])
            whole.cx(*ends)
            for end in ends:
                whole.append(amplitude_damping_error(0.15), [end])
        whole.compose(played, inplace=True)
        # Aer seeds shot after shot with consecutive numbers: no two draws may share them.
        job = simulator.run(whole, shots=100, seed_simulator=1000 * seed)
        counts = job.result().get_counts()
        right, flip = 0, replace(app, seed=seed).secrets()[1][-1]
        for key, count in counts.items():
            outcomes = next(each for each in key.split() if len(each) == app.pattern.vertices)
            right += count * (int(outcomes[0]) ^ flip in app.run.right)
        shares.append(right / 100)
    # Hidden angles differ from draw to draw, and so does the chance: draws are what is counted.
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - found) < 5 * error


def test_noise_of_each_part_by_hand():
    """Oracle: depolarised CZ and idling, multiplied by hand for one edge."""
    gates = Gates(two_qubit_depolarizing=0.1)
    memory = Part(Memory, {"t2_s": 2.0})
    app = BlindComputing(angles=(2,), gates=gates, memory=memory, step_s=0.5)
    found = app.play()["output_fidelity"].value.best
    # The output lies on the equator, and waits half a second for the one report.
    assert found == pytest.approx(0.5 * (1.0 + 0.9 * np.exp(-0.25)), abs=1e-9)


def test_without_entanglement():
    """Oracle: largest (XX - YY)/2 of product states is 1/2, so visibility 1/2 of every vertex."""
    app = BlindComputing(program="rotation")
    result = app.play()["output_fidelity"]
    pair = next(classical_pairs(app.needs).states()).reshape(4, 4)
    density = sum(
        pair[i, j] * np.kron(PAULIS[i], PAULIS[j]) / 4 for i in range(4) for j in range(4)
    )
    transposed = density.reshape(2, 2, 2, 2).transpose(0, 3, 2, 1).reshape(4, 4)
    assert np.linalg.eigvalsh(transposed).min() > -1e-12
    assert 0.5 < result.without_entanglement < result.ideal == pytest.approx(1.0)


def test_lost_qubits_are_asked_for_again():
    """Oracle: geometric distribution of tries, 5 qubits at 1/5 loss."""
    result = BlindComputing(client_loss=0.2).play()
    assert result["pairs_per_computation"].value.best == pytest.approx(6.25)
    assert result["all_arrive_probability"].value.best == pytest.approx(0.8**5)


def test_refuses_what_is_no_pattern(tmp_path):
    """Oracle: the definition of a flow."""
    with pytest.raises(ParameterError, match="fill 2 rows"):
        BlindComputing(angles=(1, 2, 3), rows=2)
    with pytest.raises(ParameterError, match="have an order"):
        Pattern(
            edges=((0, 1), (1, 2), (2, 0)),
            angles={0: 0, 1: 0, 2: 0},
            flow={0: 1, 1: 2, 2: 0},
            outputs=(3,),
        )
    with pytest.raises(ParameterError, match="follow edges"):
        Pattern(edges=((0, 1),), angles={0: 0, 1: 0}, flow={0: 2, 1: 2}, outputs=(2,))
    with pytest.raises(ParameterError, match="rows of one length"):
        brickwork([[0], [0, 1]])
    with pytest.raises(ParameterError, match="at most"):
        BlindComputing(angles=(0,) * 40, rows=10)
    (tmp_path / "p.json").write_text('{"edges": 3}')
    with pytest.raises(ParameterError, match="hold a pattern"):
        BlindComputing(folder=str(tmp_path), pattern_file="p.json")
