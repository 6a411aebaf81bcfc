"""Elementary links: attempts that herald a pair."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from qnet.errors import (
    check_duration,
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
    check_type,
)
from qnet.hardware.memory import Memory
from qnet.plans.base import Plan
from qnet.plans.station import multiple
from qnet.states.measures import fidelity
from qnet.states.pauli import Array, is_bell_diagonal
from qnet.states.reading import read_state
from qnet.states.typed import FanoMatrix

__all__ = ["Link"]

Matrix = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link(Plan):
    """An elementary link: attempts of fixed duration, each heralds a pair with some probability.

    Args:
        success_probability: Probability p that one attempt of one mode heralds a pair.
        attempt_time_s: Duration of an attempt in s, the herald's way back included.
        state: Fano matrix (4, 4) of a pair at the moment its herald is known at both ends, as an
            array or nested tuples; or its density matrix, or anything that
            ``qiskit.quantum_info.DensityMatrix`` accepts. An array that is a state in both
            readings, diag(1, 0, 0, 0), is refused unless its type says what it is; see
            `qnet.states.read_state`.
        left: Memory of the left end.
        right: Memory of the right end.
        modes: Number M of modes tried in one attempt (in time, space or frequency); at least one
            succeeds with probability ``1 - (1 - p)^M``, and one pair is kept.
        length_km: Length of the fibre; only used for the travel of messages.
        speed_km_per_s: Speed of light in the fibre.
        name: What to call it in tables and pictures.
        dark_herald_share: Share of the heralds that come by dark counts, not by the photons of a
            pair; their effect on the state is in ``state``. Only used to say so: links that differ
            in it alone are equal.

    Raises:
        ParameterError: If a number breaks its rule or the state is not physical.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> link.round_success_probability
        0.1
    """

    success_probability: float
    attempt_time_s: float
    state: Matrix
    left: Memory = field(default_factory=Memory)
    right: Memory = field(default_factory=Memory)
    modes: int = 1
    length_km: float = 0.0
    speed_km_per_s: float = 2e5
    name: str = "link"
    dark_herald_share: float = field(default=0.0, compare=False, repr=False)

    def __post_init__(self) -> None:
        check_probability("link.dark_herald_share", self.dark_herald_share)
        check_probability("link.success_probability", self.success_probability)
        check_positive("link.attempt_time_s", self.attempt_time_s)
        check_duration("link.attempt_time_s", self.attempt_time_s)
        check_integer("link.modes", self.modes)
        check_non_negative("link.length_km", self.length_km)
        check_positive("link.speed_km_per_s", self.speed_km_per_s)
        for side in ("left", "right"):
            check_type(f"link.{side}", getattr(self, side), Memory)
        object.__setattr__(self, "state", read_state("link.state", self.state))

    @property
    def fano(self) -> Array:
        """The state as a Fano matrix (4, 4)."""
        return np.array(self.state).view(FanoMatrix)

    @property
    def round_success_probability(self) -> float:
        """Probability that at least one of the modes heralds in one attempt."""
        if self.modes == 1 or self.success_probability >= 1.0:
            return self.success_probability
        return float(-np.expm1(self.modes * np.log1p(-self.success_probability)))

    @property
    def mirrored(self) -> Link:
        """The same link seen from its other end: left is right."""
        turned = np.array(self.state).T
        if self.left == self.right and np.array_equal(turned, np.array(self.state)):
            return self
        state = tuple(map(tuple, turned.tolist()))
        return replace(self, left=self.right, right=self.left, state=state)

    @property
    def children(self) -> tuple[Plan, ...]:
        """A link has none."""
        return ()

    @property
    def ends(self) -> tuple[Memory, Memory]:
        """Left and right memory."""
        return self.left, self.right

    @property
    def signal_time_s(self) -> float:
        """One way along the fibre, in s."""
        return self.length_km / self.speed_km_per_s

    def links(self) -> Iterator[Link]:
        """Itself."""
        yield self

    @property
    def is_certain(self) -> bool:
        """Whether every attempt heralds a pair."""
        return self.round_success_probability == 1.0

    @property
    def attempts(self) -> tuple[float, float] | None:
        """One attempt of all modes."""
        return self.round_success_probability, self.attempt_time_s

    @property
    def durations_s(self) -> tuple[float, ...]:
        """Duration in s of an attempt."""
        return (self.attempt_time_s,)

    @property
    def soonest_s(self) -> float:
        """Duration in s of one attempt."""
        return self.attempt_time_s

    def round_bound_s(self, anew: Callable[[Plan], float]) -> float:
        """Mean time in s to a delivery: all attempts are alike."""
        return self.attempt_time_s / self.round_success_probability

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether its state is Bell-diagonal, and remains so in its memories."""
        return all(memory.is_bell_diagonal for memory in self.ends) and is_bell_diagonal(self.fano)

    def coarsened(self, step_s: float) -> Plan:
        """A link with attempts of a multiple of a step, and the same mean waiting time."""
        attempt = max(1, round(self.attempt_time_s / step_s)) * step_s
        chance = self.round_success_probability * attempt / self.attempt_time_s
        return replace(
            self,
            success_probability=min(1.0, chance),
            attempt_time_s=attempt,
            modes=1,
            length_km=multiple(self.signal_time_s, step_s) * self.speed_km_per_s,
        )

    def words(self) -> str:
        """Name and length of the link, its attempts and its fidelity."""
        length = f" over {self.length_km:g} km" if self.length_km else ""
        chance = f"{self.round_success_probability:.3g} per attempt of {self.attempt_time_s:.3g} s"
        return f"{self.name}{length}: probability {chance}, fidelity {fidelity(self.fano):.4g}"
