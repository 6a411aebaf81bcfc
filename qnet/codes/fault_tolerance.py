"""Circuits of blocks with faulty gates: Bell measurement, preparation, encoded pairs.

All are of CSS codes, on one block or two. A block is read by measuring all its qubits: the bits
give the syndrome and the logical outcome at once, and are decoded classically (A. M. Steane, Phys.
Rev. Lett. 78, 2252 (1997)). Transversal gates and such readout never turn one fault into two errors
of one block. A preparation does; a verification finds those (H. Goto, Sci. Rep. 6, 19578 (2016)).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from qnet.codes.code import StabilizerCode, product
from qnet.codes.decoders import look_up
from qnet.codes.faulty import IDEAL_LABELS, Decoding, FaultyCircuit
from qnet.codes.logical import PauliChannel
from qnet.errors import ParameterError
from qnet.hardware.gates import Gates

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate

__all__ = [
    "block_bell_measurement",
    "encoded_pair_by_syndromes",
    "encoded_pair_by_teleportation",
    "prepared_block",
    "verification",
]

_PERFECT = PauliChannel()


def block_bell_measurement(
    code: StabilizerCode, gates: Gates, pair: PauliChannel = _PERFECT
) -> FaultyCircuit:
    """The Bell measurement of two blocks: CNOT, H and measurement, qubit by qubit, then decoding.

    Two blocks in a logical Bell state without faults; errors of the physical pairs on the left one.

    Args:
        code: A CSS code.
        gates: Errors of the 2 n qubits' gates and readout.
        pair: Pauli errors that each qubit of the left block brings.

    Raises:
        ParameterError: If the code is not CSS, or the readout not symmetric.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> noisy = block_bell_measurement(code_of("steane"), Gates(two_qubit_depolarizing=1e-3))
        >>> noisy.circuit.num_qubits, len(noisy.locations)
        (14, 7)
    """
    from qiskit import QuantumCircuit

    n = _check_css(code).n
    circuit = QuantumCircuit(2 * n, 2 * n)
    left, right = range(n), range(n, 2 * n)
    prepare(circuit, code, left, "X", ideal=True)
    prepare(circuit, code, right, "Z", ideal=True)
    for one, two in zip(left, right, strict=True):
        _cx(circuit, one, two, ideal=True)
        _idle(circuit, one, "pair")
    for one, two in zip(left, right, strict=True):
        circuit.cx(one, two)
        circuit.h(one)
    circuit.measure([*right, *left], [*right, *left])
    halves = tuple(
        _half(code, error, [(bit,) for bit in bits]) for error, bits in (("X", right), ("Z", left))
    )
    return FaultyCircuit(circuit=circuit, gates=gates, idles={"pair": pair}, decodings=halves)


def prepared_block(
    code: StabilizerCode, gates: Gates, basis: str = "Z", verify: Sequence[str] = ()
) -> FaultyCircuit:
    """A block prepared in the logical ``|0>`` or ``|+>`` by gates, verified, and read.

    Args:
        code: A CSS code.
        gates: Errors of gates, initialisation and readout.
        basis: ``Z`` for ``|0>``, ``X`` for ``|+>``: what is prepared and read.
        verify: Pauli words of Z alone for ``|0>``, X alone for ``|+>``, whose value the block has
            if the preparation made no error: each is measured by an ancilla, and where one is wrong
            the block is thrown away.

    Raises:
        ParameterError: If the code is not CSS, or a word does not fit.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> from qnet.codes.fault_orders import fault_orders
        >>> steane, noise = code_of("steane"), Gates(two_qubit_depolarizing=1e-3)
        >>> bare = prepared_block(steane, noise)
        >>> verified = prepared_block(steane, noise, verify=verification(steane, "Z"))
        >>> [fault_orders(each).leading_power for each in (bare, verified)]
        [1, 2]
    """
    from qiskit import QuantumCircuit

    n = _check_css(code).n
    circuit = QuantumCircuit(n + len(verify), n + len(verify))
    prepare(circuit, code, range(n), basis)
    for place, word in enumerate(verify):
        _verify(circuit, range(n), word, n + place, n + place)
    if basis == "X":
        for qubit in range(n):
            circuit.append(_ideal("h"), [qubit])
    circuit.measure(range(n), range(n))
    error = "X" if basis == "Z" else "Z"
    return FaultyCircuit(
        circuit=circuit,
        gates=gates,
        checks=tuple((n + place,) for place in range(len(verify))),
        decodings=(_half(code, error, [(bit,) for bit in range(n)]),),
    )


def encoded_pair_by_teleportation(
    code: StabilizerCode,
    gates: Gates,
    pair: PauliChannel = _PERFECT,
    *,
    verified: bool = True,
    read_by_gates: bool = False,
) -> FaultyCircuit:
    """An encoded Bell pair between two stations, by a teleported transversal CNOT.

    A block in the logical ``|+>`` at one station, one in ``|0>`` at the other, n physical Bell
    pairs in between: each does one CNOT from a qubit of the first to one of the second (D.
    Gottesman and I. L. Chuang, Nature 402, 390 (1999)); corrections stay in the Pauli frame. Then
    both blocks are read: the logical Bell state, each half decoded (L. Jiang et al., Phys. Rev. A
    79, 032325 (2009)).

    Args:
        code: A CSS code.
        gates: Errors of gates, initialisation and readout.
        pair: Pauli errors of the physical pairs.
        verified: Whether both blocks are verified, see `verification`.
        read_by_gates: Whether the CNOT and H that read both blocks err, as in the Bell measurement
            of a station; else the readout alone does.

    Raises:
        ParameterError: If the code is not CSS, or the circuit has too many bits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> encoded_pair_by_teleportation(code_of("steane"), Gates()).circuit.num_qubits
        32
    """
    from qiskit import QuantumCircuit

    n = _check_css(code).n
    words = [(verification(code, basis) if verified else (), basis) for basis in "XZ"]
    spare = sum(len(each) for each, _ in words)
    circuit = QuantumCircuit(4 * n + spare, 4 * n + spare)
    left, right, near, far = (range(k * n, (k + 1) * n) for k in range(4))
    place = 4 * n
    for (each, basis), block in zip(words, (left, right), strict=True):
        prepare(circuit, code, block, basis)
        for word in each:
            _verify(circuit, block, word, place, place)
            place += 1
    for control, one, two, target in zip(left, near, far, right, strict=True):
        circuit.append(_ideal("h"), [one])
        _cx(circuit, one, two, ideal=True)
        _idle(circuit, two, "pair")
        circuit.cx(control, one)
        circuit.cx(two, target)
        circuit.h(two)
        circuit.measure([one, two], [one, two])
    _read_pair(circuit, left, right, ideal=not read_by_gates)
    # X on the target where ``one`` is 1, Z on the control where ``two`` is 1.
    halves = (
        _half(code, "X", list(zip(right, near, strict=True))),
        _half(code, "Z", list(zip(left, far, strict=True))),
    )
    checks = tuple((bit,) for bit in range(4 * n, 4 * n + spare))
    return FaultyCircuit(
        circuit=circuit, gates=gates, idles={"pair": pair}, checks=checks, decodings=halves
    )


def encoded_pair_by_syndromes(
    code: StabilizerCode, gates: Gates, pair: PauliChannel = _PERFECT
) -> FaultyCircuit:
    """An encoded Bell pair out of n physical ones: both stations measure all checks once.

    Every check is measured by one ancilla, gate by gate: a fault of the ancilla in the middle
    becomes errors of several qubits of the block, so it is not fault tolerant. The two syndromes
    are compared and corrected; then both blocks are read, and what is left is decoded again.

    Args:
        code: A CSS code.
        gates: Errors of gates, initialisation and readout.
        pair: Pauli errors of the physical pairs.

    Raises:
        ParameterError: If the code is not CSS, or the circuit has too many bits.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> encoded_pair_by_syndromes(code_of("repetition-3"), Gates()).circuit.num_qubits
        10
    """
    from qiskit import QuantumCircuit

    n, checks = _check_css(code).n, code.stabilizers
    size = 2 * n + 2 * len(checks)
    circuit = QuantumCircuit(size, size)
    left, right = range(n), range(n, 2 * n)
    for one, two in zip(left, right, strict=True):
        circuit.append(_ideal("h"), [one])
        _cx(circuit, one, two, ideal=True)
        _idle(circuit, two, "pair")
    for side, block in enumerate((left, right)):
        for place, word in enumerate(checks):
            ancilla = 2 * n + side * len(checks) + place
            _verify(circuit, block, word, ancilla, ancilla)
    _read_pair(circuit, left, right)
    halves = []
    for error, block in (("X", right), ("Z", left)):
        rows = _seen_by(code, error)
        compared = tuple((2 * n + row, 2 * n + len(checks) + row) for row in rows)
        halves.append(_twice(_half(code, error, [(bit,) for bit in block]), compared, code))
    return FaultyCircuit(
        circuit=circuit, gates=gates, idles={"pair": pair}, decodings=tuple(halves)
    )


@lru_cache(maxsize=64)
def verification(code: StabilizerCode, basis: str) -> tuple[str, ...]:
    """Words that verify a prepared block: as few and as light as let no single fault pass.

    They are logical operators that the prepared state has, times checks of the same letter; each
    set is tried by enumerating all single faults of its own circuit. Steane's code takes two words
    of four letters after `prepare`; with another order of its CNOTs one of three letters is enough
    (H. Goto, Sci. Rep. 6, 19578 (2016)).

    Args:
        code: A CSS code.
        basis: ``Z`` for the logical ``|0>``, ``X`` for ``|+>``.

    Raises:
        ParameterError: If neither one word nor two are enough, or the code is not CSS.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> verification(code_of("surface-3"), "Z"), verification(code_of("surface-3"), "X")
        (('IIIIIZZZI',), ())
    """
    trial = Gates(
        single_qubit_depolarizing=1e-3,
        two_qubit_depolarizing=1e-3,
        initialisation_depolarizing=1e-3,
        readout_flip_0=1e-3,
        readout_flip_1=1e-3,
    )
    words = _words(_check_css(code), basis)
    for count in range(3):
        for chosen in itertools.combinations(words, count):
            block = prepared_block(code, trial, basis, chosen)
            verdicts = block.verdicts
            flips = [flip for place in block.locations for flip in place.flips]
            if not np.any(verdicts[block.parity_values(flips)] > 0):
                return chosen
    hint = "prepare it in another way, or take a code of distance 3"
    rule = "have a verification of at most two words"
    raise ParameterError("code", rule, code.name, hint)


def _words(code: StabilizerCode, basis: str) -> list[str]:
    """A logical operator of one letter times every product of checks of that letter, by weight."""
    logical = {"X": code.logical_x[0], "Z": code.logical_z[0]}[basis]
    rows = [word for word in code.stabilizers if basis in word]
    found = []
    for number in range(1 << len(rows)):
        word = logical
        for place, row in enumerate(rows):
            word = product(word, row) if number >> place & 1 else word
        found.append(word)
    return sorted(found, key=lambda word: (len(word) - word.count("I"), word))


def prepare(
    circuit: QuantumCircuit,
    code: StabilizerCode,
    block: Sequence[int],
    basis: str,
    *,
    ideal: bool = False,
) -> None:
    """Prepare a block in the logical ``|0>`` (basis Z) or ``|+>`` (X): resets, H, CNOTs.

    For ``|0>`` every check of X gets a qubit of its own that starts in ``|+>`` and a CNOT from it
    to the others of the check; ``|+>`` is the same with X and Z, control and target exchanged.
    """
    from qiskit.circuit.library import HGate

    own = "X" if basis == "Z" else "Z"
    rows = np.array(
        [[letter == own for letter in word] for word in code.stabilizers if own in word], dtype=bool
    ).reshape(-1, code.n)
    pivots = _reduce(rows)
    for place, qubit in enumerate(block):
        if not ideal:
            circuit.reset(qubit)
        if (place in pivots) == (basis == "Z"):
            circuit.append(_ideal("h") if ideal else HGate(), [qubit])
    for pivot, row in zip(pivots, rows, strict=False):
        for other in np.flatnonzero(row).tolist():
            if other != pivot:
                ends = (block[pivot], block[other])
                _cx(circuit, *(ends if basis == "Z" else ends[::-1]), ideal=ideal)


def _verify(
    circuit: QuantumCircuit, block: Sequence[int], word: str, ancilla: int, bit: int
) -> None:
    """Measure a word of X alone or of Z alone by one ancilla."""
    circuit.reset(ancilla)
    is_x = "X" in word
    if is_x:
        circuit.h(ancilla)
    for qubit, letter in zip(block, word, strict=True):
        if letter != "I":
            circuit.cx(*((ancilla, qubit) if is_x else (qubit, ancilla)))
    if is_x:
        circuit.h(ancilla)
    circuit.measure(ancilla, bit)


def _read_pair(
    circuit: QuantumCircuit, left: Sequence[int], right: Sequence[int], *, ideal: bool = True
) -> None:
    """Read Z of both blocks and X of both: by CNOT and H, then readout."""
    from qiskit.circuit.library import HGate

    for one, two in zip(left, right, strict=True):
        _cx(circuit, one, two, ideal=ideal)
        circuit.append(_ideal("h") if ideal else HGate(), [one])
    circuit.measure([*right, *left], [*right, *left])


def _half(code: StabilizerCode, error: str, bits: Sequence[tuple[int, ...]]) -> Decoding:
    """The decoding of errors of one kind, from the bits that tell of every qubit."""
    rows = _seen_by(code, error)
    logical = code.logical_z[0] if error == "X" else code.logical_x[0]

    def parity(word: str) -> tuple[int, ...]:
        chosen = [each for letter, each in zip(word, bits, strict=True) if letter != "I"]
        return tuple(bit for each in chosen for bit in each)

    detectors = tuple(parity(code.stabilizers[row]) for row in rows)
    table = look_up(code, error)
    support = np.array([letter != "I" for letter in logical])
    flips = np.count_nonzero((table.words > 0) & support, axis=1) % 2
    if code.is_detecting:
        hint = "put its checks among those of the circuit"
        raise ParameterError("code", "be one that corrects", code.name, hint)
    corrections = tuple(int(flip) for flip in flips)
    return Decoding(
        error=error, detectors=detectors, logical=parity(logical), corrections=corrections
    )


def _twice(half: Decoding, compared: tuple[tuple[int, ...], ...], code: StabilizerCode) -> Decoding:
    """Corrected by a first syndrome, then by what is left of the second one."""
    table = look_up(code, half.error)
    rows = _seen_by(code, half.error)
    corrections = []
    for number in range(1 << 2 * len(rows)):
        first, second = number & ((1 << len(rows)) - 1), number >> len(rows)
        # The correction of the first syndrome has that syndrome itself: what is left differs.
        left = second ^ first if table.accepted[first] else second
        corrections.append(half.corrections[first] ^ half.corrections[left])
    return Decoding(
        error=half.error,
        detectors=(*compared, *half.detectors),
        logical=half.logical,
        corrections=tuple(corrections),
    )


def _seen_by(code: StabilizerCode, error: str) -> tuple[int, ...]:
    """Stabilizers that errors of one letter flip."""
    return look_up(code, error).rows


def _check_css(code: StabilizerCode) -> StabilizerCode:
    if not code.is_css:
        hint = "such as steane, shor, surface-3 or repetition-3"
        raise ParameterError("code", "have checks of X alone and of Z alone", code.name, hint)
    return code


def _reduce(rows: NDArray[np.bool_]) -> list[int]:
    """Bring rows to reduced echelon form in place; the pivot of each."""
    pivots: list[int] = []
    for column in range(rows.shape[1]):
        place = len(pivots)
        found = np.flatnonzero(rows[place:, column])
        if not found.size:
            continue
        rows[[place, place + found[0]]] = rows[[place + found[0], place]]
        others = np.flatnonzero(rows[:, column])
        rows[others[others != place]] ^= rows[place]
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return pivots


def _ideal(name: str) -> Gate:
    from qiskit.circuit.library import CXGate, HGate

    return {"h": HGate, "cx": CXGate}[name](label=IDEAL_LABELS[name])


def _cx(circuit: QuantumCircuit, control: int, target: int, *, ideal: bool = False) -> None:
    if ideal:
        circuit.append(_ideal("cx"), [control, target])
    else:
        circuit.cx(control, target)


def _idle(circuit: QuantumCircuit, qubit: int, label: str) -> None:
    from qiskit.circuit.library import IGate

    circuit.append(IGate(label=label), [qubit])
