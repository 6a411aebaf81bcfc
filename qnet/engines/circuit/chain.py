"""Joint circuits: the whole history of one delivered pair as one dynamic circuit of the chain."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Instruction, Qubit
from qiskit.circuit.library import XGate

from qnet.circuits import bell_measurement, swap_feed_forward, swap_pauli_frame, werner_twirl
from qnet.engines.circuit.hardware import IDEAL, HardwareNoise
from qnet.engines.circuit.prepare import channel, prepare_pair
from qnet.engines.circuit.storage import joined_delays
from qnet.engines.sampled import Deliveries
from qnet.engines.tables import StepTable
from qnet.errors import EngineError, ParameterError
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.instrument import compile as compile_instrument
from qnet.noise import Noise, from_gates
from qnet.plans import Distill, Link, Multiplex, Plan, Pump, Stored, Swap, SwapAsap
from qnet.plans.distillation_schemes import distillation_circuit

__all__ = [
    "COPIES",
    "STEPS",
    "Builder",
    "ChainCircuit",
    "Pair",
    "build_chain",
    "chain_circuit",
    "flip_gate",
]

COPIES = "abcdefghijklmnopqrstuvwxyz"


class Pair(NamedTuple):
    """The qubits that hold a pair."""

    left: Qubit
    right: Qubit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChainCircuit:
    """A joint circuit with its noise.

    Args:
        circuit: The circuit.
        noise: Its noise: gates and readout of every step, memories by register.
        left: Qubit of the left end.
        right: Qubit of the right end.
        comparisons: Names of the classical registers whose values must agree, Alice's and Bob's,
            one pair of names per distillation round.
        rejected: Qubit that is 1 where some comparison failed; None when there is none.
    """

    circuit: QuantumCircuit
    noise: Noise
    left: Qubit
    right: Qubit
    comparisons: tuple[tuple[str, str], ...]
    rejected: Qubit | None = None


def chain_circuit(
    draw: Deliveries, *, feed_forward: bool = True, max_qubits: int = 64
) -> QuantumCircuit:
    """The whole history of one delivered pair as one joint dynamic circuit.

    Every elementary pair that went into it is prepared, waits (``delay``) as long as the timeline
    says, is measured and corrected by the circuits of ``qnet.circuits``. Failed rounds do not show:
    their pairs were lost.

    =======================  ===================================================================
    register                 meaning
    =======================  ===================================================================
    ``left_k``, ``right_k``  elementary pair of link k = 1, 2, ...; copies for distillation carry
                             letters, one per round: ``left_1a``, ``left_1b``
    ``frame``                ideal memory of the controller of a ``SwapAsap``, which adds up what
                             the Bell measurements ask for (qubit 0: X, qubit 1: Z)
    ``bsm_k``                outcome of the Bell measurement behind link k
    ``alice_n``, ``bob_n``   outcomes of the n-th distillation; the pair is accepted when they
                             agree
    ``frame_bits``           the frame, read at delivery
    =======================  ===================================================================

    Args:
        draw: The history of one delivery (``qnet.engines.sampled.delivery``).
        feed_forward: Whether corrections are applied. False leaves them to the reader of the
            counts: the frame is the ``frame_product`` of the ``pauli_frame`` of all ``bsm``.
        max_qubits: Refuse circuits with more qubits than this.

    Returns:
        The circuit; its ends are the first qubit of the first and the last of the last pair.

    Raises:
        ParameterError: If the draw holds more than one delivery.
        EngineError: If the chain needs too many qubits, or corrections are left out below a
            distillation, which needs corrected pairs.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0))
        >>> circuit = chain_circuit(delivery(Swap(left=link, right=link), seed=1))
        >>> [register.name for register in circuit.qregs]
        ['left_1', 'right_1', 'left_2', 'right_2']
    """
    return build_chain(draw, feed_forward=feed_forward, max_qubits=max_qubits).circuit


def build_chain(
    draw: Deliveries, *, feed_forward: bool = True, max_qubits: int = 64, verdict: bool = False
) -> ChainCircuit:
    """The circuit of `chain_circuit` with its noise and the names of what matters in it.

    Args:
        draw: The history of one delivery.
        feed_forward: Whether corrections are applied.
        max_qubits: Refuse circuits with more qubits than this.
        verdict: Whether to add the qubit ``rejected``, in which the controllers note (ideally) that
            a distillation failed.

    Raises:
        ParameterError: If the draw holds more than one delivery.
        EngineError: As `chain_circuit`.

    Examples:
        >>> from qnet import Distill, Link
        >>> from qnet.engines.sampled import delivery
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> build_chain(delivery(Distill(pair=link), seed=1)).comparisons
        (('alice_1', 'bob_1'),)
    """
    if len(draw) != 1:
        hint = "take one with draw.take, or draw it with qnet.engines.sampled.delivery"
        raise ParameterError("draw", "hold one delivery", len(draw), hint)
    _check_size(draw, max_qubits)
    if not feed_forward:
        _check_frame(draw.plan)
    builder = Builder(draw.plan, feed_forward=feed_forward, verdict=verdict)
    ends = builder.pair(draw, 1, "")
    circuit, noise = builder.finished()
    return ChainCircuit(
        circuit=circuit,
        noise=noise,
        left=ends.left,
        right=ends.right,
        comparisons=tuple(builder.comparisons),
        rejected=builder.rejected,
    )


class Builder:
    """Adds the steps of a history to a circuit, parts before the step that uses them.

    Left parts come before right ones, so that few pairs are open at the same time; what happens at
    the same time on other qubits commutes with it.

    Args:
        plan: The plan of the history.
        feed_forward: Whether corrections are applied.
        verdict: Whether a qubit notes that a distillation failed.
    """

    def __init__(self, plan: Plan, *, feed_forward: bool, verdict: bool) -> None:
        self.circuit = QuantumCircuit(name="chain")
        self.hardware = HardwareNoise(plan)
        self.feed_forward = feed_forward
        self.verdict = verdict
        self.memories: dict[str, Memory] = {}
        self.measured: dict[Qubit, Gates] = {}
        self.comparisons: list[tuple[str, str]] = []
        self.rejected: Qubit | None = None
        self.delivered: list[tuple[int, Pair]] = []  # by distillation, after so many instructions

    def pair(self, draw: Deliveries, first: int, copy: str) -> Pair:
        """Add the history of one part; ``first`` is the number of its first link."""
        return STEPS.of(draw.plan)(self, draw, draw.plan, first, copy)

    def finished(self) -> tuple[QuantumCircuit, Noise]:
        """The circuit with its delays joined, and its noise."""
        measured = {self.circuit.find_bit(q).index: gates for q, gates in self.measured.items()}
        circuit = joined_delays(self.circuit, self.memories, self.delivered)
        return circuit, self.hardware.noise(measured, self.memories)

    def distillation(self, scheme: str, gates: Gates, pairs: list[Pair]) -> None:
        """Alice's and Bob's gates, measurements and, if wanted, their verdict."""
        number = len(self.comparisons) + 1
        names = f"alice_{number}", f"bob_{number}"
        alice, bob = (self.bits(name, len(pairs) - 1) for name in names)
        self.comparisons.append(names)
        self.barrier(scheme, *(qubit for pair in pairs for qubit in pair))
        if scheme == "bbpssw":
            for pair in pairs:
                self.circuit.append(_twirl(gates), pair)
        qubits = [pair.left for pair in pairs] + [pair.right for pair in pairs]
        self.step(distillation_circuit(scheme)(), gates, qubits, [*alice, *bob])
        if self.verdict:
            for one, other in zip(alice, bob, strict=True):
                self.compare(one, other)

    def noted_failure(self) -> Qubit | None:
        """The qubit that is 1 where a step failed, made when asked for; None if not wanted."""
        if self.rejected is None and self.verdict:
            self.rejected = self.register("rejected", None)
        return self.rejected

    def compare(self, one: Clbit, other: Clbit) -> None:
        """Set the qubit ``rejected`` where two bits differ."""
        rejected = self.noted_failure()
        for value in (0, 1):
            with (
                self.circuit.if_test((one, value)),
                self.circuit.if_test((other, 1 - value)),
            ):
                self.circuit.reset(rejected)
                self.circuit.append(flip_gate(), [rejected])

    def frame(self, copy: str) -> list[Qubit]:
        """The controller's memory of the Pauli frame, two ideal qubits."""
        names = {register.name for register in self.circuit.qregs}
        number = sum(name.startswith(f"frame{copy}") for name in names)
        register = QuantumRegister(2, f"frame{copy}" + (f"_{number + 1}" if number else ""))
        self.circuit.add_register(register)
        return list(register)

    def note(self, bit: Clbit, qubit: Qubit) -> None:
        """Add a bit to the frame."""
        with self.circuit.if_test((bit, 1)):
            self.circuit.append(flip_gate(), [qubit])

    def correct(self, frame: list[Qubit], far_end: Qubit, gates: Gates, copy: str) -> None:
        """Read the frame and apply it: X, then Z, each once or not at all."""
        name = self.circuit.find_bit(frame[0]).registers[0][0].name
        bits = self.bits(f"{name}_bits", 2)
        self.barrier("deliver", *frame, far_end)
        self.circuit.measure(frame, bits)
        correction = QuantumCircuit([far_end], bits)
        with correction.if_test((bits[0], 1)):
            correction.x(far_end)
        with correction.if_test((bits[1], 1)):
            correction.z(far_end)
        self.step(correction, gates, [far_end], bits)

    def register(self, name: str, memory: Memory | None) -> Qubit:
        """A qubit of its own register, in this memory; ideal without."""
        register = QuantumRegister(1, name)
        self.circuit.add_register(register)
        if memory is not None:
            self.memories[name] = memory
        return register[0]

    def bits(self, name: str, size: int) -> list[Clbit]:
        """Bits of a register of their own."""
        register = ClassicalRegister(size, name)
        self.circuit.add_register(register)
        return list(register)

    def step(
        self, step: QuantumCircuit, gates: Gates, qubits: list[Qubit], bits: Iterable[Clbit]
    ) -> None:
        """Compose the circuit of a step, run on these gates."""
        for instruction in step.data:
            if instruction.operation.name == "measure":
                index = step.find_bit(instruction.qubits[0]).index
                self.measured[qubits[index]] = gates
        self.hardware.compose(self.circuit, step, gates, qubits, list(bits))

    def wait(self, time_s: float, *qubits: Qubit) -> None:
        """Storage of some qubits for a time in s."""
        if time_s > 0.0:
            for qubit in qubits:
                self.circuit.delay(time_s, qubit, unit="s")

    def barrier(self, label: str, *qubits: Qubit) -> None:
        """A mark in drawings."""
        self.circuit.barrier(*qubits, label=label)


