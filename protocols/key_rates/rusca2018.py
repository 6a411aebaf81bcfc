"""Finite key with one decoy intensity: Rusca, Boaron, Grunenfelder, Martin and Zbinden.

Appl. Phys. Lett. 112, 171104 (2018), arXiv:1801.03443. The key comes from one basis, the paper's Z;
the phase error is tested in the other, its X. The bounds on counts are Hoeffding's.
"""

from __future__ import annotations

import math
from typing import ClassVar

from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.finite_size import BasisCounts, CountLimits
from qnet.errors import ParameterError

__all__ = ["RUSCA2018", "rusca2018", "rusca2018_length"]


class Rusca2018(DecoyProof):
    """Two intensities ``k1 > k2 > 0``; 19 failures; Hoeffding's bound whatever is asked for.

    A length that follows the counts announces the number of errors of each intensity in the key
    basis, on which ``s1`` depends, at ``log2(n + 1)`` bits.

    Examples:
        >>> from protocols.key_rates import AfterpulsingChannel, BasisCounts, DecoySettings
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(
        ...     efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=0.04
        ... )
        >>> line = Line.through(Fibre(length_km=50.0), detectors=detectors, misalignment=5e-3)
        >>> channel = AfterpulsingChannel(line)
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.15), probabilities=(0.7, 0.3), basis_bias=0.9
        ... )
        >>> 1e-4 < rusca2018(channel, settings, block_size=1e8).value < 1e-3
        True
        >>> settings = DecoySettings(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
        >>> key = BasisCounts(events=(2.8e7, 2.4e6), errors=(2.8e5, 2.4e4))
        >>> test = BasisCounts(events=(2.8e6, 2.4e5), errors=(2.8e4, 2.4e3))
        >>> rusca2018_length(key, test, settings).value > 1e6
        True
    """

    name: ClassVar[str] = "rusca2018"
    paper: ClassVar[str] = "Rusca et al. 2018"
    references: ClassVar[tuple[str, ...]] = ("Rusca2018", "Lim2014", "Fung2010")
    intensities: ClassVar[int] = 2
    failures: ClassVar[float] = 19.0

    def events(self, counts: BasisCounts, limits: CountLimits) -> tuple[float, float]:
        """Lower bounds ``s0`` and ``s1`` of the detections of empty pulses and single photons.

        ``s0 = tau0 (k1 n2^- - k2 n1^+)/(k1 - k2)`` and ``s1 = tau1 k1/(k2 (k1 - k2)) [n2^- -
        k2^2/k1^2 n1^+ - (k1^2 - k2^2)/k1^2 u0/tau0]``, each at least zero, with ``u0`` of
        `vacuum_events_at_most`.
        """
        k1, k2 = limits.settings.intensities
        tau0, tau1 = (limits.settings.photon_probability(n) for n in (0, 1))
        (_, n1_up), (n2_down, _) = limits.of(counts.events)
        vacuum = max(0.0, tau0 * (k1 * n2_down - k2 * n1_up) / (k1 - k2))
        at_most = vacuum_events_at_most(counts, limits)
        squares = (k2 / k1) ** 2
        inner = n2_down - squares * n1_up - (1.0 - squares) * at_most / tau0
        return vacuum, max(0.0, tau1 * k1 / (k2 * (k1 - k2)) * inner)

    def errors(self, counts: BasisCounts, limits: CountLimits) -> float:
        """Upper bound ``v1 = tau1 (m1^+ - m2^-)/(k1 - k2)`` of the errors of single photons."""
        k1, k2 = limits.settings.intensities
        (_, m1_up), (m2_down, _) = limits.of(counts.errors)
        return max(0.0, limits.settings.photon_probability(1) * (m1_up - m2_down) / (k1 - k2))

    def check_intensities(self, intensities: tuple[float, ...]) -> None:
        """Raise where the decoy is empty."""
        if intensities[1] == 0.0:
            hint = "an empty pulse tells nothing of single photons; for a vacuum decoy take lim2014"
            raise ParameterError("intensities", "be above zero", list(intensities), hint)

    def announced_bits(self, key: BasisCounts) -> float:
        """``sum log2(n + 1)`` over the intensities: the numbers of errors in the key basis."""
        return math.fsum(math.log2(n + 1.0) for n in key.events)


def vacuum_events_at_most(counts: BasisCounts, limits: CountLimits) -> float:
    """Upper bound ``u0 = 2 (tau0 m_k^+ + sqrt(n ln(1/eps)/2))`` of the detections of empty pulses.

    They err half the time, and no more than all errors are theirs. Either intensity ``k`` gives a
    bound; the smaller one is taken.
    """
    tau0 = limits.settings.photon_probability(0)
    ups = [up for _, up in limits.of(counts.errors)]
    width = math.sqrt(-counts.total * math.log(limits.failure) / 2.0)
    return min(counts.total, 2.0 * (tau0 * min(ups) + width))


RUSCA2018 = Rusca2018()
rusca2018, rusca2018_length = RUSCA2018.rate, RUSCA2018.length
