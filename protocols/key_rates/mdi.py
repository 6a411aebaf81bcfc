"""Measurement-device-independent key distribution, with infinitely many decoy intensities.

H.-K. Lo, M. Curty, B. Qi, Phys. Rev. Lett. 108, 130503 (2012), arXiv:1109.1473; gains of the
polarisation encoding from X. Ma, M. Razavi, Phys. Rev. A 86, 062319 (2012), arXiv:1204.4856.

Channel model: both parties send phase-randomised weak pulses in polarisation states to a relay with
a beam splitter, two polarising beam splitters and four threshold detectors. A photon of Alice's
reaches a detector and is detected with probability ``a``, one of Bob's with ``b``; each detector
has a dark count with probability ``p`` per pulse. The relay announces success when exactly two
detectors click, one for each polarisation: Psi- if they are at different outputs, Psi+ if at the
same. A share ``e_d`` of what interferes as it should gives the wrong bit all the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from protocols.key_rates.channel import either_wrong, equal_detectors
from protocols.key_rates.checks import check_shannon, pair_of, up_to
from protocols.key_rates.claims import asymptotic, flipped
from protocols.key_rates.decoy import gllp_rate
from protocols.key_rates.gg02 import check_share
from protocols.key_rates.result import KeyRate, pulse_rate
from protocols.key_rates.scenario import FlatScenario
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.hardware import Line
from qnet.schema import key

__all__ = ["MdiRate", "mdi", "mdi_gains", "mdi_single_photons"]


def mdi(
    *,
    intensities: tuple[float, float],
    transmission: tuple[float, float],
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
    error_correction_efficiency: float = 1.16,
    sifting: float = 1.0,
) -> KeyRate:
    """Key rate per pair of pulses: ``R = q {P11 Y11 [1 - h(e11)] - f Q h(E)}``.

    The key is made in the rectilinear basis (``Q``, ``E`` of `mdi_gains`), the phase error ``e11``
    is that of single photons in the diagonal one, and ``P11 = a_mu b_mu exp(-a_mu - b_mu)``.

    Args:
        intensities: Mean photon numbers of Alice's and of Bob's signal.
        transmission: ``(a, b)``: from each party to a click.
        dark_count_probability: ``p``, per detector and pulse.
        misalignment: ``e_d``: error rate that misalignment alone causes.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.
        sifting: ``q``: share of the pairs of pulses with both in the key basis.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain``, ``qber``, ``single_photon_yield`` (``Y11``)
        and ``single_photon_error`` (``e11``).

    Raises:
        ParameterError: If an intensity is not positive, ``f`` below one, or a value no probability.

    Examples:
        >>> rate = mdi(
        ...     intensities=(0.4, 0.4), transmission=(0.01, 0.01), dark_count_probability=1e-7,
        ...     misalignment=0.01,
        ... )
        >>> 1e-6 < rate.value < 1e-5
        True
    """
    first, second = (check_positive("intensities", x) for x in intensities)
    efficiency = check_shannon("error_correction_efficiency", error_correction_efficiency)
    hardware = {
        "transmission": transmission,
        "dark_count_probability": dark_count_probability,
        "misalignment": misalignment,
    }
    gain, errors = mdi_gains(intensities=intensities, **hardware)  # type: ignore[arg-type]
    single, single_errors = mdi_single_photons(**hardware)  # type: ignore[arg-type]
    qber = errors / gain if gain > 0.0 else 0.5
    error = single_errors / single if single > 0.0 else 0.5
    # Both error rates of e_d are one less those of 1 - e_d: flipped bits are the same key.
    bit_error, notes = flipped(min(qber, 1.0))
    phase_error, _ = flipped(min(error, 1.0))
    unclipped = gllp_rate(
        gain=gain,
        qber=bit_error,
        single_photon_gain=single * first * second * math.exp(-first - second),
        single_photon_error=phase_error,
        error_correction_efficiency=efficiency,
        sifting=check_probability("sifting", sifting),
    )
    noisy = (
        f"no key: error correction at an error rate of {100 * bit_error:.3g} % costs more than "
        f"pairs of single photons give, whose error rate is {100 * phase_error:.3g} %"
    )
    figures = {
        "gain": gain,
        "qber": qber,
        "single_photon_yield": single,
        "single_photon_error": error,
    }
    security = asymptotic(["collective", "infinite-decoys", "decoys", "relay"])
    certain = unclipped if gain > 0.0 else 0.0
    return pulse_rate(certain, figures, noisy=noisy, security=security, notes=notes)


def mdi_single_photons(
    *,
    transmission: tuple[float, float],
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
) -> tuple[float, float]:
    """``Y11`` and, in the diagonal basis, ``e11 Y11``: one photon from each party.

    ``Y11 = (1 - p)^2 [a b/2 + (2 a + 2 b - 3 a b) p + 4 (1 - a)(1 - b) p^2]`` and ``e11 Y11 = Y11/2
    - (1/2 - e_d)(1 - p)^2 a b/2``.

    Args:
        transmission: ``(a, b)``.
        dark_count_probability: ``p``.
        misalignment: ``e_d``: error rate that misalignment alone causes.

    Raises:
        ParameterError: If a value is no probability.

    Examples:
        >>> mdi_single_photons(transmission=(1.0, 1.0))
        (0.5, 0.0)
    """
    a, b = (check_probability("transmission", x) for x in transmission)
    p = check_probability("dark_count_probability", dark_count_probability)
    flipped = check_probability("misalignment", misalignment)
    quiet = (1.0 - p) ** 2
    both = quiet * a * b / 2.0
    one = quiet * (2.0 * a + 2.0 * b - 3.0 * a * b) * p
    none = quiet * 4.0 * (1.0 - a) * (1.0 - b) * p**2
    total = both + one + none
    return total, 0.5 * total - (0.5 - flipped) * both


def mdi_gains(
    *,
    intensities: tuple[float, float],
    transmission: tuple[float, float],
    dark_count_probability: float = 0.0,
    misalignment: float = 0.0,
) -> tuple[float, float]:
    """``Q`` and ``E Q`` of weak pulses in the rectilinear basis.

    With ``s, t`` the mean numbers of detected photons: different
    polarisations give ``Q_C = 2 (1 - p)^2 exp(-(s + t)/2) [1 - (1 - p) exp(-s/2)][1 - (1 - p)
    exp(-t/2)]``, equal ones ``Q_E = 2 p (1 - p)^2 exp(-(s + t)/2) [I0(sqrt(s t)) - (1 - p) exp(-(s
    + t)/2)]``; ``Q = Q_C + Q_E`` and ``E Q = e_d Q_C + (1 - e_d) Q_E``.

    Args:
        intensities: Mean photon numbers of Alice's and of Bob's pulses.
        transmission: ``(a, b)``.
        dark_count_probability: ``p``.
        misalignment: ``e_d``: error rate that misalignment alone causes.

    Raises:
        ParameterError: If a value is no probability, or an intensity not positive.

    Examples:
        >>> gain, errors = mdi_gains(intensities=(0.5, 0.5), transmission=(0.1, 0.1))
        >>> round(gain, 6), errors
        (0.00116, 0.0)
    """
    # Local import: it takes long to load.
    from scipy.special import i0

    first, second = (check_positive("intensities", x) for x in intensities)
    if max(first, second) > 20.0:
        hint = "weak pulses have below 1"
        raise ParameterError("intensities", "be at most 20", list(intensities), hint)
    s = first * check_probability("transmission", transmission[0])
    t = second * check_probability("transmission", transmission[1])
    p = check_probability("dark_count_probability", dark_count_probability)
    flipped = check_probability("misalignment", misalignment)
    dim = math.exp(-(s + t) / 2.0)
    quiet = 2.0 * (1.0 - p) ** 2 * dim
    # 1 - (1 - p) exp(-mean/2), without cancellation.
    clicks = [-math.expm1(-mean / 2.0) + p * math.exp(-mean / 2.0) for mean in (s, t)]
    right = quiet * clicks[0] * clicks[1]
    wrong = quiet * p * (float(i0(math.sqrt(s * t))) - (1.0 - p) * dim)
    return right + wrong, flipped * right + (1.0 - flipped) * wrong


@dataclass(frozen=True, kw_only=True)
class MdiRate(FlatScenario):
    """Key rate of measurement-device-independent key distribution with weak pulses."""

    formula = staticmethod(mdi)
    model: ClassVar[str] = "mdi"
    references: ClassVar[tuple[str, ...]] = ("Lo2012", "MaRazavi2012")

    kind: str = key("mdi", hidden=True)
    intensities: tuple[float, float] = key(
        read=pair_of(up_to(20.0, "weak pulses have below 1")), example=[0.3, 0.3]
    )
    transmission: tuple[float, float] = key(
        read=pair_of(check_share), example=[0.1, 0.1], range={"minimum": 1e-9, "maximum": 1}
    )
    sifting: float = key(1.0, check=check_probability)
    dark_count_probability: float = key(0.0, check=check_probability)
    misalignment: float = key(0.0, check=check_probability)
    error_correction_efficiency: float = key(1.16, check=check_shannon)

    @classmethod
    def of(
        cls,
        intensities: tuple[float, float],
        line_alice: Line,
        line_bob: Line,
        **others: Any,  # noqa: ANN401
    ) -> MdiRate:
        """The key rate of two lines to a relay, whose detectors are those of Bob's line.

        Args:
            intensities: Mean photon numbers of Alice's and of Bob's pulses.
            line_alice: From Alice to the relay.
            line_bob: From Bob to the relay.
            others: Further keys, such as ``sifting``.

        Raises:
            ParameterError: If the detectors are unequal, or a number is out of its range.
        """
        line_alice = replace(line_alice, detectors=line_bob.detectors)
        return cls(
            intensities=intensities,
            transmission=equal_detectors(line_alice, line_bob),
            dark_count_probability=line_bob.detectors.dark_probability,
            misalignment=either_wrong(line_alice, line_bob),
            **others,
        )