#: How the circuit engine adds the history of each kind of step, by its class.
STEPS: StepTable[Callable[..., Pair]] = StepTable("circuit", "qnet.engines.circuit.encoded")


@STEPS.plays(Link)
def _link(builder: Builder, _draw: Deliveries, link: Link, number: int, copy: str) -> Pair:
    left = builder.register(f"left_{number}{copy}", link.left)
    right = builder.register(f"right_{number}{copy}", link.right)
    preparation = prepare_pair(link.fano, f"link {number}")
    builder.circuit.compose(preparation, [left, right], inplace=True)
    return Pair(left, right)


@STEPS.plays(Swap)
def _swap(builder: Builder, draw: Deliveries, swap: Swap, first: int, copy: str) -> Pair:
    middle = first + swap.left.span
    left = builder.pair(draw.parts[0], first, copy)
    right = builder.pair(draw.parts[1], middle, copy)
    for pair, wait in zip((left, right), draw.waits(), strict=True):
        builder.wait(float(wait[0]), *pair)
    bits = builder.bits(f"bsm_{middle - 1}{copy}", 2)
    builder.barrier(f"swap {middle - 1}", *left, *right)
    qubits = [left.right, right.left, right.right]
    if builder.feed_forward:
        step = swap_feed_forward(swap.overhead_s)
    else:
        step = swap_pauli_frame()
        builder.wait(swap.overhead_s, right.right)
    builder.step(step, swap.station.gates, qubits, bits)
    builder.wait(swap.overhead_s, left.left)
    return Pair(left.left, right.right)


