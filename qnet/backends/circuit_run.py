"""Runs of a circuit on a device: how often each outcome came, by classical register."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.backends.device_sampler import DeviceSampler
from qnet.backends.native_circuit import NativeCircuit, check_circuit
from qnet.errors import ParameterError, check_integer, check_one_of

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.primitives import BaseSamplerV2
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["CircuitRun", "run_circuit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitRun:
    """What a device answered to a circuit.

    Args:
        registers: Names of the classical registers.
        counts: Outcome -> how often; an outcome is one printed text per register (bit 0 on the
            right). Corrections in software are made.
        shots: Number of runs.
        seed: Seed of the transpiler, and of a backend that simulates.
        native: The circuit as the device ran it.
    """

    registers: tuple[str, ...]
    counts: Mapping[tuple[str, ...], int]
    shots: int
    seed: int
    native: NativeCircuit

    @property
    def feed_forward(self) -> str:
        """How feed-forward was played: ``none``, ``device``, ``frame`` or ``deferred``."""
        return self.native.way

    @property
    def note(self) -> str:
        """How feed-forward was played, and why, and what was left out, in one sentence."""
        return self.native.note

    @property
    def qubits(self) -> tuple[int, ...]:
        """Which qubit of the device each qubit of the circuit started on."""
        return self.native.qubits

    def of(self, *registers: str) -> dict[str, int]:
        """Counts of some registers, all others summed over.

        Args:
            registers: Their names.

        Returns:
            Printed outcome -> how often, in ascending order; of several registers one behind the
            other, with a space between.

        Raises:
            UnknownNameError: If there is no such register.
        """
        places = [
            self.registers.index(check_one_of("register", name, self.registers))
            for name in registers
        ]
        found: Counter[str] = Counter()
        for outcome, number in self.counts.items():
            found[" ".join(outcome[place] for place in places)] += number
        return dict(sorted(found.items()))


def run_circuit(
    circuit: QuantumCircuit,
    device: BackendV2 | BaseSamplerV2,
    *,
    shots: int,
    seed: int,
    target: Target | BackendV2 | None = None,
    qubits: Sequence[int] | str | None = None,
    feed_forward: str = "auto",
    mid_circuit: bool | None = None,
    optimization_level: int = 1,
) -> CircuitRun:
    """Run a circuit of this package, or any other, on a device.

    Args:
        circuit: The circuit; it must measure.
        device: A ``BackendV2``, or any object with the interface of ``BaseSamplerV2``.
        shots: Number of runs.
        seed: Seed of the transpiler, and of a backend that simulates; a sampler has its own.
        target: What a sampler's circuits are translated for, unless it knows its backend.
        qubits: Which qubit of the device each qubit of the circuit is, ``"least-error"``, or
            ``None`` (the transpiler chooses).
        feed_forward: ``"auto"`` keeps ``if_test`` where the device has it, else corrects bits in
            software, else defers measurements; or one of ``"device"``, ``"frame"``,
            ``"deferred"``.
        mid_circuit: Whether qubits may be used again after a measurement; ``None`` asks the target.
        optimization_level: Of Qiskit's pass manager, 0 to 3.

    Returns:
        The counts, and how the circuit was played.

    Raises:
        ParameterError: If the device is none, or cannot play the circuit.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import repeater_chain
        >>> chain = repeater_chain(2, frame=False, basis="Z")
        >>> run = run_circuit(chain, GenericBackendV2(5, seed=1), shots=1000, seed=7)
        >>> run.feed_forward, sorted(run.of("alice_bit", "bob_bit"))
        ('frame', ['0 0', '0 1', '1 0', '1 1'])
        >>> sum(run.counts.values())
        1000
    """
    check_integer("shots", shots)
    check_circuit(circuit)
    if circuit.num_parameters:
        free, hint = sorted(each.name for each in circuit.parameters), "circuit.assign_parameters"
        raise ParameterError("parameters of the circuit", "be numbers", free, hint)
    sampler = DeviceSampler(
        device,
        target=target,
        qubits=qubits,
        feed_forward=feed_forward,
        mid_circuit=mid_circuit,
        optimization_level=optimization_level,
        seed=seed,
    )
    answer = sampler.run([(circuit, None, shots)]).result()[0]
    names = tuple(register.name for register in circuit.cregs if len(register))
    columns = [answer.data[name].get_bitstrings() for name in names]
    counts = dict(sorted(Counter(zip(*columns, strict=True)).items()))
    native = answer.metadata["native"]
    return CircuitRun(registers=names, counts=counts, shots=shots, seed=seed, native=native)
