"""Numbers of one attempt to make a pair."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, radians

from qnet.errors import ParameterError, check_flag, check_positive, check_probability
from qnet.hardware.source import PhaseNoiseKind, phase_noise
from qnet.schema import check_fields, key

__all__ = ["HeraldedAttempt"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeraldedAttempt:
    """The numbers of one attempt; every imperfection is off unless given.

    Args:
        transmission: Probability that an emitted photon becomes a click, everything on its way
            included (collection, conversion, fibre, detector): one number for both arms, or (left,
            right). With memories that absorb: the probability that a photon is stored and heralded.
        attempt_time_s: Duration of an attempt in s, the way of the herald included.
        bright_state_population: Single click: population of the emitting state, or (left, right).
        visibility: Hong-Ou-Mandel visibility V of the two photons.
        dark_count_probability: Probability of a dark count per detector and attempt (double click:
            per detector and round).
        phase_noise_deg: Standard deviation of the optical phase between the arms, in degrees.
        phase_noise_kind: ``"jitter"`` or ``"drift"``; see `qnet.hardware.Emitter`.
        double_excitation_probability: Probability that an excitation gives two photons.
        number_resolving: Whether the detectors tell one photon from two.
        window_acceptance: Share of the heralds kept by the coincidence window.
        pair_probability: Midpoint source: probability of a pair per attempt.
        pair_fidelity: Midpoint source: fidelity of its pairs, which are Werner states.

    Raises:
        ParameterError: If a probability lies outside [0, 1], the time is not positive or the phase
            noise is negative.
        UnknownNameError: If the kind of phase noise is neither.

    Examples:
        >>> numbers = {"transmission": (0.01, 0.02), "attempt_time_s": 1e-5, "phase_noise_deg": 15}
        >>> attempt = HeraldedAttempt(**numbers)
        >>> attempt.transmissions, round(attempt.overlap, 6), attempt.drift_deg
        ((0.01, 0.02), 0.933757, 0.0)
        >>> drifting = HeraldedAttempt(**numbers, phase_noise_kind="drift")
        >>> drifting.overlap, drifting.drift_deg
        (1.0, 15.0)
    """

    transmission: float | tuple[float, float] = key(check=check_probability, example=0.1)
    attempt_time_s: float = key(check=check_positive, example=0.001)
    bright_state_population: float | tuple[float, float] = key(0.1, check=check_probability)
    visibility: float = key(1.0, check=check_probability)
    dark_count_probability: float = key(0.0, check=check_probability)
    phase_noise_deg: float = phase_noise()
    phase_noise_kind: PhaseNoiseKind = "jitter"
    double_excitation_probability: float = key(0.0, check=check_probability)
    number_resolving: bool = key(False, check=check_flag)
    window_acceptance: float = key(1.0, check=check_probability)
    pair_probability: float = key(1.0, check=check_probability)
    pair_fidelity: float = key(1.0, check=check_probability)

    def __post_init__(self) -> None:
        for name in ("transmission", "bright_state_population"):
            arms = getattr(self, name)
            if isinstance(arms, tuple | list) and len(arms) != 2:
                hint = "give one number for both arms, or [left, right]"
                raise ParameterError(name, "be one number or two", arms, hint)
        check_fields(self)

    @property
    def transmissions(self) -> tuple[float, float]:
        """Transmission of the left and of the right arm."""
        return _both(self.transmission)

    @property
    def bright_state_populations(self) -> tuple[float, float]:
        """Bright-state population of the left and of the right memory."""
        return _both(self.bright_state_population)

    @property
    def overlap(self) -> float:
        """Squared overlap of two photons that meet: ``V``, with jitter ``V exp(-sigma**2)``.

        A phase that wanders within the photon leaves it the amplitude ``exp(-sigma**2 / 2)`` (the
        mean of a Gaussian phase factor) in the mode of the other.
        """
        if self.phase_noise_kind == "drift":
            return self.visibility
        return self.visibility * exp(-(radians(self.phase_noise_deg) ** 2))

    @property
    def drift_deg(self) -> float:
        """Standard deviation of a phase that is constant within an attempt, in degrees."""
        return self.phase_noise_deg if self.phase_noise_kind == "drift" else 0.0


def _both(value: float | tuple[float, float]) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)
