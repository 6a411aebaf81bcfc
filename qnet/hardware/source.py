"""Sources of light: an emitter entangled with its photon, and a source of photon pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.hardware.description import Improvable, Rule, likelier, rarer, steadier, store

__all__ = [
    "Emitter",
    "PairSource",
    "PhaseNoiseKind",
    "check_phase_noise",
    "check_phase_noise_kind",
]

PhaseNoiseKind = Literal["jitter", "drift"]
"""How fast the phase between two arms moves; see `Emitter`."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Emitter(Improvable):
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

    improves: ClassVar[Mapping[str, Rule]] = {
        "collection_efficiency": likelier,
        "visibility": likelier,
        "phase_noise_deg": steadier,
        "double_excitation_probability": rarer,
        "window_acceptance": likelier,
    }

    collection_efficiency: float = 1.0
    bright_state_population: float = 0.1
    visibility: float = 1.0
    phase_noise_deg: float = 0.0
    phase_noise_kind: PhaseNoiseKind = "jitter"
    double_excitation_probability: float = 0.0
    preparation_time_s: float = 0.0
    window_acceptance: float = 1.0

    def __post_init__(self) -> None:
        store(self, check_probability, "collection_efficiency", "bright_state_population")
        store(self, check_probability, "visibility", "double_excitation_probability")
        store(self, check_probability, "window_acceptance")
        store(self, check_phase_noise, "phase_noise_deg")
        store(self, check_non_negative, "preparation_time_s")
        check_phase_noise_kind(self.phase_noise_kind)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PairSource(Improvable):
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

    improves: ClassVar[Mapping[str, Rule]] = {"pair_probability": likelier, "fidelity": likelier}

    pair_probability: float = 1.0
    fidelity: float = 1.0
    rate_hz: float = 1e6

    def __post_init__(self) -> None:
        store(self, check_probability, "pair_probability", "fidelity")
        store(self, check_positive, "rate_hz")


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


def check_phase_noise_kind(kind: str) -> None:
    """Raise when ``kind`` is no `PhaseNoiseKind`.

    Raises:
        UnknownNameError: With the nearest kind.

    Examples:
        >>> check_phase_noise_kind("drift")
    """
    check_one_of("phase_noise_kind", kind, get_args(PhaseNoiseKind))
