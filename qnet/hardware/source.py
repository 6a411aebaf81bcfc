"""Sources of light: emitters entangled with their photon, photon pairs, pulses of photons."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.hardware.description import Description, error_probability, success_probability
from qnet.schema import check_fields, key

__all__ = [
    "Emitter",
    "PairSource",
    "PhaseNoiseKind",
    "PhotonSource",
    "SinglePhotons",
    "SpdcPairs",
    "WeakPulses",
    "check_phase_noise",
    "phase_noise",
]

PhaseNoiseKind = Literal["jitter", "drift"]
"""How fast the phase between two arms moves; see `Emitter`."""

#: Photon numbers beyond which less than this share of the pulses lies are joined into one.
_TAIL = 1e-15


def phase_noise() -> Any:  # noqa: ANN401 - whatever the field holds
    """A field that is a standard deviation of phase in degrees; improved: ``sigma / sqrt(k)``."""
    within = {"minimum": 0, "maximum": 1000}
    return key(0.0, check=check_phase_noise, range=within, improve=lambda s, k: s / math.sqrt(k))


def check_phase_noise(field: str, value: object) -> float:
    """Return a standard deviation of phase in degrees as a float, or raise.

    Raises:
        ParameterError: If it is negative or above 1000.

    Examples:
        >>> check_phase_noise("phase_noise_deg", 15)
        15.0
    """
    phase = check_non_negative(field, value)
    if phase > 1000.0:
        hint = "at 360 degrees nothing is left of the phase"
        raise ParameterError(field, "be at most 1000", value, hint)
    return phase


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Emitter(Description):
    """A matter qubit that emits a photon entangled with it.

    Args:
        collection_efficiency: Probability that an excited emitter puts a useful photon into the
            fibre (emission into the wanted line and mode, and coupling).
        bright_state_population: Population of the emitting state in the single-click scheme, a
            setting that trades rate for fidelity (Cabrillo et al. 1999).
        visibility: Hong-Ou-Mandel visibility V of the photons of two such emitters.
        phase_noise_deg: Standard deviation of the optical phase between the two arms, in degrees.
        phase_noise_kind: ``"jitter"``: the phase wanders within the photon, which acts like a
            mismatch of modes: the squared overlap of two photons falls from V to
            ``V exp(-sigma**2)``, in a double click too, and F = (1 + V exp(-sigma**2)) / 2 there.
            ``"drift"``: the phase changes from attempt to attempt, which leaves the interference of
            two photons alone and cancels in a double click; the coherence of a single click falls
            by ``exp(-sigma**2 / 2)`` for both kinds, and its success probability differs only by
            the order of ``(alpha * transmission)**2``.
        double_excitation_probability: Probability that an excitation gives two photons.
        preparation_time_s: Time per attempt in s for reset and emission, without light travel.
        window_acceptance: Share of the heralds kept by the coincidence window.

    Raises:
        ParameterError: If a probability lies outside [0, 1], the time is negative or infinite, or
            the phase noise is negative or above 1000 degrees.
        UnknownNameError: If the kind of phase noise is neither.

    Examples:
        >>> Emitter(collection_efficiency=0.01, visibility=0.9)
        Emitter(collection_efficiency=0.01, visibility=0.9)
    """

    collection_efficiency: float = success_probability()
    bright_state_population: float = key(0.1, check=check_probability)
    visibility: float = success_probability()
    phase_noise_deg: float = phase_noise()
    phase_noise_kind: PhaseNoiseKind = "jitter"
    double_excitation_probability: float = error_probability()
    preparation_time_s: float = key(0.0, check=check_non_negative)
    window_acceptance: float = success_probability()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PairSource(Description):
    """A source of entangled photon pairs, placed between two absorptive memories.

    Args:
        pair_probability: Probability of one pair per attempt.
        fidelity: Fidelity of the pair with its Bell state; the pair is a Werner state.
        rate_hz: Attempts per second, one per temporal mode.

    Raises:
        ParameterError: If a probability lies outside [0, 1] or the rate is not positive.

    Examples:
        >>> PairSource(pair_probability=0.02, fidelity=0.95)
        PairSource(pair_probability=0.02, fidelity=0.95)
    """

    pair_probability: float = success_probability()
    fidelity: float = success_probability()
    rate_hz: float = key(1e6, check=check_positive)


class PhotonSource(Protocol):
    """What a pulse holds: a mixture of photon numbers for each intensity."""

    @property
    def probabilities(self) -> tuple[float, ...]:
        """How often each intensity is chosen."""
        ...

    def photon_numbers(self, intensity: int) -> NDArray[np.float64]:
        """Probability of n photons at n = 0, 1, ..., for the intensity with this index."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SinglePhotons:
    """A single-photon source with a second-order correlation g2(0).

    At most two photons: ``P(1) + P(2) = brightness`` and ``g2 = 2 P(2) / (P(1) + 2 P(2))^2``.

    Args:
        brightness: Probability that a pulse is not empty.
        g2: Second-order correlation at zero delay.

    Raises:
        ParameterError: If a number is out of its range, or no source with at most two photons has
            this g2 at this brightness.

    Examples:
        >>> SinglePhotons(brightness=0.5, g2=0.02).photon_numbers(0).round(6)
        array([0.5     , 0.497475, 0.002525])
    """

    brightness: float = key(1.0, check=check_probability)
    g2: float = key(0.0, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)
        if 2.0 * self.brightness * self.g2 > 1.0 - 1e-12 and self.g2 > 0.0:
            limit = f"be below 1/(2 brightness) = {0.5 / self.brightness:.3g}"
            hint = "brighter sources with this g2 emit three photons: take WeakPulses"
            raise ParameterError("g2", limit, self.g2, hint)

    @property
    def probabilities(self) -> tuple[float, ...]:
        """One intensity."""
        return (1.0,)

    def photon_numbers(self, intensity: int) -> NDArray[np.float64]:
        """Probabilities of 0, 1 and 2 photons."""
        b, g = self.brightness, self.g2
        # 2 x = g (b + x)^2 for x = P(2): the smaller root, written without cancellation.
        two = g * b**2 / (1.0 - g * b + math.sqrt(1.0 - 2.0 * g * b)) if g else 0.0
        return np.array([1.0 - b, b - two, two])


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakPulses:
    """Phase-randomised weak coherent pulses: Poisson photon numbers, one mean per intensity.

    Args:
        intensities: Mean photon numbers, the signal first.
        probabilities: How often each is sent.

    Raises:
        ParameterError: If an intensity is negative or above 20, or the probabilities are not one
            per intensity that sum to one.

    Examples:
        >>> WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3)).photon_numbers(1)[:3]
        array([0.90483742, 0.09048374, 0.00452419])
    """

    intensities: tuple[float, ...] = (0.5,)
    probabilities: tuple[float, ...] = (1.0,)

    def __post_init__(self) -> None:
        for name in ("intensities", "probabilities"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        for mean in self.intensities:
            if check_non_negative("intensities", mean) > 20.0:
                raise ParameterError(
                    "intensities", "be at most 20", mean, "weak pulses have below 1"
                )
        for share in self.probabilities:
            check_probability("probabilities", share)
        if len(self.probabilities) != len(self.intensities):
            rule = f"be one per intensity, {len(self.intensities)} in all"
            hint = "give as many as there are intensities"
            raise ParameterError("probabilities", rule, list(self.probabilities), hint)
        if abs(math.fsum(self.probabilities) - 1.0) > 1e-9:
            given = list(self.probabilities)
            raise ParameterError("probabilities", "sum to 1", given, "scale them so that they do")

    def photon_numbers(self, intensity: int) -> NDArray[np.float64]:
        """Poisson probabilities; the last entry holds the rest."""
        mean = self.intensities[intensity]
        shares: list[float] = []
        chance = math.exp(-mean)
        while not shares or (1.0 - math.fsum(shares) > _TAIL and chance > 1e-18):
            shares.append(chance)
            chance *= mean / len(shares)
        shares[-1] += max(0.0, 1.0 - math.fsum(shares))
        return np.array(shares)


def _check_pairs(field: str, value: object) -> float:
    half = check_positive(field, value)
    if half > 2.0:
        hint = "sources for key distribution have below 0.2"
        raise ParameterError(field, "be at most 2", value, hint)
    return half


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SpdcPairs(Description):
    """Polarisation-entangled pairs from spontaneous parametric down-conversion.

    ``P(n) = (n + 1) l^n / (1 + l)^(n + 2)``, with ``l`` half the mean number of pairs (P. Kok and
    S. L. Braunstein, Phys. Rev. A 61, 042304 (2000), doi:10.1103/PhysRevA.61.042304).

    Args:
        mean_pair_number_half: ``l``, half the mean number of pairs of a pulse.

    Raises:
        ParameterError: If it is not positive, or above 2.

    Examples:
        >>> pairs = SpdcPairs(mean_pair_number_half=0.1).pair_numbers()
        >>> round(float(pairs @ np.arange(len(pairs))), 9)
        0.2
    """

    mean_pair_number_half: float = key(
        check=_check_pairs, range={"exclusiveMinimum": 0, "maximum": 2}, example=0.05
    )

    def pair_numbers(self) -> NDArray[np.float64]:
        """Probability of n pairs at n = 0, 1, ...; the last entry holds the rest."""
        x = self.mean_pair_number_half
        last = 1
        while (last + 2 + x) * (x / (1.0 + x)) ** (last + 1) > _TAIL:
            last += 1
        n = np.arange(last + 1)
        shares = (n + 1) * (x / (1.0 + x)) ** n / (1.0 + x) ** 2
        shares[-1] += max(0.0, 1.0 - float(shares.sum()))
        return np.asarray(shares)
