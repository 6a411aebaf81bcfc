"""Results of engines: figures of merit of delivered pairs, each with its interval."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from qnet.estimate import Estimate
from qnet.lazy import loaded
from qnet.metrics import (
    KEY_PROTOCOLS,
    Moments,
    linear_estimate,
    mean_estimate,
    secret_key_fraction_estimate,
    secret_key_rate_estimate,
)
from qnet.metrics.dataframe import dataframe_of
from qnet.metrics.figures import FIGURES, Figure, Value, figures_in, html_table, text_table
from qnet.metrics.moments import correlator_weights
from qnet.metrics.security import SecurityClaim, chain_claim
from qnet.plans import Plan
from qnet.plans.remarks import remarks
from qnet.schema import Within, check_fields, key, within
from qnet.states.pauli import BELL_CORRELATORS, BELL_NAMES, Array, to_density_matrix

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from matplotlib.axes import Axes
    from qiskit.quantum_info import DensityMatrix

__all__ = [
    "ChainFigures",
    "ChainResult",
    "Key",
    "SampledFigures",
    "SampledResult",
    "slowest_attempt",
]


#: What draws a result: the figures know the engines, so that they are loaded when asked for.
_DRAWN_BY = "qnet.figures.result_picture:draw_result"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """How a secret key is taken from the delivered pairs.

    Args:
        protocol: ``bb84`` (entanglement-based, with one-way post-processing) or ``six-state``.
        error_correction_efficiency: Disclosed bits over the Shannon limit, f >= 1.

    Examples:
        >>> Key(error_correction_efficiency=1.16)
        Key(protocol='bb84', error_correction_efficiency=1.16)
    """

    protocol: str = key("bb84", choices=tuple(KEY_PROTOCOLS))
    error_correction_efficiency: float = key(
        1.0,
        check=Within(
            low=1.0, rule="be at least 1", hint="1 is the Shannon limit, 1.05 to 1.2 is usual"
        ),
    )

    def __post_init__(self) -> None:
        with within("key"):
            check_fields(self)


def slowest_attempt(plan: Plan) -> tuple[float, int]:
    """Longest attempt of a link of a plan in s, and the most modes of one.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> slow = Link(success_probability=0.5, attempt_time_s=2.0, state=werner(1.0))
        >>> fast = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(1.0), modes=3)
        >>> slowest_attempt(Swap(left=slow, right=fast))
        (2.0, 3)
    """
    links = list(plan.links())
    return max(link.attempt_time_s for link in links), max(link.modes for link in links)


class ChainFigures(ABC):
    """Figures of merit of delivered pairs, each an ``Estimate``.

    Of the plan they take ``attempt_time_s``, the attempt of the slowest link in s, and ``modes``,
    the most modes of a link.
    """

    __slots__ = ()

    key: Key
    attempt_time_s: float
    modes: int

    @property
    @abstractmethod
    def delivery_time_s(self) -> Estimate:
        """Mean time to a delivered pair, in s."""

    @property
    @abstractmethod
    def secret_key_fraction(self) -> Estimate:
        """Secret bits per delivered pair, asymptotically and without a sifting factor."""

    @property
    @abstractmethod
    def secret_key_rate_hz(self) -> Estimate:
        """Secret bits per second."""

    @property
    @abstractmethod
    def mean_fano(self) -> Array:
        """Fano matrix (4, 4) of the mean state."""

    @abstractmethod
    def _linear(self, weights: Array, offset: float, bounds: tuple[float, float]) -> Estimate:
        """Estimate of ``offset + weights . (XX, YY, ZZ)`` of the mean state, within ``bounds``."""

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place, in the order of the table.

        Args:
            place: One of `qnet.metrics.figures.PLACES`; all figures when None.

        Raises:
            UnknownNameError: If there is no such place.
        """
        chosen = FIGURES if place is None else figures_in(place)
        return {figure: figure.value(self) for figure in chosen.values()}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of the key, one sentence each."""
        return self._flips()

    def _flips(self) -> tuple[str, ...]:
        flipped = [basis for basis, rate in self._rates("XYZ") if rate.best > 0.5]
        if not flipped or self.secret_key_fraction.best == 0.0:
            return ()
        where = " and ".join(flipped)
        return (f"more than half of the bits differ in {where}: Bob flips his there",)

    @property
    def reason(self) -> str:
        """One sentence where the best estimate of the key rate is zero; empty otherwise."""
        return self.security.reason

    @property
    def rate_hz(self) -> Estimate:
        """Delivered pairs per second."""
        return self.delivery_time_s.inverse()

    @property
    def fidelity(self) -> Estimate:
        """Mean fidelity to Phi+."""
        return self.bell_diagonal[0]

    @property
    def qber_x(self) -> Estimate:
        """Mean error rate when both ends measure X."""
        return self._linear(np.array([-0.5, 0.0, 0.0]), 0.5, (0.0, 1.0))

    @property
    def qber_y(self) -> Estimate:
        """Mean error rate when both ends measure Y (one of them flips: Phi+ anticorrelates)."""
        return self._linear(np.array([0.0, 0.5, 0.0]), 0.5, (0.0, 1.0))

    @property
    def qber_z(self) -> Estimate:
        """Mean error rate when both ends measure Z."""
        return self._linear(np.array([0.0, 0.0, -0.5]), 0.5, (0.0, 1.0))

    @property
    def bell_diagonal(self) -> tuple[Estimate, ...]:
        """Mean fidelities to Phi+, Psi+, Psi-, Phi-."""
        signs = BELL_CORRELATORS * np.array([1.0, -1.0, 1.0]) / 4.0
        return tuple(self._linear(signs[k], 0.25, (0.0, 1.0)) for k in range(len(BELL_NAMES)))

    @property
    def chsh(self) -> Estimate:
        """Mean CHSH value at the settings that are optimal for Phi+."""
        limit = 2.0 * math.sqrt(2.0)
        weights = np.array([limit / 2.0, 0.0, limit / 2.0])
        return self._linear(weights, 0.0, (-limit, limit))

    @property
    def secret_key_rate_per_attempt(self) -> Estimate:
        """Secret bits per attempt of the slowest link: per use of the channel, all its modes."""
        return self.secret_key_rate_hz * self.attempt_time_s

    @property
    def secret_key_rate_per_mode(self) -> Estimate:
        """Secret bits per attempt and mode: what the bounds per use of one mode limit."""
        return self.secret_key_rate_per_attempt * (1.0 / self.modes)

    @property
    def security(self) -> SecurityClaim:
        """What the secret bits claim; none, with the reason, where the key rate is zero."""
        fraction = self.secret_key_fraction
        if fraction.best > 0.0:
            return chain_claim(fraction.best)
        bases = "XYZ" if self.key.protocol == "six-state" else "XZ"
        shown = ", ".join(f"{100 * rate.best:.3g} % in {b}" for b, rate in self._rates(bases))
        limit = "12.6" if self.key.protocol == "six-state" else "11.0"
        reach = f"; the interval of the fraction reaches up to {fraction.high:.2g}"
        return chain_claim(
            0.0,
            f"no secret key: the error rates are too high ({shown}; {self.key.protocol} tolerates "
            f"{limit} % when they are equal and error correction is perfect)"
            f"{reach if fraction.high > 0.0 else ''}",
        )

    def _rates(self, bases: str) -> list[tuple[str, Estimate]]:
        """Error rates by basis."""
        rates = {"X": self.qber_x, "Y": self.qber_y, "Z": self.qber_z}
        return [(basis, rates[basis]) for basis in bases]

    def __str__(self) -> str:
        """The figures as a table, one per line, and what the key claims."""
        return text_table(self.table("text"), self.security.sentence)

    def summary(self) -> str:
        """The figures as a table, one per line: what ``print`` shows."""
        return str(self)

    @property
    def density_matrix(self) -> DensityMatrix:
        """Mean state of the delivered pairs, as a Qiskit density matrix.

        Qubit 0 is the left end's, and the rightmost letter of a basis state.
        """
        return to_density_matrix(self.mean_fano)

    def to_dataframe(self) -> pd.DataFrame:
        """The figures as a table of pandas: one row each, with title, unit and interval.

        Raises:
            ParameterError: If pandas is not installed.
        """
        return dataframe_of(self.table())

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw when pairs are delivered, where that is known, else the figures and intervals.

        Args:
            ax: Where to draw; a new figure when None.

        Examples:
            >>> from matplotlib.figure import Figure
            >>> from qnet import Abstract, play
            >>> result = play(Abstract(success_probability=0.5).link(), shots=100, seed=1)
            >>> result.plot(Figure().subplots()).get_xlabel()
            'interval about the value (%)'
        """
        draw: Callable[[ChainFigures, Axes | None], Axes] = loaded(_DRAWN_BY)
        return draw(self, ax)

    def _repr_html_(self) -> str:
        return html_table(self.table("text"), self.security.sentence)


