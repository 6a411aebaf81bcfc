"""GG02 with drawn quadratures: what a run would see, and the channel estimated back from it.

Model of each measured quadrature: ``y = t x + z`` with ``t = sqrt(eta T)`` and noise of variance
``s2 = 1 + v_el + eta T xi`` for homodyne; heterodyne splits the light, so that ``t^2 = eta T/2``
and ``s2 = 1 + v_el + eta T xi/2``. Finite-size rate: A. Leverrier, F. Grosshans, P. Grangier, Phys.
Rev. A 81, 062343 (2010), arXiv:1005.0339.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.gg02 import GG02, holevo_bound, mutual_information
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError, check_integer, check_positive, check_probability, check_real
from qnet.estimate import Estimate

__all__ = ["ChannelEstimate", "draw_quadratures", "estimate_channel", "finite_gg02"]

FloatArray = NDArray[np.float64]


def draw_quadratures(
    link: GG02, symbols: int, rng: np.random.Generator
) -> tuple[FloatArray, FloatArray]:
    """Alice's modulation and Bob's results, in shot-noise units.

    Args:
        link: Modulation, channel and detector.
        symbols: How many coherent states are sent.
        rng: Source of randomness.

    Returns:
        Two arrays of shape (values,): one value per symbol for homodyne (the quadrature that Bob
        chose), two for heterodyne.

    Raises:
        ParameterError: If there is no symbol.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=1.0)
        >>> x, y = draw_quadratures(link, 100_000, np.random.default_rng(1))
        >>> abs(float(np.var(y)) - 5.0) < 0.1
        True
    """
    values = check_integer("symbols", symbols) * _quadratures(link)
    slope, noise = _model(link)
    sent = rng.normal(0.0, math.sqrt(link.modulation_variance), values)
    return sent, slope * sent + rng.normal(0.0, math.sqrt(noise), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEstimate:
    """What the disclosed quadratures tell of the channel.

    Args:
        transmission: ``T`` with its interval.
        excess_noise: ``xi`` with its interval; may reach below zero, as the estimate does.
        worst: The link with the lowest transmission and highest noise that are within the
            intervals.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.1)
        >>> x, y = draw_quadratures(link, 100_000, np.random.default_rng(1))
        >>> found = estimate_channel(x, y, link)
        >>> found.transmission.low < 0.5 < found.transmission.high
        True
    """

    transmission: Estimate
    excess_noise: Estimate
    worst: GG02


def estimate_channel(
    sent: FloatArray, received: FloatArray, link: GG02, *, failure: float = 0.05
) -> ChannelEstimate:
    """Transmission and excess noise from disclosed values, by maximum likelihood.

    ``t = sum(x y)/sum(x^2)`` and ``s2 = sum((y - t x)^2)/m``, normal with standard deviations
    ``sqrt(s2/sum(x^2))`` and ``s2 sqrt(2/m)``. The modulation variance and the detector are known.
    The worst case takes the lowest ``t`` and the highest ``s2``, each wrong with half the failure
    probability.

    Args:
        sent: Alice's values, shape (m,).
        received: Bob's values, shape (m,).
        link: What was sent and how it was detected; its channel plays no part.
        failure: Probability that an interval misses.

    Returns:
        The estimate; intervals have confidence ``1 - failure``.

    Raises:
        ParameterError: If there are fewer than 100 values, their numbers differ, or the failure
            probability is not in (0, 1).

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5)
        >>> x, y = draw_quadratures(link, 1000, np.random.default_rng(2))
        >>> estimate_channel(x, y, link).transmission.n
        1000
    """
    if sent.shape != received.shape or sent.ndim != 1:
        cure = "disclose both values of each chosen symbol"
        raise ParameterError("received", f"have the shape {sent.shape}", received.shape, cure)
    m = check_integer("values", int(sent.size), 100, "disclose more values")
    power = float(sent @ sent)
    slope = float(sent @ received) / power
    noise = float(np.mean((received - slope * sent) ** 2))
    z = _normal_quantile(_check_failure(failure) / 2.0)
    slope_width, noise_width = z * math.sqrt(noise / power), z * noise * math.sqrt(2.0 / m)
    quadratures = _quadratures(link)
    factor = quadratures / link.efficiency
    slopes = (slope - slope_width, slope, slope + slope_width)
    low, middle, high = (factor * max(x, 0.0) ** 2 for x in slopes)
    best = max(slope, 1e-12)
    quiet = 1.0 + link.electronic_noise
    least, likely, most = (
        (noise + shift - quiet) / best**2 for shift in (-noise_width, 0.0, noise_width)
    )
    return ChannelEstimate(
        transmission=Estimate(low, middle, high, m),
        excess_noise=Estimate(least, likely, most, m),
        worst=_worst(link, slope - slope_width, noise + noise_width),
    )


def finite_gg02(
    link: GG02,
    *,
    symbols: float,
    disclosed: float,
    reconciliation_efficiency: float = 0.95,
    epsilon: float = 1e-10,
    estimate: ChannelEstimate | None = None,
) -> KeyRate:
    """Rate per symbol of a finite block: ``K = n/N [beta I_AB - S(worst) - D(n)]``, ``n = N - m``.

    ``S(worst)`` is the Holevo bound of the worst channel that ``m`` disclosed symbols allow, but
    with probability ``epsilon``; ``D(n) = (2 d + 3) sqrt(log2(2/epsilon)/n) + 2/n log2(1/epsilon)``
    is the price of smoothing and of privacy amplification, with one raw bit per value: ``d`` is 2
    for homodyne, 4 for heterodyne. In all it fails with at most ``3 epsilon``.

    Args:
        link: Modulation, channel and detector.
        symbols: ``N``: symbols of the block.
        disclosed: ``m``: how many of them are disclosed.
        reconciliation_efficiency: ``beta``.
        epsilon: Probability of each of the three failures.
        estimate: The channel as estimated from data, with ``failure=epsilon``; what is expected of
            the link when None.

    Returns:
        ``secret_key_rate_per_symbol``, with ``mutual_information``, ``holevo_bound`` (of the worst
        channel), ``transmission_low`` and ``excess_noise_high``.

    Raises:
        ParameterError: If not ``100 <= disclosed < symbols``, or epsilon is not in (0, 1).

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.01)
        >>> long = finite_gg02(link, symbols=1e10, disclosed=1e9)
        >>> short = finite_gg02(link, symbols=1e5, disclosed=5e4)
        >>> long.value > 0.0, short.value
        (True, 0.0)
        >>> print(short.reason)
        no key: a block of 100000 symbols is too small for this channel
    """
    check_positive("symbols", symbols)
    if not 100.0 <= check_positive("disclosed", disclosed) < symbols:
        cure = "half of them is usual"
        raise ParameterError("disclosed", f"lie in [100, {symbols:g})", disclosed, cure)
    share = check_probability("reconciliation_efficiency", reconciliation_efficiency)
    _check_failure(epsilon)
    worst = _expected_worst(link, disclosed, epsilon) if estimate is None else estimate.worst
    kept = symbols - disclosed
    alphabet = 2.0 ** _quadratures(link)
    price = (2.0 * alphabet + 3.0) * math.sqrt(
        math.log2(2.0 / epsilon) / kept
    ) - 2.0 / kept * math.log2(epsilon)
    # Alice and Bob see their own correlation: the mutual information is that of the data.
    mutual, holevo = mutual_information(link), holevo_bound(worst)
    balance = kept / symbols * (share * mutual - holevo - price)
    figures = {
        "mutual_information": mutual,
        "holevo_bound": holevo,
        "transmission_low": worst.transmission,
        "excess_noise_high": worst.excess_noise,
    }
    reason = None
    if balance <= 0.0:
        endless = share * mutual - holevo_bound(link)
        reason = f"no key: a block of {symbols:.6g} symbols is too small for this channel"
        if endless <= 0.0:
            reason = "no key: not even an endless block leaves one"
    return KeyRate(
        name="secret_key_rate_per_symbol", balance=balance, figures=figures, reason=reason
    )


def _quadratures(link: GG02) -> int:
    return 1 if link.detection == "homodyne" else 2


def _model(link: GG02) -> tuple[float, float]:
    """``t`` and ``s2``."""
    power = link.efficiency * link.transmission / _quadratures(link)
    return math.sqrt(power), 1.0 + link.electronic_noise + power * link.excess_noise


def _expected_worst(link: GG02, disclosed: float, failure: float) -> GG02:
    slope, noise = _model(link)
    m = disclosed * _quadratures(link)
    z = _normal_quantile(failure / 2.0)
    low = slope - z * math.sqrt(noise / (m * link.modulation_variance))
    return _worst(link, low, noise * (1.0 + z * math.sqrt(2.0 / m)))


def _worst(link: GG02, slope: float, noise: float) -> GG02:
    """The channel with this slope and noise; nothing arrives when the slope may be zero."""
    slope = max(slope, 1e-9)
    transmission = min(1.0, _quadratures(link) * slope**2 / link.efficiency)
    power = link.efficiency * transmission / _quadratures(link)
    excess = max(0.0, (noise - 1.0 - link.electronic_noise) / power)
    return replace(link, transmission=transmission, excess_noise=excess)


def _normal_quantile(tail: float) -> float:
    # Local import: it takes long to load.
    from scipy.special import ndtri

    return -float(ndtri(tail))


def _check_failure(failure: float) -> float:
    if not 0.0 < check_real("failure", failure) < 1.0:
        raise ParameterError("failure", "lie in (0, 1)", failure, "give a small probability")
    return failure
