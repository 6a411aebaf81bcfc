"""One attempt to make a pair, as numbers: given outright, or worked out from nodes and fibre."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, radians

from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.hardware import Fibre, Memory, Node, Preset
from qnet.hardware._describe import check_flag
from qnet.hardware.source import PhaseNoiseKind, check_phase_noise, check_phase_noise_kind

__all__ = ["Hardware", "HeraldedAttempt", "Setup", "click_noise", "parts_of"]


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
        phase_noise_kind: ``"jitter"``: the phase wanders within the photon, which acts like a
            mismatch of modes and lowers the interference of two photons to ``V exp(-sigma**2)``.
            ``"drift"``: it changes from attempt to attempt, which leaves the interference of two
            photons alone: the success probability of a single click differs by the order of
            ``(alpha * transmission)**2``, and in a double click the phase cancels.
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
        >>> HeraldedAttempt(transmission=(0.01, 0.02), attempt_time_s=1e-5).transmissions
        (0.01, 0.02)
    """

    transmission: float | tuple[float, float]
    attempt_time_s: float
    bright_state_population: float | tuple[float, float] = 0.1
    visibility: float = 1.0
    dark_count_probability: float = 0.0
    phase_noise_deg: float = 0.0
    phase_noise_kind: PhaseNoiseKind = "jitter"
    double_excitation_probability: float = 0.0
    number_resolving: bool = False
    window_acceptance: float = 1.0
    pair_probability: float = 1.0
    pair_fidelity: float = 1.0

    def __post_init__(self) -> None:
        for name in ("transmission", "bright_state_population"):
            object.__setattr__(self, name, _one_or_two(name, getattr(self, name)))
        for name in (
            "visibility",
            "dark_count_probability",
            "double_excitation_probability",
            "window_acceptance",
            "pair_probability",
            "pair_fidelity",
        ):
            object.__setattr__(self, name, check_probability(name, getattr(self, name)))
        check_positive("attempt_time_s", self.attempt_time_s)
        check_phase_noise("phase_noise_deg", self.phase_noise_deg)
        check_phase_noise_kind(self.phase_noise_kind)
        check_flag("number_resolving", self.number_resolving)

    @property
    def transmissions(self) -> tuple[float, float]:
        """Transmission of the left and of the right arm.

        Examples:
            >>> HeraldedAttempt(transmission=0.1, attempt_time_s=1.0).transmissions
            (0.1, 0.1)
        """
        return _both(self.transmission)

    @property
    def bright_state_populations(self) -> tuple[float, float]:
        """Bright-state population of the left and of the right memory.

        Examples:
            >>> HeraldedAttempt(transmission=0.1, attempt_time_s=1.0).bright_state_populations
            (0.1, 0.1)
        """
        return _both(self.bright_state_population)

    @property
    def overlap(self) -> float:
        """Squared overlap of two photons that meet: ``V``, with jitter ``V exp(-sigma**2)``.

        A phase that wanders within the photon leaves it the amplitude ``exp(-sigma**2 / 2)`` (the
        mean of a Gaussian phase factor) in the mode of the other.

        Examples:
            >>> numbers = {"transmission": 0.1, "attempt_time_s": 1.0, "phase_noise_deg": 15.0}
            >>> round(HeraldedAttempt(**numbers).overlap, 6)
            0.933757
            >>> HeraldedAttempt(**numbers, phase_noise_kind="drift").overlap
            1.0
        """
        if self.phase_noise_kind == "drift":
            return self.visibility
        return self.visibility * exp(-(radians(self.phase_noise_deg) ** 2))

    @property
    def drift_deg(self) -> float:
        """Standard deviation of a phase that is constant within an attempt, in degrees.

        Examples:
            >>> numbers = {"transmission": 0.1, "attempt_time_s": 1.0, "phase_noise_deg": 15.0}
            >>> HeraldedAttempt(**numbers).drift_deg
            0.0
            >>> HeraldedAttempt(**numbers, phase_noise_kind="drift").drift_deg
            15.0
        """
        return self.phase_noise_deg if self.phase_noise_kind == "drift" else 0.0


