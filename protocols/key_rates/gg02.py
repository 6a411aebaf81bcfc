"""Continuous variables: GG02, Gaussian-modulated coherent states and reverse reconciliation.

F. Grosshans, P. Grangier, Phys. Rev. Lett. 88, 057902 (2002), arXiv:quant-ph/0109084; trusted
detector from J. Lodewyck et al., Phys. Rev. A 76, 042305 (2007), arXiv:0706.4255; heterodyne from
S. Fossier et al., J. Phys. B 42, 114014 (2009), arXiv:0812.4314. Variances are in shot-noise units:
the vacuum has variance 1. Rates are asymptotic and for collective attacks, in bits per symbol.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from protocols.key_rates.claims import asymptotic
from protocols.key_rates.result import KeyRate
from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.schema import check_fields, key, ranged

__all__ = ["DETECTIONS", "GG02", "LEAST_SHARE", "gg02", "holevo_bound", "mutual_information"]

#: Homodyne: one quadrature, chosen at random; heterodyne: both.
DETECTIONS = ("homodyne", "heterodyne")


@ranged(minimum=1e-9, maximum=1e9)
def check_variance(field: str, value: object) -> float:
    """A modulation variance: between 1e-9 and 1e9 shot-noise units."""
    variance = check_positive(field, value)
    if not 1e-9 <= variance <= 1e9:
        rule = "be at most 1e+09" if variance > 1e9 else "be at least 1e-09"
        raise ParameterError(field, rule, value, "1 to 100 shot-noise units are usual")
    return variance


#: Least share of the light that a formula is asked about.
LEAST_SHARE = 1e-9


@ranged(minimum=LEAST_SHARE, maximum=1)
def check_share(field: str, value: object) -> float:
    """A transmission or an efficiency: at least 1e-9."""
    share = check_probability(field, value)
    if share < LEAST_SHARE:
        raise ParameterError(field, "be at least 1e-9", value, "nothing would arrive")
    return share


@ranged(minimum=0, maximum=1e6)
def check_noise(field: str, value: object) -> float:
    """A noise in shot-noise units: at most 1e6."""
    noise = check_non_negative(field, value)
    if noise > 1e6:
        raise ParameterError(field, "be at most 1e6", value, "give it in shot-noise units")
    return noise


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
        ParameterError: If the variance is not in [1e-9, 1e9], a noise not in [0, 1e6], ``T`` or
            ``eta`` not in [1e-9, 1].
        UnknownNameError: If the detection does not exist.

    Examples:
        >>> GG02(modulation_variance=4.0, transmission=0.5).total_noise
        1.0
    """

    modulation_variance: float = key(check=check_variance, example=4.0)
    transmission: float = key(check=check_share, example=0.5)
    excess_noise: float = key(0.0, check=check_noise)
    efficiency: float = key(1.0, check=check_share)
    electronic_noise: float = key(0.0, check=check_noise)
    detection: str = key("homodyne", choices=DETECTIONS)
    trusted_detector: bool = True

    def __post_init__(self) -> None:
        check_fields(self)
        check_one_of("detection", self.detection, DETECTIONS)

    def cited(self) -> Iterator[str]:
        """Keys of the works behind detection and rate, in ``qnet.references.REFERENCES``."""
        yield "Grosshans2002"
        yield "Lodewyck2007" if self.detection == "homodyne" else "Fossier2009"

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
    unclipped = share * mutual - holevo
    reason = ""
    if unclipped <= 0.0:
        reason = (
            f"no key: Eve may know {holevo:.4g} bits per symbol, "
            f"reconciliation leaves Alice {share * mutual:.4g}"
        )
    figures = {"mutual_information": mutual, "holevo_bound": holevo}
    return KeyRate(
        name="secret_key_rate_per_symbol",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=asymptotic(["collective", *assumptions(link)]),
    )


