"""Group of atoms in many clocks that share one GHZ state, and what a round tells from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.sensing.ghz_blocks import GhzBlocks
from protocols.applications.sensing.ghz_sensors import GhzSensors, each_row
from protocols.applications.sensing.oscillator import blurred_information
from protocols.applications.sensing.phase_readout import Harmonics, LocalReadout
from qnet.estimate import Estimate

if TYPE_CHECKING:
    from protocols.applications.delivered import Delivered
    from protocols.applications.sensing.phase_readout import PhaseCurve
    from qnet.states.pauli import Array

__all__ = ["ClockGroup"]


@dataclass(frozen=True, kw_only=True, eq=False)
class ClockGroup:
    """One GHZ state over all clocks, each qubit spread over some atoms of its clock.

    Args:
        clocks: Who holds the delivered state.
        delivered: The states of one qubit in each clock.
        atoms: Atoms in each clock.
        dephasing: Pauli transfer matrix (4, 4) of an atom that watches: dephasing alone, so that it
            acts on the spread qubit once for each atom.
        spread_rad: Standard deviation of the oscillator's phase.
    """

    clocks: GhzSensors
    delivered: Delivered
    atoms: int
    dephasing: Array
    spread_rad: float

    @property
    def _waited(self) -> Array:
        return np.asarray(np.linalg.matrix_power(self.dephasing, self.atoms))

    @property
    def _readout(self) -> LocalReadout:
        return LocalReadout(noise=self.clocks.noise, atoms=self.atoms)

    @cached_property
    def _blocks(self) -> GhzBlocks:
        return self.clocks.blocks(self._waited, exposure=float(self.atoms))

    @property
    def _exposures(self) -> list[float]:
        return [float(self.atoms)] * self.clocks.sensors

    @cached_property
    def _watched(self) -> Delivered:
        return self.delivered.after([self._waited] * self.clocks.sensors)

    @cached_property
    def _parity(self) -> tuple[Array, Array]:
        return self._readout.parity(self._watched, self._exposures)

    def quantum_fisher_information(self) -> Estimate:
        """Most that a readout tells of the phase of an atom, in 1/rad^2, without wander."""
        if self.clocks.is_large:
            return Estimate.exact(self._blocks.quantum_fisher_information())
        return self.clocks.information(self._watched, self._exposures)

    def parity_information(self) -> Estimate:
        """Fisher information of the parity of all atoms, with the oscillator's wander."""
        if self.clocks.is_large:
            curve = self._blocks.parity(self._readout)
            return Estimate.exact(blurred_information(curve, 1, self.spread_rad))
        frequencies, columns = self._parity

        def of(row: Array) -> float:
            curve = Harmonics(frequencies=frequencies, columns=row)
            return blurred_information(curve, 1, self.spread_rad)

        return self._watched.estimate(each_row(of), columns, low=0.0)

    def curve(self) -> PhaseCurve:
        """Mean parity against the phase of an atom."""
        if self.clocks.is_large:
            return self._blocks.parity(self._readout)
        frequencies, columns = self._parity
        return Harmonics(frequencies=frequencies, columns=self._watched.over_rounds(columns))
