"""Readout errors of one qubit: two probabilities, or the counts of their calibration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qnet.errors import ParameterError, check_integer, check_probability
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate

__all__ = ["MOST_COUNTS", "QubitReadout", "check_counts"]

#: Largest count: sums of four of them are still exact as floats.
MOST_COUNTS = 10**15

#: Least of 1 - p(1|0) - p(0|1) that is still inverted.
_LEAST_CONTRAST = 1e-6

_SHAPE = 'write [p(1|0), p(0|1)], or the counts {"0": [n0, n1], "1": [n0, n1]} of prepared 0 and 1'


def check_counts(field: str, value: object, names: str) -> tuple[int, ...]:
    """A list of counts, one for each of the outcomes, not all zero.

    Args:
        field: What it is called in an error.
        value: The list.
        names: The outcomes, apart by blanks, such as ``"n00 n01 n10 n11"``.

    Raises:
        ParameterError: If it is no list of so many whole numbers from 0 to 10^15, or all are zero.

    Examples:
        >>> check_counts("pair.XX", [4701, 345, 310, 4644], "n00 n01 n10 n11")
        (4701, 345, 310, 4644)
        >>> check_counts("pair.XX", [4701, 345, 310], "n00 n01 n10 n11")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: pair.XX must be a list of 4 counts (got [4701, 345, 310]); \
write [n00, n01, n10, n11]
    """
    outcomes = names.split()
    hint = f"write [{', '.join(outcomes)}]"
    if isinstance(value, dict) and len(outcomes) == 4:
        hint += "; strings of a job are read by PairCounts.of_strings"
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, list | tuple) or len(value) != len(outcomes):
        raise ParameterError(field, f"be a list of {len(outcomes)} counts", value, hint)
    found = tuple(
        check_integer(f"{field}[{k}]", each, 0, f"{hint}, whole numbers")
        for k, each in enumerate(value)
    )
    for k, each in enumerate(found):
        if each > MOST_COUNTS:
            rule = f"be at most {MOST_COUNTS}"
            place = f"{field}[{k}]"
            raise ParameterError(place, rule, each, "no experiment counts as much")
    if not any(found):
        raise ParameterError(field, "not be zero throughout", list(found), "measure it first")
    return found


@dataclass(frozen=True, slots=True)
class QubitReadout:
    """How often one qubit is read wrongly.

    Args:
        p1_given_0: Probability to read 1 where 0 was prepared.
        p0_given_1: Probability to read 0 where 1 was prepared.
        shots: How often 0 and 1 were prepared to find that out; 0 where it is known exactly.

    Raises:
        ParameterError: If one is no probability, or both together leave nothing to invert.

    Examples:
        >>> QubitReadout.of("readout.A", {"0": [9900, 100], "1": [250, 9750]})
        QubitReadout(p1_given_0=0.01, p0_given_1=0.025, shots=(10000, 10000))
        >>> QubitReadout(0.5, 0.5)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: readout must have p(1|0) + p(0|1) below 1 (got [0.5, 0.5]); \
such a readout tells 0 from 1 not at all, or the wrong way round: exchange its outcomes
    """

    p1_given_0: float = 0.0
    p0_given_1: float = 0.0
    shots: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        for name in ("p1_given_0", "p0_given_1"):
            object.__setattr__(self, name, check_probability(name, getattr(self, name)))
        if self.contrast < _LEAST_CONTRAST:
            given = [self.p1_given_0, self.p0_given_1]
            hint = "such a readout tells 0 from 1 not at all, or the wrong way round: "
            hint += "exchange its outcomes"
            raise ParameterError("readout", "have p(1|0) + p(0|1) below 1", given, hint)

    @classmethod
    def of(cls, field: str, value: object) -> Self:
        """The readout that a file gives, as probabilities or as counts.

        Raises:
            ParameterError: If it is neither, or cannot be inverted.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, Mapping):
            return cls._counted(field, value)
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise ParameterError(field, "be two probabilities or a table", value, _SHAPE)
        found = [
            check_probability(f"{field}[{k}]", each, f"a probability: {_SHAPE}")
            for k, each in enumerate(value)
        ]
        return cls._named(field, value, *found)

    @classmethod
    def _counted(cls, field: str, value: Mapping[str, Any]) -> Self:
        for name in [*value, "0", "1"]:
            place = f"{field}.{name}"
            if name not in ("0", "1"):
                raise ParameterError(place, "be 0 or 1, what was prepared", value[name], _SHAPE)
            if name not in value:
                raise ParameterError(place, "be given", dict(value), _SHAPE)
        zero, one = (check_counts(f"{field}.{name}", value[name], "n0 n1") for name in ("0", "1"))
        shots = (sum(zero), sum(one))
        return cls._named(field, dict(value), zero[1] / shots[0], one[0] / shots[1], shots)

    @classmethod
    def _named(cls, field: str, value: object, *given: Any) -> Self:  # noqa: ANN401
        try:
            return cls(*given)
        except ParameterError as error:
            raise ParameterError(field, error.rule, value, error.hint) from None

    @property
    def contrast(self) -> float:
        """``1 - p(1|0) - p(0|1)``: how much of the difference between 0 and 1 is left."""
        return 1.0 - self.p1_given_0 - self.p0_given_1

    @property
    def matrix(self) -> NDArray[np.float64]:
        """Probabilities (2, 2) to read the row where the column was prepared."""
        p, q = self.p1_given_0, self.p0_given_1
        return np.array([[1.0 - p, q], [p, 1.0 - q]])

    @property
    def weights(self) -> NDArray[np.float64]:
        """Weights (2,) of the outcomes 0 and 1: their mean is that of the signs 1, -1 before it."""
        return np.asarray(np.linalg.solve(self.matrix.T, np.array([1.0, -1.0])))

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Derivatives (2, 2) of the weights (columns) by p(1|0) and p(0|1) (rows)."""
        rise = self.weights / self.contrast
        return np.stack([rise + 1.0 / self.contrast, rise - 1.0 / self.contrast])

    @property
    def variances(self) -> NDArray[np.float64]:
        """Variances (2,) of p(1|0) and p(0|1) by their calibration, never zero for counts."""
        found = []
        for p, n in zip((self.p1_given_0, self.p0_given_1), self.shots, strict=True):
            share = (p * n + 0.5) / (n + 1.0)
            found.append(share * (1.0 - share) / n if n else 0.0)
        return np.array(found)

    def as_dict(self, confidence: float = 0.95) -> dict[str, dict[str, float | int]]:
        """Both probabilities as JSON, with Clopper and Pearson's interval where they were counted.

        Args:
            confidence: Confidence of the interval.
        """
        found = {}
        for name, n in zip(("p1_given_0", "p0_given_1"), self.shots, strict=True):
            p: float = getattr(self, name)
            counted = proportion_estimate(round(p * n), n, confidence=confidence) if n else None
            found[name] = (counted or Estimate.exact(p)).as_dict()
        return found

    def redrawn_weights(self, generator: np.random.Generator, draws: int) -> NDArray[np.float64]:
        """Weights (draws, 2) as other calibrations of the same length would find them."""
        found = []
        for p, n in zip((self.p1_given_0, self.p0_given_1), self.shots, strict=True):
            share = (p * n + 0.5) / (n + 1.0)
            found.append(generator.binomial(n, share, draws) / n if n else np.full(draws, p))
        contrast = np.maximum(1.0 - found[0] - found[1], _LEAST_CONTRAST)
        skew = found[0] - found[1]
        return np.stack([(skew + 1.0) / contrast, (skew - 1.0) / contrast], axis=1)
