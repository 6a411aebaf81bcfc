"""Additive sample moments: what is kept of a batch of shots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from qnet.errors import ParameterError, check_integer
from qnet.metrics.arrays import FloatArray

__all__ = ["Moments", "correlator_weights", "error_rate_weights"]

_CORRELATORS = {4: [1, 2, 3], 16: [5, 10, 15]}
"""Columns of R_xx, R_yy, R_zz, by the number of columns of the layout."""

_ROUNDING = 1e-12
"""Relative size of what may be rounding in a mean or a variance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Number of samples, their mean vector, and their centred second moments.

    Two of them add up to the moments of all samples together (Chan, Golub and LeVeque, The American
    Statistician 37, 242 (1983), doi:10.1080/00031305.1983.10483115), so batches can be computed
    anywhere, in any order, and merged: the result is the same to rounding.

    The sampled engine uses one of two layouts of the columns. Column 0 is the delivery time in
    seconds; the others are the correlators ``R[i, j] = Tr(rho sigma_i (x) sigma_j)`` of the
    delivered pair:

    - 16 columns: ``R.reshape(16)`` with the time in the place of ``R[0, 0]``;
    - 4 columns: time, ``R_xx``, ``R_yy``, ``R_zz`` (Bell-diagonal states).

    Args:
        n: Number of samples.
        mean: Shape (k,): the mean of each column.
        scatter: Shape (k, k): sum over the samples of ``(x - mean)(x - mean)^T``.
        fixed: Which of the k columns are known to be the same in every sample, whatever the sample;
            none when empty. What depends on fixed columns alone is exact.

    Raises:
        ParameterError: If the shapes do not fit, or a number is not finite.

    Examples:
        >>> first = Moments.from_samples([[1.0, 0.9], [2.0, 0.8]])
        >>> both = first + Moments.from_samples([[3.0, 0.7]])
        >>> both.n, both.mean.round(6).tolist()
        (3, [2.0, 0.8])
        >>> both.covariance().round(6).tolist()
        [[1.0, -0.1], [-0.1, 0.01]]
    """

    n: int
    mean: FloatArray
    scatter: FloatArray
    fixed: tuple[bool, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "n", check_integer("n", self.n, 0))
        mean = np.array(self.mean, dtype=np.float64)
        scatter = np.array(self.scatter, dtype=np.float64)
        if mean.ndim != 1 or scatter.shape != 2 * mean.shape:
            shapes = (mean.shape, scatter.shape)
            hint = "give k means and a k by k matrix"
            raise ParameterError("mean, scatter", "have shapes (k,) and (k, k)", shapes, hint)
        fixed = tuple(map(bool, self.fixed)) or (False,) * len(mean)
        if len(fixed) != len(mean):
            hint = f"give one flag for each of the {len(mean)} columns"
            raise ParameterError("fixed", "fit the columns", self.fixed, hint)
        object.__setattr__(self, "fixed", fixed)
        for name, array in (("mean", mean), ("scatter", scatter)):
            _check_finite(name, array)
            array.flags.writeable = False
            object.__setattr__(self, name, array)

    @classmethod
    def empty(cls, columns: int, fixed: Sequence[bool] = ()) -> Moments:
        """The moments of no samples: the zero of the addition.

        Examples:
            >>> sum([Moments.from_samples([[1.0]])] * 3, start=Moments.empty(1)).n
            3
        """
        k = check_integer("columns", columns)
        return cls(n=0, mean=np.zeros(k), scatter=np.zeros((k, k)), fixed=tuple(fixed))

    @classmethod
    def from_samples(cls, samples: ArrayLike, fixed: Sequence[bool] = ()) -> Moments:
        """The moments of an array of shape (n, k): one row per sample.

        Raises:
            ParameterError: If the array is not two-dimensional or holds a number that is
                not finite.

        Examples:
            >>> Moments.from_samples([[1.0], [3.0]]).scatter.tolist()
            [[2.0]]
        """
        rows = np.asarray(samples, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] == 0:
            hint = "give one row per sample and one column per quantity"
            raise ParameterError("samples", "have shape (n, k)", rows.shape, hint)
        if len(rows) == 0:
            return cls.empty(rows.shape[1], fixed)
        _check_finite("samples", rows)
        mean = rows.mean(axis=0)
        centred = rows - mean
        scatter = centred.T @ centred
        return cls(n=len(rows), mean=mean, scatter=scatter, fixed=tuple(fixed))

    @property
    def columns(self) -> int:
        """Number of columns, k."""
        return len(self.mean)

    def covariance(self) -> FloatArray:
        """Unbiased sample covariance, shape (k, k): ``scatter / (n - 1)``.

        Raises:
            ParameterError: With fewer than two samples.
        """
        if self.n < 2:
            raise ParameterError("n", "be at least 2", self.n, "a spread needs two samples or more")
        return self.scatter / (self.n - 1)

    def deviation(self, weights: ArrayLike) -> float:
        """Standard deviation of a linear combination of the columns.

        Exactly zero when what is found could be rounding: a spread of constant columns, or of a
        combination in which fluctuations cancel.

        Args:
            weights: Shape (k,).

        Raises:
            ParameterError: With fewer than two samples, or if the weights do not fit.

        Examples:
            >>> Moments.from_samples([[0.1, 0.9], [0.2, 0.8], [0.6, 0.4]]).deviation([1, 1])
            0.0
        """
        vector = np.asarray(weights, dtype=np.float64)
        if vector.shape != (self.columns,):
            hint = f"give one weight for each of the {self.columns} columns"
            raise ParameterError("weights", "fit the columns", vector.shape, hint)
        covariance = self.covariance()
        size = np.abs(vector)
        of_spreads = _ROUNDING * float(size @ np.sqrt(np.diag(covariance))) ** 2
        of_values = (_ROUNDING * float(size @ np.abs(self.mean))) ** 2
        variance = float(vector @ covariance @ vector)
        return math.sqrt(variance) if variance > of_spreads + of_values else 0.0

    def is_fixed(self, weights: ArrayLike) -> bool:
        """Whether a linear combination of the columns is known to be the same in every sample.

        Args:
            weights: Shape (k,).

        Examples:
            >>> moments = Moments.from_samples([[1.0, 0.9], [2.0, 0.9]], fixed=[False, True])
            >>> moments.is_fixed([0.0, 0.5]), moments.is_fixed([1.0, 0.5])
            (True, False)
        """
        return bool(np.all(np.asarray(self.fixed)[np.asarray(weights) != 0.0]))

    def merge(self, other: Moments) -> Moments:
        """The moments of the samples of both.

        Raises:
            ParameterError: If the two have different columns.
        """
        if self.columns != other.columns:
            value = (self.columns, other.columns)
            hint = "merge moments of the same quantities"
            raise ParameterError("moments", "have the same number of columns", value, hint)
        if self.fixed != other.fixed:
            flags = (self.fixed, other.fixed)
            hint = "merge moments of the same plan"
            raise ParameterError("moments", "have the same fixed columns", flags, hint)
        n = self.n + other.n
        if n == 0:
            return self
        step = other.mean - self.mean
        mean = self.mean + step * (other.n / n)
        between = np.outer(step, step) * (self.n * other.n / n)
        scatter = self.scatter + other.scatter + between
        return Moments(n=n, mean=mean, scatter=scatter, fixed=self.fixed)

    def __add__(self, other: Moments) -> Moments:
        return self.merge(other)


def _check_finite(name: str, array: FloatArray) -> None:
    finite = np.isfinite(array)
    if not finite.all():
        hint = "leave shots out that delivered nothing"
        raise ParameterError(name, "be finite", float(array[~finite][0]), hint)


def correlator_weights(columns: int, weights: ArrayLike) -> FloatArray:
    """Weights of all columns from weights of the three correlators.

    Args:
        columns: 4 or 16, the two layouts of `Moments`.
        weights: Shape (..., 3): weights of ``R_xx``, ``R_yy``, ``R_zz``.

    Returns:
        Shape (..., columns).

    Raises:
        ParameterError: If the layout is unknown.

    Examples:
        >>> correlator_weights(4, [0.25, -0.25, 0.25])
        array([ 0.  ,  0.25, -0.25,  0.25])
    """
    if columns not in _CORRELATORS:
        hint = "give time, R_xx, R_yy, R_zz; or R.reshape(16) with the time in place of R[0, 0]"
        raise ParameterError("moments", "have 4 or 16 columns", columns, hint)
    three = np.asarray(weights, dtype=np.float64)
    full = np.zeros((*three.shape[:-1], columns))
    full[..., _CORRELATORS[columns]] = three
    return full


def error_rate_weights(columns: int) -> FloatArray:
    """Weights of the error rates in X, Y, Z: each is 1/2 plus its weights times the mean.

    Against Phi+: ``e_x = (1 - R_xx)/2``, ``e_y = (1 + R_yy)/2``, ``e_z = (1 - R_zz)/2``.

    Args:
        columns: 4 or 16, the two layouts of `Moments`.

    Returns:
        Shape (3, columns).

    Raises:
        ParameterError: If the layout is unknown.

    Examples:
        >>> error_rate_weights(4)[0].tolist()
        [0.0, -0.5, 0.0, 0.0]
    """
    return correlator_weights(columns, np.diag([-0.5, 0.5, -0.5]))
