"""Divided circuits: the same outcomes as undivided ones, pairs by hand, and what is refused."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, qasm2, qasm3
from qiskit.circuit import Gate, Parameter
from qiskit.circuit.library import SGate, UnitaryGate
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import DensityMatrix, Operator, Statevector, random_unitary

import qnet
from experiments.cli.main import main
from protocols.applications import StateTable
from protocols.applications.delivered import ideal_states
from protocols.applications.processors.assignment import best_division
from protocols.applications.processors.distributed_grover import DistributedGrover
from protocols.applications.processors.distributed_qft import DistributedQft
from protocols.applications.processors.divided_circuit import DividedCircuit
from protocols.applications.processors.outcomes import outcome_map
from protocols.applications.processors.partition import divide
from qnet.errors import ParameterError
from qnet.hardware import Gates
from tests.protocols.applications.test_frame import pauli_vector

TWO, THREE = {"A": [0, 1], "B": [2, 3]}, {"A": [3], "B": [0, 2], "C": [1]}


@pytest.mark.parametrize("seed", range(20))
def test_random_circuits_have_the_outcomes_of_the_undivided_one(seed):
    """Oracle: Qiskit's state vector of the undivided circuit, exact to 1e-9."""
    circuit = random_circuit(4, 5, max_operands=3, seed=seed)
    app = DividedCircuit.of(circuit, THREE if seed % 2 else TWO)
    assert app.division.pairs > 0
    found = app.final(ideal_states(app.needs)) @ outcome_map(4, range(4), None).T
    wanted = Statevector(circuit).probabilities()
    assert found[0] == pytest.approx(wanted, abs=1e-9)


def test_any_state_goes_through_as_through_the_undivided_circuit():
    """Oracle: Qiskit's operator; the process fidelity is that of all inputs at once."""
    circuit = random_circuit(3, 6, max_operands=3, seed=11)
    found = DividedCircuit.of(circuit, {"A": [0, 2], "B": [1]}).play()
    assert found["process_fidelity"].best == pytest.approx(1.0, abs=1e-10)
    assert found["hellinger_fidelity"].best == pytest.approx(1.0, abs=1e-10)


def pairs_of(build, nodes, qubits=4):
    circuit = QuantumCircuit(qubits)
    build(circuit)
    return divide(circuit, nodes)


@pytest.mark.parametrize(
    ("build", "pairs", "depth"),
    [
        (lambda c: c.cx(0, 1), 0, 0),
        (lambda c: c.cx(0, 2), 1, 1),
        (lambda c: [c.cx(0, 2), c.cx(0, 3), c.t(0), c.cz(0, 1), c.rzz(0.3, 0, 2)], 1, 1),
        (lambda c: [c.cx(0, 2), c.h(0), c.cx(0, 2)], 2, 2),
        (lambda c: [c.cx(0, 2), c.x(0), c.cx(0, 2)], 2, 2),
        (lambda c: [c.cx(0, 2), c.cx(1, 3)], 2, 1),
        (lambda c: c.swap(0, 2), 3, 3),
        # Both controls far away: their target is copied to them instead.
        (lambda c: c.ccx(0, 1, 2), 1, 1),
        (lambda c: c.ccz(0, 1, 2), 1, 1),
        # Any node will do for these; qubit 2 is copied once for both.
        (lambda c: [c.cz(0, 2), c.cz(1, 2)], 1, 1),
        (lambda c: c.cswap(0, 2, 3), 1, 1),
        (lambda c: [c.cp(0.1, 0, 2), c.cp(0.2, 0, 3), c.h(0), c.cp(0.1, 1, 2)], 2, 2),
    ],
)
def test_pairs_are_as_few_as_can_be_counted_by_hand(build, pairs, depth):
    """Oracle: copies counted on paper."""
    found = pairs_of(build, TWO)
    assert (found.pairs, found.depth) == (pairs, depth)


