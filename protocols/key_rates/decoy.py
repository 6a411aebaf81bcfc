"""Asymptotic rates with decoy states: gains of a few intensities that bound single photons.

X. Ma, B. Qi, Y. Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005, which calls
the mean photon number of the signal ``mu`` and that of the weak decoy ``nu``. Rates are in bits per
pulse, ``sifting`` included: 1/2 for bases chosen evenly, near 1 for a strong bias.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.checks import check_shannon
from protocols.key_rates.claims import PULSES, asymptotic
from protocols.key_rates.result import KeyRate, pulse_rate
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import SecurityClaim

__all__ = [
    "ENDLESS_MODELS",
    "ENDLESS_REFERENCES",
    "endless_rate",
    "gllp_rate",
    "infinite_decoy",
    "no_decoy",
    "one_decoy",
    "optimal_signal_intensity",
    "vacuum_weak",
]


def gllp_rate(
    *,
    gain: float,
    qber: float,
    single_photon_gain: float,
    single_photon_error: float,
    error_correction_efficiency: float,
    sifting: float,
) -> float:
    """``R = q {-Q f h(E) + Q1 [1 - h(e1)]}``, in bits per pulse; negative where there is no key.

    D. Gottesman, H.-K. Lo, N. Lutkenhaus, J. Preskill, Quantum Inf. Comput. 4, 325 (2004),
    arXiv:quant-ph/0212066. An ``e1`` above 1/2 counts as 1/2.

    Args:
        gain: ``Q`` of the signal.
        qber: ``E`` of the signal.
        single_photon_gain: ``Q1``: share of the pulses that hold one photon and are detected.
        single_photon_error: ``e1``: error rate of those.
        error_correction_efficiency: ``f``.
        sifting: ``q``: share of the detections that are kept.

    Examples:
        >>> gllp_rate(
        ...     gain=0.01, qber=0.0, single_photon_gain=0.01, single_photon_error=0.0,
        ...     error_correction_efficiency=1.2, sifting=0.5,
        ... )
        0.005
    """
    secret = single_photon_gain * (1.0 - binary_entropy(min(single_photon_error, 0.5)))
    return sifting * (secret - gain * error_correction_efficiency * binary_entropy(min(qber, 0.5)))


def infinite_decoy(
    channel: PulseChannel,
    *,
    intensity: float,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """Infinitely many decoy intensities: ``Y1`` and ``e1`` are known exactly.

    Args:
        channel: The channel.
        intensity: ``mu`` of the signal.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Returns:
        ``secret_key_rate_per_pulse``, with ``gain``, ``qber``, ``single_photon_yield`` and
        ``single_photon_error``.

    Raises:
        ParameterError: If the intensity is not positive, ``f`` below one, or the sifting no
            probability.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.21)
        >>> gys = BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))
        >>> round(infinite_decoy(gys, intensity=0.48).value, 12)
        0.000222596118
    """
    check_positive("intensity", intensity)
    single, errors = channel.photon_yield(1), channel.photon_error_yield(1)
    claim = asymptotic(["collective", "infinite-decoys", *PULSES])
    return _rate(channel, intensity, single, errors, error_correction_efficiency, sifting, claim)


def vacuum_weak(
    channel: PulseChannel,
    *,
    signal: float,
    weak: float,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """Vacuum and one weak decoy: ``Y0`` is measured, ``Y1`` and ``e1`` are bounded.

    ``Y1 >= mu/(mu nu - nu^2) [Q_nu e^nu - Q_mu e^mu nu^2/mu^2 - (mu^2 - nu^2)/mu^2 Y0]`` and ``e1
    <= (E_nu Q_nu e^nu - Y0/2)/(Y1 nu)``.

    Args:
        channel: The channel.
        signal: ``mu``.
        weak: ``nu``, below ``mu``.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Returns:
        As `infinite_decoy`; ``single_photon_yield`` and ``single_photon_error`` are the bounds.

    Raises:
        ParameterError: If not ``1e-6 <= weak < signal``, or as in `infinite_decoy`.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=100.0, loss_db_per_km=0.21)
        >>> gys = BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))
        >>> round(vacuum_weak(gys, signal=0.48, weak=0.05).value, 13)
        1.60200453e-05
    """
    _check_order(signal, weak)
    vacuum = channel.gain(0.0)
    single = _yield_bound(channel, signal, weak, vacuum)
    errors = (channel.error_gain(weak) * math.exp(weak) - 0.5 * vacuum) / weak
    claim = asymptotic(["collective", *PULSES])
    return _rate(channel, signal, single, errors, error_correction_efficiency, sifting, claim)


def one_decoy(
    channel: PulseChannel,
    *,
    signal: float,
    weak: float,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """One weak decoy and no vacuum: ``Y0`` too is only bounded, by errors that it would cause.

    Empty pulses err half the time, so ``Y0 <= 2 e^k E_k Q_k`` for either intensity; with the
    smaller of the two, ``Y1`` is that of `vacuum_weak`, and ``e1 Y1 <= (E_mu Q_mu e^mu - E_nu Q_nu
    e^nu)/(mu - nu)``: the limit of infinitely many pulses of D. Rusca et al., Appl. Phys. Lett.
    112, 171104 (2018), arXiv:1801.03443.

    Args:
        channel: The channel.
        signal: ``mu``.
        weak: ``nu``, below ``mu``.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Returns:
        As `vacuum_weak`.

    Raises:
        ParameterError: As `vacuum_weak`.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.21)
        >>> gys = BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))
        >>> one = one_decoy(gys, signal=0.48, weak=0.1)
        >>> 0.0 < one.value < vacuum_weak(gys, signal=0.48, weak=0.1).value
        True
    """
    _check_order(signal, weak)
    errors = {k: channel.error_gain(k) * math.exp(k) for k in (signal, weak)}
    vacuum = 2.0 * min(errors.values())
    single = _yield_bound(channel, signal, weak, vacuum)
    single_errors = (errors[signal] - errors[weak]) / (signal - weak)
    claim = asymptotic(["collective", *PULSES])
    efficiency = error_correction_efficiency
    return _rate(channel, signal, single, single_errors, efficiency, sifting, claim)


def no_decoy(
    channel: PulseChannel,
    *,
    intensity: float,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """No decoy: every pulse of two photons or more is taken to be detected, and known to Eve.

    ``Q1 >= Q - P(n >= 2)`` and ``e1 <= E Q/Q1``: D. Gottesman et al. (2004), see `gllp_rate`. The
    best intensity is near ``eta``, and the rate falls as ``eta^2``.

    Args:
        channel: The channel.
        intensity: Mean photon number.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Returns:
        As `infinite_decoy`; the yield and the error rate are the bounds.

    Raises:
        ParameterError: As `infinite_decoy`.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Line
        >>> lossy = BackgroundChannel(Line(transmission=0.01))
        >>> print(no_decoy(lossy, intensity=0.5).reason)
        no key: no detection is sure to come from a single photon
    """
    check_positive("intensity", intensity)
    many = -math.expm1(-intensity) - intensity * math.exp(-intensity)
    one = intensity * math.exp(-intensity)
    single, errors = (channel.gain(intensity) - many) / one, channel.error_gain(intensity) / one
    claim = asymptotic(["collective", "tagged", "random-phase", *PULSES[1:]])
    return _rate(channel, intensity, single, errors, error_correction_efficiency, sifting, claim)


def optimal_signal_intensity(
    misalignment: float, *, error_correction_efficiency: float = 1.22
) -> float:
    """Best signal with infinitely many decoys: ``(1 - mu) e^-mu = f h(e_d)/(1 - h(e_d))``.

    Ma et al. (2005), for a small transmission and no background.

    Args:
        misalignment: ``e_d``.
        error_correction_efficiency: ``f``.

    Returns:
        ``mu``, between 0 and 1.

    Raises:
        ParameterError: If no intensity gives a key at this misalignment.

    Examples:
        >>> round(optimal_signal_intensity(0.033), 9)
        0.478922749
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    entropy = binary_entropy(check_probability("misalignment", misalignment))
    f = check_shannon("error_correction_efficiency", error_correction_efficiency)
    if (1.0 + f) * entropy >= 1.0:
        hint = "above this no intensity gives a key"
        raise ParameterError("misalignment", "leave some key", misalignment, hint)
    ratio = f * entropy / (1.0 - entropy)
    return float(brentq(lambda mu: (1.0 - mu) * math.exp(-mu) - ratio, 0.0, 1.0, xtol=1e-14))


