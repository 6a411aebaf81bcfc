"""Circuits of codes: encoder, syndrome and logical measurement, of Clifford gates."""

from __future__ import annotations

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet.codes.binary import solve
from qnet.codes.code import LETTERS, StabilizerCode, masks, product
from qnet.codes.hadamard_frames import css_frame
from qnet.errors import ParameterError, check_integer, check_one_of

__all__ = [
    "CODE_CIRCUITS",
    "encoder",
    "encoder_inputs",
    "logical_measurement",
    "readout",
    "syndrome",
]

#: Largest code whose encoder is made from its tableau.
_MOST_IN_TABLEAU = 24


def encoder(code: StabilizerCode) -> QuantumCircuit:
    """Encode: k qubits in an unknown state and n - k in ``|0>`` become n qubits in the code.

    A code whose checks, after Hadamards on some qubits, are made of X alone or of Z alone (all of
    this package but the [[5, 1, 3]] code) is encoded by CNOTs that fan the logical X out, and then,
    from qubits in ``|+>``, the stabilizers of X. Others are encoded by Qiskit's synthesis of the
    Clifford operator that takes Z of the qubits in ``|0>`` to the stabilizers.

    Args:
        code: The code.

    Returns:
        A circuit on the register ``code`` of n qubits, of h, s, sdg, x, z, cx, cz and swap. The
        unknown state is on the qubits `encoder_inputs` gives, all others are in ``|0>``.

    Raises:
        ParameterError: If the code is large, and neither kind fits.

    References:
        D. Gottesman, arXiv:quant-ph/9705052, chapter 4; S. Bravyi, R. Shaydulin, S. Hu and
        D. Maslov, Quantum 5, 580 (2021) (synthesis).

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> print(encoder(code_of("repetition-3")).draw("text"))  # doctest: +NORMALIZE_WHITESPACE
        code_0: ──■────■──
                ┌─┴─┐  │
        code_1: ┤ X ├──┼──
                └───┘┌─┴─┐
        code_2: ─────┤ X ├
                     └───┘
    """
    return _encoded(code)[0]


def encoder_inputs(code: StabilizerCode) -> tuple[int, ...]:
    """Qubits of the encoder that carry the unknown state, first logical qubit first.

    Raises:
        ParameterError: As `encoder`.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> encoder_inputs(code_of("steane"))
        (2,)
    """
    return _encoded(code)[1]


def syndrome(code: StabilizerCode) -> QuantumCircuit:
    """Measure all stabilizers, each by an ancilla of its own that starts in ``|0>``.

    A stabilizer of Z alone is the target of CNOTs from its qubits; any other is measured by an
    ancilla in ``|+>`` that controls X, Y or Z of its qubits.

    Args:
        code: The code.

    Returns:
        A circuit on ``code`` (n qubits) and ``ancilla`` (n - k), with the bits ``syndrome``: bit i
        is 1 where stabilizer i has the value -1.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> dict(syndrome(code_of("422")).count_ops())
        {'cx': 8, 'h': 2, 'measure': 2}
    """
    qubits, ancilla = QuantumRegister(code.n, "code"), QuantumRegister(code.n - code.k, "ancilla")
    bits = ClassicalRegister(code.n - code.k, "syndrome")
    circuit = QuantumCircuit(qubits, ancilla, bits, name=f"syndrome {code.name}")
    for index, word in enumerate(code.stabilizers):
        _measure_word(circuit, word, list(qubits), ancilla[index])
    circuit.measure(ancilla, bits)
    return circuit


def logical_measurement(code: StabilizerCode, letter: str, index: int = 0) -> QuantumCircuit:
    """Measure a logical Pauli operator by one ancilla, and leave the qubits in the code.

    Args:
        code: The code.
        letter: X, Y or Z.
        index: Which logical qubit, from 0.

    Returns:
        A circuit on ``code`` (n qubits) and ``ancilla`` (1), with the bit ``logical``.

    Raises:
        ParameterError: If there is no such operator.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> logical_measurement(code_of("steane"), "Z").count_ops()["cx"]
        7
    """
    qubits, ancilla = QuantumRegister(code.n, "code"), QuantumRegister(1, "ancilla")
    circuit = QuantumCircuit(qubits, ancilla, ClassicalRegister(1, "logical"))
    circuit.name = f"logical {letter} of {code.name}"
    word, is_negative = _logical_word(code, letter, index)
    _measure_word(circuit, word, list(qubits), ancilla[0])
    if is_negative:
        circuit.x(ancilla[0])
    circuit.measure(ancilla, circuit.clbits)
    return circuit