@STEPS.plays(SwapAsap)
def _swap_asap(builder: Builder, draw: Deliveries, asap: SwapAsap, first: int, copy: str) -> Pair:
    swaps = [float(time[0]) for time in draw.swap_times()]
    used = pairwise([float(draw.time[0]), *swaps, float(draw.time[0])])
    pairs: list[Pair] = []
    registers: list[list[Clbit]] = []
    frame = builder.frame(copy) if builder.feed_forward else []
    number = first
    for part, birth, (left_until, right_until) in zip(draw.parts, draw.births(), used, strict=True):
        pair = builder.pair(part, number, copy)
        builder.wait(left_until - float(birth[0]), pair.left)
        builder.wait(right_until - float(birth[0]), pair.right)
        if pairs:
            station = asap.stations[len(pairs) - 1]
            bits = builder.bits(f"bsm_{number - 1}{copy}", 2)
            builder.barrier(f"swap {number - 1}", pairs[-1].right, *pair)
            qubits = [pairs[-1].right, pair.left]
            builder.step(bell_measurement(), station.gates, qubits, bits)
            for bit, qubit in zip(bits, frame, strict=bool(frame)):
                builder.note(bit, qubit)
            registers.append(bits)
        pairs.append(pair)
        number += part.plan.span
    if frame:
        builder.correct(frame, pairs[-1].right, asap.stations[-1].gates, copy)
    return Pair(pairs[0].left, pairs[-1].right)