#: The models by name, each with its formula and the names of the intensities that it takes.
ENDLESS_MODELS: Mapping[str, tuple[Callable[..., KeyRate], tuple[str, ...]]] = MappingProxyType(
    {
        "infinite-decoy": (infinite_decoy, ("intensity",)),
        "vacuum-weak": (vacuum_weak, ("signal", "weak")),
        "one-decoy": (one_decoy, ("signal", "weak")),
        "no-decoy": (no_decoy, ("intensity",)),
    }
)


#: Keys, in ``qnet.references.REFERENCES``, of the works on each model.
ENDLESS_REFERENCES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "infinite-decoy": ("Ma2005", "Gottesman2004"),
        "vacuum-weak": ("Ma2005", "Gottesman2004"),
        "one-decoy": ("Ma2005", "Rusca2018", "Gottesman2004"),
        "no-decoy": ("Gottesman2004",),
    }
)


def endless_rate(
    model: str,
    channel: PulseChannel,
    intensities: Sequence[float],
    *,
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
) -> KeyRate:
    """Key rate per pulse of a model by its name.

    Args:
        model: A name in ``ENDLESS_MODELS``.
        channel: The channel.
        intensities: Mean photon numbers, the signal first; those beyond the model's are not looked
            at.
        error_correction_efficiency: ``f``.
        sifting: Share of the detections that are kept.

    Raises:
        UnknownNameError: If the model does not exist.
        ParameterError: As the formula.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Line
        >>> lossy = BackgroundChannel(Line(transmission=0.01))
        >>> endless_rate("one-decoy", lossy, (0.5, 0.1)).value > 1e-4
        True
    """
    formula, names = ENDLESS_MODELS[check_one_of("model", model, ENDLESS_MODELS)]
    return formula(
        channel,
        **dict(zip(names, intensities, strict=False)),
        error_correction_efficiency=error_correction_efficiency,
        sifting=sifting,
    )


