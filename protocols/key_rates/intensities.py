"""Intensities that are known roughly, or are not what users believe: bounds on single photons.

``Q_k = sum_n P_n(mu_k) Y_n`` with Poisson probabilities ``P_n``. Where each mean photon number lies
in an interval, each ``P_n`` does, and what the yields of single photons can be at least is a linear
programme; so is what their errors can be at most. For a vacuum and a weak decoy it gives the closed
bound of X.-B. Wang, C.-Z. Peng, J. Zhang, L. Yang, J.-W. Pan, Phys. Rev. A 77, 042311 (2008),
arXiv:0802.3177. *Laser seeding*: Eve raises every intensity by a factor; A. Huang, A. Navarrete,
S.-H. Sun, P. Chaiwongkhot, M. Curty, V. Makarov, Phys. Rev. Applied 12, 064043 (2019),
arXiv:1902.09792.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.checks import check_shannon
from protocols.key_rates.claims import PULSES, asymptotic
from protocols.key_rates.decoy import gllp_rate
from protocols.key_rates.result import KeyRate, pulse_rate
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.schema import ranged

__all__ = [
    "SeededChannel",
    "check_uncertainty",
    "interval_decoy",
    "least_single_photon_yield",
    "most_single_photon_errors",
    "poisson_range",
]

Floats = NDArray[np.float64]

#: Photon numbers that are told apart; the rest goes into one more.
_PHOTONS = 12


@ranged(minimum=0, exclusiveMaximum=1)
def check_uncertainty(field: str, value: object) -> float:
    """A relative uncertainty: below one.

    Examples:
        >>> check_uncertainty("intensity_uncertainty", 0.02)
        0.02
    """
    share = check_non_negative(field, value)
    if share >= 1.0:
        raise ParameterError(field, "be below 1", value, "write 0.02 for 2 %")
    return share


@dataclass(frozen=True, slots=True)
class SeededChannel(PulseChannel):
    """A channel fed by a source whose every intensity is higher than its users believe.

    Asked for the gain of a believed intensity it answers with what they see; yields of photon
    numbers are the channel's own.

    Args:
        line: The line of the channel.
        channel: The channel.
        factor: Real intensity over the believed one.

    Raises:
        ParameterError: If the factor is not positive.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Line
        >>> channel = BackgroundChannel(Line(transmission=0.01))
        >>> seeded = SeededChannel.of(channel, 1.5)
        >>> seeded.gain(0.4) == channel.gain(0.4 * 1.5)
        True
    """

    channel: PulseChannel
    factor: float

    def __post_init__(self) -> None:
        PulseChannel.__post_init__(self)
        check_positive("factor", self.factor)

    @classmethod
    def of(cls, channel: PulseChannel, factor: float) -> SeededChannel:
        """The channel with every intensity raised by a factor."""
        return cls(channel.line, channel, factor)

    @property
    def surplus(self) -> tuple[str, float]:
        """As the channel's."""
        return self.channel.surplus

    def detected(self, caught: float) -> float:
        """As the channel's."""
        return self.channel.detected(caught)

    def errors(self, caught: float) -> float:
        """As the channel's."""
        return self.channel.errors(caught)

    def gain(self, intensity: float) -> float:
        """``Q`` of a believed intensity."""
        return self.channel.gain(self.factor * intensity)

    def error_gain(self, intensity: float) -> float:
        """``E Q`` of a believed intensity."""
        return self.channel.error_gain(self.factor * intensity)


