"""GG02 with drawn quadratures: what a run would see, and the channel estimated back from it.

Model of each measured quadrature: ``y = t x + z`` with ``t = sqrt(eta T)`` and noise of variance
``s2 = 1 + v_el + eta T xi`` for homodyne; heterodyne splits the light, so that ``t^2 = eta T/2``
and ``s2 = 1 + v_el + eta T xi/2``. Finite-size rate: A. Leverrier, F. Grosshans, P. Grangier, Phys.
Rev. A 81, 062343 (2010), arXiv:1005.0339.

The data allow a rectangle of ``t`` and ``s2``, and Eve the worst channel in it. At given ``t`` that
is the noisiest: more noise could be noise that Eve adds and knows, which tells her no less. Along
``t`` nothing is monotone (at fixed noise the Holevo bound rises with the transmission where little
arrives, and falls where much does), so that the whole side is searched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.claims import cv_finite
from protocols.key_rates.gg02 import (
    GG02,
    assumptions,
    holevo_at,
    holevo_bound,
    most_transmission,
    mutual_information,
)
from protocols.key_rates.result import KeyRate
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_integer,
    check_positive,
    check_probability,
    check_real,
)
from qnet.estimate import Estimate

__all__ = [
    "ChannelEstimate",
    "ChannelRegion",
    "draw_quadratures",
    "estimate_channel",
    "finite_gg02",
    "quadratures_of",
    "smoothing_price",
]

#: Fewest symbols of a block: 100 to disclose, and as many to keep.
LEAST_SYMBOLS = 200.0

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
    values = check_integer("symbols", symbols) * quadratures_of(link)
    slope, noise = _model(link)
    sent = rng.normal(0.0, math.sqrt(link.modulation_variance), values)
    return sent, slope * sent + rng.normal(0.0, math.sqrt(noise), values)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRegion:
    """Channels that data allow: an interval of the transmission, and a largest noise.

    Args:
        link: Modulation and detector.
        transmission: Lowest and highest ``T``; the latter may lie above one, for a channel that
            amplifies.
        added_noise: Largest ``T xi``, noise at the channel's output.

    Examples:
        >>> link = GG02(modulation_variance=10.0, transmission=0.1, detection="heterodyne")
        >>> region = ChannelRegion(link=link, transmission=(0.09, 0.11), added_noise=0.006)
        >>> region.worst_transmission
        0.11
    """

    link: GG02
    transmission: tuple[float, float]
    added_noise: float

    @property
    def worst_transmission(self) -> float:
        """``T`` at which the Holevo bound is largest: a search over the whole interval."""
        # Local import: it takes long to load.
        from scipy.optimize import minimize_scalar

        low, high = self.transmission
        high = min(high, most_transmission(self.link, self.added_noise))
        low = min(low, high)
        grid = np.linspace(math.sqrt(low), math.sqrt(high), 129) ** 2
        grid[0], grid[-1] = low, high
        at = int(np.argmax([self.holevo(float(t)) for t in grid]))
        near = (float(grid[max(at - 1, 0)]), float(grid[min(at + 1, 128)]))
        best = float(grid[at])
        if near[0] < near[1]:
            options = {"xatol": 1e-9 * near[1]}
            found = minimize_scalar(
                lambda t: -self.holevo(t), bounds=near, method="bounded", options=options
            )
            best = max((best, float(found.x)), key=self.holevo)
        return best

    def holevo(self, transmission: float) -> float:
        """Bits that Eve may know of a symbol, at this transmission and the largest noise."""
        return holevo_at(self.link, transmission, self.added_noise)

    @property
    def worst(self) -> GG02:
        """The channel that tells Eve most; its transmission is at least 1e-9, at most one."""
        transmission = min(max(self.worst_transmission, 1e-9), 1.0)
        excess = self.added_noise / transmission
        return replace(self.link, transmission=transmission, excess_noise=excess)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelEstimate:
    """What the disclosed quadratures tell of the channel.

    Args:
        transmission: ``T`` with its interval.
        excess_noise: ``xi`` with its interval; may reach below zero, as the estimate does.
        region: What the data allow, both together.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.1)
        >>> x, y = draw_quadratures(link, 100_000, np.random.default_rng(1))
        >>> found = estimate_channel(x, y, link)
        >>> found.transmission.low < 0.5 < found.transmission.high
        True
    """

    transmission: Estimate
    excess_noise: Estimate
    region: ChannelRegion

    @property
    def worst(self) -> GG02:
        """The channel of the region that tells Eve most."""
        return self.region.worst


def estimate_channel(
    sent: FloatArray, received: FloatArray, link: GG02, *, failure: float = 0.05
) -> ChannelEstimate:
    """Transmission and excess noise from disclosed values, by maximum likelihood.

    ``t = sum(x y)/sum(x^2)`` and ``s2 = sum((y - t x)^2)/m``, normal with standard deviations
    ``sqrt(s2/sum(x^2))`` and ``s2 sqrt(2/m)``. The modulation variance and the detector are known.
    The region has both ends of ``t`` and the upper one of ``s2``; either is wrong with half the
    failure probability, by the distributions of Gaussian noise themselves.

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
        hint = "disclose both values of each chosen symbol"
        raise ParameterError("received", f"have the shape {sent.shape}", received.shape, hint)
    m = check_integer("values", int(sent.size), 100, "disclose more values")
    power = float(sent @ sent)
    slope = float(sent @ received) / power
    noise = float(np.mean((received - slope * sent) ** 2))
    z = _normal_quantile(_check_failure(failure) / 2.0)
    slope_width, noise_width = z * math.sqrt(noise / power), z * noise * math.sqrt(2.0 / m)
    quadratures = quadratures_of(link)
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
        region=_region(link, slope, noise, m, power, failure),
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

    ``S(worst)`` is the largest Holevo bound of the channels that ``m`` disclosed symbols allow, but
    with probability ``epsilon``; ``D(n) = (2 d + 3) sqrt(log2(2/epsilon)/n) + 2/n log2(1/epsilon) +
    1/n log2(2/epsilon)`` is the price of smoothing, of privacy amplification and of a tag that
    tells whether the keys agree, with one raw bit per value: ``d`` is 2 for homodyne, 4 for
    heterodyne. In all it fails with at most ``4 epsilon``, against collective attacks.

    Args:
        link: Modulation, channel and detector.
        symbols: ``N``: symbols of the block.
        disclosed: ``m``: how many of them are disclosed.
        reconciliation_efficiency: ``beta``.
        epsilon: Probability of each of the four failures.
        estimate: The channel as estimated from data, with ``failure=epsilon``; what is expected of
            the link when None.

    Returns:
        ``secret_key_rate_per_symbol``, with ``mutual_information``, ``holevo_bound`` (the largest),
        ``transmission_low``, ``transmission_high`` and ``excess_noise_high`` of the region, and
        ``transmission_worst``, where the bound is largest.

    Raises:
        ParameterError: If there are fewer than 200 symbols, not ``100 <= disclosed < symbols``, or
            epsilon is not in (0, 1).

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5, excess_noise=0.01)
        >>> long = finite_gg02(link, symbols=1e10, disclosed=1e9)
        >>> short = finite_gg02(link, symbols=1e5, disclosed=5e4)
        >>> long.value > 0.0, short.value
        (True, 0.0)
        >>> print(long.security)
        composable, epsilon 4e-10
        >>> print(short.reason)
        no key: a block of 100000 symbols is too small for this channel
    """
    check_at_least("symbols", symbols, LEAST_SYMBOLS, "1e7 is usual")
    if not 100.0 <= check_positive("disclosed", disclosed) < symbols:
        hint = "half of them is usual"
        raise ParameterError("disclosed", f"lie in [100, {symbols:g})", disclosed, hint)
    share = check_probability("reconciliation_efficiency", reconciliation_efficiency)
    _check_failure(epsilon)
    region = _expected_region(link, disclosed, epsilon) if estimate is None else estimate.region
    kept = symbols - disclosed
    price = smoothing_price(link, kept, epsilon) + (1.0 - 3.0 * math.log2(epsilon)) / kept
    worst = region.worst_transmission
    # Alice and Bob see their own correlation: the mutual information is that of the data.
    mutual, holevo = mutual_information(link), region.holevo(worst)
    unclipped = kept / symbols * (share * mutual - holevo - price)
    figures = {
        "mutual_information": mutual,
        "holevo_bound": holevo,
        "transmission_low": region.transmission[0],
        "transmission_high": region.transmission[1],
        "transmission_worst": worst,
        "excess_noise_high": region.added_noise / max(region.transmission[0], 1e-9),
    }
    reason = ""
    if unclipped <= 0.0:
        endless = share * mutual - holevo_bound(link)
        reason = f"no key: a block of {symbols:.6g} symbols is too small for this channel"
        if endless <= 0.0:
            reason = "no key: not even an endless block leaves one"
    return KeyRate(
        name="secret_key_rate_per_symbol",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=cv_finite(4.0 * epsilon, assumptions(link)),
    )


def smoothing_price(link: GG02, symbols: float, epsilon: float) -> float:
    """``(2 d + 3) sqrt(log2(2/epsilon)/n)``, bits per symbol, with one raw bit per value.

    Args:
        link: Its detection says whether a symbol has one value, ``d = 2``, or two, ``d = 4``.
        symbols: ``n``.
        epsilon: Probability with which the state is another than the smoothed one.

    Examples:
        >>> smoothing_price(GG02(modulation_variance=4.0, transmission=0.5), 28.0, 2.0**-6)
        3.5
    """
    alphabet = 2.0 ** quadratures_of(link)
    return (2.0 * alphabet + 3.0) * math.sqrt(math.log2(2.0 / epsilon) / symbols)


def quadratures_of(link: GG02) -> int:
    """Values of a symbol: one for homodyne, two for heterodyne.

    Examples:
        >>> quadratures_of(GG02(modulation_variance=4.0, transmission=0.5))
        1
    """
    return 1 if link.detection == "homodyne" else 2


def _model(link: GG02) -> tuple[float, float]:
    """``t`` and ``s2``."""
    power = link.efficiency * link.transmission / quadratures_of(link)
    return math.sqrt(power), 1.0 + link.electronic_noise + power * link.excess_noise


def _expected_region(link: GG02, disclosed: float, failure: float) -> ChannelRegion:
    slope, noise = _model(link)
    m = disclosed * quadratures_of(link)
    return _region(link, slope, noise, m, m * link.modulation_variance, failure)


def _region(
    link: GG02, slope: float, noise: float, m: float, power: float, failure: float
) -> ChannelRegion:
    """Both ends of the slope, each wrong with a quarter of the failure, and the upper noise.

    Of Gaussian noise ``s2``, ``m`` times its estimate over ``s2`` is chi-squared with ``m - 1``
    degrees of freedom; the slope is normal with the variance ``s2/sum(x^2)``.
    """
    most = noise * m / max(_least_chi_squared(m - 1.0, failure / 2.0), 1e-300)
    spread = _normal_quantile(failure / 4.0) * math.sqrt(most / power)
    factor = quadratures_of(link) / link.efficiency
    ends = abs(slope - spread), abs(slope + spread)
    # A slope of either sign is one transmission: zero is inside when the signs differ.
    low = 0.0 if abs(slope) <= spread else min(ends)
    return ChannelRegion(
        link=link,
        transmission=(factor * low**2, factor * max(ends) ** 2),
        added_noise=factor * max(0.0, most - 1.0 - link.electronic_noise),
    )


def _least_chi_squared(degrees: float, tail: float) -> float:
    """What a chi-squared number exceeds but with this probability.

    Where the incomplete gamma function has lost its digits, by the cube root of E. B. Wilson, M. M.
    Hilferty, PNAS 17, 684 (1931), whose error is below 1e-7 there.
    """
    # Local import: it takes long to load.
    from scipy.special import gammaincinv

    if degrees < 1e6:
        return 2.0 * float(gammaincinv(degrees / 2.0, tail))
    part = 2.0 / (9.0 * degrees)
    return degrees * (1.0 - part - _normal_quantile(tail) * math.sqrt(part)) ** 3


def _normal_quantile(tail: float) -> float:
    # Local import: it takes long to load.
    from scipy.special import ndtri

    return -float(ndtri(tail))


def _check_failure(failure: float) -> float:
    if not 0.0 < check_real("failure", failure) < 1.0:
        raise ParameterError("failure", "lie in (0, 1)", failure, "give a small probability")
    return failure
