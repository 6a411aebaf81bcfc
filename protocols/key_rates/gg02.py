"""Continuous variables: GG02, Gaussian-modulated coherent states and reverse reconciliation.

F. Grosshans, P. Grangier, Phys. Rev. Lett. 88, 057902 (2002), arXiv:quant-ph/0109084; trusted
detector from J. Lodewyck et al., Phys. Rev. A 76, 042305 (2007), arXiv:0706.4255; heterodyne from
S. Fossier et al., J. Phys. B 42, 114014 (2009), arXiv:0812.4314. Variances are in shot-noise units:
the vacuum has variance 1. Rates are asymptotic and for collective attacks, in bits per symbol.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from protocols.key_rates.result import KeyRate
from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)

__all__ = ["DETECTIONS", "GG02", "gg02", "holevo_bound", "mutual_information"]

#: Homodyne: one quadrature, chosen at random; heterodyne: both.
DETECTIONS = ("homodyne", "heterodyne")


@dataclass(frozen=True, slots=True, kw_only=True)
class GG02:
    """What is sent, what happens to it, and how it is detected.

    Args:
        modulation_variance: ``V_A``: variance of each quadrature that Alice modulates.
        transmission: ``T`` of the channel.
        excess_noise: ``xi``, at the channel's input.
        efficiency: ``eta`` of Bob's detector.
        electronic_noise: ``v_el`` of Bob's detector.
        detection: ``"homodyne"`` or ``"heterodyne"``.
        trusted_detector: Whether Eve has no part in the loss and noise of the detector.

    Raises:
        ParameterError: If the variance is not in (0, 1e9], a noise is negative, ``T`` or ``eta`` is
            not in (0, 1].
        UnknownNameError: If the detection does not exist.

    Examples:
        >>> GG02(modulation_variance=4.0, transmission=0.5).total_noise
        1.0
    """

    modulation_variance: float
    transmission: float
    excess_noise: float = 0.0
    efficiency: float = 1.0
    electronic_noise: float = 0.0
    detection: str = "homodyne"
    trusted_detector: bool = True

    def __post_init__(self) -> None:
        if check_positive("modulation_variance", self.modulation_variance) > 1e9:
            cure = "1 to 100 shot-noise units are usual"
            raise ParameterError(
                "modulation_variance", "be at most 1e9", self.modulation_variance, cure
            )
        for name in ("transmission", "efficiency"):
            if check_probability(name, getattr(self, name)) == 0.0:
                raise ParameterError(name, "be above zero", 0.0, "nothing would arrive")
        for name in ("excess_noise", "electronic_noise"):
            check_non_negative(name, getattr(self, name))
        check_one_of("detection", self.detection, DETECTIONS)

    @property
    def line_noise(self) -> float:
        """``chi_line = 1/T - 1 + xi``, at the channel's input."""
        return 1.0 / self.transmission - 1.0 + self.excess_noise

    @property
    def detector_noise(self) -> float:
        """Noise of the detector at its input.

        ``chi_hom = (1 - eta + v_el)/eta``, ``chi_het = (2 - eta + 2 v_el)/eta``.
        """
        if self.detection == "homodyne":
            return (1.0 - self.efficiency + self.electronic_noise) / self.efficiency
        return (2.0 - self.efficiency + 2.0 * self.electronic_noise) / self.efficiency

    @property
    def total_noise(self) -> float:
        """``chi_tot = chi_line + chi_det/T``, at the channel's input."""
        return self.line_noise + self.detector_noise / self.transmission

    def as_eve_sees_it(self) -> GG02:
        """The same data with a perfect detector, whose loss and noise have become the channel's.

        Examples:
            >>> link = GG02(modulation_variance=4.0, transmission=0.5, efficiency=0.5)
            >>> link.as_eve_sees_it().transmission
            0.25
        """
        overall = self.transmission * self.efficiency
        noise = self.electronic_noise * (1.0 if self.detection == "homodyne" else 2.0)
        return replace(
            self,
            transmission=overall,
            excess_noise=self.excess_noise + noise / overall,
            efficiency=1.0,
            electronic_noise=0.0,
        )