def poisson_range(
    mean: float, uncertainty: float, photons: int = _PHOTONS
) -> tuple[Floats, Floats]:
    """Least and largest probabilities of photon numbers, of a mean that is known roughly.

    Args:
        mean: Mean photon number.
        uncertainty: Largest relative error of it.
        photons: Numbers ``0..photons - 1`` are told apart; the last entry holds the rest.

    Returns:
        Two arrays of shape (photons + 1,).

    Examples:
        >>> low, high = poisson_range(0.5, 0.0)
        >>> bool((low == high).all()), round(float(low.sum()), 12)
        (True, 1.0)
    """
    check_non_negative("mean", mean)
    spread = check_uncertainty("intensity_uncertainty", uncertainty)
    ends = (mean * (1.0 - spread), mean * (1.0 + spread))
    at_ends = np.array([_poisson(end, photons) for end in ends])
    low, high = at_ends.min(axis=0), at_ends.max(axis=0)
    for n in range(photons):
        # P_n has its largest value where the mean is n.
        if ends[0] < n < ends[1]:
            high[n] = _poisson(float(n), photons)[n]
    return low, high


def _poisson(mean: float, photons: int) -> Floats:
    shares = [math.exp(-mean)]
    for n in range(1, photons):
        shares.append(shares[-1] * mean / n)
    # The rest, summed from its largest term down.
    term, rest, n = shares[-1] * mean / photons, 0.0, photons
    while term > 1e-20 * max(rest, 1e-300):
        rest, n = rest + term, n + 1
        term *= mean / n
    return np.array([*shares, rest])


def least_single_photon_yield(
    gains: Sequence[float],
    intensities: Sequence[float],
    uncertainty: float,
    vacuum: float | None = None,
    *,
    most_vacuum: float = 1.0,
) -> float:
    """Least ``Y_1`` that some intensities within their ranges and some yields allow.

    Args:
        gains: ``Q_k``, of each intensity.
        intensities: ``mu_k``: mean photon numbers, as believed.
        uncertainty: Largest relative error of each.
        vacuum: ``Y_0``, where pulses without light measure it.
        most_vacuum: Largest ``Y_0``, where something else bounds it.

    Returns:
        A lower bound, proven by the dual of the programme.

    Raises:
        ParameterError: If no yields give these gains.

    Examples:
        >>> gains = [1.0 - math.exp(-0.05), 1.0 - math.exp(-0.005)]
        >>> 0.09 < least_single_photon_yield(gains, [0.5, 0.05], 0.0, 0.0) <= 0.1
        True
    """
    cost = np.zeros(_PHOTONS + 1)
    cost[1] = 1.0
    return max(0.0, _least(cost, gains, intensities, uncertainty, vacuum, most_vacuum))


def most_single_photon_errors(
    error_gains: Sequence[float],
    intensities: Sequence[float],
    uncertainty: float,
    vacuum: float | None = None,
) -> float:
    """Largest ``e_1 Y_1`` that some intensities within their ranges allow.

    Args:
        error_gains: ``E_k Q_k``, of each intensity.
        intensities: ``mu_k``, as believed.
        uncertainty: Largest relative error of each.
        vacuum: ``e_0 Y_0``: half of the yield of empty pulses.

    Returns:
        An upper bound, proven by the dual of the programme.

    Raises:
        ParameterError: If no yields give these gains.

    Examples:
        >>> round(most_single_photon_errors([1e-3], [0.1], 0.0, 0.0), 6)
        0.011052
    """
    cost = np.zeros(_PHOTONS + 1)
    cost[1] = -1.0
    return min(1.0, -_least(cost, error_gains, intensities, uncertainty, vacuum))


