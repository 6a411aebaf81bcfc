"""Random stabilizer codes: what holds for every code, with letters Y and several logical qubits."""

import numpy as np
import pytest
from qiskit.quantum_info import Clifford, Pauli, StabilizerState, random_clifford

from qnet.circuits import openqasm
from qnet.codes import (
    PauliChannel,
    StabilizerCode,
    compiled_map,
    encoder,
    is_correctable,
    logical_map,
    syndrome,
)
from qnet.codes.circuits import encoder_inputs
from qnet.codes.compiled import compiled_recovers
from qnet.codes.erasure import by_ranks, by_supports


def random_code(n, k, seed):
    """A code whose operators are images of X and Z under a random Clifford, without their signs."""
    operator = random_clifford(n, seed=seed)

    def image(letter, qubit):
        before = Pauli(("I" * qubit + letter + "I" * (n - qubit - 1))[::-1])
        return before.evolve(operator, frame="s").to_label().lstrip("-i")[::-1]

    return StabilizerCode(
        f"random-{seed}",
        tuple(image("Z", qubit) for qubit in range(k, n)),
        tuple(image("X", qubit) for qubit in range(k)),
        tuple(image("Z", qubit) for qubit in range(k)),
        distance=1,
    )


CODES = [random_code(n, k, seed) for seed, (n, k) in enumerate([(4, 1), (5, 2), (6, 1), (6, 3)])]


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_encoders_of_random_codes(code):
    # Oracle: Qiskit's stabilizer state of the encoded zero has all stabilizers at +1.
    circuit = encoder(code)
    state = StabilizerState(circuit)
    for word in (*code.stabilizers, *code.logical_z):
        assert state.expectation_value(Pauli(word[::-1])) == pytest.approx(1)
    for qubit, word in zip(encoder_inputs(code), code.logical_x, strict=True):
        before = Pauli(("I" * qubit + "X" + "I" * (code.n - qubit - 1))[::-1])
        after = before.evolve(Clifford(circuit), frame="s")
        assert code.signature(after.to_label().lstrip("-i")[::-1]) == code.signature(word)
    assert "measure ancilla" in openqasm(syndrome(code))


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_losses_of_random_codes(code):
    # Oracle: each other: ranks, supports, and compiled circuits; no-cloning at a half.
    counts = by_ranks(code)
    assert counts.patterns == by_supports(code).patterns
    assert counts.recovery(0.5) <= 0.5 + 1e-12
    rng = np.random.default_rng(1)
    for _ in range(6):
        lost = [qubit for qubit in range(code.n) if rng.random() < 0.3]
        assert compiled_recovers(code, lost) == is_correctable(code, lost)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_maps_of_random_codes(code):
    # Oracle: compiled circuits.
    rng = np.random.default_rng(2)
    channel = [PauliChannel(*(rng.random(3) / 10)) for _ in range(code.n)]
    assert compiled_map(code, channel).classes == pytest.approx(
        logical_map(code, channel).classes, abs=1e-12
    )


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
@pytest.mark.parametrize("letter", ["X", "Z"])
def test_flips_of_one_letter_in_random_codes(code, letter):
    # Oracle: compiled circuits, whose decoder has a table of all syndromes.
    flips = PauliChannel(**{letter.lower(): 0.07})
    assert compiled_map(code, flips).classes == pytest.approx(
        logical_map(code, flips).classes, abs=1e-12
    )