def _check_order(signal: float, weak: float) -> None:
    check_positive("signal", signal)
    check_at_least("weak", weak, 1e-6, "weaker decoys drown in rounding")
    if weak >= signal:
        raise ParameterError("weak", f"be below the signal, {signal:g}", weak, "swap the two")


def _yield_bound(channel: PulseChannel, signal: float, weak: float, vacuum: float) -> float:
    """Lower bound of ``Y1`` from the gains of two intensities and an upper bound of ``Y0``."""
    squares = (weak / signal) ** 2
    inner = channel.gain(weak) * math.exp(weak) - channel.gain(signal) * math.exp(signal) * squares
    return signal / (weak * (signal - weak)) * (inner - (1.0 - squares) * vacuum)


def _rate(
    channel: PulseChannel,
    signal: float,
    single: float,
    single_errors: float,
    efficiency: float,
    sifting: float,
    claim: SecurityClaim,
) -> KeyRate:
    """The rate from ``Y1`` and ``e1 Y1``."""
    check_shannon("error_correction_efficiency", efficiency)
    check_probability("sifting", sifting)
    gain = channel.gain(signal)
    qber = channel.error_gain(signal) / gain if gain > 0.0 else 0.5
    # The bound without decoys counts empty pulses too, and may exceed a probability.
    single = min(max(single, 0.0), 1.0)
    error = min(max(single_errors, 0.0) / single, 0.5) if single > 0.0 else 0.5
    unclipped = gllp_rate(
        gain=gain,
        qber=qber,
        single_photon_gain=single * signal * math.exp(-signal),
        single_photon_error=error,
        error_correction_efficiency=efficiency,
        sifting=sifting,
    )
    noisy = "no key: no detection is sure to come from a single photon"
    if single > 0.0:
        noisy = (
            f"no key: error correction at an error rate of {100 * qber:.3g} % costs more than "
            f"single photons give, whose error rate may be {100 * error:.3g} %"
        )
    figures = {
        "gain": gain,
        "qber": qber,
        "single_photon_yield": single,
        "single_photon_error": error,
    }
    return pulse_rate(unclipped, figures, noisy=noisy, security=claim)