class ChainResult(ChainFigures):
    """What an engine found when it played a plan; figures, and where they come from."""

    __slots__ = ()

    def __repr__(self) -> str:
        drawn = f"{self.shots} pairs, seed {self.seed}, " if self.shots else ""
        figures = f"rate {self.rate_hz} Hz, fidelity {self.fidelity}"
        return f"<{type(self).__name__}: {drawn}{figures}>"

    plan: Plan
    engine: str
    seed: int | None
    shots: int

    @property
    @abstractmethod
    def provenance(self) -> str:
        """How the figures came about and what their intervals mean, in a few words."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know of pairs and key, one sentence each."""
        return (*remarks(self.plan), *self._flips())

    def details(self) -> dict[str, float]:
        """Numbers of the run besides the figures, by name."""
        return {}

    def distribution(self) -> dict[str, Array]:
        """Times (n,) in s, and probability (n,) of delivery at and up to each; empty of draws."""
        return {}

    def about_times(self) -> tuple[str, ...]:
        """What the times of the distribution stand for, where they are not exact."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SampledFigures(ChainFigures):
    """Figures of merit from the moments of deliveries, each with a 95 % interval.

    A figure that does not fluctuate is exact.

    Args:
        moments: Moments of delivery time and correlators.
        attempt_time_s: Attempt of the slowest link, in s.
        modes: Most modes of a link.
        key: How a secret key is taken.
    """

    moments: Moments
    attempt_time_s: float
    modes: int
    key: Key = field(default_factory=Key)

    @property
    def delivery_time_s(self) -> Estimate:
        """Mean time to a delivered pair, in s."""
        return mean_estimate(self.moments)

    @property
    def secret_key_fraction(self) -> Estimate:
        """Secret bits per delivered pair, asymptotically and without a sifting factor."""
        return secret_key_fraction_estimate(self.moments, **asdict(self.key))

    @property
    def secret_key_rate_hz(self) -> Estimate:
        """Secret bits per second."""
        return secret_key_rate_estimate(self.moments, **asdict(self.key))

    @property
    def mean_fano(self) -> Array:
        """Fano matrix (4, 4) of the mean state."""
        mean = self.moments.mean
        if len(mean) == 4:
            return np.diag([1.0, *mean[1:]])
        return np.concatenate([[1.0], mean[1:]]).reshape(4, 4)

    def _linear(self, weights: Array, offset: float, bounds: tuple[float, float]) -> Estimate:
        return linear_estimate(
            self.moments, correlator_weights(self.moments.columns, weights), offset, bounds=bounds
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class SampledResult(SampledFigures, ChainResult):
    """Figures of merit of a plan whose deliveries were drawn: those of `SampledFigures`.

    Args:
        plan: What was played.
        engine: Which engine played it.
        seed: Seed of the run.
        shots: Number of delivered pairs.

    Examples:
        >>> from qnet import Link, Station, Swap, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> result = play(Swap(left=link, right=link), shots=10_000, seed=1)
        >>> result.delivery_time_s.low < 280 / 19 < result.delivery_time_s.high
        True
        >>> print(result.fidelity)
        0.9703
    """

    plan: Plan
    engine: str
    seed: int
    shots: int
    attempt_time_s: float = field(init=False)
    modes: int = field(init=False)

    def __post_init__(self) -> None:
        attempt_time_s, modes = slowest_attempt(self.plan)
        object.__setattr__(self, "attempt_time_s", attempt_time_s)
        object.__setattr__(self, "modes", modes)

    @property
    def provenance(self) -> str:
        """How the figures came about, and what their intervals mean."""
        return f"{self.shots} pairs, engine {self.engine}, seed {self.seed}; 95 % intervals"
