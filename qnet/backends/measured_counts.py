"""Counts of a device in the form of a file of counts, and the state of a pair in all bases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.backends.characterisation_circuits import (
    ALL_BASES,
    ENDS,
    characterisation_circuits,
    in_bases,
    qubit_names,
)
from qnet.backends.device_sampler import DeviceSampler
from qnet.backends.layout import least_error_qubits
from qnet.errors import ParameterError, check_integer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.primitives import BaseSamplerV2
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["fano_of_counts", "measured_counts", "pair_tomography"]


def measured_counts(
    device: BackendV2 | BaseSamplerV2,
    *,
    shots: int,
    seed: int,
    tables: Sequence[str] = ("pair",),
    qubits: Sequence[int] | None = None,
    target: Target | BackendV2 | None = None,
    wait_s: float = 0.0,
    delays_s: Sequence[float] = (),
    feed_forward: str = "auto",
) -> dict[str, Any]:
    """Run the circuits that characterise a device, and count.

    What comes back goes into ``qnet estimate`` (as JSON) and ``protocols.characterisation``.

    Args:
        device: A ``BackendV2``, or any object with the interface of ``BaseSamplerV2``.
        shots: Runs of each circuit.
        seed: Seed of the transpiler, and of a backend that simulates.
        tables: What is measured: ``"pair"``, ``"swap"``, ``"memory"``, or several.
        qubits: Qubits of the device, in a line: two for a pair (A, B), four for a swap (A, B1, B2,
            C), one for a memory; ``None`` takes those with the least errors.
        target: What a sampler's circuits are translated for, unless it knows its backend.
        wait_s: How long both qubits of each pair wait before they are measured, in s.
        delays_s: Delays of the memory, in s.
        feed_forward: How the correction of the swap is played (`run_circuit`).

    Returns:
        ``{"pair": {"XX": [n00, n01, n10, n11], ...}, "swap": {"AB": {...}, "BC": ..., "AC": ...},
        "memory": {"t1": {"times_s": ..., "counts": ..., "qubit": "A"}, "t2": ...}, "readout":
        {"A": {"0": [n0, n1], "1": [n0, n1]}, ...}}`` of what was asked; the first digit is A's.

    Raises:
        ParameterError: If the device has no such qubits, or none in a line, or a number is out of
            range.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> counts = measured_counts(GenericBackendV2(5, seed=1), shots=1000, seed=7)
        >>> sorted(counts), sum(counts["pair"]["ZZ"])
        (['pair', 'readout'], 1000)
        >>> n00, n01, n10, n11 = counts["pair"]["YY"]
        >>> n01 + n10 > 900
        True
    """
    check_integer("shots", shots)
    circuits = characterisation_circuits(tables, wait_s=wait_s, delays_s=delays_s)
    sampler = _sampler(device, circuits, qubits, target, feed_forward, seed)
    answers = sampler.run([(each, None, shots) for each in circuits.values()]).result()
    found: dict[str, Any] = {}
    for place, answer in zip(circuits, answers, strict=True):
        bits = answer.data[ENDS].to_bool_array(order="little")
        if place[0] == "readout":
            _add_readout(found, place[1], bits, qubit_names(tables))
        elif place[0] == "memory":
            table = found.setdefault("memory", {}).setdefault(
                place[1], {"times_s": [float(each) for each in delays_s], "counts": []}
            )
            table["counts"].append(np.bincount(bits[:, 0], minlength=2).tolist())
            table["qubit"] = "A"
        else:
            table = found
            for name in place[:-1]:
                table = table.setdefault(name, {})
            table[place[-1]] = _four(bits)
    if "pair" in found and "B1" in found["readout"]:
        found["readout"]["B"] = found["readout"]["B1"]
    return found


def pair_tomography(
    circuit: QuantumCircuit,
    device: BackendV2 | BaseSamplerV2,
    *,
    ends: tuple[int, int] = (0, 1),
    shots: int,
    seed: int,
    bases: Sequence[str] = ALL_BASES,
    qubits: Sequence[int] | None = None,
    target: Target | BackendV2 | None = None,
    feed_forward: str = "auto",
) -> dict[str, list[int]]:
    """Counts of two qubits behind any circuit, in all bases.

    Args:
        circuit: What prepares them; it may measure others.
        device: A ``BackendV2``, or any object with the interface of ``BaseSamplerV2``.
        ends: Indices of the two qubits in the circuit.
        shots: Runs in each basis.
        seed: Seed of the transpiler, and of a backend that simulates.
        bases: Letters of both qubits; all nine unless given.
        qubits: Which qubit of the device each qubit of the circuit is; ``None`` takes those with
            the least errors.
        target: What a sampler's circuits are translated for, unless it knows its backend.
        feed_forward: As of `run_circuit`.

    Returns:
        Bases -> [n00, n01, n10, n11], the first digit that of the first qubit.

    Raises:
        ParameterError: If the device cannot play it.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import bell_pair
        >>> from qnet.states import fidelity
        >>> counts = pair_tomography(bell_pair(), GenericBackendV2(5, seed=1), shots=500, seed=2)
        >>> len(counts), bool(0.8 < fidelity(fano_of_counts(counts)) < 1.0)
        (9, True)
    """
    circuits: dict[tuple[str, ...], QuantumCircuit] = {
        (each,): in_bases(circuit, ends, each) for each in bases
    }
    sampler = _sampler(device, circuits, qubits, target, feed_forward, seed)
    answers = sampler.run([(each, None, shots) for each in circuits.values()]).result()
    return {
        place[0]: _four(answer.data[ENDS].to_bool_array(order="little"))
        for place, answer in zip(circuits, answers, strict=True)
    }


def fano_of_counts(
    counts: Mapping[str, Sequence[int]],
    readout: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 0.0), (0.0, 0.0)),
) -> NDArray[np.float64]:
    """Fano matrix of a pair out of its counts in all nine bases, by linear inversion.

    Means of single qubits are taken over the three bases that say them. The matrix of finite counts
    may be of no state.

    Args:
        counts: Bases -> [n00, n01, n10, n11].
        readout: p(1|0) and p(0|1) of either qubit, which are undone.

    Returns:
        Means of the products of I, X, Y, Z, shape (4, 4).

    Raises:
        ParameterError: If a basis is missing.

    Examples:
        >>> both = {basis: [50, 0, 0, 50] for basis in ("XX", "ZZ")} | {"YY": [0, 50, 50, 0]}
        >>> rest = {basis: [25, 25, 25, 25] for basis in ALL_BASES if basis not in both}
        >>> fano_of_counts(both | rest).diagonal()
        array([ 1.,  1., -1.,  1.])
    """
    missing = [basis for basis in ALL_BASES if basis not in counts]
    if missing:
        hint = "measure all nine: pair_tomography(...)"
        raise ParameterError("counts", "have all bases", missing, hint)
    weights = [_weights(*errors) for errors in readout]
    fano = np.zeros((4, 4))
    fano[0, 0] = 1.0
    for basis in ALL_BASES:
        shares = np.reshape(counts[basis], (2, 2)) / np.sum(counts[basis])
        row, column = (1 + "XYZ".index(letter) for letter in basis)
        fano[row, column] = weights[0] @ shares @ weights[1]
        fano[row, 0] += weights[0] @ shares.sum(axis=1) / 3.0
        fano[0, column] += weights[1] @ shares.sum(axis=0) / 3.0
    return fano


def _weights(p1_given_0: float, p0_given_1: float) -> NDArray[np.float64]:
    """Weights of the outcomes 0 and 1 whose mean is that of the signs before the readout."""
    skew = p1_given_0 - p0_given_1
    return np.array([1.0 + skew, skew - 1.0]) / (1.0 - p1_given_0 - p0_given_1)


def _sampler(
    device: BackendV2 | BaseSamplerV2,
    circuits: Mapping[tuple[str, ...], QuantumCircuit],
    qubits: Sequence[int] | None,
    target: Target | BackendV2 | None,
    feed_forward: str,
    seed: int,
) -> DeviceSampler:
    """A sampler that runs all circuits on the same qubits of the device."""
    sampler = DeviceSampler(device, target=target, feed_forward=feed_forward, seed=seed)
    if sampler.target is None:
        if qubits is not None:
            hint = "name the device: target=backend.target"
            raise ParameterError("qubits", "come with a target", list(qubits), hint)
        return sampler
    chosen = list(qubits) if qubits is not None else _best(circuits, sampler.target)
    return DeviceSampler(device, target=target, qubits=chosen, feed_forward=feed_forward, seed=seed)


def _best(circuits: Mapping[tuple[str, ...], QuantumCircuit], target: Target) -> list[int]:
    """The best qubits of the circuit with the most gates on two."""
    widest = max(circuits.values(), key=lambda each: each.num_nonlocal_gates())
    found = least_error_qubits(widest, target)
    if found is None:
        hint = "name qubits of a device that couples them"
        rule = "couple its qubits as the circuits do"
        raise ParameterError("device", rule, f"{target.num_qubits} qubits", hint)
    return found


def _four(bits: NDArray[np.bool_]) -> list[int]:
    """Counts of 00, 01, 10, 11, the first digit that of the first qubit, shape (shots, 2)."""
    found: list[int] = np.bincount(2 * bits[:, 0] + bits[:, 1], minlength=4).tolist()
    return found


def _add_readout(
    found: dict[str, Any], prepared: str, bits: NDArray[np.bool_], names: Sequence[str]
) -> None:
    for place, name in enumerate(names):
        table = found.setdefault("readout", {}).setdefault(name, {})
        table[prepared] = np.bincount(bits[:, place], minlength=2).tolist()
