"""Errors that a device states in its target: of its couplings and of its readout."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["best_pair", "check_backend", "coupling_errors", "readout_error"]


def check_backend(backend: object) -> BackendV2:
    """A Qiskit backend, or a refusal of what is none.

    Raises:
        ParameterError: If it is no ``BackendV2``.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> check_backend(GenericBackendV2(2, seed=1)).num_qubits
        2
    """
    from qiskit.providers import BackendV2

    if not isinstance(backend, BackendV2):
        hint = "give a Qiskit backend, such as GenericBackendV2(5)"
        raise ParameterError("backend", "be a BackendV2", backend, hint)
    return backend


def coupling_errors(target: Target) -> dict[tuple[int, int], float]:
    """Error of the best two-qubit gate on every two qubits that a device couples.

    Args:
        target: The device. One that says of no gate where it acts couples all qubits.

    Returns:
        Two qubits, the smaller first -> error; 0 where the target states none.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> line = GenericBackendV2(3, coupling_map=[[0, 1], [1, 2]], seed=1)
        >>> sorted(coupling_errors(line.target))
        [(0, 1), (1, 2)]
    """
    from qiskit.circuit import Gate

    found: dict[tuple[int, int], float] = {}
    for name in target.operation_names:
        operation, places = target.operation_from_name(name), target[name]
        if not isinstance(operation, Gate) or operation.num_qubits != 2:
            continue
        if places is None or None in places:
            everywhere = combinations(range(target.num_qubits or 0), 2)
            found |= dict.fromkeys(everywhere, 0.0)
            continue
        for on, properties in places.items():
            pair = (min(on), max(on))
            error = float(getattr(properties, "error", None) or 0.0)
            found[pair] = min(error, found.get(pair, 1.0))
    return found


def readout_error(target: Target, qubit: int) -> float:
    """Error of the measurement of a qubit; 0 where the target states none.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> 0.0 < readout_error(GenericBackendV2(3, seed=1).target, 0) < 0.2
        True
    """
    places = target["measure"] if "measure" in target.operation_names else None
    properties = None if places is None else places.get((qubit,))
    return float(getattr(properties, "error", None) or 0.0)


def best_pair(target: Target) -> tuple[int, int]:
    """The two coupled qubits with the least error of a two-qubit gate and both readouts.

    Args:
        target: The device.

    Returns:
        The qubits, the smaller first; of equal pairs the first.

    Raises:
        ParameterError: If the device couples no qubits.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> line = GenericBackendV2(3, coupling_map=[[0, 1], [1, 2]], seed=1)
        >>> best_pair(line.target) in {(0, 1), (1, 2)}
        True
    """
    errors = coupling_errors(target)
    if not errors:
        hint = "a station needs two coupled qubits: take another device"
        raise ParameterError("backend", "couple two qubits", f"{target.num_qubits} qubits", hint)

    def kept(pair: tuple[int, int]) -> float:
        readouts = [1.0 - readout_error(target, qubit) for qubit in pair]
        return (1.0 - errors[pair]) * readouts[0] * readouts[1]

    return max(sorted(errors), key=kept)
