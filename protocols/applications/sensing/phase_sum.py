"""Weighted sum of phases: one number of many places, read from a GHZ state exposed unequally."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.needs import LARGEST_NEED
from protocols.applications.result import AppFigure, gain_over, if_finite
from protocols.applications.sensing.fisher import (
    phase_generator,
    quantum_fisher_matrix,
    turning,
    vector_fisher_information,
)
from protocols.applications.sensing.ghz_sensors import GhzSensors, each_row
from protocols.applications.sensing.phase_readout import Harmonics, best_phases, phase_circuit
from qnet import schema
from qnet.errors import ParameterError, check_real
from qnet.instrument import compile
from qnet.instrument.pauli import state_matrix

if TYPE_CHECKING:
    from numpy.typing import ArrayLike
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["PhaseSum", "variance_of_sum"]


@dataclass(frozen=True, kw_only=True, repr=False)
class PhaseSum(GhzSensors):
    r"""Weighted sum :math:`q = \sum_i w_i \varphi_i` of phases in different places.

    Node i of a GHZ state is exposed to its phase for the share :math:`|w_i|/\max_j |w_j|` of the
    time, flipped before where the weight is negative, so that the state turns by :math:`q / \max_j
    |w_j|` (Z. Eldredge et al., Phys. Rev. A 97, 042337 (2018)). The variance is :math:`w^T F^+ w`
    of the quantum Fisher information matrix of all phases: no other sum of them needs to be known.

    Args:
        weights: Weight of each node's phase.

    Examples:
        >>> result = PhaseSum(weights=(0.5, 0.25, 0.25)).play()
        >>> print(result.merit.value, round(result.merit.without_entanglement, 9))
        0.25 0.375
    """

    name: ClassVar[str] = "phase-sum"
    title: ClassVar[str] = "weighted sum of phases in different places"
    cites: ClassVar[tuple[str, ...]] = ("Eldredge2018", "Proctor2018")

    weights: tuple[float, ...] = schema.key((0.5, 0.25, 0.25), check=check_real)

    def check_own(self) -> None:
        """Raise where the weights are too few, too many, or all zero."""
        if not 2 <= len(self.weights) <= LARGEST_NEED:
            rule = f"hold 2 to {LARGEST_NEED} numbers"
            raise ParameterError("weights", rule, self.weights, "one for each node")
        if not any(self.weights):
            raise ParameterError("weights", "not all be zero", self.weights, "such as [1, -1]")
        if not 1e-9 <= max(map(abs, self.weights)) <= 1e9:
            hint = "give the sum in another unit"
            rule = "have a largest size in [1e-9, 1e9]"
            raise ParameterError("weights", rule, self.weights, hint)

    @property
    def sensors(self) -> int:
        """Number of nodes."""
        return len(self.weights)

    @property
    def exposures(self) -> tuple[float, ...]:
        """Share of the time for which each node is exposed."""
        most = max(map(abs, self.weights))
        return tuple(abs(weight) / most for weight in self.weights)

    @property
    def flipped(self) -> tuple[bool, ...]:
        """Which nodes are flipped before."""
        return tuple(weight < 0.0 for weight in self.weights)

    def circuit(self) -> QuantumCircuit:
        """Flips, phases of the exposed nodes for a sum of 1 rad, and readout."""
        circuit = phase_circuit(self.sensors, self._steps)
        whole = circuit.copy_empty_like()
        for node, flip in enumerate(self.flipped):
            if flip:
                whole.x(node)
        whole.compose(circuit, inplace=True)
        return whole

    @property
    def _steps(self) -> list[float]:
        """Phase by which each node turns while the sum grows by 1, along its shortest way."""
        norm = float(np.dot(self.weights, self.weights))
        return [e * w / norm for e, w in zip(self.exposures, self.weights, strict=True)]

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Variance of the sum from one round: the least there is, and by the parity."""
        flip = _flip(self.noise)
        turned = delivered.after([flip if flipped else None for flipped in self.flipped])
        least = turned.estimate(
            each_row(lambda row: variance_of_sum(state_matrix(row), self.exposures, self.weights)),
            turned.joint(),
            low=0.0,
        )
        frequencies, columns = self.readout.parity(turned, self._steps)

        def parity(row: Array) -> float:
            return _inverse(best_phases(Harmonics(frequencies=frequencies, columns=row))[1])

        by_parity = turned.estimate(each_row(parity), columns, low=0.0)
        return (
            AppFigure(
                name="variance",
                value=if_finite(least),
                title="variance of the sum, one round, best readout",
                unit="rad^2",
                meaning="least that any readout of this state reaches, over many rounds",
            ),
            AppFigure(
                name="parity_variance",
                value=if_finite(by_parity),
                title="variance of the sum, one round, parity",
                unit="rad^2",
            ),
            AppFigure(
                name="gain",
                value=if_finite(least.map(lambda variance: gain_over(self._alone(), variance))),
                title="variance ratio, product to shared probes",
                meaning="so many times fewer rounds for the same variance",
            ),
        )

    def _alone(self) -> float:
        """Variance of the sum from as many probes of their own, with the same noise on each."""
        information = float(vector_fisher_information(self.product_vector(), [1.0]))
        return float(np.dot(self.weights, self.weights)) * _inverse(information)

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """Every node reads its own phase from a probe of its own, exposed all the time."""
        _, read = best_phases(self.readout.one(self.product_vector()))
        square = float(np.dot(self.weights, self.weights))
        variances = {"variance": self._alone(), "parity_variance": square * _inverse(read)}
        known = {name: each if math.isfinite(each) else None for name, each in variances.items()}
        return known | {"gain": 1.0}


def variance_of_sum(state: ArrayLike, exposures: Sequence[float], weights: ArrayLike) -> float:
    r"""Least variance :math:`w^T F^+ w` of a weighted sum of phases from one copy of a state.

    Args:
        state: Density matrix, first qubit most significant.
        exposures: Share of its own phase that each qubit takes up.
        weights: Weights of the sum.

    Returns:
        In rad^2; infinite where the state does not tell the sum.

    Examples:
        >>> round(variance_of_sum(np.full((2, 2), 0.5), [1.0], [2.0]), 9)
        4.0
    """
    rho, w = np.asarray(state), np.asarray(weights, dtype=float)
    slopes = np.array([turning(rho, phase_generator(row)) for row in np.diag(exposures)])
    values, vectors = np.linalg.eigh(quantum_fisher_matrix(rho, slopes))
    along = (vectors.T @ w) ** 2
    known = values > 1e-10 * max(float(values[-1]), 1e-300)
    if float(along[~known].sum()) > 1e-9 * float(w @ w):
        return float("inf")
    return float((along[known] / values[known]).sum())


def _inverse(information: float) -> float:
    return 1.0 / information if information > 0.0 else float("inf")


def _flip(noise: Noise) -> Array:
    """Pauli transfer matrix (4, 4) of the flip of a node, with the noise of its gate."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1)
    circuit.x(0)
    return compile(circuit, noise, inputs=circuit.qubits).channel()