def gg02(link: GG02, *, reconciliation_efficiency: float = 0.95) -> KeyRate:
    """Key rate per symbol: ``K = beta I_AB - chi_BE``.

    Args:
        link: Modulation, channel and detector.
        reconciliation_efficiency: ``beta``: share of the mutual information that becomes key.

    Returns:
        ``secret_key_rate_per_symbol``, with ``mutual_information`` and ``holevo_bound``.

    Raises:
        ParameterError: If ``beta`` is not in [0, 1].

    Examples:
        >>> link = GG02(
        ...     modulation_variance=18.5, transmission=0.302, excess_noise=0.005, efficiency=0.606,
        ...     electronic_noise=0.041,
        ... )
        >>> rate = gg02(link, reconciliation_efficiency=0.898)
        >>> [round(value, 6) for value in rate.as_dict().values()]
        [1.04365, 0.902043, 0.035154]
    """
    share = check_probability("reconciliation_efficiency", reconciliation_efficiency)
    mutual, holevo = mutual_information(link), holevo_bound(link)
    balance = share * mutual - holevo
    reason = None
    if balance <= 0.0:
        reason = (
            f"no key: Eve may know {holevo:.4g} bits per symbol, "
            f"reconciliation leaves Alice {share * mutual:.4g}"
        )
    figures = {"mutual_information": mutual, "holevo_bound": holevo}
    return KeyRate(
        name="secret_key_rate_per_symbol", balance=balance, figures=figures, reason=reason
    )


def mutual_information(link: GG02) -> float:
    """``I_AB = 1/2 log2[(V + chi_tot)/(1 + chi_tot)]``, twice that for heterodyne; ``V = V_A + 1``.

    Args:
        link: Modulation, channel and detector.

    Returns:
        Bits per symbol.

    Examples:
        >>> mutual_information(GG02(modulation_variance=3.0, transmission=1.0))
        1.0
    """
    quadratures = 1.0 if link.detection == "homodyne" else 2.0
    ratio = link.modulation_variance / (1.0 + link.total_noise)
    return 0.5 * quadratures * math.log1p(ratio) / math.log(2.0)


def holevo_bound(link: GG02) -> float:
    """``chi_BE = G(l1) + G(l2) - G(l3) - G(l4)``: what Eve knows of Bob's data at most.

    ``G(l) = (l + 1)/2 log2((l + 1)/2) - (l - 1)/2 log2((l - 1)/2)``; ``l1, l2`` are the symplectic
    eigenvalues of the state that Alice and Bob share, ``l3, l4`` those that are left after Bob's
    measurement (a fifth is 1): ``l^2 = (A +- sqrt(A^2 - 4 B))/2`` and ``(C +- sqrt(C^2 - 4 D))/2``.
    An untrusted detector is a part of the channel.

    Args:
        link: Modulation, channel and detector.

    Returns:
        Bits per symbol.

    Examples:
        >>> holevo_bound(GG02(modulation_variance=3.0, transmission=1.0))
        0.0
    """
    seen = link if link.trusted_detector else link.as_eve_sees_it()
    v, t = seen.modulation_variance + 1.0, seen.transmission
    line, detector = seen.line_noise, seen.detector_noise
    a = v**2 * (1.0 - 2.0 * t) + 2.0 * t + (t * (v + line)) ** 2
    root_b = t * (v * line + 1.0)
    total = t * (v + seen.total_noise)
    if seen.detection == "homodyne":
        c = (a * detector + v * root_b + t * (v + line)) / total
        d = root_b * (v + root_b * detector) / total
    else:
        cross = 2.0 * detector * (v * root_b + t * (v + line)) + 2.0 * t * (v**2 - 1.0)
        c = (a * detector**2 + root_b**2 + 1.0 + cross) / total**2
        d = ((v + root_b * detector) / total) ** 2
    before = sum(map(_entropy, _eigenvalues(a, root_b**2)))
    return max(0.0, before - sum(map(_entropy, _eigenvalues(c, d))))


def _eigenvalues(sum_of_squares: float, product_of_squares: float) -> tuple[float, float]:
    """The two numbers whose squares have this sum and this product; at least one each."""
    spread = math.sqrt(max(0.0, sum_of_squares**2 - 4.0 * product_of_squares))
    large = (sum_of_squares + spread) / 2.0
    return math.sqrt(max(1.0, large)), math.sqrt(max(1.0, product_of_squares / large))


def _entropy(eigenvalue: float) -> float:
    """``G``: entropy in bits of the thermal state with this symplectic eigenvalue."""
    photons = (eigenvalue - 1.0) / 2.0
    if photons <= 0.0:
        return 0.0
    return (photons + 1.0) * math.log2(photons + 1.0) - photons * math.log2(photons)
