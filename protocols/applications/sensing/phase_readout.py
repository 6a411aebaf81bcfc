"""Readout of a phase by the parity of local measurements: its mean, and its best phase."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

import numpy as np

from protocols.applications.effects import outcome_effects
from protocols.applications.sensing.fisher import parity_information

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.noise import Noise
    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = [
    "UNIT_VECTORS",
    "PhaseCurve",
    "Harmonics",
    "LocalReadout",
    "best_phases",
    "phase_circuit",
]

#: Pauli vectors of |0><0|, |0><1|, |1><0| and |1><1|.
UNIT_VECTORS = np.array([[1, 0, 0, 1], [0, 1, 1j, 0], [0, 1, -1j, 0], [1, 0, 0, -1]], dtype=complex)

#: Components of states that are contracted at once.
_BLOCK = 1 << 22


def phase_circuit(qubits: int, phases: Sequence[float]) -> QuantumCircuit:
    """Each sensor turns by its phase about Z and is measured in the X basis.

    Args:
        qubits: Number of sensors; their qubits hold the delivered state.
        phases: Phase of each in rad.
    """
    from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

    circuit = QuantumCircuit(QuantumRegister(qubits, "sensor"), ClassicalRegister(qubits, "x"))
    for qubit, phase in enumerate(phases):
        circuit.rz(phase, qubit)
        circuit.h(qubit)
        circuit.measure(qubit, qubit)
    return circuit


class PhaseCurve(Protocol):
    """Mean of a readout of two outcomes against the phase."""

    @property
    def fastest(self) -> float:
        """Largest angular frequency in it."""

    @property
    def period(self) -> float:
        """Phase in rad after which the whole curve repeats, or what of it has to be searched."""

    def at(self, phases: Array) -> tuple[Array, Array, Array]:
        """Mean, first and second derivative at phases (x,), each (..., x)."""


@dataclass(frozen=True)
class LocalReadout:
    r"""Sign +1 or -1 that one sensor reads, as a function of its phase.

    One rotation by the phase stands in the circuit, so the effect of the sign is
    :math:`E_0 + E_+ e^{i\varphi} + E_- e^{-i\varphi}` whatever the noise is: three compiled
    circuits fix it exactly, and its derivative too (the parameter-shift rule: M. Schuld et al.,
    Phys. Rev. A 99, 032331 (2019)).

    Args:
        noise: Of gates and readout.
        atoms: Number of atoms that the sensor's qubit is spread over, ``|0...0>`` and ``|1...1>``:
            each turns and is read, and the sign is the product of theirs.
    """

    noise: Noise | None = None
    atoms: int = 1

    @cached_property
    def harmonics(self) -> Complex:
        """Shape (3, 4): effects of the frequencies -1, 0, 1 on the Pauli vector of the sensor.

        The frequencies of a sensor of n atoms are -n, 0 and n.
        """
        terms = UNIT_VECTORS @ self._one_atom.T
        # A coherence turns with one frequency and a population with none: the terms of a product
        # are products of terms.
        return np.asarray((terms**self.atoms).T @ np.linalg.inv(UNIT_VECTORS).T)

    @cached_property
    def _one_atom(self) -> Complex:
        at_zero, at_quarter, at_half = (self._sign(x) for x in (0.0, np.pi / 2.0, np.pi))
        middle, cosine = (at_zero + at_half) / 2.0, (at_zero - at_half) / 2.0
        sine = at_quarter - middle
        return np.array([(cosine + 1j * sine) / 2.0, middle, (cosine - 1j * sine) / 2.0])

    def _sign(self, phase: float) -> Array:
        circuit = phase_circuit(1, [phase])
        outcomes, effects = outcome_effects(circuit, self.noise, circuit.qubits)
        signs = np.array([1.0 - 2.0 * int(outcome["x"]) for outcome in outcomes])
        return np.asarray(signs @ effects)

    def parity(self, delivered: Delivered, exposures: Sequence[float]) -> tuple[Array, Array]:
        """Parity of all sensors that hold a delivered state, as a sum of cosines and sines.

        Args:
            delivered: The states; each qubit is a sensor.
            exposures: Share of the phase that each takes up, negative where it is flipped.

        Returns:
            Frequencies (m,), and coefficients of cosines and sines, (rows, 2 m).
        """
        n = delivered.qubits
        step = max(1, _BLOCK // 4**n)
        parts = []
        for start in range(0, delivered.rows, step):
            vectors = delivered.joint(slice(start, start + step))
            tensor = vectors.astype(complex).reshape((-1,) + (4,) * n)
            for _ in range(n):
                tensor = np.tensordot(tensor, self.harmonics, axes=([1], [1]))
            parts.append(tensor.reshape(len(tensor), -1))
        return _collected(np.concatenate(parts), exposures)

    def one(self, vector: ArrayLike, exposure: float = 1.0) -> Harmonics:
        """Mean sign of one sensor that holds a state given by its Pauli vector (..., 4)."""
        found = np.asarray(vector, dtype=float) @ self.harmonics.T
        frequencies, columns = _collected(found.reshape(-1, 3), [exposure])
        return Harmonics(frequencies=frequencies, columns=columns.reshape(*found.shape[:-1], -1))


def _collected(terms: Complex, exposures: Sequence[float]) -> tuple[Array, Array]:
    """Terms (rows, 3**n) of equal frequency added, as cosines and sines of frequencies >= 0."""
    frequencies = np.zeros(1)
    for exposure in exposures:
        frequencies = np.add.outer(frequencies, exposure * np.arange(-1.0, 2.0)).reshape(-1)
    different, place = np.unique(np.abs(frequencies).round(12), return_inverse=True)
    signs = np.where(frequencies < -1e-12, -1.0, 1.0)
    gathered = (place.reshape(-1, 1) == np.arange(len(different))).astype(float)
    return different, np.hstack([terms.real @ gathered, (-signs * terms.imag) @ gathered])


@dataclass(frozen=True, eq=False)
class Harmonics:
    """A mean that is a finite sum of cosines and sines of the phase.

    Args:
        frequencies: Shape (m,), none negative.
        columns: Shape (..., 2 m): coefficients of the cosines, then of the sines.

    Examples:
        >>> curve = Harmonics(frequencies=np.array([4.0]), columns=np.array([0.8, 0.0]))
        >>> [float(each[0].round(12)) for each in curve.at(np.array([np.pi / 8]))]
        [0.0, -3.2, -0.0]
    """

    frequencies: Array
    columns: Array

    @property
    def fastest(self) -> float:
        """Largest angular frequency in it."""
        return float(self.frequencies.max())

    @property
    def period(self) -> float:
        """Phase in rad that has to be searched: a turn of the slowest term that is there."""
        cosines, sines = np.split(self.columns, 2, axis=-1)
        sizes = np.abs(cosines) + np.abs(sines)
        there = sizes.reshape(-1, len(self.frequencies)).max(axis=0) > 1e-12
        moving = self.frequencies[there & (self.frequencies > 0.0)]
        return 2.0 * np.pi / float(moving.min()) if len(moving) else 2.0 * np.pi

    def at(self, phases: Array) -> tuple[Array, Array, Array]:
        """Mean, first and second derivative at phases (x,), each (..., x)."""
        cosines, sines = np.split(self.columns, 2, axis=-1)
        angles = np.multiply.outer(self.frequencies, phases)
        c, s, w = np.cos(angles), np.sin(angles), self.frequencies
        mean = cosines @ c + sines @ s
        slope = (w * sines) @ c - (w * cosines) @ s
        curvature = -(w**2 * cosines) @ c - (w**2 * sines) @ s
        return mean, slope, curvature


def best_phases(curve: PhaseCurve) -> tuple[float, float]:
    """Phase at which a readout tells most, and its Fisher information there.

    Searched on a grid and then on finer ones around its best point; of phases that are equally
    good, the one where the readout is least certain.

    Args:
        curve: Mean of the readout.

    Returns:
        Phase in rad, and information in 1/rad^2.

    Examples:
        >>> curve = Harmonics(frequencies=np.array([4.0]), columns=np.array([0.8, 0.0]))
        >>> phase, information = best_phases(curve)
        >>> round(phase / np.pi, 9), round(information, 9)
        (0.125, 10.24)
    """
    turns = max(1.0, curve.fastest * curve.period / (2.0 * np.pi))
    grid = np.linspace(0.0, curve.period, min(1 << 14, 1 + 64 * int(np.ceil(turns))))
    step = grid[1]
    for _ in range(6):
        mean, slope, curvature = curve.at(grid)
        found = parity_information(mean, slope, curvature)
        near = found >= found.max() * (1.0 - 1e-11)
        place = int(np.argmin(np.where(near, np.abs(mean).round(9), np.inf)))
        best = float(grid[place])
        grid = best + np.linspace(-step, step, 33)
        step /= 16.0
    return best, float(found[place])