Hardware = Preset | Node | HeraldedAttempt
"""What a link can be made from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """An attempt and what surrounds it.

    Args:
        attempt: The numbers of the attempt.
        memory: Memory of both ends.
        modes: Modes tried in one attempt.
        length_km: Length of the fibre from end to end.
        speed_km_per_s: Speed of light in it.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-3)
        >>> Setup(attempt=attempt, memory=Memory(), modes=1, length_km=20.0).latency_s
        0.0001
    """

    attempt: HeraldedAttempt
    memory: Memory
    modes: int
    length_km: float = 0.0
    speed_km_per_s: float = 2e5

    @property
    def latency_s(self) -> float:
        """Time in s that light takes from end to end."""
        return self.length_km / self.speed_km_per_s

    @classmethod
    def given(
        cls, attempt: HeraldedAttempt, length_km: float | None, fibre: Fibre | None, memory: Memory
    ) -> Setup:
        """From numbers given outright; without a length there is no wait for the herald.

        Examples:
            >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-3)
            >>> Setup.given(attempt, None, None, Memory(modes=3)).modes
            3
        """
        return cls(
            attempt=attempt,
            memory=memory,
            modes=memory.modes,
            length_km=check_non_negative("length_km", length_km or 0.0),
            speed_km_per_s=(fibre or Fibre()).speed_km_per_s,
        )

    @property
    def without_dark_counts(self) -> HeraldedAttempt | None:
        """The attempt when nothing clicks falsely; None if nothing does anyway.

        Examples:
            >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-3)
            >>> Setup.given(attempt, None, None, Memory()).without_dark_counts is None
            True
        """
        if self.attempt.dark_count_probability == 0.0:
            return None
        return replace(self.attempt, dark_count_probability=0.0)

    def with_modes(self, modes: int | None) -> Setup:
        """The same with another number of modes, if one is given.

        Examples:
            >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-3)
            >>> Setup.given(attempt, None, None, Memory()).with_modes(5).modes
            5
        """
        return self if modes is None else replace(self, modes=modes)


def parts_of(
    hardware: object, length_km: float | None, fibre: Fibre | None, memory: Memory | None
) -> tuple[Node, Fibre, Memory, float]:
    """Node, fibre, memory and length of a link between two equal nodes.

    Args:
        hardware: A preset, which brings its fibre, or a node.
        length_km: Length of the fibre from end to end, in km.
        fibre: Fibre to use instead (with a node: standard fibre, unless given).
        memory: Memory to use instead of the node's.

    Raises:
        ParameterError: If the hardware is neither, or the length is missing or negative.

    Examples:
        >>> parts_of(Node(), 10.0, None, None)
        (Node(), Fibre(), Memory(), 10.0)
    """
    if isinstance(hardware, Preset):
        node, own = hardware.node, hardware.fibre
    elif isinstance(hardware, Node):
        node, own = hardware, Fibre()
    else:
        hint = "give a qnet.hardware Preset or Node, or a HeraldedAttempt"
        raise ParameterError("hardware", "describe an attempt", hardware, hint)
    if length_km is None:
        hint = "give the length of the fibre between the nodes"
        raise ParameterError("length_km", "be given with a preset or a node", None, hint)
    length = check_non_negative("length_km", length_km)
    return node, fibre or own, memory or node.memory, length


def click_noise(node: Node, arms_per_detector: float) -> float:
    """Probability of a false click of a detector: dark count, or noise of the converters.

    Args:
        node: Detector and converter.
        arms_per_detector: Number of arms whose light a detector gets; a half where two detectors
            share the light of one arm.

    Examples:
        >>> from qnet.hardware import Detector
        >>> click_noise(Node(detector=Detector(dark_count_probability=1e-6)), 1.0)
        1e-06
    """
    dark = node.detector.dark_count_probability
    if node.conversion is None:
        return dark
    added = min(1.0, arms_per_detector * node.conversion.noise_probability)
    return dark + added - dark * added


def _one_or_two(field: str, value: object) -> float | tuple[float, float]:
    if isinstance(value, tuple | list):
        if len(value) != 2:
            hint = "give one number for both arms, or [left, right]"
            raise ParameterError(field, "be one number or two", value, hint)
        return check_probability(field, value[0]), check_probability(field, value[1])
    return check_probability(field, value)


def _both(value: float | tuple[float, float]) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (value, value)
