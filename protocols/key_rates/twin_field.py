"""Twin-field key distribution without phase post-selection, with infinitely many decoy intensities.

M. Curty, K. Azuma, H.-K. Lo, npj Quantum Inf. 5, 64 (2019), arXiv:1807.07667 ("CAL19").

Alice and Bob each send a coherent state ``|alpha>`` or ``|-alpha>`` (the bit) to a relay in the
middle, with a beam splitter and two threshold detectors; a click of one detector alone is
announced, and says whether the bits are equal. Other pulses have random phases: from them the
yields of photon numbers are known, and with these the phase error is bounded. One photon from
either side is enough, so the rate falls as the transmission of half the way: the square root of
that of the whole.

Channel model: each arm transmits ``t`` (fibre, optics and detector), the two fields overlap with
the visibility ``v = 1 - 2 e_d``, and each detector has a dark count with probability ``p``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.channel import equal_detectors
from protocols.key_rates.checks import check_shannon, up_to
from protocols.key_rates.claims import asymptotic, flipped
from protocols.key_rates.gg02 import check_share
from protocols.key_rates.result import KeyRate, pulse_rate
from protocols.key_rates.scenario import FlatScenario
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.hardware import Line
from qnet.metrics.key_rate import binary_entropy
from qnet.schema import key

__all__ = ["TwinFieldRate", "optimal_twin_field", "twin_field", "twin_field_yields"]

#: Photon numbers that are looked at one by one; with at most one photon on average in the state,
#: amplitudes beyond are below 1e-16.
_NUMBERS = 32


def twin_field(
    *,
    intensity: float,
    arm_transmission: float,
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
    error_correction_efficiency: float = 1.16,
) -> KeyRate:
    """Key rate per pair of pulses: ``R = 2 P [1 - f h(E) - h(e)]``.

    The two announcements count alike. With ``g = t |alpha|^2``: ``P = (1 - p) exp(-g) cosh(v g) -
    (1 - p)^2 exp(-2 g)`` is the probability of one announcement, ``E P = (1 - p) exp(-g (1 +
    v))/2 - (1 - p)^2 exp(-2 g)/2``, and the phase error obeys ``e P <= sum_j (sum_mn c_m c_n
    sqrt(Y_mn))^2``, ``m`` and ``n`` even for ``j = 0``, odd for ``j = 1``, with ``c_n =
    exp(-|alpha|^2/2) alpha^n/sqrt(n!)`` and the yields ``Y_mn`` of `twin_field_yields`. Nearly
    all pulses are taken to carry key.

    Args:
        intensity: ``|alpha|^2``: mean photon number of a key pulse, at most 1.
        arm_transmission: ``t``, of each arm.
        dark_count_probability: ``p``, per detector and pulse.
        misalignment: ``e_d``: share of the light that leaves by the wrong output.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain`` (``2 P``), ``qber`` (``E``) and ``phase_error``
        (the bound of ``e``, at most 1/2).

    Raises:
        ParameterError: If the intensity is not in (0, 1], ``f`` below one, or a value no
            probability.

    Examples:
        >>> rate = twin_field(intensity=0.02, arm_transmission=1e-3, dark_count_probability=1e-9)
        >>> 1e-6 < rate.value < 1e-4
        True
    """
    light = check_positive("intensity", intensity)
    if light > 1.0:
        hint = "key pulses have 0.01 to 0.1 photons"
        raise ParameterError("intensity", "be at most 1", intensity, hint)
    t = check_probability("arm_transmission", arm_transmission)
    p = check_probability("dark_count_probability", dark_count_probability)
    visibility = 1.0 - 2.0 * check_probability("misalignment", misalignment)
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    g = t * light
    bright, dim = (-math.expm1(-g * (1.0 + sign * visibility)) for sign in (1.0, -1.0))
    # Detector c alone clicks; the bits are equal, or (an error) different.
    right = (1.0 - p) * (1.0 - dim) * (bright + p * (1.0 - bright))
    wrong = (1.0 - p) * (1.0 - bright) * (dim + p * (1.0 - dim))
    gain = (right + wrong) / 2.0
    qber = wrong / (2.0 * gain) if gain > 0.0 else 0.5
    phase_error = 0.5
    if gain > 0.0:
        yields = twin_field_yields(_NUMBERS, t, p, misalignment)
        phase_error = min(0.5, _phase_errors(light, yields) / gain)
    # A negative visibility exchanges the outputs: flipped bits are the same key.
    error, notes = flipped(min(qber, 1.0))
    secret = 1.0 - efficiency * binary_entropy(error) - binary_entropy(phase_error)
    unclipped = 2.0 * gain * secret
    noisy = (
        f"no key: a bit error rate of {100 * error:.3g} % and a phase error rate of up to "
        f"{100 * phase_error:.3g} % are too high together"
    )
    figures = {"gain": 2.0 * gain, "qber": qber, "phase_error": phase_error}
    security = asymptotic(["collective", "infinite-decoys", "decoys", "relay"])
    return pulse_rate(unclipped, figures, noisy=noisy, security=security, notes=notes)


def twin_field_yields(
    numbers: int,
    arm_transmission: float,
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
) -> NDArray[np.float64]:
    """``Y_mn``: probability that one given detector alone clicks on ``m`` and ``n`` photons.

    ``Y_mn = (1 - p) sum_k C(m, k) C(n, k) (t v/2)^(2k) (1 - t/2)^(m + n - 2k) - (1 - p)^2 (1 -
    t)^(m + n)``: the other detector stays dark, less that both do. The sum is the coefficient of
    ``A^m B^n/(m! n!)`` in ``exp((A + B)(1 - t/2)) I0(v t sqrt(A B))``, the same probability for
    coherent states of random phase.

    Args:
        numbers: Photon numbers 0, 1, ..., this many on each side.
        arm_transmission: ``t``.
        dark_count_probability: ``p``.
        misalignment: ``e_d``.

    Returns:
        Shape (numbers, numbers): ``Y_mn``.

    Examples:
        >>> twin_field_yields(2, 1.0).round(3).tolist()
        [[0.0, 0.5], [0.5, 0.5]]
    """
    # Local import: it takes long to load.
    from scipy.special import comb

    t, p, visibility = arm_transmission, dark_count_probability, 1.0 - 2.0 * misalignment
    n = np.arange(numbers)
    lost = np.maximum(n[:, None] - n, 0)
    ways = comb(n[:, None], n) * (1.0 - t / 2.0) ** lost
    other_dark = (ways * (t * visibility / 2.0) ** (2 * n)) @ ways.T
    both_dark = (1.0 - t) ** (n[:, None] + n)
    alone = (1.0 - p) * other_dark - (1.0 - p) ** 2 * both_dark
    return np.asarray(np.clip(alone, 0.0, 1.0), dtype=np.float64)


def optimal_twin_field(
    *,
    arm_transmission: float,
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
    error_correction_efficiency: float = 1.16,
) -> tuple[float, KeyRate]:
    """The best intensity, between 1e-4 and 1/2, and its rate.

    Args:
        arm_transmission: ``t``.
        dark_count_probability: ``p``.
        misalignment: ``e_d``.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Returns:
        The intensity and the result of `twin_field`.

    Raises:
        ParameterError: As `twin_field`.

    Examples:
        >>> intensity, rate = optimal_twin_field(arm_transmission=1e-3, misalignment=0.02)
        >>> 0.005 < intensity < 0.1
        True
    """
    # Local import: it takes long to load.
    from scipy.optimize import minimize_scalar

    def rate(logarithm: float) -> KeyRate:
        return twin_field(
            intensity=math.exp(logarithm),
            arm_transmission=arm_transmission,
            dark_count_probability=dark_count_probability,
            misalignment=misalignment,
            error_correction_efficiency=error_correction_efficiency,
        )

    ends = (math.log(1e-4), math.log(0.5))
    grid = np.linspace(*ends, 25)
    best = max(range(25), key=lambda k: rate(float(grid[k])).unclipped)
    near = (float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 24)]))
    found = minimize_scalar(lambda x: -rate(x).unclipped, bounds=near, method="bounded")
    return math.exp(float(found.x)), rate(float(found.x))


def _phase_errors(light: float, yields: NDArray[np.float64]) -> float:
    """Bound of ``e P``: the yields bound the amplitudes with which even and odd states pass."""
    numbers = np.arange(len(yields))
    logs = np.array([0.5 * math.lgamma(n + 1.0) for n in numbers])
    amplitudes = np.exp(-light / 2.0 + 0.5 * numbers * math.log(light) - logs)
    total = 0.0
    for parity in (0, 1):
        own = amplitudes[parity::2]
        total += float(own @ np.sqrt(yields[parity::2, parity::2]) @ own) ** 2
    return total


@dataclass(frozen=True, kw_only=True)
class TwinFieldRate(FlatScenario):
    """Key rate of twin-field key distribution with infinitely many decoy intensities."""

    formula = staticmethod(twin_field)
    model: ClassVar[str] = "twin-field"
    references: ClassVar[tuple[str, ...]] = ("Curty2019",)

    kind: str = key("twin-field", hidden=True)
    intensity: float = key(check=up_to(1.0, "key pulses have 0.01 to 0.1 photons"), example=0.03)
    arm_transmission: float = key(check=check_share, example=0.01)
    dark_count_probability: float = key(0.0, check=check_probability)
    misalignment: float = key(0.0, check=check_probability)
    error_correction_efficiency: float = key(1.16, check=check_shannon)

    @classmethod
    def of(cls, intensity: float, arm: Line, **others: Any) -> TwinFieldRate:  # noqa: ANN401
        """The key rate of two equal arms to the relay in the middle, its detectors included.

        Args:
            intensity: Mean photon number of a key pulse.
            arm: Each arm.
            others: Further keys, such as ``error_correction_efficiency``.

        Raises:
            ParameterError: If the detectors are unequal, or a number is out of its range.
        """
        return cls(
            intensity=intensity,
            arm_transmission=equal_detectors(arm, arm)[0],
            dark_count_probability=arm.detectors.dark_probability,
            misalignment=arm.misalignment,
            **others,
        )
