"""Measured value: a number out of counts, with its standard error and its interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qnet.errors import check_integer
from qnet.estimate import Estimate
from qnet.metrics.intervals import significance

if TYPE_CHECKING:
    from protocols.characterisation.readout import QubitReadout

__all__ = [
    "Characterised",
    "DrawnParameter",
    "EstimationSettings",
    "MeasuredValue",
    "normal_quantile",
]

Array = NDArray[np.float64]

#: Draws of a bootstrap: the ends of a 95 % interval are then known to 3 % of its width.
_DRAWS = 4000


def normal_quantile(alpha: float) -> float:
    """Two-sided quantile of the normal distribution.

    Examples:
        >>> round(normal_quantile(0.05), 4)
        1.96
    """
    from scipy.special import ndtri

    return float(ndtri(1.0 - alpha / 2.0))


@dataclass(frozen=True, slots=True)
class MeasuredValue:
    """An estimate out of counts, with its standard error.

    Args:
        estimate: The value with its interval.
        standard_error: Standard error; None where the data say nothing of it.

    Examples:
        >>> print(MeasuredValue.normal(0.95, 0.002, n=1000))
        0.9500 [0.9461, 0.9539]
    """

    estimate: Estimate
    standard_error: float | None

    @classmethod
    def normal(
        cls,
        value: float,
        error: float,
        *,
        n: int,
        alpha: float = 0.05,
        bounds: tuple[float, float] = (-math.inf, math.inf),
        spread: float | None = None,
    ) -> MeasuredValue:
        """A value whose error is normal.

        Args:
            value: The estimate, clipped to the bounds.
            error: Its standard error.
            n: Number of counts behind it.
            alpha: One minus the confidence of the interval.
            bounds: Least and greatest value that can be true.
            spread: Standard deviation of the interval where it is not ``error``.
        """
        low, high = bounds
        best = min(max(value, low), high)
        half = normal_quantile(alpha) * (error if spread is None else spread)
        ends = (min(max(value - half, low), best), max(min(value + half, high), best))
        return cls(Estimate(ends[0], best, ends[1], n), error)

    @classmethod
    def drawn(
        cls, value: float, draws: Array, *, n: int, alpha: float = 0.05, error: float | None = None
    ) -> MeasuredValue:
        """A value whose interval holds the middle of what a bootstrap drew.

        Args:
            value: The estimate.
            draws: What the bootstrap drew, shape (k,); infinite where a draw has no value.
            n: Number of counts behind it.
            alpha: Share of the draws outside the interval, half on each side.
            error: Standard error; that of the draws unless given.
        """
        ordered = np.sort(np.asarray(draws, dtype=np.float64))
        cut = math.floor(alpha / 2.0 * ordered.size)
        low, high = float(ordered[cut]), float(ordered[ordered.size - 1 - cut])
        is_finite = bool(np.all(np.isfinite(ordered)))
        spread = float(np.std(ordered, ddof=1)) if is_finite else None
        estimate = Estimate(min(low, value), value, max(high, value), n)
        return cls(estimate, spread if error is None else error)

    @property
    def best(self) -> float:
        """The estimate itself."""
        return self.estimate.best

    def changed(self, monotone: Callable[[float], float], slope: float) -> MeasuredValue:
        """A function of this value that only rises, or only falls.

        Args:
            monotone: The function.
            slope: Its derivative at the estimate, by which the standard error grows.
        """
        error = None if self.standard_error is None else abs(slope) * self.standard_error
        return MeasuredValue(self.estimate.map(monotone), error)

    def holding(self, other: Estimate) -> MeasuredValue:
        """The same value, its interval wide enough to hold that of another."""
        own = self.estimate
        low, high = min(own.low, other.low), max(own.high, other.high)
        return replace(self, estimate=Estimate(low, own.best, high, own.n))

    def as_dict(self) -> dict[str, float | int | None]:
        """As JSON: ``low``, ``best``, ``high``, ``n``, ``standard_error``; infinite is null."""
        found = {**self.estimate.as_dict(), "standard_error": self.standard_error}
        return {
            name: value if value is None or math.isfinite(value) else None
            for name, value in found.items()
        }

    def __str__(self) -> str:
        return str(self.estimate)


@dataclass(frozen=True, slots=True)
class DrawnParameter:
    """A parameter of a model, and what it may be as well: draws of a bootstrap.

    Args:
        best: The estimate, a number or a vector (m,).
        draws: Shape (k,) or (k, m).
    """

    best: Array
    draws: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimationSettings:
    """How numbers are estimated: the readout to undo, the confidence, and the seed of draws.

    Args:
        readout: Readout errors by the letter of the station, or by a qubit of it such as ``B1``;
            others read perfectly.
        confidence: Confidence of the intervals.
        seed: Seed of every bootstrap.
        draws: Number of draws of every bootstrap.

    Raises:
        ParameterError: If the confidence is not strictly between 0 and 1, or a number is no count.
    """

    readout: Mapping[str, QubitReadout] = field(default_factory=dict)
    confidence: float = 0.95
    seed: int = 1
    draws: int = _DRAWS

    def __post_init__(self) -> None:
        significance(self.confidence)
        check_integer("seed", self.seed, 0)
        check_integer("draws", self.draws, 100)

    @property
    def alpha(self) -> float:
        """One minus the confidence."""
        return significance(self.confidence)

    def calibrated(self, qubit: str) -> str | None:
        """Under which name the readout of a qubit is given: its own, or its station's letter.

        Examples:
            >>> from protocols.characterisation import QubitReadout
            >>> EstimationSettings(readout={"B": QubitReadout(0.01, 0.02)}).calibrated("B1")
            'B'
        """
        return next((name for name in (qubit, qubit[:1]) if name in self.readout), None)

    def readout_of(self, qubit: str) -> QubitReadout:
        """The readout errors of a qubit; a perfect readout where none are given."""
        from protocols.characterisation.readout import QubitReadout

        name = self.calibrated(qubit)
        return QubitReadout() if name is None else self.readout[name]

    def generator(self, stream: int) -> np.random.Generator:
        """The random numbers of one estimator, apart from those of others."""
        return np.random.default_rng(np.random.SeedSequence([self.seed, stream]))


@dataclass(frozen=True, slots=True)
class Characterised:
    """What one table of counts says: values by name, and remarks.

    Args:
        values: Measured values, tables and lists of them, or plain data, by name.
        remarks: Sentences without capital and full stop.
        parameters: What a chain is played with, by name.
    """

    values: Mapping[str, Any]
    remarks: tuple[str, ...] = ()
    parameters: Mapping[str, DrawnParameter] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """The values as JSON types."""
        return {name: _plain(value) for name, value in self.values.items()}

    def rows(self) -> list[tuple[str, str]]:
        """Name and text of every measured value, those of tables and lists with their place."""
        return [row for name, value in self.values.items() for row in _rows(name, value)]


def _plain(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, MeasuredValue | Estimate | Characterised):
        return value.as_dict()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _rows(name: str, value: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    if isinstance(value, Characterised):
        value = value.values
    if isinstance(value, Mapping):
        return [row for key, each in value.items() for row in _rows(f"{name}.{key}", each)]
    if isinstance(value, list | tuple):
        return [row for k, each in enumerate(value) for row in _rows(f"{name}[{k}]", each)]
    if value is None:
        return []
    return [(name, f"{value:.8g}" if isinstance(value, float) else str(value))]