def test_qubits_are_assigned_so_that_fewest_pairs_are_needed():
    """Oracle: all assignments of six qubits to halves, counted by their division."""
    circuit = random_circuit(6, 5, max_operands=2, seed=4)
    best = best_division(circuit, 2)
    halves = [each for each in itertools.combinations(range(6), 3) if 0 in each]
    counted = [
        divide(circuit, {"A": half, "B": [k for k in range(6) if k not in half]}).pairs
        for half in halves
    ]
    assert best.pairs == min(counted)
    assert len(best.parts) == 2
    assert {len(part) for part in best.parts} == {3}
    uneven = best_division(random_circuit(5, 4, max_operands=2, seed=2), 3)
    assert sorted(len(part) for part in uneven.parts) == [1, 2, 2]


def test_werner_pairs_by_density_matrices():
    """Oracle: each copy's pair flips or signs it; the undivided circuit with such errors."""
    f = 0.9
    circuit = QuantumCircuit(3)
    circuit.h(range(3))
    circuit.ccz(0, 1, 2)
    circuit.h(range(3))
    total = np.zeros(8)
    for (flip, sign), weight in zip(
        itertools.product(range(2), repeat=2), [f] + [(1 - f) / 3] * 3, strict=True
    ):
        faulty = QuantumCircuit(3)
        faulty.h(range(3))
        for gate, wrong in (("x", flip), ("ccz", True), ("x", flip), ("z", sign)):
            if wrong:
                getattr(faulty, gate)(*((0, 1, 2) if gate == "ccz" else (2,)))
        faulty.h(range(3))
        total += weight * Statevector(faulty).probabilities()
    app = DividedCircuit.of(circuit, {"A": [0, 1], "B": [2]}, state=StateTable(fidelity=f))
    found = app.play()
    assert found["pairs"].best == 1
    wanted = np.sqrt(total * Statevector(circuit).probabilities()).sum() ** 2
    assert found["hellinger_fidelity"].best == pytest.approx(wanted, abs=1e-12)


def test_readout_of_the_end_is_noisy_and_only_what_is_measured_counts():
    """Oracle: one flip each with probability e of the measured qubit."""
    e = 0.1
    circuit = QuantumCircuit(2, 1)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure(1, 0)
    gates = Gates(readout_flip_0=e, readout_flip_1=e)
    app = DividedCircuit.of(circuit, {"A": [0], "B": [1]}, gates=gates)
    # The copy is wrong with e, and so is the readout of the end.
    wanted = (1 - e) ** 2 + e**2
    assert app.play()["hellinger_fidelity"].best == pytest.approx(wanted, abs=1e-12)


def test_grover_with_any_marked_item():
    """Oracle: sin((2k+1) asin(2^-n/2))^2 without noise, for every item."""
    for qubits, rounds in ((2, 1), (3, 2), (4, 3)):
        wanted = np.sin((2 * rounds + 1) * np.arcsin(2.0 ** (-qubits / 2))) ** 2
        for marked in (0, 1, 2**qubits - 1):
            app = DistributedGrover(qubits=qubits, rounds=rounds, marked=marked)
            found = app.final(ideal_states(app.needs)) @ app.outcomes()[marked]
            assert found[0] == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize(("qubits", "number"), [(4, 5), (5, 19)])
def test_the_fourier_transform(qubits, number):
    """Oracle: the transform's definition, with the bits in reverse order; half of the pairs."""
    size = 2**qubits
    app = DistributedQft(qubits=qubits, number=number)
    wanted = np.exp(2j * np.pi * number * np.arange(size) / size) / np.sqrt(size)
    reverse = [int(format(y, f"0{qubits}b")[::-1], 2) for y in range(size)]
    found = app.final(ideal_states(app.needs))[0]
    assert found == pytest.approx(pauli_vector(DensityMatrix(wanted[reverse])), abs=1e-10)
    assert app.division.pairs == qubits // 2


