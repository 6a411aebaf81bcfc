"""GKP qubits: a grid state of an oscillator, and the flips that shifts of it become.

Vacuum variance 1/2, grid of sqrt(pi): a shift of position by an odd multiple of sqrt(pi) is a
logical X, of momentum a logical Z.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.codes.logical import PauliChannel
from qnet.errors import ParameterError, check_non_negative, check_probability

__all__ = ["GKP_REFERENCES", "GkpQubit", "flip_probability", "loss_variance", "squeezing_variance"]

#: Keys of the works on what is here.
GKP_REFERENCES = ("GottesmanKitaevPreskill2001", "Noh2019")

#: Beyond this variance the cells of both values hold 1/2 each, to rounding.
_FLAT = 40.0


def flip_probability(variance: float) -> float:
    """Probability that a Gaussian shift is taken for the other value of a quadrature.

    The shift is corrected to the nearest multiple of sqrt(pi); where that multiple is odd, the
    logical value flips. The weights of the odd cells, of width sqrt(pi), are summed until they add
    nothing more.

    Args:
        variance: Of the shift, vacuum being 1/2.

    Raises:
        ParameterError: If the variance is negative.

    References:
        D. Gottesman, A. Kitaev and J. Preskill, Phys. Rev. A 64, 012310 (2001),
        doi:10.1103/PhysRevA.64.012310.

    Examples:
        >>> round(flip_probability(0.1), 11), flip_probability(0.0)
        (0.00507089068, 0.0)
    """
    if check_non_negative("variance", variance) == 0.0:
        return 0.0
    if variance > _FLAT:
        return 0.5
    unit = math.sqrt(math.pi / 2.0 / variance)  # half a cell is half of it, in erfc's argument
    total, cell = 0.0, 0
    while True:
        weight = math.erfc((2 * cell + 0.5) * unit) - math.erfc((2 * cell + 1.5) * unit)
        if total + weight == total:
            return total
        total, cell = total + weight, cell + 1


def loss_variance(transmission: float) -> float:
    """Variance 1 - t of the shift that a lossy channel makes, once amplified by 1/t before it.

    Args:
        transmission: t, above 0.

    Raises:
        ParameterError: If it is no such probability.

    References:
        K. Noh, V. V. Albert and L. Jiang, IEEE Trans. Inf. Theory 65, 2563 (2019),
        arXiv:1801.07271.

    Examples:
        >>> loss_variance(0.75)
        0.25
    """
    if check_probability("transmission", transmission) == 0.0:
        raise ParameterError("transmission", "be above 0", transmission, "nothing arrives")
    return 1.0 - transmission


def squeezing_variance(squeezing_db: float) -> float:
    """Variance 10^(-s/10) / 2 of a quadrature squeezed by s decibels; 0 for an ideal state.

    Args:
        squeezing_db: s, zero or more; inf for an ideal state.

    Raises:
        ParameterError: If it is negative or no number.

    Examples:
        >>> squeezing_variance(10.0), squeezing_variance(math.inf)
        (0.05, 0.0)
    """
    if squeezing_db == math.inf:
        return 0.0
    hint = "give decibels, or inf for an ideal state"
    return 10.0 ** (-check_non_negative("squeezing_db", squeezing_db, hint) / 10.0) / 2.0


@dataclass(frozen=True)
class GkpQubit:
    """A GKP qubit of finite squeezing, corrected with an ancilla of finite squeezing.

    Args:
        squeezing_db: Of the state: each quadrature of a peak has the variance 10^(-s/10) / 2; inf
            for an ideal one.
        ancilla_squeezing_db: Of the ancilla that reads a shift; None for the same.

    Raises:
        ParameterError: If a squeezing is negative or no number.

    Examples:
        >>> qubit = GkpQubit(squeezing_db=12.0)
        >>> round(qubit.variance(0.9), 9), round(qubit.channel(0.9).x, 6)
        (0.163095734, 0.027408)
    """

    squeezing_db: float = math.inf
    ancilla_squeezing_db: float | None = None

    def __post_init__(self) -> None:
        squeezing_variance(self.squeezing_db)
        if self.ancilla_squeezing_db is not None:
            squeezing_variance(self.ancilla_squeezing_db)

    def variance(self, transmission: float = 1.0) -> float:
        """Variance of what is read of a quadrature after a channel: its own, and two squeezings.

        Args:
            transmission: Of the channel, above 0.

        Raises:
            ParameterError: If it is no such probability.
        """
        ancilla = self.ancilla_squeezing_db
        both = (self.squeezing_db, self.squeezing_db if ancilla is None else ancilla)
        return loss_variance(transmission) + sum(map(squeezing_variance, both))

    def channel(self, transmission: float = 1.0) -> PauliChannel:
        """The flips of both quadratures as a Pauli error, for any code above.

        Position and momentum are shifted independently: X with f (1 - f), Z alike, Y with f^2.

        Args:
            transmission: Of the channel, above 0.

        Raises:
            ParameterError: If it is no such probability.

        Examples:
            >>> from qnet.codes.catalogue import code_of
            >>> from qnet.codes.code_capacity import logical_map
            >>> above = logical_map(code_of("steane"), GkpQubit(12.0).channel(0.98))
            >>> above.failure < 5e-3
            True
        """
        flip = flip_probability(self.variance(transmission))
        return PauliChannel(flip * (1.0 - flip), flip * flip, flip * (1.0 - flip))
