"""Circuits with faults: where gates, preparations and readouts err, and what their outcomes tell.

A Clifford circuit with Pauli noise is a list of fault locations. A fault flips a fixed set of the
recorded bits, whatever else happens: the bits that a later measurement takes from the Pauli
operator it has become by then. Two faults flip the exclusive or of their sets. So one walk back
through the circuit, with the bits that X and Z on every qubit would flip from there on, says all
that faults can do (the Pauli frame: E. Knill, Nature 434, 39 (2005)).

Only parities of bits are looked at that are zero without faults: checks, which throw a run away
where one is odd, and halves, each a syndrome that chooses a correction of one logical outcome.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from qnet.codes.logical import PauliChannel
from qnet.errors import ParameterError, check_type
from qnet.hardware.gates import Gates
from qnet.noise import Noise, from_gates

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = ["IDEAL_LABELS", "MOST_PARITIES", "Decoding", "FaultLocation", "FaultyCircuit"]

#: Labels of the operations without faults, by the name of the operation.
IDEAL_LABELS = {"h": "H", "cx": "CX", "cz": "CZ", "s": "S", "x": "X", "z": "Z", "id": "ID"}

#: Most parities of a circuit: their values are numbered in tables.
MOST_PARITIES = 20

#: Most recorded bits: a set of them is one number.
_MOST_BITS = 63

#: Pairs of Pauli letters (of the first and of the second qubit) but the identity, by masks 1 and 2.
_ONE = ((1,), (3,), (2,))
_TWO = tuple((a, b) for a in range(4) for b in range(4) if a or b)

Table = npt.NDArray[np.int64]


class FaultLocation(NamedTuple):
    """A place where a circuit may err, with the sets of bits that its faults flip.

    Args:
        kind: ``gate``, ``preparation``, ``readout`` or the label of an idle qubit.
        flips: Bits that each fault flips, as masks.
        chances: Probability of each fault.
    """

    kind: str
    flips: tuple[int, ...]
    chances: tuple[float, ...]

    @property
    def chance(self) -> float:
        """Probability that there is a fault."""
        return sum(self.chances)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How one logical outcome is read: a parity of bits, corrected by a syndrome of others.

    Args:
        error: The logical error that flips the outcome: ``X`` or ``Z``.
        detectors: Bits of each parity of the syndrome.
        logical: Bits whose parity is the outcome.
        corrections: For each value of the syndrome (first parity lowest) whether to flip it.

    Raises:
        ParameterError: If the table does not fit the syndrome.
    """

    error: str
    detectors: tuple[tuple[int, ...], ...]
    logical: tuple[int, ...]
    corrections: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.error not in ("X", "Z"):
            hint = "an outcome of Z is flipped by X, one of X by Z"
            raise ParameterError("decoding.error", "be X or Z", self.error, hint)
        if len(self.corrections) != 1 << len(self.detectors):
            rule = f"have {1 << len(self.detectors)} entries, one for each syndrome"
            hint = "write a 0 where nothing is flipped"
            raise ParameterError("decoding.corrections", rule, len(self.corrections), hint)


