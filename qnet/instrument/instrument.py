"""The compiled form of a circuit: one exact real matrix per classical outcome."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qnet.errors import ParameterError, UnknownNameError
from qnet.instrument.pauli import pauli_columns

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from qiskit.quantum_info import SuperOp

__all__ = ["Factor", "Instrument", "Outcome"]

#: Outcome of the classical bits: a bit string, its integer, or the value of each register.
Outcome = str | int | Mapping[str, str | int]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Factor:
    """The part of an instrument on qubits and bits that no operation joins to the rest.

    Args:
        inputs: Positions of its inputs among the instrument's inputs, ascending.
        outputs: Positions of its outputs among the instrument's outputs, ascending.
        clbits: Positions of its bits among the instrument's bits, ascending.
        maps: Shape (2**len(clbits), 4**len(outputs), 4**len(inputs)); first index: the outcome,
            first bit least significant. ``maps[m, i, j] = 2**-n_in Tr(P_i Λ_m(P_j))``, first qubit
            = most significant base-4 digit; the sum over m preserves the trace.

    Examples:
        >>> Factor(inputs=(0,), outputs=(0,), clbits=(), maps=np.eye(4)[None]).maps.shape
        (1, 4, 4)
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    clbits: tuple[int, ...]
    maps: NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = (2 ** len(self.clbits), 4 ** len(self.outputs), 4 ** len(self.inputs))
        if np.shape(self.maps) != shape:
            hint = f"give shape {shape} for these inputs, outputs and bits"
            raise ParameterError("maps", "fit the factor", np.shape(self.maps), hint)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Instrument:
    """A circuit under its noise: one completely positive map per classical outcome, exact.

    A state of n qubits is its Pauli vector ``r[j] = Tr(ρ P_j)``, first qubit = most significant
    base-4 digit, so a pair's Fano matrix R enters as ``R.reshape(16)``. Outcome m turns r into
    ``matrix(m) @ r``, whose component 0 is the probability of m.

    An outcome is named by classical register, ``{"bsm": "01"}``, in Qiskit's order (bit 0 is the
    rightmost letter); registers that are left out are summed over. It may also be a string over all
    written bits (spaces do not count), or an integer (first written bit least significant).

    Args:
        factors: The independent parts.
        inputs: Names of the inputs (``"alice[0]"``).
        outputs: Names of the outputs.
        clbits: Names of the bits that the circuit writes, in its order.
        registers: For each classical register its name and, per bit, the position in ``clbits``, or
            ``None`` for a bit that is never written, and so 0.

    Examples:
        >>> from qiskit import QuantumCircuit
        >>> from qnet.instrument import compile
        >>> circuit = QuantumCircuit(1, 1)
        >>> _ = circuit.measure(0, 0)
        >>> instrument = compile(circuit, inputs=circuit.qubits, outputs=[])
        >>> list(instrument.outcomes())
        [{'c': '0'}, {'c': '1'}]
        >>> instrument.matrix({"c": "0"})
        array([[0.5, 0. , 0. , 0.5]])
        >>> instrument.select(lambda bits: "1" in bits["c"])
        array([[ 0.5,  0. ,  0. , -0.5]])
        >>> instrument.channel().round(12) + 0.0
        array([[1., 0., 0., 0.]])
        >>> round(float(instrument.probability({"c": 1}, [1.0, 0.0, 0.0, -1.0])), 12)
        1.0
    """

    factors: tuple[Factor, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    clbits: tuple[str, ...]
    registers: tuple[tuple[str, tuple[int | None, ...]], ...]

    def __repr__(self) -> str:
        ins, outs = (", ".join(names) or "nothing" for names in (self.inputs, self.outputs))
        bits = f", bits {', '.join(self.clbits)}" if self.clbits else ""
        parts = f", {len(self.factors)} independent parts" if len(self.factors) > 1 else ""
        return f"<Instrument: {ins} -> {outs}{bits}{parts}>"

    def outcomes(self) -> Iterator[dict[str, str]]:
        """All values of the written bits, each as register name -> bits, in ascending order."""
        for index in range(2 ** len(self.clbits)):
            yield self._named(index)

    def matrix(self, outcome: Outcome) -> NDArray[np.float64]:
        """Matrix of one outcome, in the caller's order of inputs and outputs.

        Args:
            outcome: See the class.

        Returns:
            Shape (4**n_out, 4**n_in), sub-normalised: row 0 gives the probability.

        Raises:
            ParameterError: If the outcome does not fit the bits.
            UnknownNameError: If it names a register that does not exist.

        Examples:
            >>> from qiskit import QuantumCircuit
            >>> from qnet.instrument import compile
            >>> circuit = QuantumCircuit(1, 1)
            >>> _ = circuit.x(0), circuit.measure(0, 0)
            >>> compile(circuit).matrix({"c": "1"})[:, 0]
            array([ 1.,  0.,  0., -1.])
        """
        fixed = self._fixed(outcome)
        if fixed is None:
            return np.zeros((4 ** len(self.outputs), 4 ** len(self.inputs)))
        return self._joint([_chosen(factor, fixed) for factor in self.factors])

    def channel(self) -> NDArray[np.float64]:
        """Sum over all outcomes.

        Returns:
            Shape (4**n_out, 4**n_in); trace-preserving, so row 0 is (1, 0, 0, ...).
        """
        return self._joint([factor.maps.sum(axis=0) for factor in self.factors])

    def select(self, accept: Callable[[dict[str, str]], bool]) -> NDArray[np.float64]:
        """Sum over the outcomes that are accepted.

        Args:
            accept: Called with each outcome as register name -> bits.

        Returns:
            Shape (4**n_out, 4**n_in); row 0 gives the probability of being accepted.

        Examples:
            >>> from qiskit import QuantumCircuit
            >>> from qnet.instrument import compile
            >>> circuit = QuantumCircuit(2, 2)
            >>> _ = circuit.h(0), circuit.measure([0, 1], [0, 1])
            >>> equal = compile(circuit, outputs=[]).select(lambda bits: bits["c"] in ("00", "11"))
            >>> round(float(equal[0, 0]), 12)
            0.5
        """
        total = np.zeros((4 ** len(self.outputs), 4 ** len(self.inputs)))
        for index in range(2 ** len(self.clbits)):
            if accept(self._named(index)):
                total += self.matrix(index)
        return total

    def probability(
        self, outcome: Outcome, state: ArrayLike | None = None
    ) -> NDArray[np.float64] | np.float64:
        """Probability of an outcome.

        Args:
            outcome: See the class.
            state: Pauli vectors of the inputs, shape (..., 4**n_in); needed unless the circuit has
                no inputs.

        Returns:
            A number, or an array of the shape (...).

        Raises:
            ParameterError: If the state does not fit the inputs.
        """
        return self._states(state) @ self.matrix(outcome)[0]

    def then(self, other: Instrument) -> Instrument:
        """This instrument, then another on its outputs.

        Args:
            other: Instrument whose inputs are, in order, the outputs of this one.

        Returns:
            Inputs of this one, outputs of the other, bits of both (this one's first).

        Raises:
            ParameterError: If the numbers of qubits differ, or both write a register of the same
                name.

        Examples:
            >>> from qiskit import QuantumCircuit
            >>> from qnet.instrument import compile
            >>> flip = QuantumCircuit(1)
            >>> _ = flip.x(0)
            >>> one = compile(flip, inputs=flip.qubits)
            >>> np.diag(one.then(one).channel())
            array([1., 1., 1., 1.])
        """
        if len(self.outputs) != len(other.inputs):
            hint = f"give {len(self.outputs)} inputs to the second"
            raise ParameterError("inputs", "match the outputs before", len(other.inputs), hint)
        both = {name for name, _ in self.registers} & {name for name, _ in other.registers}
        if both:
            hint = "give the registers of each step a name of their own"
            raise ParameterError("register names", "be distinct", sorted(both), hint)
        shift = len(self.clbits)
        moved = tuple(
            (name, tuple(None if bit is None else bit + shift for bit in bits))
            for name, bits in other.registers
        )
        maps = np.einsum("bij,ajk->baik", other._all(), self._all())
        factor = Factor(
            inputs=tuple(range(len(self.inputs))),
            outputs=tuple(range(len(other.outputs))),
            clbits=tuple(range(shift + len(other.clbits))),
            maps=maps.reshape(-1, *maps.shape[2:]),
        )
        return Instrument(
            factors=(factor,),
            inputs=self.inputs,
            outputs=other.outputs,
            clbits=self.clbits + other.clbits,
            registers=self.registers + moved,
        )

    def to_superop(self, outcome: Outcome | None = None) -> SuperOp:
        """The map of an outcome as Qiskit's superoperator.

        Args:
            outcome: See the class; ``None`` sums over all outcomes.

        Returns:
            Superoperator from the inputs to the outputs, first qubit = qubit 0 (least significant).

        Examples:
            >>> from qiskit import QuantumCircuit
            >>> from qiskit.quantum_info import SuperOp
            >>> from qnet.instrument import compile
            >>> circuit = QuantumCircuit(2)
            >>> _ = circuit.cx(0, 1)
            >>> compile(circuit, inputs=circuit.qubits).to_superop() == SuperOp(circuit)
            True
        """
        # Local import: quantum_info takes long to load, and engines work on the real matrices.
        from qiskit.quantum_info import SuperOp

        transfer = self.channel() if outcome is None else self.matrix(outcome)
        n_in, n_out = len(self.inputs), len(self.outputs)
        matrix = pauli_columns(n_out) @ transfer @ pauli_columns(n_in).conj().T / 2.0**n_out
        return SuperOp(matrix, input_dims=(2,) * n_in, output_dims=(2,) * n_out)

    def _all(self) -> NDArray[np.float64]:
        return np.array([self.matrix(index) for index in range(2 ** len(self.clbits))])

    def _joint(self, matrices: list[NDArray[np.float64]]) -> NDArray[np.float64]:
        """Kronecker product of the factors' matrices with the qubits put in the caller's order."""
        product: NDArray[np.float64] = np.ones((1, 1))
        for matrix in matrices:
            product = np.asarray(np.kron(product, matrix))
        outputs = [position for factor in self.factors for position in factor.outputs]
        inputs = [position for factor in self.factors for position in factor.inputs]
        order = [*np.argsort(outputs), *(len(outputs) + np.argsort(inputs))]
        axes = tuple(int(axis) for axis in order)
        tensor = product.reshape((4,) * len(axes)).transpose(axes)
        return np.ascontiguousarray(tensor).reshape(product.shape)

    def _states(self, state: ArrayLike | None) -> NDArray[np.float64]:
        given = np.ones(1) if state is None else np.asarray(state, dtype=float)
        if given.ndim == 0 or given.shape[-1] != 4 ** len(self.inputs):
            n = len(self.inputs)
            hint = f"give Pauli vectors of the {n} inputs, 4**{n} components"
            raise ParameterError("state", "fit the inputs", np.shape(given), hint)
        return given

    def _named(self, index: int) -> dict[str, str]:
        values: dict[int | None, str] = {k: str(index >> k & 1) for k in range(len(self.clbits))}
        values[None] = "0"
        return {name: "".join(values[k] for k in reversed(bits)) for name, bits in self.registers}

    def _fixed(self, outcome: Outcome) -> dict[int, int] | None:
        """Position of bit -> value; ``None`` if a bit that is never written would have to be 1."""
        if isinstance(outcome, Mapping):
            known = dict(self.registers)
            fixed: dict[int, int] = {}
            for name, value in outcome.items():
                if name not in known:
                    raise UnknownNameError("register", name, known)
                for position, bit in zip(
                    known[name], _bits(f"outcome of {name!r}", value, len(known[name])), strict=True
                ):
                    if position is None and bit == 1:
                        return None
                    if position is not None:
                        fixed[position] = bit
            return fixed
        return dict(enumerate(_bits("outcome", outcome, len(self.clbits))))


def _bits(field: str, value: str | int, length: int) -> list[int]:
    """Bits of a value, least significant first."""
    if isinstance(value, str):
        letters = value.replace(" ", "")
        if len(letters) == length and set(letters) <= {"0", "1"}:
            return [int(letter) for letter in reversed(letters)]
    elif 0 <= value < 2**length:
        return [value >> position & 1 for position in range(length)]
    hint = f"give {length} letters 0 and 1 (rightmost is bit 0), or a number below {2**length}"
    raise ParameterError(field, f"have {length} bits", value, hint)


def _chosen(factor: Factor, fixed: Mapping[int, int]) -> NDArray[np.float64]:
    """Sum of the factor's maps over the bits that are not fixed."""
    choices = [[fixed[bit]] if bit in fixed else [0, 1] for bit in factor.clbits]
    indices = [
        sum(bit << position for position, bit in enumerate(bits))
        for bits in itertools.product(*choices)
    ]
    return np.asarray(factor.maps[indices].sum(axis=0))
