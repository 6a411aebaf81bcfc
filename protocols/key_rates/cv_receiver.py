"""Receivers of continuous variables with flaws: a wrong shot-noise unit, and saturation.

What users see is worked out from a described receiver: its response to a quadrature, integrated
over the Gaussian distribution of a described link, or applied to drawn values. *Calibration*: who
makes users take the shot noise too high makes the excess noise look small. P. Jouguet, S.
Kunz-Jacques, E. Diamanti, Phys. Rev. A 87, 062313 (2013), arXiv:1304.7024. *Saturation*: a
displaced signal is clipped, and varies less. H. Qin, R. Kumar, R. Alleaume, Phys. Rev. A 94, 012325
(2016), arXiv:1511.01007. *Intercept and resend* of every symbol adds two shot-noise units.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.claims import asymptotic
from protocols.key_rates.gg02 import GG02, assumptions, holevo_at, mutual_information
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError, check_positive, check_probability, check_real

__all__ = [
    "HomodyneReceiver",
    "hiding_calibration",
    "intercept_resend_quadratures",
    "receiver_gg02",
    "seen_channel",
]

Floats = NDArray[np.float64]

#: Standard deviations of a Gaussian that are integrated over, and nodes of each piece.
_REACH, _NODES = 12.0, 96

#: Share of clipped values that is not seen in any block.
_UNSEEN = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class HomodyneReceiver:
    """How the values that users take down follow from quadratures in true shot-noise units.

    Args:
        shot_noise_factor: ``g``: the shot noise that users divide by, over the true one.
        saturation: ``a``: values beyond ``+-a`` are clipped there, in roots of the shot noise; None
            for a receiver without limits.
        displacement: Added to every quadrature before it is clipped, as an attacker may.

    Raises:
        ParameterError: If the factor or the limit is not positive.

    Examples:
        >>> receiver = HomodyneReceiver(saturation=6.0, displacement=5.5)
        >>> [round(value, 6) for value in receiver.moments(0.0, 1.6)]
        [5.206455, 0.812953]
    """

    shot_noise_factor: float = 1.0
    saturation: float | None = None
    displacement: float = 0.0

    def __post_init__(self) -> None:
        check_positive("shot_noise_factor", self.shot_noise_factor)
        check_real("displacement", self.displacement)
        if self.saturation is not None:
            check_positive("saturation", self.saturation)

    def response(self, quadratures: Floats) -> Floats:
        """What users take down, in their own shot-noise units.

        Args:
            quadratures: In true shot-noise units, of any shape.
        """
        shifted = np.asarray(quadratures, dtype=float) + self.displacement
        if self.saturation is not None:
            shifted = np.clip(shifted, -self.saturation, self.saturation)
        return shifted / math.sqrt(self.shot_noise_factor)

    def moments(self, mean: float, variance: float) -> tuple[float, float]:
        """Mean and variance that users see of a Gaussian quadrature.

        Args:
            mean: In roots of the true shot noise.
            variance: In true shot-noise units.
        """
        values, weights = self._nodes(mean, variance)
        seen = self.response(values)
        average = float(weights @ seen)
        return average, float(weights @ (seen - average) ** 2)

    def slope(self, variance: float) -> float:
        """Share of a centred Gaussian quadrature that what users see follows: ``E[r(y) y]/E[y^2]``.

        Args:
            variance: Of the quadrature, in true shot-noise units.
        """
        values, weights = self._nodes(0.0, variance)
        return float(weights @ (self.response(values) * values)) / variance

    def clipped(self, variance: float) -> float:
        """Share of the values of a centred Gaussian quadrature that are clipped."""
        if self.saturation is None:
            return 0.0
        width = math.sqrt(2.0 * variance)
        ends = (self.saturation - self.displacement, self.saturation + self.displacement)
        return sum(0.5 * math.erfc(end / width) for end in ends)

    def _nodes(self, mean: float, variance: float) -> tuple[Floats, Floats]:
        """Values and weights of a Gaussian, in pieces between which the response has no kink."""
        width = math.sqrt(check_positive("variance", variance))
        low, high = mean - _REACH * width, mean + _REACH * width
        edges = {low, high, *np.linspace(low, high, 7)}
        if self.saturation is not None:
            kinks = (sign * self.saturation - self.displacement for sign in (-1.0, 1.0))
            edges |= {kink for kink in kinks if low < kink < high}
        points, shares = np.polynomial.legendre.leggauss(_NODES)
        ends = np.array(sorted(edges))
        halves, middles = np.diff(ends) / 2.0, (ends[1:] + ends[:-1]) / 2.0
        values = (middles[:, None] + halves[:, None] * points).ravel()
        weights = (halves[:, None] * shares).ravel()
        weights = weights * np.exp(-0.5 * ((values - mean) / width) ** 2)
        return values, weights / weights.sum()


def intercept_resend_quadratures(
    sent: Floats, rng: np.random.Generator, fraction: float = 1.0
) -> Floats:
    """What Eve sends on of modulated quadratures: she measures both, and prepares what she saw.

    The signal's own shot noise and that of the second quadrature's port come on top of what was
    sent: two shot-noise units of excess noise.

    Args:
        sent: Alice's values, in roots of the shot noise.
        rng: Source of randomness.
        fraction: Share of the symbols that she attacks.

    Examples:
        >>> resent = intercept_resend_quadratures(np.zeros(100_000), np.random.default_rng(1))
        >>> abs(float(np.var(resent)) - 2.0) < 0.05
        True
    """
    attacked = rng.random(sent.shape) < check_probability("fraction", fraction)
    own, port = rng.normal(size=sent.shape), rng.normal(size=sent.shape)
    return np.asarray(sent + attacked * (own + port))


def seen_channel(link: GG02, receiver: HomodyneReceiver) -> tuple[float, float]:
    """Transmission and excess noise that users estimate through a flawed receiver.

    Args:
        link: As it is, in true shot-noise units.
        receiver: What users have for a receiver.

    Returns:
        ``T`` and ``xi``; the latter may be negative.

    Raises:
        ParameterError: If nothing of the modulation is left.

    Examples:
        Full intercept and resend behind a shot noise taken 10 % too high:

        >>> link = GG02(
        ...     modulation_variance=4.0, transmission=0.1, excess_noise=2.0, efficiency=0.6,
        ...     electronic_noise=0.05,
        ... )
        >>> [round(v, 9) for v in seen_channel(link, HomodyneReceiver(shot_noise_factor=1.1))]
        [0.090909091, 0.25]
    """
    share = 1.0 if link.detection == "homodyne" else 2.0
    power = link.efficiency * link.transmission / share
    noise = 1.0 + link.electronic_noise + power * link.excess_noise
    variance = power * link.modulation_variance + noise
    slope = receiver.slope(variance) * math.sqrt(power)
    if slope <= 0.0:
        hint = "the receiver is saturated throughout"
        raise ParameterError("displacement", "leave some signal", receiver.displacement, hint)
    _, seen = receiver.moments(0.0, variance)
    left = seen - slope**2 * link.modulation_variance
    excess = (left - 1.0 - link.electronic_noise) / slope**2
    return share * slope**2 / link.efficiency, excess


def hiding_calibration(link: GG02) -> float:
    """Least over-estimate of the shot noise behind which a link shows no excess noise.

    Args:
        link: As it is, such as with two units of excess noise of a full intercept and resend.

    Raises:
        ParameterError: If there is no noise to hide.

    Examples:
        >>> link = GG02(
        ...     modulation_variance=4.0, transmission=0.1, excess_noise=2.0, efficiency=0.6,
        ...     electronic_noise=0.05,
        ... )
        >>> round(hiding_calibration(link), 8)
        1.11428571
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    def excess(factor: float) -> float:
        return seen_channel(link, HomodyneReceiver(shot_noise_factor=factor))[1]

    if excess(1.0) <= 0.0:
        raise ParameterError("excess_noise", "be above 0", link.excess_noise, "nothing to hide")
    high = 2.0
    while excess(high) > 0.0:
        high *= 2.0
    return float(brentq(excess, 1.0, high, xtol=1e-14, rtol=1e-14))