@dataclass(frozen=True, kw_only=True, eq=False)
class FaultyCircuit:
    """A Clifford circuit with Pauli noise, and how its outcomes are read.

    Args:
        circuit: Gates h, s, x, z, cx, cz, id, and reset, measure, barrier. Operations that carry a
            label of `IDEAL_LABELS` have no faults; ``id`` with another label is a place where a
            qubit idles, or where a physical pair brings its error.
        gates: Depolarising numbers of gates and of initialisation (``reset``), and flips of the
            readout, which must be symmetric.
        idles: Pauli errors of the ``id`` gates by their label.
        checks: Bits of each parity that must be even; a run where one is odd is thrown away.
        decodings: How the logical outcomes are read.

    Raises:
        ParameterError: If an operation is no Clifford gate of these, an ``id`` has no errors, bits
            are too many or measured twice, or the readout is not symmetric.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> circuit = QuantumCircuit(1, 1)
        >>> _ = circuit.h(0), circuit.h(0), circuit.measure(0, 0)
        >>> parity = Decoding(error="X", detectors=(), logical=(0,), corrections=(0,))
        >>> noisy = FaultyCircuit(
        ...     circuit=circuit, gates=Gates(single_qubit_depolarizing=0.1), decodings=(parity,)
        ... )
        >>> [place.flips for place in noisy.locations]
        [(0, 1, 1), (1, 1, 0)]
    """

    circuit: QuantumCircuit
    gates: Gates = field(default_factory=Gates)
    idles: Mapping[str, PauliChannel] = field(default_factory=dict)
    checks: tuple[tuple[int, ...], ...] = ()
    decodings: tuple[Decoding, ...] = ()

    def __post_init__(self) -> None:
        check_type("faulty.gates", self.gates, Gates)
        if self.gates.readout_flip_0 != self.gates.readout_flip_1:
            flips = self.gates.readout_flip_0, self.gates.readout_flip_1
            hint = "take the mean of both: outcomes are read in a random Pauli frame"
            raise ParameterError("faulty.gates", "have symmetric readout", flips, hint)
        bits = self.circuit.num_clbits
        if bits > _MOST_BITS:
            rule = f"have at most {_MOST_BITS} recorded bits"
            raise ParameterError("faulty.circuit", rule, bits, "take a smaller code")
        if len(self.parities) > MOST_PARITIES:
            rule = f"have at most {MOST_PARITIES} parities to look at"
            raise ParameterError("faulty.checks", rule, len(self.parities), "take a smaller code")
        for bit in (bit for parity in self.parities for bit in parity):
            if not 0 <= bit < bits:
                hint = f"the circuit has bits 0 to {bits - 1}"
                raise ParameterError("faulty.decodings", "name bits of the circuit", bit, hint)
        _ = self.locations

    @property
    def parities(self) -> tuple[tuple[int, ...], ...]:
        """Bits of every parity: checks, then syndrome and logical outcome of each decoding."""
        halves = ((*half.detectors, half.logical) for half in self.decodings)
        return (*self.checks, *(parity for half in halves for parity in half))

    @cached_property
    def locations(self) -> tuple[FaultLocation, ...]:
        """All places where there may be a fault, in the order of the circuit."""
        walk = _WalkBack(self)
        for name, label, qubits, bits in reversed(self.operations):
            walk.back(name, label, qubits, bits)
        return tuple(place for place in reversed(walk.places) if place.chance > 0.0)

    @cached_property
    def operations(self) -> tuple[tuple[str, str | None, tuple[int, ...], tuple[int, ...]], ...]:
        """Name, label (None where there is none), qubits and bits of each operation."""
        known = {"reset", "measure", *IDEAL_LABELS}
        found, measured = [], set[int]()
        for step in self.circuit.data:
            name, label = step.operation.name, getattr(step.operation, "label", None)
            qubits = tuple(self.circuit.find_bit(qubit).index for qubit in step.qubits)
            bits = tuple(self.circuit.find_bit(bit).index for bit in step.clbits)
            if name == "barrier":
                continue
            if name not in known:
                hint = f"the gates are {', '.join(sorted(known))}"
                raise ParameterError("faulty.circuit", "be of Clifford gates", name, hint)
            if name == "id" and label not in (None, IDEAL_LABELS["id"], *self.idles):
                hint = "name its Pauli errors in idles"
                raise ParameterError("faulty.idles", "know every label of an idle", label, hint)
            if measured.intersection(bits):
                hint = "measure into a bit of its own"
                raise ParameterError("faulty.circuit", "write every bit once", bits[0], hint)
            measured.update(bits)
            found.append((name, label, qubits, bits))
        return tuple(found)

    def errors(self, name: str, label: str | None) -> tuple[str, tuple[float, ...]]:
        """Kind of location of an operation, and the probabilities of its Pauli errors after it.

        Three for one qubit (X, Y, Z), fifteen for two (I X, I Y, I Z, X I, ... by masks), one
        for a measurement, whose bit is flipped; none where it has no faults.
        """
        gates = self.gates
        if name == "measure":
            return "readout", (gates.readout_flip_0,)
        if name == "reset":
            return "preparation", (gates.initialisation_depolarizing / 4.0,) * 3
        if name == "id":
            channel = self.idles.get(label or "")
            return label or "idle", () if channel is None else (channel.x, channel.y, channel.z)
        if label == IDEAL_LABELS[name]:
            return "gate", ()
        if name in ("cx", "cz"):
            return "gate", (gates.two_qubit_depolarizing / 16.0,) * 15
        return "gate", (gates.single_qubit_depolarizing / 4.0,) * 3

    @cached_property
    def noise(self) -> Noise:
        """The same noise for Aer, and for `qnet.instrument.compile`."""
        from qiskit_aer.noise import NoiseModel, pauli_error

        noise = from_gates(self.gates)
        model = NoiseModel() if noise.model is None else noise.model
        for label, channel in self.idles.items():
            weights = dict(zip("IXYZ", channel.weights, strict=True))
            model.add_all_qubit_quantum_error(pauli_error(list(weights.items())), [label])
        return Noise(model=model, perfect=noise.perfect | set(IDEAL_LABELS.values()))

    def parity_values(self, flips: Sequence[int]) -> Table:
        """Values of all parities as one number, first one lowest, for masks of flipped bits."""
        masks = [sum(1 << bit for bit in parity) for parity in self.parities]
        return np.array(
            [
                sum((flip & mask).bit_count() % 2 << place for place, mask in enumerate(masks))
                for flip in flips
            ],
            dtype=np.int64,
        )

    @cached_property
    def verdicts(self) -> Table:
        """What each value of the parities means: -1 thrown away, else bit i: outcome i is wrong.

        Shape (2^m,), m the number of parities.
        """
        values = np.arange(1 << len(self.parities))
        rejected = values & ((1 << len(self.checks)) - 1)
        verdict, place = np.zeros_like(values), len(self.checks)
        for number, half in enumerate(self.decodings):
            syndrome = values >> place & ((1 << len(half.detectors)) - 1)
            place += len(half.detectors)
            wrong = (values >> place & 1) ^ np.array(half.corrections)[syndrome]
            verdict |= wrong << number
            place += 1
        return np.where(rejected > 0, -1, verdict)