def _least(
    cost: Floats,
    seen: Sequence[float],
    intensities: Sequence[float],
    uncertainty: float,
    vacuum: float | None,
    most_vacuum: float = 1.0,
) -> float:
    """Least ``cost . Y`` over yields in [0, caps] that explain what is seen.

    The programme is solved in units of its largest gain. Its dual proves the bound: for any
    multipliers ``u >= 0`` of ``A Y <= b``, ``cost . Y >= -u . b + sum_n caps_n min(0, (cost + A^T
    u)_n)``.
    """
    # Local import: it takes long to load.
    from scipy.optimize import linprog

    rows, limits = list[Floats](), list[float]()
    for gain, mean in zip(seen, intensities, strict=True):
        low, high = poisson_range(mean, uncertainty)
        rows += [low, -high]
        limits += [gain, -gain]
    if vacuum is not None:
        empty = np.eye(_PHOTONS + 1)[0]
        rows += [empty, -empty]
        limits += [vacuum, -vacuum]
    matrix, bounds = np.array(rows), np.array(limits)
    unit = max(float(np.abs(bounds).max()), 1e-300)
    caps = np.ones(_PHOTONS + 1)
    caps[0] = min(most_vacuum, 1.0)
    # Photon numbers in units of their largest probability, rows in units of their largest entry.
    widths = np.maximum(np.abs(matrix).max(axis=0), 1e-30)
    scaled = matrix / widths
    sizes = np.abs(scaled).max(axis=1)
    found = linprog(
        cost / widths,
        A_ub=scaled / sizes[:, None],
        b_ub=bounds / unit / sizes,
        bounds=[(0.0, top) for top in caps * widths / unit],
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if found.status == 2:
        hint = "check gains and intensities; a wider range of the intensities may explain them"
        raise ParameterError("gains", "be explained by some yields", list(seen), hint)
    multipliers = np.maximum(-np.asarray(found.ineqlin.marginals), 0.0) / sizes
    slack = cost + matrix.T @ multipliers
    return float(-multipliers @ bounds + caps @ np.minimum(slack, 0.0))


def interval_decoy(
    channel: PulseChannel,
    *,
    signal: float,
    weak: float,
    uncertainty: float,
    has_vacuum: bool = True,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """One weak decoy, with or without vacuum, of intensities known within a relative range.

    Args:
        channel: The channel.
        signal: ``mu``, as believed.
        weak: ``nu``, as believed.
        uncertainty: Largest relative error of both.
        has_vacuum: Whether pulses without light are sent too, and measure ``Y_0``. Without them
            errors bound it, since empty pulses err half the time.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain``, ``qber``, and the bounds
        ``single_photon_yield`` and ``single_photon_error``.

    Raises:
        ParameterError: If not ``0 < weak < signal``, or a number is out of its range.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.21)
        >>> gys = BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))
        >>> rate = interval_decoy(gys, signal=0.48, weak=0.05, uncertainty=0.02)
        >>> round(rate.figures["single_photon_yield"], 11)
        0.00384622566
    """
    check_positive("signal", signal)
    if check_positive("weak", weak) >= signal:
        raise ParameterError("weak", f"be below the signal, {signal:g}", weak, "swap the two")
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    kept = check_probability("sifting", sifting)
    means = (signal, weak)
    gains = [channel.gain(mean) for mean in means]
    wrong = [channel.error_gain(mean) for mean in means]
    vacuum = channel.gain(0.0) if has_vacuum else None
    empty = [float(poisson_range(mean, uncertainty)[0][0]) for mean in means]
    most = min(2.0 * errors / share for errors, share in zip(wrong, empty, strict=True))
    single = least_single_photon_yield(gains, means, uncertainty, vacuum, most_vacuum=most)
    half = None if vacuum is None else 0.5 * vacuum
    errors = most_single_photon_errors(wrong, means, uncertainty, half)
    gain = channel.gain(signal)
    qber = channel.error_gain(signal) / gain if gain > 0.0 else 0.5
    error = min(errors / single, 0.5) if single > 0.0 else 0.5
    least, _ = poisson_range(signal, uncertainty)
    unclipped = gllp_rate(
        gain=gain,
        qber=qber,
        single_photon_gain=single * float(least[1]),
        single_photon_error=error,
        error_correction_efficiency=efficiency,
        sifting=kept,
    )
    figures = {
        "gain": gain,
        "qber": qber,
        "single_photon_yield": single,
        "single_photon_error": error,
    }
    noisy = (
        f"no key: with intensities known within {100 * uncertainty:.3g} %, single photons give "
        f"less than error correction at an error rate of {100 * qber:.3g} % takes"
    )
    claim = asymptotic(["collective", "known-range", *PULSES[1:]])
    return pulse_rate(unclipped, figures, noisy=noisy, security=claim)