def readout(code: StabilizerCode, letter: str) -> QuantumCircuit:
    """Measure every qubit in one basis: the logical value, and checks, are parities of the bits.

    Args:
        code: A code whose stabilizers are of X alone or of Z alone.
        letter: X or Z.

    Returns:
        A circuit on ``code`` with the bits ``outcome``. The parity over the qubits of a logical
        operator, or of a stabilizer, of this letter is its value.

    Raises:
        ParameterError: If the logical operators are not words of this letter alone.

    Examples:
        >>> from qnet.codes.catalogue import code_of
        >>> dict(readout(code_of("422"), "X").count_ops())
        {'h': 4, 'measure': 4}
    """
    check_one_of("letter", letter, ("X", "Z"))
    words = code.logical_x if letter == "X" else code.logical_z
    if not all(set(word) <= {"I", letter} for word in words):
        hint = "use logical_measurement()"
        raise ParameterError("letter", "be the one of the logical operators", letter, hint)
    qubits, outcome = QuantumRegister(code.n, "code"), ClassicalRegister(code.n, "outcome")
    circuit = QuantumCircuit(qubits, outcome, name=f"readout {letter} of {code.name}")
    if letter == "X":
        circuit.h(qubits)
    circuit.measure(qubits, outcome)
    return circuit


#: Name -> circuit of a code, for the command line.
CODE_CIRCUITS = {"encoder": encoder, "syndrome": syndrome}


def _measure_word(
    circuit: QuantumCircuit, word: str, qubits: list[object], ancilla: object
) -> None:
    """Gates that bring the value of a Pauli word to an ancilla in ``|0>``."""
    letters = [(letter, qubits[i]) for i, letter in enumerate(word) if letter != "I"]
    if {letter for letter, _ in letters} == {"Z"}:
        for _, qubit in letters:
            circuit.cx(qubit, ancilla)
        return
    circuit.h(ancilla)
    for letter, qubit in letters:
        {"X": circuit.cx, "Y": circuit.cy, "Z": circuit.cz}[letter](ancilla, qubit)
    circuit.h(ancilla)


def _logical_word(code: StabilizerCode, letter: str, index: int) -> tuple[str, bool]:
    """Word of a logical operator, and whether the operator is minus that word.

    Y is i X Z: the product of two words is a word times a power of i.
    """
    check_one_of("letter", letter, ("X", "Y", "Z"))
    if check_integer("index", index, minimum=0) >= code.k:
        hint = "count from 0"
        raise ParameterError("index", f"be below {code.k}, the logical qubits", index, hint)
    x_word, z_word = code.logical_x[index], code.logical_z[index]
    if letter != "Y":
        return (x_word if letter == "X" else z_word), False
    from qiskit.quantum_info import Pauli

    # Qiskit writes qubit 0 last; Y = i X Z.
    found = Pauli(x_word[::-1]).dot(Pauli(z_word[::-1]))
    found.phase = (found.phase - 1) % 4
    label = found.to_label()
    return label.lstrip("-")[::-1], label.startswith("-")


def _encoded(code: StabilizerCode) -> tuple[QuantumCircuit, tuple[int, ...]]:
    frame = css_frame(code)
    if frame is not None:
        return _fanned_out(code, *frame)
    if code.n > _MOST_IN_TABLEAU:
        hint = "write its encoder by hand"
        rule = f"have at most {_MOST_IN_TABLEAU} qubits, or checks of X alone and of Z alone"
        raise ParameterError("code", rule, code.name, hint)
    return _synthesised(code)


