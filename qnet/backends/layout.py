"""Layout of a circuit on a device: which of its qubits have the least errors."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, islice
from typing import TYPE_CHECKING

from qnet.errors import ParameterError, check_integer
from qnet.noise.calibration import coupling_errors, readout_error

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.transpiler import Target

__all__ = ["check_layout", "interactions", "least_error_qubits"]

#: Placements of a circuit that are looked at, at most.
_MOST_PLACEMENTS = 20_000

#: What a coupling or a readout counts that does not work at all.
_BROKEN = math.log(1e-12)


def interactions(circuit: QuantumCircuit) -> Counter[tuple[int, int]]:
    """How often each two qubits of a circuit meet in a gate, branches included.

    Args:
        circuit: The circuit.

    Returns:
        Indices of two qubits, the smaller first -> number of gates on both.

    Examples:
        >>> from qnet.circuits import swap_feed_forward, with_bell_pairs
        >>> dict(interactions(swap_feed_forward()))
        {(0, 1): 1}
    """
    return Counter(_meetings(circuit, range(circuit.num_qubits)))


def _meetings(circuit: QuantumCircuit, places: Sequence[int]) -> Iterator[tuple[int, int]]:
    from qiskit.circuit import ControlFlowOp

    for instruction in circuit.data:
        operation = instruction.operation
        on = [places[circuit.find_bit(qubit).index] for qubit in instruction.qubits]
        if isinstance(operation, ControlFlowOp):
            for block in operation.blocks:
                yield from _meetings(block, on)
        elif not getattr(operation, "_directive", False):
            yield from combinations(sorted(on), 2)


def check_layout(
    circuit: QuantumCircuit, target: Target, qubits: Sequence[int] | None
) -> list[int] | None:
    """The qubits that a circuit shall run on, if they can.

    Args:
        circuit: The circuit.
        target: The device.
        qubits: Which of its qubits each qubit of the circuit is; ``None`` leaves the choice.

    Raises:
        ParameterError: If the device has too few qubits or not these, two are the same, or the
            circuit joins two that are not coupled.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import bell_pair
        >>> check_layout(bell_pair(), GenericBackendV2(5, seed=1).target, (3, 1))
        [3, 1]
    """
    count = target.num_qubits
    if count is not None and circuit.num_qubits > count:
        rule, hint = f"fit on the {count} qubits of the device", "take a smaller circuit"
        raise ParameterError("circuit", rule, f"{circuit.num_qubits} qubits", hint)
    if qubits is None:
        return None
    chosen = [check_integer("qubits", qubit, 0) for qubit in qubits]
    if len(chosen) != circuit.num_qubits:
        hint = "name one for each qubit of the circuit"
        raise ParameterError("qubits", f"be {circuit.num_qubits}", chosen, hint)
    if len(set(chosen)) < len(chosen) or (count is not None and max(chosen, default=0) >= count):
        hint = f"its qubits are 0 to {(count or 1) - 1}"
        raise ParameterError("qubits", "be different qubits of the device", chosen, hint)
    coupled = coupling_errors(target)
    for first, second in interactions(circuit):
        pair = tuple(sorted((chosen[first], chosen[second])))
        if pair not in coupled:
            hint = "choose others, or none: then the circuit is routed"
            rule = f"be coupled where the circuit joins its qubits {first} and {second}"
            raise ParameterError("qubits", rule, list(pair), hint)
    return chosen


def least_error_qubits(circuit: QuantumCircuit, target: Target) -> list[int] | None:
    """The qubits of a device on which a circuit meets the least errors, without routing.

    Every placement that respects the couplings (up to 20 000, in a fixed order) has the probability
    that no two-qubit gate and no readout errs, by the errors that the target states; the greatest
    one wins.

    Args:
        circuit: The circuit.
        target: The device.

    Returns:
        A qubit of the device for each of the circuit; ``None`` if the circuit fits nowhere without
        routing.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import bell_pair
        >>> line = GenericBackendV2(5, coupling_map=[[0, 1], [1, 2], [2, 3], [3, 4]], seed=1)
        >>> a, b = least_error_qubits(bell_pair(), line.target)
        >>> abs(a - b)
        1
    """
    import rustworkx

    check_layout(circuit, target, None)
    coupled = coupling_errors(target)
    device = rustworkx.PyGraph(multigraph=False)
    device.add_nodes_from(range(target.num_qubits or circuit.num_qubits))
    device.add_edges_from([(*pair, error) for pair, error in sorted(coupled.items())])
    drawn = rustworkx.PyGraph(multigraph=False)
    drawn.add_nodes_from(range(circuit.num_qubits))
    meetings = interactions(circuit)
    drawn.add_edges_from([(*pair, number) for pair, number in sorted(meetings.items())])
    measured = [
        circuit.find_bit(step.qubits[0]).index
        for step in circuit.data
        if step.operation.name == "measure"
    ]
    gates = {pair: _log_success(error) for pair, error in coupled.items()}
    readouts = [_log_success(readout_error(target, qubit)) for qubit in device.node_indices()]
    found: list[int] | None = None
    best = -math.inf
    maps = rustworkx.vf2_mapping(device, drawn, subgraph=True, induced=False, id_order=False)
    for placement in islice(maps, _MOST_PLACEMENTS):
        where = {small: large for large, small in placement.items()}
        score = math.fsum(readouts[where[qubit]] for qubit in measured)
        for (first, second), number in meetings.items():
            a, b = where[first], where[second]
            score += number * gates[min(a, b), max(a, b)]
        if score > best:
            found, best = [where[qubit] for qubit in range(circuit.num_qubits)], score
    return found


def _log_success(error: float) -> float:
    return math.log1p(-error) if error < 1.0 else _BROKEN
