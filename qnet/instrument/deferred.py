"""The deferred form: a program without measurement and without feed-forward, run once on Aer.

A measured bit becomes a wire of its own, its record: the outcome is copied there, the readout error
is a classical channel on it, and a conditional gate is a channel controlled by it. Nothing is
sampled, so the density matrix that Aer returns is exact, and its blocks that are diagonal in the
records are the outcomes.

The principle of deferred measurement: M. A. Nielsen and I. L. Chuang, *Quantum Computation and
Quantum Information*, section 4.4 (Cambridge University Press, 2010).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit import QuantumCircuit
from qiskit.circuit import Instruction
from qiskit.circuit.library import CXGate, HGate, Reset, UnitaryGate

from qnet.errors import EngineError
from qnet.instrument.program import Branch, ChannelStep, Measure, ProgramStep, touched, written

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["MAX_WIRES", "run_deferred"]

MAX_WIRES = 12
_TRACE_TOLERANCE = 1e-8

_Control = tuple[int, int] | None


def run_deferred(
    steps: tuple[ProgramStep, ...],
    inputs: Sequence[int],
    outputs: Sequence[int],
    records: Sequence[int],
) -> NDArray[np.complex128]:
    """Run a program on Aer's density matrix, with every measurement deferred.

    Each input is one half of |Phi+>; the other half, its reference, is kept (Choi-Jamiolkowski).

    Args:
        steps: The program.
        inputs: Qubits that carry an unknown state at the start; all others start in |0>.
        outputs: Qubits to keep at the end; all others are traced out.
        records: Bits to keep; all others are summed over.

    Returns:
        One density matrix for each value of the records (first record least significant), trace =
        probability; shape (2**len(records), d, d), d = 2**(len(outputs) + len(inputs)). The first
        output is the least significant qubit, the references of the inputs follow.

    Raises:
        EngineError: If more than `MAX_WIRES` qubits were needed at once, or a channel of the
            circuit does not preserve the trace.

    Examples:
        >>> run_deferred((), inputs=[], outputs=[0], records=[])[0].real
        array([[1., 0.],
               [0., 0.]])
    """
    form = _Deferral(steps, inputs, outputs, records)
    if form.num_wires > MAX_WIRES:
        message = (
            f"this piece of the circuit needs {form.num_wires} qubits at once ({len(inputs)} "
            f"inputs with their references, {len(outputs)} outputs, {len(records)} recorded "
            f"bits), more than {MAX_WIRES}; split the circuit into steps that share fewer qubits "
            "and compose them with Instrument.then"
        )
        raise EngineError(message)
    rho = _density_matrix(form.operations, form.num_wires, form.kept_wires)
    outcomes, size = 2 ** len(records), 2 ** (len(outputs) + len(inputs))
    return np.einsum("iaib->iab", rho.reshape(outcomes, size, outcomes, size))


class _Deferral:
    """Turns steps into operations on wires; a wire is used again once nobody needs it any more.

    ``control`` is a pair (wire, value): the operation happens where the wire holds the value;
    ``None`` is always.
    """

    def __init__(
        self,
        steps: tuple[ProgramStep, ...],
        inputs: Sequence[int],
        outputs: Sequence[int],
        records: Sequence[int],
    ) -> None:
        self.operations: list[tuple[Instruction, list[int]]] = []
        self.num_wires = 0
        self.free: list[int] = []
        self.qubit_wire: dict[int, int] = {}
        self.bit_wire: dict[int, int] = {}
        references = [self.fresh() for _ in inputs]
        for qubit, reference in zip(inputs, references, strict=True):
            self.qubit_wire[qubit] = self.fresh()
            self.operations.append((HGate(), [reference]))
            self.operations.append((CXGate(), [reference, self.qubit_wire[qubit]]))
        dead_qubits, dead_bits = _last_uses(steps, outputs, records)
        for step, qubits, bits in zip(steps, dead_qubits, dead_bits, strict=True):
            self.play(step, None, dying=qubits)
            self.release(self.qubit_wire, qubits)
            self.release(self.bit_wire, bits)
        kept = [self.wire(self.qubit_wire, qubit) for qubit in outputs]
        self.kept_wires = kept + references + [self.wire(self.bit_wire, bit) for bit in records]

    def play(self, step: ProgramStep, control: _Control, dying: Iterable[int] = ()) -> None:
        if isinstance(step, ChannelStep):
            self.apply(step.matrix, [self.wire(self.qubit_wire, q) for q in step.qubits], control)
        elif isinstance(step, Measure):
            self.measure(step, control, dying=step.qubit in dying)
        else:
            self.branch(step, control)

    def apply(self, matrix: NDArray[np.complex128], wires: list[int], control: _Control) -> None:
        if control is not None:
            wire, value = control
            matrix, wires = _controlled(matrix, value), [*wires, wire]
        # A copy, since Aer reads an array that is not writeable wrongly, without a word.
        channel = Instruction("superop", len(wires), 0, [np.array(matrix, order="C")])
        self.operations.append((channel, wires))

    def measure(self, step: Measure, control: _Control, *, dying: bool) -> None:
        qubit = self.wire(self.qubit_wire, step.qubit)
        if dying and control is None:
            # Nobody uses the qubit again: it becomes the record itself.
            self.release(self.bit_wire, [step.clbit])
            self.bit_wire[step.clbit] = self.qubit_wire.pop(step.qubit)
            self.apply(_readout_channel(step.readout), [qubit], None)
        else:
            record = self.wire(self.bit_wire, step.clbit)
            self.apply(_record_channel(step.readout), [qubit, record], control)

    def branch(self, step: Branch, control: _Control) -> None:
        """Both blocks, under a flag that is fixed before either of them plays."""
        pattern: dict[int, int] = {}
        possible = step.value < 2 ** len(step.clbits)
        for position, bit in enumerate(step.clbits):
            value = step.value >> position & 1
            if bit in self.bit_wire:
                pattern[self.bit_wire[bit]] = value
            else:
                possible = possible and value == 0  # a bit that was never written is 0
        if not possible or not pattern:
            self.block(step.match if possible else step.otherwise, control)
            return
        rewritten = written(step.match + step.otherwise) & set(step.clbits)
        if control is None and len(pattern) == 1 and not rewritten:
            wire, value = next(iter(pattern.items()))
            self.block(step.match, (wire, value))
            self.block(step.otherwise, (wire, 1 - value))
            return
        outer = {} if control is None else dict([control])
        both = _conjunction(outer, pattern)
        flag = self.fresh()
        if both is not None:
            self.flip(flag, both)
        self.block(step.match, (flag, 1))
        if step.otherwise:
            # From "outer and pattern" to "outer and not pattern".
            self.flip(flag, outer)
            self.block(step.otherwise, (flag, 1))
        self.free.append(flag)

    def block(self, steps: tuple[ProgramStep, ...], control: _Control) -> None:
        for step in steps:
            self.play(step, control)

    def flip(self, target: int, pattern: Mapping[int, int]) -> None:
        """X on the target where every wire of the pattern holds its value."""
        size = 2 ** len(pattern)
        state = sum(value << position for position, value in enumerate(pattern.values()))
        permutation = np.arange(2 * size)
        permutation[[state, state + size]] = [state + size, state]
        gate = UnitaryGate(np.eye(2 * size)[permutation])
        self.operations.append((gate, [*pattern, target]))

    def wire(self, wires: dict[int, int], index: int) -> int:
        """Wire of a qubit or of a bit; the first use makes one in |0>."""
        if index not in wires:
            wires[index] = self.fresh()
        return wires[index]

    def fresh(self) -> int:
        if self.free:
            wire = self.free.pop()
            self.operations.append((Reset(), [wire]))
            return wire
        self.num_wires += 1
        return self.num_wires - 1

    def release(self, wires: dict[int, int], indices: Iterable[int]) -> None:
        self.free += [wires.pop(index) for index in indices if index in wires]


def _last_uses(
    steps: tuple[ProgramStep, ...], outputs: Sequence[int], records: Sequence[int]
) -> tuple[list[set[int]], list[set[int]]]:
    """Qubits and bits that nobody needs after each step."""
    dead_qubits, dead_bits = [], []
    needed_qubits, needed_bits = set(outputs), set(records)
    for step in reversed(steps):
        qubits, bits = touched(step)
        dead_qubits.append(qubits - needed_qubits)
        dead_bits.append(bits - needed_bits)
        needed_qubits |= qubits
        needed_bits |= bits
    return dead_qubits[::-1], dead_bits[::-1]


def _conjunction(one: Mapping[int, int], other: Mapping[int, int]) -> dict[int, int] | None:
    """Both patterns at once, or ``None`` if they contradict each other."""
    if any(one.get(wire, value) != value for wire, value in other.items()):
        return None
    return {**one, **other}


def _controlled(matrix: NDArray[np.complex128], value: int) -> NDArray[np.complex128]:
    """Channel that acts where one more, most significant, qubit is |value>; dephases that qubit."""
    size = int(np.sqrt(len(matrix)))
    full = np.zeros((2, size, 2, size, 2, size, 2, size), dtype=complex)
    full[value, :, value, :, value, :, value] = matrix.reshape(size, size, size, size)
    other = 1 - value
    identity = np.eye(size * size).reshape(size, size, size, size)
    full[other, :, other, :, other, :, other] = identity
    return full.reshape(4 * size**2, 4 * size**2)


def _readout_channel(readout: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Channel |i><i| -> sum_j P(j given i) |j><j| on a qubit that becomes its own record."""
    channel = np.zeros((4, 4), dtype=complex)
    channel[::3, ::3] = readout.T
    return channel


