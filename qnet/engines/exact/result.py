"""Results of the exact engine: a distribution, and figures of merit with certain bounds."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from qnet.engines.exact.grid import Grid
from qnet.engines.exact.representation import Carrier
from qnet.engines.result import ChainResult, Key, slowest_attempt
from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.metrics import KEY_PROTOCOLS
from qnet.metrics.key_statistics import pushed_key_rate
from qnet.plans import Plan
from qnet.states.pauli import Array

__all__ = ["AtomResult", "DeliveryLaw", "ExactResult", "GridResult"]

#: Probabilities below this, of the largest or of all, are rounding of the transforms.
_NEGLIGIBLE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeliveryLaw:
    """When a pair is delivered, between two bounds in distribution.

    Args:
        times: Shape (n,): in s, ascending.
        early: Shape (n,): probabilities of times that come no later than the delivery.
        late: Shape (n,): probabilities of times that come no earlier; the same array where the
            times are exact.
        untracked: Probability of a delivery that is not listed.
        step_s: Step of the grid that the times lie on; 0 where they lie on none.
        remaining_s: Bound in s on the mean time to a delivery that has not come by the last of
            them, from any state.
    """

    times: Array
    early: Array
    late: Array
    untracked: float
    step_s: float
    remaining_s: float = math.inf

    @property
    def is_exact(self) -> bool:
        """Whether no time was rounded."""
        return self.early is self.late

    @property
    def time_width_s(self) -> float:
        """Difference of the mean times of the two bounds in s."""
        return float(self.times @ (self.late - self.early))


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ExactResult(ChainResult):
    """Figures of merit with intervals that hold for certain, not with some confidence.

    ``GridResult`` holds the distribution on a time grid that all durations of the plan fit,
    ``AtomResult`` what was found without one.

    Args:
        plan: What was played.
        carrier: How states are carried.
        truncated_mass: Probability of deliveries that are not followed.
        key: How a secret key is taken.
    """

    plan: Plan
    carrier: Carrier
    truncated_mass: float
    key: Key = field(default_factory=Key)
    engine: str = "exact"
    seed: None = None
    shots: int = 0

    @property
    def attempt_time_s(self) -> float:  # type: ignore[override]
        """Attempt of the slowest link, in s."""
        return slowest_attempt(self.plan)[0]

    @property
    def modes(self) -> int:  # type: ignore[override]
        """Most modes of a link."""
        return slowest_attempt(self.plan)[1]

    @property
    @abstractmethod
    def how(self) -> str:
        """How the figures were found, in a few words."""

    @property
    def provenance(self) -> str:
        """How the figures came about and what their intervals mean, in a few words."""
        beyond = f"{self.truncated_mass:.2g} beyond, which the intervals bound"
        return f"engine {self.engine}, {self.how}, {beyond}"

    @property
    def bracket(self) -> str:
        """What the intervals of split times hold for, a sentence; empty of other figures."""
        if not self.how.startswith("bracket"):
            return ""
        return (
            f"every figure lies within its interval for certain: {self.how}; the widest is "
            f"{self.width:.2g} wide (relative for time, rate and key rate)"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of them, of pairs and key, a sentence each."""
        return (*filter(None, [self.bracket]), *super().notes)

    def details(self) -> dict[str, float]:
        """Probability of deliveries that are not followed, and largest width of a figure."""
        return {"truncated_mass": self.truncated_mass, "width": self.width}

    def distribution(self) -> dict[str, Array]:
        """Times (n,) in s, and probability (n,) of delivery at and up to each."""
        return {
            "time_s": self.time_s,
            "probability": self.probability,
            "cumulative": self.cumulative,
        }

    def about_times(self) -> tuple[str, ...]:
        """What the times of the distribution stand for, where they are not exact."""
        law = self.delivery_law
        if law.is_exact:
            return ()
        return (
            "the times of the distribution are rounded down; rounded up, they are later by "
            f"{law.time_width_s:.3g} s in the mean",
        )

    @property
    def time_s(self) -> Array:
        """Times (n,) in s at which a pair can come."""
        return self.delivery_law.times

    @property
    def probability(self) -> Array:
        """Probability (n,) of delivery at each time; where times are rounded, of none too late."""
        return self.delivery_law.early

    @property
    def cumulative(self) -> Array:
        """Probability (n,) of delivery up to each time."""
        return np.cumsum(self.probability)

    @property
    @abstractmethod
    def delivery_law(self) -> DeliveryLaw:
        """When a pair is delivered, for sums of many deliveries."""

    @abstractmethod
    def transform(self, rate_hz: float) -> Array:
        """Components (k,) of the mean of ``exp(-rate T)`` times the state of a delivery at T.

        Raises:
            EngineError: If times were split, so that it is known within bounds alone.
        """

    @abstractmethod
    def timed_states(self) -> tuple[Array, Array]:
        """Times (n,) in s, and components (k, n) of probability times mean state at each.

        Raises:
            EngineError: If the times are too many to be listed.
        """

    @abstractmethod
    def _total(self) -> Array:
        """Components (k,) of what is followed: its probability, and that times the mean state."""

    @property
    def _state_error(self) -> float:
        """Bound on the error of every element of the mean Fano matrix."""
        return 0.0

    @property
    def state_distance(self) -> float:
        """Bound on the trace distance of ``mean_fano`` from the mean state of all deliveries.

        Deliveries that are not followed may be in any state. An error of at most e in all 15
        components of a state of two qubits is one of at most ``sqrt(15) e`` in trace norm.
        """
        return self.truncated_mass + math.sqrt(15.0) / 2.0 * self._state_error

    @property
    def mean_fano(self) -> Array:
        """Fano matrix (4, 4) of the mean state of the deliveries that are followed; NaN if none."""
        total = self.carrier.to_fano(self._total()[:, None])[0]
        return np.asarray(total / (total[0, 0] if total[0, 0] > _NEGLIGIBLE else np.nan))

    @property
    def secret_key_fraction(self) -> Estimate:
        """Secret bits per delivered pair, asymptotically and without a sifting factor."""
        return self._key_rate(Estimate.exact(1.0))

    @property
    def secret_key_rate_hz(self) -> Estimate:
        """Secret bits per second."""
        return self._key_rate(self.delivery_time_s)

    @property
    def width(self) -> float:
        """Largest width of a figure.

        Relative to the value for time, rate and key rate, absolute for fidelity and error rates. A
        key rate of next to nothing has no relative width: its fraction counts, absolute.
        """
        time, fraction = self.delivery_time_s, self.secret_key_fraction
        widths = [(time.high - time.low) / time.best if math.isfinite(time.best) else math.inf]
        for figure in (self.fidelity, self.qber_x, self.qber_y, self.qber_z):
            widths.append(figure.high - figure.low)
        if fraction.high - fraction.low > 0.0:
            rate = self.secret_key_rate_hz
            share = (rate.high - rate.low) / rate.best if rate.best > 0.0 else math.inf
            widths.append(min(share, max(fraction.high - fraction.low, widths[0])))
        return max(widths)

    def _key_rate(self, time: Estimate) -> Estimate:
        rule = KEY_PROTOCOLS[self.key.protocol]
        box = []
        for row in np.array(rule.coordinates):
            # Coordinates are sums of error rates; the error rates are 1/2 -+ correlators / 2.
            weights = row * np.array([-0.5, 0.5, -0.5])
            box.append(self._linear(weights, 0.5 * float(row.sum()), (0.0, 1.0)))
        return pushed_key_rate(box, time, rule, self.key.error_correction_efficiency)

    def _linear(self, weights: Array, offset: float, bounds: tuple[float, float]) -> Estimate:
        """``offset + weights . (XX, YY, ZZ)`` of the mean state; the rest may be at the bounds."""
        lost = self.truncated_mass
        total = self.carrier.to_fano(self._total()[:, None])[0]
        tracked = offset * total[0, 0] + float(weights @ np.diagonal(total)[1:])
        error = self._state_error * float(np.abs(weights).sum())
        best = sum(bounds) / 2.0
        if total[0, 0] > _NEGLIGIBLE:
            best = min(max(tracked / total[0, 0], bounds[0]), bounds[1])
        low = max(tracked + lost * bounds[0] - error, bounds[0])
        high = min(tracked + lost * bounds[1] + error, bounds[1])
        return Estimate(min(low, best), best, max(high, best))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class GridResult(ExactResult):
    """The joint distribution of delivery time and state on a grid, and the figures it gives.

    What is delivered after the end of the grid is not followed. Its probability, the truncated
    mass, bounds each figure from both sides; the interval holds for certain, not with some
    confidence.

    Args:
        grid: The time grid.
        sequence: Shape (k, n): probability of delivery at each step times the mean state.
        longest_remaining_s: Bound on the mean time, from the end of the grid, to the end of the
            running round.

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> play(link, engine="exact").probability[:4]
        array([0.   , 0.5  , 0.25 , 0.125])
    """

    grid: Grid
    sequence: Array
    longest_remaining_s: float

    @property
    def how(self) -> str:
        """How the figures were found, in a few words."""
        return f"{self.grid.size} steps of {self.grid.dt:g} s"

    @property
    def time_s(self) -> Array:
        """Times (n,) of the grid in s."""
        return self.grid.times

    @property
    def probability(self) -> Array:
        """Probability (n,) of delivery at each time."""
        # Where none is delivered, transforms leave rounding of either sign.
        return np.maximum(self.sequence[0], 0.0)

    @property
    def cumulative(self) -> Array:
        """Probability (n,) of delivery up to each time."""
        return np.cumsum(self.sequence[0])

    @property
    def states(self) -> Array:
        """Mean Fano matrices (n, 4, 4) of the pairs delivered at each time.

        NaN where none is, or so few (1e-10 of the most likely time) that rounding shows.
        """
        fano = self.carrier.to_fano(self.sequence)
        negligible = max(_NEGLIGIBLE * self.sequence[0].max(initial=0.0), 1e-15)
        chance = np.where(self.sequence[0] > negligible, self.sequence[0], np.nan)
        return fano / chance[:, None, None]

    @property
    def delivery_time_s(self) -> Estimate:
        """Mean time to a delivered pair, in s.

        Beyond the grid's end: at least at once, at most after the running round and, that failing,
        a fresh delivery; best, a fresh delivery.
        """
        lost, end = self.truncated_mass, float(self.time_s[-1])
        low = float(self.time_s @ self.probability) + lost * end
        if lost >= 1.0:
            return Estimate(low, np.inf, np.inf)
        high = (low + lost * self.longest_remaining_s) / (1.0 - lost)
        return Estimate(low, low / (1.0 - lost), high)

    @property
    def delivery_law(self) -> DeliveryLaw:
        """When a pair is delivered, for sums of many deliveries."""
        return DeliveryLaw(
            times=self.time_s,
            early=(mass := self.probability),
            late=mass,
            untracked=self.truncated_mass,
            step_s=self.grid.dt,
            # What the running round may still take, and a fresh delivery after it.
            remaining_s=self.longest_remaining_s + self.delivery_time_s.high,
        )

    def transform(self, rate_hz: float) -> Array:
        """Components (k,) of the mean of ``exp(-rate T)`` times the state of a delivery at T."""
        with np.errstate(under="ignore"):
            return np.asarray(self.sequence @ np.exp(-rate_hz * self.time_s))

    def timed_states(self) -> tuple[Array, Array]:
        """Times (n,) in s, and components (k, n) of probability times mean state at each."""
        return self.time_s, self.sequence

    def _total(self) -> Array:
        return np.asarray(self.sequence.sum(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class AtomResult(ExactResult):
    """What was found for a plan whose durations fit no common grid.

    The figures come from transforms, from lists of delivery times, and at the root from scalars; or
    are proven brackets around what a grid of split times gives (see ``bracket``).

    Args:
        total: Components (k,) of what is followed: its probability, and that times the mean state.
        time: Mean time to a delivered pair, in s.
        error: Bound on the error of every element of the mean Fano matrix.
        step_s: Step between which times were split; 0 where they were not.
        what: How the figures were found, in a few words.
        listed: Works out when pairs come; it may take as long as the figures took.
        transforms: Gives the transform at a rate in 1/s; None where times were split.
        timed: Works out times and components; None where times were split.

    Examples:
        >>> from qnet import Link, Swap, play
        >>> from qnet.states import werner
        >>> one = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(0.98))
        >>> two = Link(success_probability=1.0, attempt_time_s=2.0**0.5, state=werner(0.98))
        >>> result = play(Swap(left=one, right=two), engine="exact")
        >>> print(result.delivery_time_s, result.fidelity)
        1.41421 0.9703
    """

    total: Array
    time: Estimate
    error: float
    step_s: float
    what: str
    listed: Callable[[], DeliveryLaw]
    transforms: Callable[[float], Array] | None = None
    timed: Callable[[], tuple[Array, Array]] | None = None

    @property
    def how(self) -> str:
        """How the figures were found, in a few words."""
        return self.what

    @property
    def delivery_time_s(self) -> Estimate:
        """Mean time to a delivered pair, in s."""
        return self.time

    @property
    def delivery_law(self) -> DeliveryLaw:
        """When a pair is delivered, for sums of many deliveries.

        Raises:
            EngineError: If it has more times than can be listed, and no bounds of them are known.
        """
        return self.listed()

    def transform(self, rate_hz: float) -> Array:
        """Components (k,) of the mean of ``exp(-rate T)`` times the state of a delivery at T.

        Raises:
            EngineError: If times were split, so that it is known within bounds alone.
        """
        if self.transforms is None:
            raise _split()
        return self.transforms(rate_hz)

    def timed_states(self) -> tuple[Array, Array]:
        """Times (n,) in s, and components (k, n) of probability times mean state at each.

        Raises:
            EngineError: If the times are too many to be listed.
        """
        if self.timed is None:
            raise _split()
        return self.timed()

    def _total(self) -> Array:
        return self.total

    @property
    def _state_error(self) -> float:
        return self.error


def _split() -> EngineError:
    message = (
        "the exact engine has split the times of this plan between steps, and does not know times "
        "and states together; take engine='sampled'"
    )
    return EngineError(message)