def receiver_gg02(
    link: GG02,
    *,
    shot_noise_uncertainty: float = 0.0,
    receiver: HomodyneReceiver | None = None,
    reconciliation_efficiency: float = 0.95,
) -> KeyRate:
    """Key rate per symbol where the shot noise is known within a range, and values may be clipped.

    What was seen is ``link``, in the users' units. Were their unit ``g`` times the true one, the
    transmission would be ``g T`` and all noise ``g`` times as strong: the worst ``g`` of the range
    is taken. The proofs rest on Gaussian moments of a linear receiver, so that a receiver that
    clips gives none.

    Args:
        link: As users estimate it.
        shot_noise_uncertainty: Largest relative error of the users' shot noise.
        receiver: Response of the receiver, in the users' units; linear unless given.
        reconciliation_efficiency: ``beta``.

    Returns:
        ``secret_key_rate_per_symbol``, with ``mutual_information``, ``holevo_bound`` and the worst
        ``shot_noise_factor``.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.01)
        >>> sure = receiver_gg02(link).value
        >>> 0.0 < receiver_gg02(link, shot_noise_uncertainty=0.01).value < sure
        True
        >>> clips = HomodyneReceiver(saturation=3.0)
        >>> receiver_gg02(link, receiver=clips).reason[:44]
        'no key: the receiver clips 0.084 of the valu'
    """
    share = check_probability("reconciliation_efficiency", reconciliation_efficiency)
    spread = check_probability("shot_noise_uncertainty", shot_noise_uncertainty)
    mutual = mutual_information(link)
    factor, holevo = _worst_factor(link, spread)
    unclipped, reason = share * mutual - holevo, ""
    if (lost := _clipped(link, receiver)) > _UNSEEN:
        unclipped = 0.0
        reason = (
            f"no key: the receiver clips {lost:.2g} of the values, and no proof is known here for "
            "one that is not linear; lower the signal or the displacement"
        )
    elif unclipped <= 0.0:
        reason = (
            f"no key: Eve may know {holevo:.4g} bits per symbol, "
            f"reconciliation leaves Alice {share * mutual:.4g}"
        )
    figures = {
        "mutual_information": mutual,
        "holevo_bound": holevo,
        "shot_noise_factor": factor,
    }
    return KeyRate(
        name="secret_key_rate_per_symbol",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=asymptotic(["collective", "shot-noise-range", *assumptions(link)]),
    )


def _clipped(link: GG02, receiver: HomodyneReceiver | None) -> float:
    """Share of the values of a link that its receiver clips."""
    if receiver is None:
        return 0.0
    share = 1.0 if link.detection == "homodyne" else 2.0
    power = link.efficiency * link.transmission / share
    noise = 1.0 + link.electronic_noise + power * link.excess_noise
    return receiver.clipped(power * link.modulation_variance + noise)


def _worst_factor(link: GG02, spread: float) -> tuple[float, float]:
    """The unit within its range that leaves Eve most, and what she may know then."""
    share = 1.0 if link.detection == "homodyne" else 2.0
    noise = 1.0 + link.electronic_noise
    power = link.efficiency / share

    def holevo(factor: float) -> float:
        transmission = min(factor * link.transmission, 1.0)
        seen = noise + power * link.transmission * link.excess_noise
        added = max(0.0, (factor * seen - noise) / power)
        return holevo_at(replace(link, transmission=transmission), transmission, added)

    factors = np.linspace(1.0 - spread, 1.0 + spread, 201) if spread > 0.0 else np.array([1.0])
    factors = factors[factors > 0.0]
    found = [holevo(float(factor)) for factor in factors]
    at = int(np.argmax(found))
    return float(factors[at]), found[at]
