"""The frame of applications: deliveries, figures, files, sweeps, and what is refused."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from qiskit.quantum_info import DensityMatrix, Pauli, random_density_matrix

import qnet
from experiments.cli.main import main
from experiments.sweep import read
from protocols.applications import Delivered, Need, StateGroup, StateTable
from protocols.applications.delivered import ideal_states, of_vectors
from protocols.applications.processors.remote_cnot import RemoteCnot
from qnet.errors import ParameterError, UnknownNameError

FILE = """
kind = "application"
name = "remote-cnot"
[state]
fidelity = 0.9
"""


def pauli_vector(rho: DensityMatrix) -> np.ndarray:
    """Oracle: traces of products; the first qubit of the vector is qubit 0."""
    n = rho.num_qubits
    letters = itertools.product("IXYZ", repeat=n)
    return np.array(
        [rho.expectation_value(Pauli("".join(reversed(each)))).real for each in letters]
    )


def test_states_under_noise_are_those_of_kraus_operators():
    """Oracle: density matrices and Kraus operators by hand."""
    g, q, d, p = 0.1, 0.2, 0.3, 0.9
    ket = np.zeros(8)
    ket[[0, 7]] = 1 / np.sqrt(2)
    rho = p * np.outer(ket, ket) + (1 - p) * np.eye(8) / 8
    paulis = [
        np.eye(2),
        np.array([[0, 1], [1, 0]]),
        np.array([[0, -1j], [1j, 0]]),
        np.diag([1, -1]),
    ]
    channels = [
        [np.diag([1, np.sqrt(1 - g)]), np.array([[0, np.sqrt(g)], [0, 0]])],
        [np.sqrt(1 - q) * paulis[0], np.sqrt(q) * paulis[3]],
        [np.sqrt(w) * each for w, each in zip([1 - 0.75 * d] + [d / 4] * 3, paulis, strict=True)],
    ]
    for kraus in channels:
        for qubit in range(3):
            left, right = np.eye(2**qubit), np.eye(2 ** (2 - qubit))
            rho = sum(
                (k := np.kron(np.kron(left, each), right)) @ rho @ k.conj().T for each in kraus
            )
    table = StateTable(visibility=p, damping=g, dephasing=q, depolarising=d)
    assert table.vector("ghz", 3) == pytest.approx(pauli_vector(DensityMatrix(rho)), abs=1e-12)


def test_groups_in_any_order_are_the_joint_state():
    """Oracle: the product of the states, and its permutation, by Qiskit."""
    rng = np.random.default_rng(1)
    pair, other = (random_density_matrix(4, seed=k) for k in (1, 2))
    needs = (Need(number=2),)
    groups = (
        StateGroup(qubits=(1, 2), vectors=pauli_vector(pair)[None]),
        StateGroup(qubits=(0, 3), vectors=pauli_vector(other)[None]),
    )
    delivered = Delivered(needs=needs, groups=groups)
    joint = other.tensor(pair)  # qubits: pair on 0, 1; other on 2, 3
    order = {1: 0, 2: 1, 0: 2, 3: 3}
    matrix = rng.normal(size=(3, 256))
    wanted = []
    for letters in itertools.product("IXYZ", repeat=4):
        placed = ["I"] * 4
        for qubit, letter in enumerate(letters):
            placed[order[qubit]] = letter
        wanted.append(joint.expectation_value(Pauli("".join(reversed(placed)))).real)
    assert delivered.apply(matrix)[0] == pytest.approx(matrix @ np.array(wanted), abs=1e-12)
    first, _ = delivered.states()
    assert first.shape == (1, 16)


def test_intervals_of_rows_cover_the_mean():
    """Oracle: the mean of what is drawn; 95 of 100 runs, within 4.5 standard errors."""
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        werner = rng.uniform(0.6, 1.0, size=200)
        vectors = np.zeros((200, 16))
        vectors[:, 0], vectors[:, 5], vectors[:, 10], vectors[:, 15] = 1, werner, -werner, werner
        group = StateGroup(qubits=(0, 1), vectors=vectors)
        delivered = Delivered(needs=(Need(),), groups=(group,), engine="sampled", seed=1)
        found = RemoteCnot().played_on(delivered).merit.value
        covered += found.low <= (1 + 3 * 0.8) / 4 <= found.high
    assert abs(covered - 380) < 4.5 * np.sqrt(400 * 0.95 * 0.05)


def test_files_are_read_written_digested_and_swept(tmp_path, capsys):
    found = qnet.loads(FILE)
    assert found == RemoteCnot(state=StateTable(fidelity=0.9))
    assert qnet.loads(found.to_toml()) == found
    assert found.digest != found.with_({"state.fidelity": 0.8}).digest
    path = tmp_path / "cnot.toml"
    path.write_text(FILE + '[sweep]\n"state.fidelity" = [0.7, 1.0]\n', encoding="utf-8")
    store = str(tmp_path / "cnot.db")
    assert main(["sweep", str(path), "--store", store]) == 0
    assert main(["results", store]) == 0
    assert "0.7             0.7" in capsys.readouterr().out
    assert read.load(path).size == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('kind = "application"', "name must be given"),
        ('kind = "application"\nname = "remote-cno"', "remote-cnot"),
        (FILE + "werner = 0.5", "fidelity"),
        (FILE.replace("0.9", "1.5"), "state.fidelity"),
        (FILE + "visibilty = 0.5", "visibility"),
        (FILE.replace("[state]", "[stat]"), "state"),
        (FILE + "[gates]\ntwo_qubit_depolarizing = -1", "gates.two_qubit_depolarizing"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, said):
    with pytest.raises((ParameterError, UnknownNameError), match=said):
        qnet.loads(text)


def test_deliveries_for_other_needs_are_refused():
    with pytest.raises(ParameterError, match="these needs"):
        RemoteCnot().played_on(ideal_states((Need(number=2),)))
    with pytest.raises(ParameterError, match="rows"):
        of_vectors((Need(),), [np.ones(4)])


def test_a_mean_state_that_is_not_known_to_all_digits_is_told():
    """A mean value has a bracket of the trace distance; what is none says so in a note."""
    from protocols.applications.parties.superdense_coding import SuperdenseCoding

    coding = SuperdenseCoding()
    near = replace(ideal_states(coding.needs), distance=1e-3)
    result = coding.played_on(near)
    success = result["decoding_success"].value
    assert success.low == pytest.approx(1.0 - 1e-3)
    assert any("trace distance of 0.001" in note for note in result.notes)
    assert not any("distance" in note for note in coding.play().notes)
