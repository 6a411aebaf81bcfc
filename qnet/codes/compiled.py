"""Logical maps out of compiled circuits: encoder, errors, syndrome and recovery, on Aer."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.circuits import encoder, encoder_inputs
from qnet.codes.decoders import look_up
from qnet.codes.logical import LogicalMap, PauliChannel, map_of_classes, per_qubit
from qnet.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit

    from qnet.codes.code import StabilizerCode

__all__ = ["compiled_map", "compiled_recovers", "noisy_transmission", "recoveries"]

#: Largest code, with a reference for each logical qubit.
_MOST_QUBITS = 10


def noisy_transmission(code: StabilizerCode, channels: Sequence[PauliChannel]) -> QuantumCircuit:
    """Encode, let every qubit err, decode by the inverse of the encoder, and read the syndrome.

    Args:
        code: The code.
        channels: The error of each qubit.

    Returns:
        A circuit on the register ``code`` with the bits ``syndrome``, one for each qubit that does
        not carry the state, in the order of the qubits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> circuit = noisy_transmission(code_of("repetition-3"), [PauliChannel(x=0.1)] * 3)
        >>> circuit.count_ops()["measure"]
        2
    """
    from qiskit import ClassicalRegister

    circuit = encoder(code)
    for qubit, channel in enumerate(channels):
        circuit.append(_instruction(channel), [qubit])
    circuit.compose(encoder(code).inverse(), inplace=True)
    checked = [qubit for qubit in range(code.n) if qubit not in encoder_inputs(code)]
    bits = ClassicalRegister(len(checked), "syndrome")
    circuit.add_register(bits)
    circuit.measure(checked, bits)
    return circuit


def compiled_map(
    code: StabilizerCode,
    channel: PauliChannel | Sequence[PauliChannel],
    *,
    erased: Sequence[int] = (),
    apart: bool = True,
) -> LogicalMap:
    """The logical map as the circuits make it: compiled by `qnet.instrument`, with a recovery.

    Aer plays the encoder, the errors, the inverse of the encoder and the readout of the syndrome on
    halves of Bell pairs; each outcome has its exact map, and the recovery is the Pauli operator of
    the look-up table for that outcome, taken through the inverse of the encoder. It must equal
    `logical_map`, which never sees a circuit.

    Args:
        code: A code of few qubits.
        channel: The errors of every qubit, or one channel for each.
        erased: Qubits that are known to be lost: they come back maximally mixed.
        apart: See `look_up`.

    Raises:
        EngineError: If code and references have more than 10 qubits.
        ParameterError: If there is not one channel for each qubit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> round(compiled_map(code_of("513"), PauliChannel.depolarising(0.01)).failure, 12)
        0.000977955081
    """
    from qnet.instrument import compile as compile_circuit

    if code.n + code.k > _MOST_QUBITS:
        message = (
            f"the circuits of {code.name} need {code.n + code.k} qubits at once, more than "
            f"{_MOST_QUBITS}; logical_map counts its patterns, sampled frames play its circuits"
        )
        raise EngineError(message)
    channels = per_qubit(code, channel)
    for qubit in erased:
        channels[qubit] = PauliChannel(0.25, 0.25, 0.25)
    circuit = noisy_transmission(code, channels)
    qubits = [circuit.qubits[qubit] for qubit in encoder_inputs(code)]
    found = compile_circuit(circuit, inputs=qubits, outputs=qubits)
    known, name = recoveries(code, tuple(sorted(set(erased))), apart)
    total = np.zeros(4**code.k)
    for outcome, letters in known.items():
        total += _signs(letters) * np.diag(found.matrix(outcome))
    classes = _signs_of_all(code.k) @ total / 4**code.k
    # Aer's rounding leaves some 1e-17 below zero.
    return map_of_classes(code, np.where(np.abs(classes) < 1e-14, 0.0, classes), name)


def compiled_recovers(code: StabilizerCode, lost: Sequence[int]) -> bool:
    """Whether the circuits bring the state back when these qubits come back maximally mixed.

    Args:
        code: A code of few qubits.
        lost: Qubits that are lost, and known to be.

    Raises:
        EngineError: As `compiled_map`.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> [compiled_recovers(code_of("422"), lost) for lost in ([3], [2, 3])]
        [True, False]
    """
    return compiled_map(code, PauliChannel(), erased=lost).failure < 1e-9


def _instruction(channel: PauliChannel) -> object:
    """Aer's channel of a Pauli error."""
    from qiskit_aer.noise import pauli_error

    return pauli_error(list(zip("IXYZ", channel.weights, strict=True))).to_instruction()


@cache
def recoveries(
    code: StabilizerCode, erased: tuple[int, ...], apart: bool
) -> tuple[dict[int, str], str]:
    """Outcome of the syndrome bits -> logical correction, for all outcomes that are kept.

    Corrections of the look-up table are taken through the inverse of the encoder.
    """
    from qiskit.quantum_info import Clifford, Pauli

    table = look_up(code, "XYZ", erased, apart=apart)
    inverse = Clifford(encoder(code).inverse())
    inputs = encoder_inputs(code)
    checked = [qubit for qubit in range(code.n) if qubit not in inputs]
    found: dict[int, str] = {}
    for index in np.flatnonzero(table.accepted):
        word = table.correction(int(index))
        # Qiskit writes qubit 0 last, and may put a sign first.
        label = Pauli(str(word)[::-1]).evolve(inverse, frame="s").to_label().lstrip("-i")[::-1]
        outcome = sum(1 << bit for bit, qubit in enumerate(checked) if label[qubit] in "XY")
        found[outcome] = "".join(label[qubit] for qubit in inputs)
    return found, table.name


def _signs(letters: str) -> NDArray[np.float64]:
    """Signs (4**k,) of all Pauli operators under conjugation with a word."""
    signs: NDArray[np.float64] = np.ones(1)
    for letter in letters:
        signs = np.kron(signs, _COMMUTATION["IXYZ".index(letter)])
    return signs


def _signs_of_all(k: int) -> NDArray[np.float64]:
    """Signs of all Pauli operators (columns) under conjugation with all words (rows)."""
    signs: NDArray[np.float64] = np.ones((1, 1))
    for _ in range(k):
        signs = np.kron(signs, _COMMUTATION)
    return signs


#: 1 where the letters commute, -1 where they anticommute, in the order I, X, Y, Z.
_COMMUTATION = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]], dtype=float)
