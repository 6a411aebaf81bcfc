"""Sources of light: an emitter entangled with its photon, and a source of photon pairs."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.hardware._describe import Description, store

__all__ = ["Emitter", "PairSource"]


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
        double_excitation_probability: Probability that an excitation gives two photons.
        preparation_time_s: Time per attempt in s for reset and emission, without light travel.
        window_acceptance: Share of the heralds kept by the coincidence window.

    Raises:
        ParameterError: If a probability lies outside [0, 1], or the phase noise or time is negative
            or infinite.

    Examples:
        >>> Emitter(collection_efficiency=0.01, visibility=0.9)
        Emitter(collection_efficiency=0.01, visibility=0.9)
    """

    collection_efficiency: float = 1.0
    bright_state_population: float = 0.1
    visibility: float = 1.0
    phase_noise_deg: float = 0.0
    double_excitation_probability: float = 0.0
    preparation_time_s: float = 0.0
    window_acceptance: float = 1.0

    def __post_init__(self) -> None:
        store(self, check_probability, "collection_efficiency", "bright_state_population")
        store(self, check_probability, "visibility", "double_excitation_probability")
        store(self, check_probability, "window_acceptance")
        store(self, check_non_negative, "phase_noise_deg", "preparation_time_s")


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

    pair_probability: float = 1.0
    fidelity: float = 1.0
    rate_hz: float = 1e6

    def __post_init__(self) -> None:
        store(self, check_probability, "pair_probability", "fidelity")
        store(self, check_positive, "rate_hz")