@STEPS.plays(Distill)
def _distill(builder: Builder, draw: Deliveries, distill: Distill, first: int, copy: str) -> Pair:
    copies = []
    for letter, part, wait in zip(COPIES, draw.parts, draw.waits(), strict=False):
        pair = builder.pair(part, first, copy + letter)
        builder.wait(float(wait[0]), *pair)
        copies.append(pair)
    builder.distillation(distill.scheme, distill.gates, copies)
    builder.wait(distill.overhead_s, *copies[0])
    builder.delivered.append((len(builder.circuit.data), copies[0]))
    return copies[0]


@STEPS.plays(Pump)
def _pump(builder: Builder, draw: Deliveries, pump: Pump, first: int, copy: str) -> Pair:
    kept = builder.pair(draw.parts[0], first, copy + "a")
    for letter, part in zip(COPIES[1:], draw.parts[1:], strict=False):
        builder.wait(float(part.time[0]), *kept)
        fresh = builder.pair(part, first, copy + letter)
        builder.distillation(pump.scheme, pump.gates, [kept, fresh])
        builder.wait(pump.overhead_s, *kept)
    builder.delivered.append((len(builder.circuit.data), kept))
    return kept


@STEPS.plays(Stored)
def _stored(builder: Builder, draw: Deliveries, _step: Stored, first: int, copy: str) -> Pair:
    pair = builder.pair(draw.parts[0], first, copy)
    builder.wait(float(draw.time[0] - draw.data["ready_0"][0]), *pair)
    return pair


@STEPS.plays(Multiplex)
def _multiplex(builder: Builder, draw: Deliveries, _step: Multiplex, first: int, copy: str) -> Pair:
    return builder.pair(draw.parts[0], first, copy)


def flip_gate() -> XGate:
    """X without errors."""
    return XGate(label=IDEAL["x"])


def _twirl(gates: Gates) -> Instruction:
    """The mean of the twelve bilateral rotations on these gates, as one channel."""
    # Local import: quantum_info takes long to load, and only this scheme needs it.
    from qiskit.quantum_info import Kraus, SuperOp

    rotations = [
        compile_instrument(c, from_gates(gates), inputs=c.qubits).to_superop().data
        for c in werner_twirl()
    ]
    return channel(Kraus(SuperOp(sum(rotations) / len(rotations))).data, "twirl")


def _check_size(draw: Deliveries, max_qubits: int) -> None:
    qubits = 2 * _elementary_pairs(draw)
    if qubits > max_qubits:
        message = (
            f"the joint circuit of this plan needs {qubits} qubits, more than {max_qubits}; "
            "play it on the sampled engine"
        )
        raise EngineError(message)


def _elementary_pairs(draw: Deliveries) -> int:
    return sum(map(_elementary_pairs, draw.parts)) if draw.parts else 1


def _check_frame(plan: Plan) -> None:
    """Refuse to leave out corrections that a distillation above needs."""
    for node in plan.nodes():
        if node.mixes_correlators and node.span > 1:
            message = (
                "a distillation or an encoding of swapped pairs must have them corrected; "
                "use feed_forward"
            )
            raise EngineError(message)