def _fanned_out(
    code: StabilizerCode, turned: frozenset[int], is_swapped: bool
) -> tuple[QuantumCircuit, tuple[int, ...]]:
    """The encoder of a code whose words are of X alone or Z alone once some qubits are turned."""
    circuit = QuantumCircuit(QuantumRegister(code.n, "code"), name=f"encoder {code.name}")
    words = [_turned(word, turned) for word in code.stabilizers]
    x_rows = _reduced([x_part for x_part, z_part in map(masks, words) if not z_part])
    logical = code.logical_z if is_swapped else code.logical_x
    fans = [masks(_turned(word, turned))[0] for word in logical]
    for pivot, row in x_rows.items():
        fans = [fan ^ row if fan >> pivot & 1 else fan for fan in fans]
    inputs = _own_bits(code, fans)
    if is_swapped:
        circuit.h(inputs)
    for qubit, fan in zip(inputs, fans, strict=True):
        _fan(circuit, qubit, fan)
    for pivot, row in x_rows.items():
        circuit.h(pivot)
        _fan(circuit, pivot, row)
    if turned:
        circuit.h(sorted(turned))
    return circuit, inputs


def _turned(word: str, turned: frozenset[int]) -> str:
    swap = {"I": "I", "X": "Z", "Z": "X", "Y": "Y"}
    return "".join(swap[letter] if i in turned else letter for i, letter in enumerate(word))


def _reduced(rows: list[int]) -> dict[int, int]:
    """Rows by a qubit that only one of them has: the first qubit of each."""
    found: dict[int, int] = {}
    for row in rows:
        for pivot, other in found.items():
            row ^= other if row >> pivot & 1 else 0
        if row:
            pivot = (row & -row).bit_length() - 1
            found = {at: old ^ row if old >> pivot & 1 else old for at, old in found.items()}
            found[pivot] = row
    return found


def _own_bits(code: StabilizerCode, fans: list[int]) -> tuple[int, ...]:
    """A qubit of each logical operator that no other one acts on."""
    chosen = []
    for index, fan in enumerate(fans):
        others = 0
        for other in (*fans[:index], *fans[index + 1 :]):
            others |= other
        own = fan & ~others
        if not own:
            hint = "choose logical operators of which each has a qubit of its own"
            raise ParameterError("logical_x", "be apart", code.logical_x, hint)
        chosen.append((own & -own).bit_length() - 1)
    return tuple(chosen)


def _fan(circuit: QuantumCircuit, source: int, targets: int) -> None:
    for qubit in range(circuit.num_qubits):
        if qubit != source and targets >> qubit & 1:
            circuit.cx(source, qubit)


def _synthesised(code: StabilizerCode) -> tuple[QuantumCircuit, tuple[int, ...]]:
    """The encoder as Qiskit's circuit of a tableau; the unknown state is on the first k qubits."""
    from qiskit.quantum_info import Clifford
    from qiskit.synthesis import synth_clifford_greedy

    labels = {
        "stabilizer": [*code.logical_z, *code.stabilizers],
        "destabilizer": [*code.logical_x, *_pure_errors(code)],
    }
    table = {name: ["+" + word[::-1] for word in words] for name, words in labels.items()}
    found = synth_clifford_greedy(Clifford.from_dict(table))
    circuit = QuantumCircuit(QuantumRegister(code.n, "code"), name=f"encoder {code.name}")
    circuit.compose(found, inplace=True)
    return circuit, tuple(range(code.k))


def _pure_errors(code: StabilizerCode) -> list[str]:
    """For each stabilizer an error that it alone sees, all commuting and without logical part."""
    places = [(qubit, digit) for qubit in range(code.n) for digit in (1, 3)]
    columns = [int(code.signatures[place]) for place in places]
    letters = ["I" * q + LETTERS[digit] + "I" * (code.n - q - 1) for q, digit in places]
    errors: list[str] = []
    for index in range(len(code.stabilizers)):
        error = "I" * code.n
        for position in solve(columns, 1 << 2 * code.k + index):
            error = product(error, letters[position])
        for other, stabilizer in zip(errors, code.stabilizers[:index], strict=True):
            if _anticommute(error, other):
                error = product(error, stabilizer)
        errors.append(error)
    return errors


def _anticommute(one: str, other: str) -> bool:
    pairs = zip(one, other, strict=True)
    return sum("I" not in (a, b) and a != b for a, b in pairs) % 2 == 1