class _WalkBack:
    """Walks back through a circuit with the bits that X and Z on every qubit flip from there on."""

    def __init__(self, faulty: FaultyCircuit) -> None:
        self.faulty = faulty
        self.x = [0] * faulty.circuit.num_qubits
        self.z = [0] * faulty.circuit.num_qubits
        self.places: list[FaultLocation] = []

    def back(
        self, name: str, label: str | None, qubits: tuple[int, ...], bits: tuple[int, ...]
    ) -> None:
        """Note the faults after an operation, then go to before it."""
        kind, chances = self.faulty.errors(name, label)
        if name == "measure":
            self.places.append(FaultLocation(kind, (1 << bits[0],), chances))
        elif chances:
            letters = _ONE if len(qubits) == 1 else _TWO
            flips = tuple(self._flips(qubits, each) for each in letters)
            self.places.append(FaultLocation(kind, flips, chances))
        self._conjugate(name, qubits, bits)

    def _flips(self, qubits: tuple[int, ...], letters: tuple[int, ...]) -> int:
        total = 0
        for qubit, letter in zip(qubits, letters, strict=True):
            total ^= self.x[qubit] * (letter & 1) ^ self.z[qubit] * (letter >> 1)
        return total

    def _conjugate(self, name: str, qubits: tuple[int, ...], bits: tuple[int, ...]) -> None:
        x, z, one = self.x, self.z, qubits[0]
        match name:
            case "h":
                x[one], z[one] = z[one], x[one]
            case "s":
                x[one] ^= z[one]
            case "cx":
                x[one] ^= x[qubits[1]]
                z[qubits[1]] ^= z[one]
            case "cz":
                x[one], x[qubits[1]] = x[one] ^ z[qubits[1]], x[qubits[1]] ^ z[one]
            case "measure":
                x[one] ^= 1 << bits[0]
            case "reset":
                x[one] = z[one] = 0