def assumptions(link: GG02) -> tuple[str, ...]:
    """Names of what every key of this link presumes, beside the kind of attack."""
    detector = ("trusted-detector",) if link.trusted_detector else ()
    return ("gaussian", "trusted-devices", *detector, "local-oscillator")


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
    measurement (a fifth is 1). An untrusted detector is a part of the channel.

    The usual sums and products of ``l^2`` lose all digits where eigenvalues come close to one.
    With ``q = V_A (V_A + 2)``, ``u = 1 - T``, ``w = T xi`` and ``chi`` the noise of the detector,
    their differences from one are sums of positive terms, the form that is used here:
    ``(l1 - 1)(l2 - 1) = q w (w + 2 u)/(l1 + 1)/(l2 + 1)``, and ``(l3^2 - 1) + (l4^2 - 1)`` and
    ``(l3^2 - 1)(l4^2 - 1)`` likewise.

    Args:
        link: Modulation, channel and detector.

    Returns:
        Bits per symbol.

    Examples:
        >>> holevo_bound(GG02(modulation_variance=3.0, transmission=1.0))
        0.0
    """
    return holevo_at(link, link.transmission, link.transmission * link.excess_noise)


def holevo_at(link: GG02, transmission: float, added: float) -> float:
    """`holevo_bound` of another channel, with the modulation and the detector of this link.

    Args:
        link: Modulation and detector; its channel plays no part.
        transmission: ``T``; zero, or above one for a channel that amplifies, are allowed.
        added: ``w = T xi``, noise at the channel's output; at least ``2 (T - 1)``.

    Returns:
        Bits per symbol.

    Examples:
        >>> link = GG02(modulation_variance=3.0, transmission=0.5)
        >>> holevo_at(link, 1.0, 0.0), holevo_at(link, 0.5, 0.0) == holevo_bound(link)
        (0.0, True)
    """
    homodyne = link.detection == "homodyne"
    if not link.trusted_detector:
        overall, noise = link.efficiency * transmission, _noise_with_detector(link, added)
        return _holevo(link.modulation_variance, overall, noise, 0.0, homodyne)
    share = 1.0 if homodyne else 2.0
    beyond = share * (1.0 - link.efficiency + link.electronic_noise) / link.efficiency
    return _holevo(link.modulation_variance, transmission, added, beyond, homodyne)


def most_transmission(link: GG02, added: float) -> float:
    """Largest ``T`` of a channel that adds so much noise: ``w >= 2 (T - 1)`` where it amplifies.

    Examples:
        >>> most_transmission(GG02(modulation_variance=3.0, transmission=0.5), 0.1)
        1.05
    """
    if link.trusted_detector:
        return 1.0 + added / 2.0
    return (1.0 + _noise_with_detector(link, added) / 2.0) / link.efficiency


def _noise_with_detector(link: GG02, added: float) -> float:
    """Noise at the output of channel and detector together."""
    share = 1.0 if link.detection == "homodyne" else 2.0
    return link.efficiency * added + share * link.electronic_noise


def _holevo(modulation: float, t: float, w: float, detector: float, homodyne: bool) -> float:
    """The bound from ``V_A``, ``T``, ``w = T xi`` and the detector's noise beyond the least.

    The least is zero for homodyne, one for heterodyne. ``T`` may be zero.
    """
    u, q = 1.0 - t, modulation * (modulation + 2.0)
    v, bob = modulation + 1.0, 1.0 + t * modulation + w
    # Alice's variance less Bob's; the product of the eigenvalues, less one.
    apart, excess = modulation * u - w, modulation * u + v * w
    pure = q * w * (w + 2.0 * u)
    root = math.sqrt(apart**2 + 4.0 * (1.0 + excess))
    large = (abs(apart) + (apart**2 + 4.0 * excess) / (root + 2.0)) / 2.0
    small = pure / ((2.0 + excess + root) * large) if large > 0.0 else 0.0
    squares = apart**2 + 2.0 * excess
    if homodyne:
        total = (detector * squares + q * (u + w)) / (bob + detector)
        product = detector * pure / (bob + detector)
    else:
        both = squares + q * (u + w)
        least = q * (w + 2.0 * u) * (w + 2.0)
        scale = bob + 1.0 + detector
        total = (detector**2 * squares + 2.0 * detector * both + least) / scale**2
        product = detector * (detector + 2.0) * pure / scale**2
    first = (total + math.sqrt(max(0.0, total**2 - 4.0 * product))) / 2.0
    second = product / first if first > 0.0 else 0.0
    after = [square / (1.0 + math.sqrt(1.0 + square)) for square in (first, second)]
    return max(0.0, _entropy(large) + _entropy(small) - sum(map(_entropy, after)))


def _entropy(above_one: float) -> float:
    """``G``: bits of the thermal state whose symplectic eigenvalue lies so far above one."""
    photons = above_one / 2.0
    if photons <= 0.0:
        return 0.0
    return (photons * math.log1p(1.0 / photons) + math.log1p(photons)) / math.log(2.0)