@pytest.mark.parametrize("dumps", [qasm2.dumps, qasm3.dumps])
def test_files_in_openqasm(tmp_path, capsys, dumps):
    """Oracle: the same circuit in Python."""
    circuit = random_circuit(3, 4, max_operands=3, seed=5)
    (tmp_path / "mine.qasm").write_text(dumps(circuit))
    scenario = tmp_path / "divided.toml"
    scenario.write_text(
        'kind = "application"\nname = "divided-circuit"\nfile = "mine.qasm"\n'
        "nodes = { A = [0, 1], B = [2] }\n[state]\nfidelity = 0.9\n"
    )
    assert main(["app", "divided-circuit", str(scenario), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    here = DividedCircuit.of(circuit, {"A": [0, 1], "B": [2]}, state=StateTable(fidelity=0.9))
    assert said["figures"]["state_fidelity"]["value"]["best"] == pytest.approx(
        here.play()["state_fidelity"].best, abs=1e-9
    )
    assert said["nodes"] == {"A": [0, 1], "B": [2]}
    again = qnet.load(scenario)
    assert qnet.loads(again.to_toml(), folder=str(tmp_path)).nodes == again.nodes


def cx():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    return circuit


def with_midway_measurement():
    circuit = QuantumCircuit(2, 1)
    circuit.measure(0, 0)
    circuit.cx(0, 1)
    return circuit


def with_branch():
    circuit = QuantumCircuit(QuantumRegister(2), ClassicalRegister(1))
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    return circuit


def with_parameter():
    circuit = QuantumCircuit(2)
    circuit.rx(Parameter("a"), 0)
    return circuit


def with_unknown_gate():
    circuit = QuantumCircuit(2)
    circuit.append(Gate("mystery", 2, []), [0, 1])
    return circuit


@pytest.mark.parametrize(
    ("build", "nodes", "said"),
    [
        (cx, {"A": [0]}, "nodes must hold every qubit of the circuit"),
        (cx, {"A": [0], "B": [0, 1]}, "nodes.B must hold no qubit of another node"),
        (cx, {"A": [0], "B": [1, 2]}, "nodes.B must hold qubits 0 to 1"),
        (cx, {"A": [0, 1], "B": []}, "nodes.B must hold a qubit"),
        (cx, {"A": [0], "B": [-1]}, "nodes.B must be a list of qubits"),
        (cx, {"A": [0], "my node": [1]}, "nodes must be named by letters"),
        (with_midway_measurement, TWO, "circuit must do nothing after a measurement"),
        (with_branch, TWO, "circuit must be of gates that can be divided"),
        (with_parameter, TWO, "circuit must have numbers for its parameters"),
        (with_unknown_gate, {"A": [0], "B": [1]}, "circuit must"),
        (lambda: QuantumCircuit(11), None, "circuit must have 2 to 10 qubits"),
    ],
)
def test_malformed(build, nodes, said):
    """What cannot be divided is refused with a sentence, before anything is played."""
    with pytest.raises(ParameterError, match=said):
        DividedCircuit.of(build(), nodes).check()


def test_malformed_files(tmp_path):
    """Files that are none are refused by the key that names them."""
    with pytest.raises(ParameterError, match="file must be given"):
        DividedCircuit()
    with pytest.raises(ParameterError, match="file must exist"):
        DividedCircuit(file="gone.qasm", folder=str(tmp_path)).check()
    for text in ("OPENQASM 2.0; nonsense q;", "OPENQASM 3.0;\nqubit[2] q\nh q[0];"):
        (tmp_path / "bad.qasm").write_text(text)
        with pytest.raises(ParameterError, match="file must hold a circuit"):
            DividedCircuit(file="bad.qasm", folder=str(tmp_path)).check()


def test_gates_of_a_users_own():
    """Oracle: Qiskit's state vector; two gates of one name are two gates."""
    circuit = QuantumCircuit(3)
    for seed, qubits in enumerate([(0, 1), (1, 2), (0, 2)]):
        circuit.append(UnitaryGate(random_unitary(4, seed=seed), label="u"), qubits)
    circuit.append(SGate().control(2, annotated=True), [2, 0, 1])
    app = DividedCircuit.of(circuit, {"A": [0], "B": [1, 2]})
    found = app.final(ideal_states(app.needs))[0]
    assert found == pytest.approx(pauli_vector(DensityMatrix(circuit)), abs=1e-9)
    assert Operator(app.division.whole).equiv(Operator(circuit))
