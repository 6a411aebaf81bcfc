"""Gates, teleportation and fused states of processors: reference values, and Kraus algebra."""

from __future__ import annotations

import itertools
import json
import math

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Kraus, Operator, random_density_matrix

from experiments.cli.main import main
from protocols.applications import Delivered, StateGroup, StateTable
from protocols.applications.delivered import ideal_states, of_vectors
from protocols.applications.processors.distributed_grover import DistributedGrover
from protocols.applications.processors.fusion import FusedGhz, FusedW
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.applications.processors.remote_controlled_u import RemoteControlledU
from protocols.applications.processors.remote_toffoli import RemoteToffoli
from protocols.applications.processors.steps import played, transfer
from protocols.applications.processors.teleportation import Teleportation
from protocols.repeaters.chain import Chain
from qnet.circuits import w_state
from qnet.errors import ParameterError, UnknownNameError
from qnet.hardware import Gates, Memory
from qnet.instrument import density_matrix
from qnet.links import Abstract
from qnet.plans import Station
from qnet.schema import Part
from tests.protocols.applications.test_frame import pauli_vector

X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])


def app(capsys, *words):
    """What ``qnet app ... --json`` says, its figures by name."""
    assert main(["app", *words, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["figures"]
    return {name: each["value"] for name, each in found.items()}


def value_of(figures, name):
    return figures[name]["best"]


@pytest.mark.parametrize(
    ("words", "name", "wanted"),
    [
        ("remote-toffoli state.fidelity=0.9", "process_fidelity", 0.908333333),
        ("remote-toffoli state.fidelity=0.9", "average_fidelity", 0.918518519),
        (
            "remote-cnot state.fidelity=0.95 gates.two_qubit_depolarizing=0.01 noisy=copy "
            "gates.readout_flip_0=0.01 gates.readout_flip_1=0.01",
            "process_fidelity",
            0.9233624,
        ),
        ("remote-cnot state.fidelity=0.9 repetitions=2", "process_fidelity", 0.813333333),
        ("ghz-fusion state.fidelity=0.95 parties=4", "state_fidelity", 0.858166667),
        ("ghz-fusion state.fidelity=0.95 parties=4 shape=chain", "state_fidelity", 0.858166667),
        ("distributed-grover", "success_probability", 0.78125),
        ("distributed-grover rounds=2", "success_probability", 0.9453125),
        ("distributed-grover state.fidelity=0.95", "success_probability", 0.70875),
        ("distributed-grover rounds=2 state.fidelity=0.95", "success_probability", 0.811676389),
        ("teleportation state.werner=0.8", "average_fidelity", 0.9),
    ],
)
def test_values_of_the_reference(capsys, words, name, wanted):
    """Oracle: the reference's closed forms and its density matrices, P-C2.1 to P-C2.5."""
    first, *changes = words.split()
    figures = app(capsys, first, *(word for each in changes for word in ("--set", each)))
    assert value_of(figures, name) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("f", "lam", "e"), [(0.83, 0.03, 0.02), (0.97, 0.0, 0.1), (0.6, 0.1, 0.0)])
def test_closed_form_of_the_remote_cnot(f, lam, e):
    """Oracle: (1-l)(1 + 2w(1-2e) + w(1-2e)^2)/4 + l/8, w = (4F-1)/3, derived on paper."""
    w = (4 * f - 1) / 3
    wanted = (1 - lam) * (1 + 2 * w * (1 - 2 * e) + w * (1 - 2 * e) ** 2) / 4 + lam / 8
    gates = Gates(two_qubit_depolarizing=lam, readout_flip_0=e, readout_flip_1=e)
    found = RemoteCnot(state=StateTable(fidelity=f), gates=gates, noisy="copy").play()
    assert found["process_fidelity"].best == pytest.approx(wanted, abs=1e-12)
    # The application's own CNOT depolarises copy and target: 1 and the control's Z are left.
    both = RemoteCnot(state=StateTable(fidelity=f), gates=gates).play()
    assert both["process_fidelity"].best == pytest.approx(
        (1 - lam) * wanted + lam * (2 - lam) / 16, abs=1e-12
    )


@pytest.mark.parametrize(
    ("remote", "weights"), [(1, (0.8, 0.1, 0.06, 0.04)), (2, (0.7, 0.05, 0.15, 0.1))]
)
def test_remote_toffoli_on_bell_diagonal_pairs(remote, weights):
    """Oracle: a Bell state with X^a Z^b flips the copy by a, and leaves Z^b on the control."""
    flips = [(0, 0), (1, 0), (1, 1), (0, 1)]
    toffoli = np.eye(8)
    toffoli[[3, 7]] = toffoli[[7, 3]]  # qubit 0 is the least significant bit
    total = 0.0
    for errors in itertools.product(range(4), repeat=remote):
        played_as, weight = toffoli, 1.0
        for control, error in enumerate(errors):
            flip, sign = flips[error]
            on = np.eye(2**control), np.eye(2 ** (2 - control))
            x, z = (np.kron(np.kron(on[1], each), on[0]) for each in (X, Z))
            played_as = np.linalg.matrix_power(x, flip) @ played_as
            played_as = played_as @ np.linalg.matrix_power(x, flip)
            played_as = np.linalg.matrix_power(z, sign) @ played_as
            weight *= weights[error]
        total += weight * abs(np.trace(toffoli.T @ played_as) / 8) ** 2
    found = RemoteToffoli(remote_controls=remote, state=StateTable(bell_diagonal=weights)).play()
    assert found["process_fidelity"].best == pytest.approx(total, abs=1e-12)


def depolarised(lam, qubits):
    """Kraus operators of rho -> (1-l) rho + l I/d."""
    paulis = [np.eye(2), X, 1j * X @ Z, Z]
    size = 4**qubits
    products = [np.eye(1)]
    for _ in range(qubits):
        products = [np.kron(a, b) for a in products for b in paulis]
    first = [math.sqrt(1 - lam + lam / size)] + [math.sqrt(lam / size)] * (size - 1)
    return Kraus([w * each for w, each in zip(first, products, strict=True)])


def test_remote_controlled_u_by_kraus_operators():
    """Oracle: every branch of the cat copy by hand, with Kraus operators of quantum_info."""
    lam, e0, e1, angle = 0.04, 0.03, 0.05, 0.7
    pair = random_density_matrix(4, seed=3)  # qubit 0: alice
    bell = DensityMatrix.from_label("00").evolve(bell_circuit())
    # Qubits: control 0, target 1, alice 2, bob 3, references of control and target 4, 5.
    choi = DensityMatrix(np.eye(1)).tensor(bell).tensor(bell)  # (0, 1), (2, 3)
    order = [0, 2, 1, 3]  # control, target, references
    choi = choi.evolve(permutation(order))
    state = pair.tensor(choi)  # control, target, ref, ref, alice, bob
    cx = Operator(np.array([[1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0], [0, 1, 0, 0]]))
    u = np.diag([1, 1, np.exp(-0.5j * angle), np.exp(0.5j * angle)])[[0, 2, 1, 3]]
    controlled = Operator(np.diag([1, np.exp(-0.5j * angle), 1, np.exp(0.5j * angle)]))
    assert np.allclose(sorted(np.angle(np.diag(controlled.data))), sorted(np.angle(u[u != 0])))
    state = state.evolve(cx, [0, 4]).evolve(depolarised(lam, 2), [0, 4])
    total = 0
    for outcome, said in itertools.product(range(2), repeat=2):
        here = kept(state, 4, outcome, said, e0, e1)
        here = here.evolve(Operator(X), [5]) if said else here
        here = here.evolve(controlled, [5, 1])
        here = here.evolve(Operator(np.array([[1, 1], [1, -1]]) / np.sqrt(2)), [5])
        for last, told in itertools.product(range(2), repeat=2):
            end = kept(here, 5, last, told, e0, e1)
            end = end.evolve(Operator(Z), [0]) if told else end
            total = end.data + total
    wanted = choi.evolve(controlled, [0, 1])
    found = np.trace(wanted.data @ DensityMatrix(total).data.reshape(4, 16, 4, 16).trace(0, 0, 2))
    gate = RemoteControlledU(
        u="rz",
        angles=(angle,),
        noisy="copy",
        gates=Gates(two_qubit_depolarizing=lam, readout_flip_0=e0, readout_flip_1=e1),
    )
    vector = pauli_vector(pair)
    played_on = gate.played_on(of_vectors(gate.needs, [vector]))
    assert played_on["process_fidelity"].best == pytest.approx(found.real, abs=1e-10)


def bell_circuit():
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    return circuit


def permutation(order):
    """Unitary that puts qubit order[k] in place k."""
    size = 2 ** len(order)
    matrix = np.zeros((size, size))
    for before in range(size):
        after = sum((before >> old & 1) << new for new, old in enumerate(order))
        matrix[after, before] = 1
    return Operator(matrix)


def kept(state, qubit, outcome, said, e0, e1):
    """Branch of one true outcome and one recorded bit."""
    wrong = (e0, e1)[outcome]
    share = wrong if said != outcome else 1 - wrong
    projector = np.diag([1 - outcome, outcome]) * math.sqrt(share)
    return state.evolve(Operator(projector), [qubit])


@pytest.mark.parametrize("f", [0.7, 0.92])
def test_teleportation_moves_a_qubit(f):
    """Oracle: C. H. Bennett et al. 1996: process fidelity F, average (2F+1)/3, any pure state."""
    found = Teleportation(state=StateTable(fidelity=f)).play()
    average = (2 * f + 1) / 3
    assert found["process_fidelity"].best == pytest.approx(f, abs=1e-12)
    assert found["average_fidelity"].best == pytest.approx(average, abs=1e-12)
    assert found["state_fidelities"].best == pytest.approx([average] * 6, abs=1e-12)
    assert found["average_fidelity"].without_entanglement == pytest.approx(2 / 3, abs=1e-12)


@pytest.mark.parametrize("shape", ["star", "chain"])
@pytest.mark.parametrize("parties", [3, 5])
def test_fused_ghz_states(shape, parties):
    """Oracle: (prod(F + (1-F)/3) + prod(F - (1-F)/3))/2 over the pairs."""
    f = 0.87
    found = FusedGhz(parties=parties, shape=shape, state=StateTable(fidelity=f)).play()
    up, down = f + (1 - f) / 3, f - (1 - f) / 3
    wanted = (up ** (parties - 1) + down ** (parties - 1)) / 2
    assert found.merit.best == pytest.approx(wanted, abs=1e-12)
    assert found.merit.without_entanglement == pytest.approx(0.5, abs=1e-9)


def test_fused_w_states():
    """Oracle: each teleported qubit is depolarised, l = 1 - w; product states reach (2/3)^2."""
    f = 0.9
    lam = 1 - (4 * f - 1) / 3
    state = DensityMatrix(w_state(3))
    noisy = state.evolve(depolarised(lam, 1), [1]).evolve(depolarised(lam, 1), [2])
    wanted = np.trace(noisy.data @ state.data).real
    found = FusedW(state=StateTable(fidelity=f)).play()
    assert found.merit.best == pytest.approx(wanted, abs=1e-12)
    assert found.merit.ideal == pytest.approx(1.0, abs=1e-12)
    assert found.merit.without_entanglement == pytest.approx(4 / 9, abs=1e-6)


def test_steps_are_the_whole_circuit():
    """Oracle: Aer's density matrix of all steps in one circuit, with ideal pairs in front."""
    gates = Gates(two_qubit_depolarizing=0.03, readout_flip_0=0.02, single_qubit_depolarizing=0.01)
    gate = RemoteControlledU(u="h", method="teleportation", repetitions=2, gates=gates)
    circuit, halves = gate.circuit(), gate.sequence.halves
    registers = {register.name: register[0] for register in circuit.qregs}
    prepared = circuit.copy_empty_like()
    for first, second in zip(halves[::2], halves[1::2], strict=True):
        h = Operator(np.array([[1, 1], [1, -1]]) / np.sqrt(2)).to_instruction()
        h.label = cnot_label = "perfect"
        prepared.append(h, [registers[first]])
        cnot = QuantumCircuit(2)
        cnot.cx(0, 1)
        pair = Operator(cnot).to_instruction()
        pair.label = cnot_label
        prepared.append(pair, [registers[first], registers[second]])
    from qnet.circuits import in_plain_gates

    prepared.compose(in_plain_gates(circuit), inplace=True)
    kept_qubits = [registers[wire] for wire in gate.sequence.outputs]
    wanted = density_matrix(prepared, gate.noise, kept_qubits, perfect=["perfect"])
    found = gate.final(ideal_states(gate.needs))[0]
    assert found == pytest.approx(pauli_vector(wanted), abs=1e-12)


def test_rows_are_played_each():
    """Oracle: every row alone; many rows go through the effects of the pairs instead."""
    gate = RemoteToffoli(gates=Gates(two_qubit_depolarizing=0.02))
    rng = np.random.default_rng(2)
    rows = np.array([pauli_vector(random_density_matrix(4, seed=rng)) for _ in range(20)])
    group = StateGroup(qubits=(0, 1), vectors=rows)
    many = Delivered(needs=gate.needs, groups=(group,), seed=1)
    together = transfer(gate.sequence, many, gate.noise_of_role)
    for row, matrix in zip(rows, together, strict=True):
        alone = transfer(gate.sequence, of_vectors(gate.needs, [row]), gate.noise_of_role)
        assert matrix == pytest.approx(alone[0], abs=1e-12)
    estimate = gate.played_on(many)["process_fidelity"].value
    assert estimate.low < estimate.best < estimate.high


def test_data_wait_for_pairs_on_demand():
    """Oracle: the target is dephased by exp(-t/T2) for the pair, the control too."""
    t, t2 = 2e-3, 0.01
    gate = RemoteControlledU(u="z", pairs="on-demand", memory={"t2_s": t2}, pair_time_s=t)
    kept_share = (1 + math.exp(-t / t2)) / 2
    found = gate.play()
    assert found["process_fidelity"].best == pytest.approx(kept_share**2, abs=1e-12)
    assert found.duration.best == pytest.approx(t)
    ahead = RemoteControlledU(u="z", memory={"t2_s": t2}, pair_time_s=t).play()
    assert ahead["process_fidelity"].best == pytest.approx(1.0, abs=1e-12)


def fast_chain():
    """Two segments whose pairs wait, are dephased, and are swapped with errors."""
    memory = Memory(t2_s=0.02)
    link = Abstract(success_probability=0.3, attempt_time_s=1e-3, fidelity=0.95, memory=memory)
    return Chain(links=(link.link(),) * 2, swap=Station(gates=Gates(two_qubit_depolarizing=0.02)))


@pytest.mark.parametrize(
    ("pairs", "engine", "shots"),
    [("ahead", "sampled", 400), ("on-demand", "sampled", 400), ("ahead", "circuit", 64)],
)
def test_engines_agree_on_a_chain(pairs, engine, shots):
    """Oracle: the engines are each other's; five standard errors."""
    gate = RemoteCnot(
        chain=fast_chain(),
        repetitions=2,
        pairs=pairs,
        memory=Part(Memory, {"t2_s": 0.1}),
        gates=Gates(two_qubit_depolarizing=0.01),
    )
    wanted = gate.play()["process_fidelity"].best
    value = gate.play(engine=engine, shots=shots, seed=5)["process_fidelity"].value
    error = (value.high - value.low) / (2 * 1.96)
    assert abs(value.best - wanted) < 5 * error


def test_messages_take_time():
    """Oracle: control and copy wait for the first bit, the control for the second."""
    t, t2 = 1e-3, 0.01
    gate = RemoteControlledU(u="z", memory={"t2_s": t2}, latency_s=t)
    z = (1 + math.exp(-t / t2)) / 2
    # Z on the copy is Z on the control; three waits of which an odd number of flips remains.
    thrice = (1 + math.exp(-3 * t / t2)) / 2
    assert gate.play()["process_fidelity"].best == pytest.approx(thrice, abs=1e-12)
    assert z > thrice


def test_a_small_rotation_needs_no_entanglement():
    """Oracle: Schmidt coefficients of 1 x P0 + R x P1 by hand: (1 + |cos(a/2)|)/2."""
    gate = RemoteControlledU(u="rx", angles=(0.3,)).play()
    bound = (1 + math.cos(0.15)) / 2
    assert gate["process_fidelity"].without_entanglement == pytest.approx(bound, abs=1e-12)
    assert RemoteCnot().play()["process_fidelity"].without_entanglement == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("cls", "keys", "error", "said"),
    [
        (RemoteControlledU, {"u": "rz"}, ParameterError, "angles must be 1 of the gate 'rz'"),
        (RemoteControlledU, {"u": "swap"}, UnknownNameError, "u"),
        (RemoteCnot, {"method": "beam"}, UnknownNameError, "method"),
        (RemoteCnot, {"repetitions": 0}, ParameterError, "repetitions"),
        (RemoteToffoli, {"remote_controls": 3}, ParameterError, "remote_controls"),
        (FusedGhz, {"parties": 2}, ParameterError, "parties"),
        (FusedW, {"shape": "ring"}, UnknownNameError, "shape"),
        (RemoteCnot, {"pairs": "late"}, UnknownNameError, "pairs"),
        (RemoteCnot, {"pair_time_s": 0.0}, ParameterError, "pair_time_s"),
    ],
)
def test_malformed(cls, keys, error, said):
    """Bad keys are refused by their names."""
    with pytest.raises(error, match=said):
        cls(**keys)


def test_other_needs_are_refused():
    """Steps are played on the pairs that they use."""
    sequence = RemoteCnot(repetitions=2).sequence
    with pytest.raises(ParameterError, match="needs of the steps"):
        played(sequence, ideal_states(RemoteCnot().needs), lambda _: None, np.ones((4, 4)))


@pytest.mark.parametrize(("rounds", "wanted"), [(1, 2 / 8), (2, 3 / 8)])
def test_search_without_entanglement_is_no_worse_than_item_by_item(rounds, wanted):
    """Oracle: all orders in which items can be asked for, and a guess among those left."""
    hits = 0
    for marked in range(8):
        asked = list(range(rounds))
        hits += marked in asked or marked == rounds  # all guesses are alike: the next item
    assert hits / 8 == wanted
    found = DistributedGrover(rounds=rounds).play()["success_probability"]
    assert found.without_entanglement >= wanted
