"""Finite key with two decoy intensities: Lim, Curty, Walenta, Xu and Zbinden.

Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129. The key comes from one basis, the paper's X; the
phase error is tested in the other, its Z. The three intensities are called 1, 2, 3 as in the paper.
"""

from __future__ import annotations

from typing import ClassVar

from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.finite_size import BasisCounts, CountLimits
from qnet.errors import ParameterError

__all__ = ["LIM2014", "lim2014", "lim2014_length"]


class Lim2014(DecoyProof):
    """Three intensities ``k1 > k2 + k3``, ``k2 > k3 >= 0``; 21 failures; either bound on counts.

    Examples:
        >>> from protocols.key_rates import AfterpulsingChannel, BasisCounts, DecoySettings
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(
        ...     efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=0.04
        ... )
        >>> line = Line.through(Fibre(length_km=50.0), detectors=detectors, misalignment=5e-3)
        >>> channel = AfterpulsingChannel(line)
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9
        ... )
        >>> rate = lim2014(channel, settings, block_size=1e9)
        >>> published = lim2014(channel, settings, block_size=1e9, negative_limits=True)
        >>> [round(each.figures["secret_bits"]) for each in (rate, published)]
        [293741489, 278777536]
        >>> print(lim2014(channel, settings, block_size=1e4).reason)
        no key: a block of 10000 sifted bits is too small, it takes 8.3e+06
        >>> key = BasisCounts(events=(2.4e7, 2.8e6, 1e3), errors=(2.4e5, 2.8e4, 500.0))
        >>> test = BasisCounts(events=(2.4e6, 2.8e5, 1e2), errors=(2.4e4, 2.8e3, 50.0))
        >>> lim2014_length(key, test, settings).value > 1e6
        True
    """

    name: ClassVar[str] = "lim2014"
    paper: ClassVar[str] = "Lim et al. 2014"
    references: ClassVar[tuple[str, ...]] = ("Lim2014", "Fung2010")
    intensities: ClassVar[int] = 3
    failures: ClassVar[float] = 21.0
    has_bounds: ClassVar[bool] = True

    def events(self, counts: BasisCounts, limits: CountLimits) -> tuple[float, float]:
        """Lower bounds ``s0`` and ``s1`` of the detections of empty pulses and single photons.

        ``s0 = tau0 (k2 n3^- - k3 n2^+)/(k2 - k3)`` and ``s1 = tau1 k1 [n2^- - n3^+ - (k2^2 -
        k3^2)/k1^2 (n1^+ - s0/tau0)]/[k1 (k2 - k3) - k2^2 + k3^2]``, each at least zero.
        """
        k1, k2, k3 = limits.settings.intensities
        tau0, tau1 = (limits.settings.photon_probability(n) for n in (0, 1))
        (_, n1_up), (n2_down, n2_up), (n3_down, n3_up) = limits.of(counts.events)
        vacuum = max(0.0, tau0 * (k2 * n3_down - k3 * n2_up) / (k2 - k3))
        squares = (k2**2 - k3**2) / k1**2
        inner = n2_down - n3_up - squares * (n1_up - vacuum / tau0)
        # Factored, so that it cannot vanish by rounding.
        single = tau1 * k1 * inner / ((k2 - k3) * (k1 - k2 - k3))
        return vacuum, max(0.0, single)

    def errors(self, counts: BasisCounts, limits: CountLimits) -> float:
        """Upper bound ``v1 = tau1 (m2^+ - m3^-)/(k2 - k3)`` of the errors of single photons."""
        _, k2, k3 = limits.settings.intensities
        _, (_, m2_up), (m3_down, _) = limits.of(counts.errors)
        return max(0.0, limits.settings.photon_probability(1) * (m2_up - m3_down) / (k2 - k3))

    def check_intensities(self, intensities: tuple[float, ...]) -> None:
        """Raise unless the first is above the sum of the others."""
        if intensities[0] <= intensities[1] + intensities[2]:
            hint = "raise the signal or lower the decoys"
            rule = "have the first above the sum of the others"
            raise ParameterError("intensities", rule, list(intensities), hint)


LIM2014 = Lim2014()
lim2014, lim2014_length = LIM2014.rate, LIM2014.length
