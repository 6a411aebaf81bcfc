"""GHZ phase sensing: one phase that many sensors see, read from the parity of a GHZ state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.applications.result import AppFigure, if_finite
from protocols.applications.sensing.fisher import (
    parity_information,
    quantum_fisher_information,
    readout_of_bound,
    vector_fisher_information,
)
from protocols.applications.sensing.ghz_sensors import PHASES, GhzSensors, each_row
from protocols.applications.sensing.phase_readout import Harmonics, best_phases, phase_circuit
from qnet import schema
from qnet.estimate import Estimate
from qnet.schema import Whole

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from protocols.applications.delivered import Delivered
    from protocols.applications.sensing.phase_readout import PhaseCurve

__all__ = ["GhzPhase"]


@dataclass(frozen=True, kw_only=True, repr=False)
class GhzPhase(GhzSensors):
    r"""Phase that each of N sensors takes up once, read as the parity of X on a GHZ state.

    The quantum Fisher information of the delivered state under the generator :math:`\sum_i Z_i/2`
    is N squared without noise, N for as many sensors of their own (V. Giovannetti, S. Lloyd and L.
    Maccone, Science 306, 1330 (2004)); the parity of X measurements is the readout.

    Args:
        parties: Number of sensors N.
        phase_rad: Phase at which the parity is read; the best one unless given.

    Examples:
        >>> result = GhzPhase(parties=4).play()
        >>> print(result.merit.value, round(result.merit.without_entanglement, 9))
        16 4.0
    """

    name: ClassVar[str] = "ghz-phase"
    title: ClassVar[str] = "phase that sensors share, read from a GHZ state"
    cites: ClassVar[tuple[str, ...]] = ("Giovannetti2004", "BraunsteinCaves1994", "Schuld2019")

    parties: int = schema.key(3, check=Whole(minimum=2, maximum=10_000))
    phase_rad: float | None = schema.key(None, check=PHASES, example=0.1)

    @property
    def sensors(self) -> int:
        """Number of sensors."""
        return self.parties

    def circuit(self) -> QuantumCircuit:
        """Phase and readout of each sensor; its qubits hold the GHZ state."""
        return phase_circuit(self.sensors, [self.phase_rad or 0.0] * self.sensors)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        """Fisher information of the state and of its parity, and the phase for it."""
        if self.is_large:
            block = self.blocks().turning_block()
            quantum = Estimate.exact(quantum_fisher_information(*block))
            best = Estimate.exact(readout_of_bound(*block))
            read = _exact(self.blocks().parity(self.readout))
        else:
            ones = [1.0] * self.sensors
            quantum = self.information(delivered, ones)
            best = self.information(delivered, ones, readout_of_bound)
            frequencies, columns = self.readout.parity(delivered, ones)

            def read(function: Callable[[PhaseCurve], float]) -> Estimate:
                return delivered.estimate(
                    each_row(lambda row: function(Harmonics(frequencies=frequencies, columns=row))),
                    columns,
                )

        return self._figures(quantum, best, read)

    def without_entanglement(self) -> Mapping[str, float | tuple[float, ...] | None]:
        """As many probes of their own, with the same noise on each qubit and the same gates."""
        vector, n = self.product_vector(), self.sensors
        most, best = (
            Estimate.exact(float(vector_fisher_information(vector, [1.0], of)))
            for of in (quantum_fisher_information, readout_of_bound)
        )
        found = self._figures(most, best, _exact(self.readout.one(vector)))
        times = {"phase_uncertainty": n**-0.5, "best_phase": 1.0, "reached": 1.0}
        return {each.name: _scaled(each.best, times.get(each.name, n)) for each in found}

    def _figures(
        self,
        quantum: Estimate,
        reached: Estimate,
        read: Callable[[Callable[[PhaseCurve], float]], Estimate],
    ) -> tuple[AppFigure, ...]:
        best = read(lambda curve: best_phases(curve)[1])
        phase = self.phase_rad
        here = best if phase is None else read(lambda curve: _information(curve, phase))
        where = "at its best phase" if phase is None else f"at {phase:g} rad"
        return (
            AppFigure(
                name="quantum_fisher_information",
                value=quantum,
                title="quantum Fisher information",
                unit="1/rad^2",
                meaning="most that a readout of this state tells about the phase",
            ),
            AppFigure(
                name="best_readout_fisher_information",
                value=reached,
                title="Fisher information of the best joint readout",
                unit="1/rad^2",
                meaning="joint readout in the eigenbasis of the symmetric logarithmic derivative",
            ),
            AppFigure(
                name="parity_fisher_information",
                value=here,
                title="Fisher information of the parity, as read",
                unit="1/rad^2",
                meaning=f"what the parity of X measurements tells {where}",
            ),
            AppFigure(
                name="best_parity_fisher_information",
                value=best,
                title="Fisher information of the parity, at its best",
                unit="1/rad^2",
                meaning="of all phases at which it may be read",
            ),
            AppFigure(
                name="best_phase",
                value=read(lambda curve: best_phases(curve)[0]),
                title="best phase for the parity",
                unit="rad",
            ),
            AppFigure(
                name="reached",
                value=Estimate.exact(best.best / quantum.best) if quantum.best > 0.0 else None,
                title="parity over quantum Fisher information",
            ),
            AppFigure(
                name="phase_uncertainty",
                value=if_finite(here.map(_uncertainty)),
                title="phase uncertainty of one round, by the parity",
                unit="rad",
                meaning="Cramer-Rao bound; falls with the root of the rounds, if they are many",
            ),
        )


def _exact(curve: PhaseCurve) -> Callable[[Callable[[PhaseCurve], float]], Estimate]:
    return lambda function: Estimate.exact(function(curve))


def _information(curve: PhaseCurve, phase: float) -> float:
    return float(parity_information(*curve.at(np.array([phase])))[0])


def _uncertainty(information: float) -> float:
    return float("inf") if information <= 0.0 else information**-0.5


def _scaled(value: float | tuple[float, ...] | None, factor: float) -> float | None:
    return value * factor if isinstance(value, float) else None
