"""Starlight at two telescopes: its state, and what counts of photons tell of its visibility."""

from __future__ import annotations

import cmath
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.sensing.fisher import quantum_fisher_information

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = ["CountRates", "Starlight", "rates_of_mode"]

#: Numbers of photons (first site, second site) of the basis: 00, 01, 10, 11.
_ZERO, _SECOND, _FIRST = 0, 1, 2

#: Expected counts below this share of a photon are none.
_NONE = 1e-18


@dataclass(frozen=True, kw_only=True)
class Starlight:
    r"""One mode of weak light that arrives at two sites, in the space of 0 or 1 photon at each.

    :math:`\rho = (1-\epsilon)|00\rangle\langle 00| + \frac{\epsilon}{2}(|10\rangle\langle 10| +
    |01\rangle\langle 01| + g|10\rangle\langle 01| + g^*|01\rangle\langle 10|)` with the visibility
    g, whose phase is that of the source's place and whose size is that of its shape (D. Gottesman,
    T. Jennewein and S. Croke, Phys. Rev. Lett. 109, 070503 (2012)).

    Args:
        mean_photons: Photons of a mode, :math:`\epsilon`, at both sites together.
        visibility: Size of g.
        phase_rad: Its phase.

    Examples:
        >>> light = Starlight(mean_photons=0.01, visibility=0.6)
        >>> round(light.phase_information, 9), round(light.visibility_information, 9)
        (0.0036, 0.015625)
    """

    mean_photons: float
    visibility: float
    phase_rad: float = 0.0

    @property
    def complex_visibility(self) -> complex:
        """Visibility with its phase."""
        return cmath.rect(self.visibility, self.phase_rad)

    def state(self) -> Complex:
        """Density matrix (4, 4) in the order 00, 01, 10, 11."""
        found = self._coherence(self.complex_visibility)
        found[_ZERO, _ZERO] = 1.0 - self.mean_photons
        found[_FIRST, _FIRST] = found[_SECOND, _SECOND] = self.mean_photons / 2.0
        return found

    def _coherence(self, g: complex) -> Complex:
        found = np.zeros((4, 4), dtype=complex)
        found[_FIRST, _SECOND] = self.mean_photons / 2.0 * g
        found[_SECOND, _FIRST] = np.conj(found[_FIRST, _SECOND])
        return found

    @property
    def phase_information(self) -> float:
        """Quantum Fisher information of the phase of g from one mode, in 1/rad^2."""
        return quantum_fisher_information(
            self.state(), self._coherence(1j * self.complex_visibility)
        )

    @property
    def visibility_information(self) -> float:
        """Quantum Fisher information of the size of g from one mode."""
        return quantum_fisher_information(
            self.state(), self._coherence(cmath.rect(1.0, self.phase_rad))
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class CountRates:
    """What each outcome of a readout counts in a block of modes, for any weak light.

    An outcome is counted with the probability v in a block without photon, and with p + Re(g c) for
    each photon of visibility g, which is taken as if it came alone.

    Args:
        vacuum: v of each outcome, (k,).
        population: p, summed over the modes of the block, (k,).
        coherence: c, summed over them, (k,), complex.
        modes: Modes of a block.
    """

    vacuum: Array
    population: Array
    coherence: Complex
    modes: int = 1

    def best_information(self, light: Starlight, *, of_phase: bool) -> float:
        """Fisher information per mode of the phase or of the size of g, at the best phase shift.

        One site shifts the phase of its light before the readout; the shift is searched on grids.

        Args:
            light: The light.
            of_phase: Whether the phase is what is asked for; else the size.
        """
        grid, step = np.linspace(0.0, 2.0 * np.pi, 97)[:-1], 2.0 * np.pi / 96.0
        found = np.zeros(1)
        for _ in range(5):
            found = self._information(light, grid, of_phase=of_phase)
            best = grid[int(np.argmax(found))]
            grid = best + np.linspace(-step, step, 17)
            step /= 8.0
        return float(found.max()) / self.modes

    def _information(self, light: Starlight, shifts: Array, *, of_phase: bool) -> Array:
        """Per block, for each phase shift (x,)."""
        return np.array([self._at(light, float(shift), of_phase) for shift in shifts])

    def _at(self, light: Starlight, shift: float, of_phase: bool) -> float:
        turned = cmath.exp(1j * (light.phase_rad + shift)) * self.coherence
        dark = (1.0 - light.mean_photons) ** self.modes * self.vacuum
        counts = dark + light.mean_photons * (self.population + light.visibility * turned.real)
        change = -light.visibility * turned.imag if of_phase else turned.real
        seen = counts > _NONE
        if not of_phase and bool((np.abs(change[~seen]) > 1e-9).any()):
            # At the border of its range, |g| = 1, an outcome that never comes tells of its size.
            return float("inf")
        return float(((light.mean_photons * change[seen]) ** 2 / counts[seen]).sum())


def rates_of_mode(effects: ArrayLike) -> CountRates:
    """Rates of a readout of single modes from its effects on the light of two sites.

    Args:
        effects: Shape (k, 4, 4), in the order 00, 01, 10, 11.
    """
    array = np.asarray(effects, dtype=complex)
    return CountRates(
        vacuum=array[:, _ZERO, _ZERO].real,
        population=(array[:, _FIRST, _FIRST] + array[:, _SECOND, _SECOND]).real / 2.0,
        coherence=array[:, _SECOND, _FIRST],
    )