def _record_channel(readout: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Measurement of the first qubit, recorded with its readout error in the second."""
    channel = np.zeros((16, 16), dtype=complex)
    for outcome, recorded, before in itertools.product(range(2), repeat=3):
        state_in, state_out = 2 * before + outcome, 2 * recorded + outcome
        channel[5 * state_out, 5 * state_in] = readout[outcome, recorded]
    return channel


def _density_matrix(
    operations: list[tuple[Instruction, list[int]]], num_wires: int, keep: list[int]
) -> NDArray[np.complex128]:
    """Exact state of some wires at the end."""
    if not keep:
        return np.ones((1, 1), dtype=complex)
    simulator = _simulator()
    circuit = QuantumCircuit(num_wires)
    for operation, wires in operations:
        circuit.append(operation, wires, copy=False)
    circuit.save_density_matrix(keep)
    result = simulator.run(circuit, shots=1).result()
    if not result.success:
        message = (
            f"Aer could not run this piece of the circuit ({result.status}); split it in steps"
        )
        raise EngineError(message)
    rho = np.asarray(result.data(0)["density_matrix"])
    if abs(np.trace(rho) - 1.0) > _TRACE_TOLERANCE:
        message = (
            f"the outcomes of this piece add up to {np.trace(rho).real:.9g} instead of 1; "
            "check that every channel in the circuit preserves the trace"
        )
        raise EngineError(message)
    return rho


@cache
def _simulator() -> Any:  # noqa: ANN401 - Qiskit's types are Any
    """One simulator per process; one thread, since sweeps run one process per core."""
    # Local import: Aer takes 0.1 s to load, and importing qnet must stay light.
    from qiskit_aer import AerSimulator

    return AerSimulator(
        method="density_matrix", max_parallel_threads=1, zero_threshold=1e-30, seed_simulator=0
    )
