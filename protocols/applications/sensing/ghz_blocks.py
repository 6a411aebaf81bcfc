"""GHZ states of many qubits with the same noise on each, block by block: exact at any size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.sensing.fisher import quantum_fisher_information
from protocols.applications.sensing.phase_readout import UNIT_VECTORS
from qnet.errors import EngineError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from protocols.applications.sensing.phase_readout import LocalReadout
    from qnet.states.pauli import Array

    Complex = NDArray[np.complex128]

__all__ = ["BlockParity", "GhzBlocks"]


@dataclass(frozen=True, eq=False, kw_only=True)
class GhzBlocks:
    r"""GHZ state of n qubits after one qubit map on each, with white noise before.

    :math:`\rho = \frac{p}{2} \sum_{ab} \Lambda(|a\rangle\langle b|)^{\otimes n} + (1-p)
    \Lambda(I/2)^{\otimes n}`: what is asked of it needs powers of numbers alone.

    Args:
        qubits: Number n of qubits.
        channel: Pauli transfer matrix (4, 4) of the map, as it is compiled.
        visibility: Share p of the GHZ state.
        exposure: How much of the phase each qubit takes up, such as the number of its atoms.

    Examples:
        >>> round(GhzBlocks(qubits=1000, channel=np.eye(4)).quantum_fisher_information(), 3)
        1000000.0
    """

    qubits: int
    channel: Array
    visibility: float = 1.0
    exposure: float = 1.0

    @property
    def units(self) -> Complex:
        """Shape (4, 4): Pauli vectors of what the map makes of ``|a><b|``, in the order of ab."""
        return np.asarray(UNIT_VECTORS @ self.channel.T)

    def quantum_fisher_information(self) -> float:
        """Quantum Fisher information of a phase that each of the qubits takes up, in 1/rad^2."""
        return quantum_fisher_information(*self.turning_block())

    def turning_block(self) -> tuple[Complex, Complex]:
        """What a phase turns: the block of 0...0 and 1...1, and its derivative by the phase.

        Raises:
            EngineError: If the map mixes coherences with populations: then the blocks are no
                powers of one number.
        """
        units = self.units
        zero, one = (units[:, 0] + units[:, 3]) / 2.0, (units[:, 0] - units[:, 3]) / 2.0
        up, down = (units[:, 1] - 1j * units[:, 2]) / 2.0, (units[:, 1] + 1j * units[:, 2]) / 2.0
        if max(abs(up[0]), abs(up[3]), abs(down[1]), abs(zero[1]), abs(one[1])) > 1e-12:
            message = "blocks play noise that turns with the phase; up to 8 qubits play any"
            raise EngineError(message)
        n, p = self.qubits, self.visibility
        mixed = [(each[0] + each[3]).real / 2.0 for each in (zero, one)]
        ends = [
            p * (each[0].real ** n + each[3].real ** n) / 2.0 + (1.0 - p) * share**n
            for each, share in zip((zero, one), mixed, strict=True)
        ]
        coherence = p * up[1] ** n / 2.0
        block = np.array([[ends[0], coherence], [np.conj(coherence), ends[1]]])
        turn = -1j * n * self.exposure * coherence
        slope = np.array([[0.0, turn], [np.conj(turn), 0.0]])
        return block, slope

    def parity(self, readout: LocalReadout) -> BlockParity:
        """Parity of all sensors against the phase."""
        units = np.concatenate([self.units, (self.units[:1] + self.units[3:]) / 2.0])
        p = self.visibility
        shares = np.array([p / 2.0] * 4 + [1.0 - p])
        return BlockParity(
            terms=units @ readout.harmonics.T,
            power=self.qubits,
            shares=shares,
            exposure=self.exposure,
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class BlockParity:
    r"""Mean parity :math:`\sum_b s_b z_b(\varphi)^n` of a state that is given by its blocks.

    Args:
        terms: Shape (blocks, 3): each sign's mean z_b as a sum of the frequencies -1, 0, 1.
        power: Number n of sensors.
        shares: Weights s_b of the blocks.
        exposure: Factor of the phase.
    """

    terms: Complex
    power: int
    shares: Array
    exposure: float = 1.0

    @property
    def fastest(self) -> float:
        """Largest angular frequency in it."""
        return self.power * self.exposure

    @property
    def period(self) -> float:
        """Phase in rad that is searched: two fringes."""
        return 4.0 * np.pi / self.fastest

    def at(self, phases: Array) -> tuple[Array, Array, Array]:
        """Mean, first and second derivative at phases (x,), each (x,)."""
        frequencies = self.exposure * np.arange(-1.0, 2.0)
        waves = np.exp(1j * np.multiply.outer(frequencies, phases))
        turns = 1j * frequencies
        z, d, c = (self.terms * turns**k @ waves for k in range(3))
        n = self.power
        lower = z ** (n - 2) if n > 1 else np.zeros_like(z)
        mean = self.shares @ z**n
        slope = self.shares @ (n * z ** (n - 1) * d)
        curvature = self.shares @ (n * (n - 1) * lower * d**2 + n * z ** (n - 1) * c)
        return mean.real, slope.real, curvature.real
