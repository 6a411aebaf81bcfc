"""Optimal intensities, probabilities and basis bias for a channel, found without randomness."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.decoy import ENDLESS_MODELS, endless_rate
from protocols.key_rates.finite_size import DecoySettings, Security, expected_counts
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError, check_at_least, check_non_negative, check_one_of

__all__ = ["MODELS", "OptimalParameters", "optimised", "optimised_settings"]

#: Models that `optimised` knows.
MODELS = (*ENDLESS_MODELS, *DECOY_PROOFS)

#: Smallest weak decoy of a search: one that tends to zero gives the best bound of an endless block.
_WEAKEST = 1e-3

#: Largest signal of a search; beyond, pulses hold a single photon ever more rarely.
_BRIGHTEST = 2.0

ParameterVector = Sequence[float]

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalParameters:
    """The best settings that were found, and their rate.

    Args:
        intensities: Mean photon numbers, signal first.
        rate: What they give.
        probabilities: How often each is sent; empty for endless blocks, where it does not matter.
        basis_bias: Probability of the key basis; 1 for endless blocks, where ``sifting`` stands for
            it.

    Examples:
        >>> rate = KeyRate(name="secret_key_rate_per_pulse", unclipped=1e-3)
        >>> OptimalParameters(intensities=(0.5,), rate=rate).probabilities
        ()
    """

    intensities: tuple[float, ...]
    rate: KeyRate
    probabilities: tuple[float, ...] = ()
    basis_bias: float = 1.0


def optimised(
    model: str,
    channel: PulseChannel,
    *,
    block_size: float | None = None,
    security: Security | None = None,
    bound: str = "hoeffding",
    error_correction_efficiency: float = 1.22,
    sifting: float = 0.5,
    vacuum: float = 0.0,
    negative_limits: bool = False,
    start: OptimalParameters | None = None,
) -> OptimalParameters:
    """The settings with the highest key rate per pulse.

    The simplex search of J. A. Nelder and R. Mead, Comput. J. 7, 308 (1965),
    doi:10.1093/comjnl/7.4.308, on logarithms and log-odds, so that every point is valid, from fixed
    starting points; it finds a local maximum.

    Args:
        model: A name in ``MODELS``.
        channel: The channel.
        block_size: Sifted bits in the key basis, of ``lim2014`` and ``rusca2018`` only.
        security: Epsilons and cost of error correction of these two.
        bound: ``"hoeffding"`` or ``"chernoff"``, of ``lim2014``.
        error_correction_efficiency: ``f`` of the other models.
        sifting: Sifting of the other models.
        vacuum: Weakest intensity of ``lim2014``, which is not searched for.
        negative_limits: As in `lim2014` and `rusca2018`.
        start: One more point to start from, such as the optimum of a channel nearby.

    Returns:
        Intensities, probabilities, basis bias and rate.

    Raises:
        UnknownNameError: If the model does not exist.
        ParameterError: If a finite model has no block size, or another one has.

    Examples:
        >>> from protocols.key_rates import BackgroundChannel
        >>> from qnet.hardware import Detectors, Fibre, Line
        >>> detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.21)
        >>> gys = BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))
        >>> best = optimised("infinite-decoy", gys)
        >>> round(best.intensities[0], 2)
        0.48
    """
    check_one_of("model", model, MODELS)
    if model in DECOY_PROOFS:
        proof = DECOY_PROOFS[model]
        common: dict[str, Any] = {
            "security": security,
            "bound": bound,
            "negative_limits": negative_limits,
        }
        size = _size(model, block_size)
        floor = check_non_negative("vacuum", vacuum)

        def evaluate(point: ParameterVector) -> tuple[float, OptimalParameters] | None:
            settings = _finite_settings(model, point, floor)
            if settings is None:
                return None
            pulses, key, test = expected_counts(channel, settings, size)
            block = proof.length(key, test, settings, form="fixed", **common)
            return _merit(block.unclipped, pulses, size), _with(settings, block)

        best = _search(evaluate, _starts(model, channel, start))
        settings = DecoySettings(
            intensities=best.intensities,
            probabilities=best.probabilities,
            basis_bias=best.basis_bias,
        )
        return _with(settings, proof.rate(channel, settings, block_size=size, **common))
    if block_size is not None:
        hint = "leave it out: the block is endless"
        raise ParameterError("block_size", f"not be given with {model}", block_size, hint)

    def endless(point: ParameterVector) -> tuple[float, OptimalParameters] | None:
        rate = _endless_rate(model, channel, point, error_correction_efficiency, sifting)
        if rate is None:
            return None
        # One pulse, of which this share is sifted.
        size = max(rate.rate.figures["gain"] * sifting, 1e-300)
        return _merit(rate.rate.unclipped, 1.0, size), rate

    return _search(endless, _starts(model, channel, start))


def optimised_settings(
    model: str,
    merit: Callable[[DecoySettings], float],
    *,
    vacuum: float = 0.0,
    start: DecoySettings | None = None,
) -> DecoySettings:
    """The settings of a finite proof that are best by any measure, such as the key of many blocks.

    The search is that of `optimised`.

    Args:
        model: ``lim2014`` or ``rusca2018``.
        merit: What is to be large, of settings that the model allows; it should tell how far a key
            is away where there is none.
        vacuum: Weakest intensity of ``lim2014``, which is not searched for.
        start: One more point to start from.

    Raises:
        UnknownNameError: If the model is not one of a finite proof.

    Examples:
        >>> best = optimised_settings("rusca2018", lambda s: -abs(s.intensities[0] - 0.6))
        >>> round(best.intensities[0], 3)
        0.6
    """
    check_one_of("model", model, DECOY_PROOFS)
    floor = check_non_negative("vacuum", vacuum)

    def evaluate(point: ParameterVector) -> tuple[float, DecoySettings] | None:
        settings = _finite_settings(model, point, floor)
        return None if settings is None else (merit(settings), settings)

    points = _finite_starts(model)
    return _search(evaluate, points if start is None else [*points, _settings_point(model, start)])


def _merit(unclipped: float, pulses: float, sifted: float) -> float:
    """Bits per pulse; per sifted bit where there is no key, so that darkness is no way out."""
    return unclipped / pulses if unclipped > 0.0 else unclipped / sifted


def _size(model: str, block_size: float | None) -> float:
    if block_size is None:
        hint = "give the number of sifted bits in the key basis"
        raise ParameterError("block_size", f"be given with {model}", None, hint)
    hint = "count the sifted bits in the key basis"
    return check_at_least("block_size", block_size, 1.0, hint)


def _search(
    evaluate: Callable[[ParameterVector], tuple[float, Found] | None],
    starts: list[ParameterVector],
) -> Found:
    """The best of one search from each start, and of one more from where the best ended."""
    # Local import: it takes long to load.
    from scipy.optimize import minimize

    def cost(point: ParameterVector) -> float:
        found = evaluate(point)
        return math.inf if found is None else -found[0]

    def descend(start: ParameterVector, step: float) -> ParameterVector:
        simplex = [list(start)] + [
            [x + step * (k == own) for k, x in enumerate(start)] for own in range(len(start))
        ]
        options = {"xatol": 1e-4, "fatol": 1e-12, "maxiter": 400, "initial_simplex": simplex}
        return tuple(minimize(cost, start, method="Nelder-Mead", options=options).x)

    best = min((descend(start, 0.4) for start in starts), key=cost)
    for step in (0.2, -0.2):
        best = min(best, descend(best, step), key=cost)
    found = evaluate(best)
    if found is None:
        raise ParameterError("start", "be allowed by the model", starts, "leave it out")
    return found[1]


def _finite_settings(model: str, point: ParameterVector, floor: float) -> DecoySettings | None:
    """Coordinates: logarithm of the signal, then log-odds of what lies between 0 and 1."""
    signal = math.exp(point[0])
    weak = floor + (signal - floor) * _share(point[1])
    first, bias = _share(point[2]), _share(point[3])
    intensities: tuple[float, ...] = (signal, weak)
    probabilities: tuple[float, ...] = (first, 1.0 - first)
    if model == "lim2014":
        second = (1.0 - first) * _share(point[4])
        intensities = (signal, weak, floor)
        probabilities = (first, second, 1.0 - first - second)
    allowed = signal > weak + floor * (model == "lim2014") and weak > floor
    inside = min(probabilities) > 1e-9 and 1e-9 < bias < 1.0 - 1e-9
    if signal > _BRIGHTEST or not allowed or not inside:
        return None
    return DecoySettings(intensities=intensities, probabilities=probabilities, basis_bias=bias)


def _endless_rate(
    model: str, channel: PulseChannel, point: ParameterVector, efficiency: float, sifting: float
) -> OptimalParameters | None:
    """Coordinates: logarithm of the signal, log-odds of the weak decoy over the signal."""
    common = {"error_correction_efficiency": efficiency, "sifting": sifting}
    signal = math.exp(point[0])
    if signal > _BRIGHTEST:
        return None
    intensities = (signal, *(signal * _share(odds) for odds in point[1:]))
    if not all(_WEAKEST <= weak < signal for weak in intensities[1:]):
        return None
    rate = endless_rate(model, channel, intensities, **common)
    return OptimalParameters(intensities=intensities, rate=rate)


def _starts(
    model: str, channel: PulseChannel, start: OptimalParameters | None
) -> list[ParameterVector]:
    """Fixed points to start from, and the given one."""
    points: list[ParameterVector]
    if model in DECOY_PROOFS:
        points = _finite_starts(model)
    elif model == "no-decoy":
        # Multi-photon pulses must be rarer than detections: the best signal is near the yield.
        single = min(max(channel.photon_yield(1), 1e-12), 1.0)
        points = [(math.log(share * single),) for share in (0.2, 0.5, 1.0)]
    elif model == "infinite-decoy":
        points = [(math.log(0.5),)]
    else:
        points = [(math.log(0.5), _odds(share)) for share in (0.1, 0.3)]
    return points if start is None else [*points, _point(model, start)]


def _finite_starts(model: str) -> list[ParameterVector]:
    """Fixed points to start from, of a finite proof."""
    if model == "lim2014":
        return [(math.log(0.5), -1.4, 0.5, 0.8, 2.0), (math.log(0.4), -0.8, -1.0, 0.8, 0.8)]
    return [(math.log(0.5), -0.8, 0.8, 2.0), (math.log(0.4), -0.6, -0.4, 0.8)]


def _point(model: str, start: OptimalParameters) -> ParameterVector:
    signal = start.intensities[0]
    if model in ("infinite-decoy", "no-decoy"):
        return (math.log(signal),)
    if model not in DECOY_PROOFS:
        return (math.log(signal), _odds(start.intensities[1] / signal))
    return _settings_point(model, start)


def _settings_point(model: str, start: OptimalParameters | DecoySettings) -> ParameterVector:
    signal = start.intensities[0]
    floor = start.intensities[2] if model == "lim2014" else 0.0
    first, second = start.probabilities[:2]
    point: ParameterVector = (
        math.log(signal),
        _odds((start.intensities[1] - floor) / (signal - floor)),
        _odds(first),
        _odds(start.basis_bias),
    )
    return (*point, _odds(second / (1.0 - first))) if model == "lim2014" else point


def _with(settings: DecoySettings, rate: KeyRate) -> OptimalParameters:
    return OptimalParameters(
        intensities=settings.intensities,
        probabilities=settings.probabilities,
        basis_bias=settings.basis_bias,
        rate=rate,
    )


def _share(odds: float) -> float:
    """From log-odds to a number between 0 and 1."""
    return 0.5 * (1.0 + math.tanh(odds / 2.0))


def _odds(share: float) -> float:
    """The inverse of `_share`."""
    return math.log(share / (1.0 - share))
