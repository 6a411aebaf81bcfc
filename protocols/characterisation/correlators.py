"""Correlators of measured pairs with the readout undone, and their covariance.

Outcomes 00, 01, 10, 11 of a pair with counts n, shares p = n/N, have the mean sign
``E = w . (T_A^-1 (x) T_B^-1) p = w~ . p`` before the readout, where T are the readout matrices and
w the signs of the outcomes; its variance is ``(sum w~^2 p - E^2)/N``. See S. Bravyi et al., Phys.
Rev. A 103, 042605 (2021), doi:10.1103/PhysRevA.103.042605, for the inversion and its cost. Where a
readout was itself counted, the error of its two probabilities moves every correlator in which it
stands, in first order: correlators of one device are then not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import EstimationSettings, MeasuredValue, normal_quantile
from protocols.characterisation.pair_counts import Ends, PairCounts
from qnet.metrics.intervals import MANY

__all__ = ["MeasuredCorrelators", "cautious_variance", "correlators_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeasuredCorrelators:
    """Correlators of several pairs, three each, in the order XX, YY, ZZ.

    Args:
        values: Shape (3 k,).
        covariance: Shape (3 k, 3 k).
        spread: The same for intervals (`cautious_variance`).
        shots: How often each was measured, shape (3 k,).
        alpha: One minus the confidence of the intervals.
    """

    values: Array
    covariance: Array
    spread: Array
    shots: Array
    alpha: float

    def linear(self, weights: Array, offset: float, bounds: tuple[float, float]) -> MeasuredValue:
        """The quantity ``offset + weights . correlators``.

        Args:
            weights: Shape (3 k,).
            offset: The constant term.
            bounds: Least and greatest value that can be true.
        """
        return MeasuredValue.normal(
            offset + float(weights @ self.values),
            float(np.sqrt(weights @ self.covariance @ weights)),
            n=int(self.shots[weights != 0.0].sum()),
            alpha=self.alpha,
            bounds=bounds,
            spread=float(np.sqrt(weights @ self.spread @ weights)),
        )

    def drawn(self, generator: np.random.Generator, draws: int) -> Array:
        """Correlators (draws, 3 k) as repetitions of the measurement would find them."""
        root = np.linalg.cholesky(self.spread + 1e-18 * np.eye(self.values.size))
        return self.values + generator.standard_normal((draws, self.values.size)) @ root.T


def correlators_of(
    pairs: Sequence[tuple[PairCounts, Ends]], settings: EstimationSettings, *, raw: bool = False
) -> MeasuredCorrelators:
    """Correlators of pairs that were measured in XX, YY and ZZ.

    Args:
        pairs: Counts of each pair, and the names of the qubits at its two ends.
        settings: The readout to undo, and the confidence.
        raw: Whether the readout is left as it is.

    Examples:
        >>> counts = PairCounts(xx=[45, 5, 5, 45], yy=[5, 45, 45, 5], zz=[50, 0, 0, 50])
        >>> correlators_of([(counts, ("A", "B"))], EstimationSettings()).values
        array([ 0.8, -0.8,  1. ])
    """
    how = replace(settings, readout={}) if raw else settings
    names = sorted(how.readout)
    size = 3 * len(pairs)
    values, own, wide = np.zeros(size), np.zeros(size), np.zeros(size)
    slopes = np.zeros((size, 2 * len(names)))
    for k, (counts, ends) in enumerate(pairs):
        rows = slice(3 * k, 3 * k + 3)
        shots = counts.shots.astype(np.float64)
        shares = counts.array / shots[:, None]
        first, second = map(how.readout_of, ends)
        weights = np.asarray(np.kron(first.weights, second.weights), dtype=np.float64)
        values[rows] = shares @ weights
        own[rows] = np.maximum(shares @ weights**2 - values[rows] ** 2, 0.0) / shots
        wide[rows] = cautious_variance(counts.array, weights, how.alpha)
        moved = (
            [np.kron(each, second.weights) for each in first.slopes],
            [np.kron(first.weights, each) for each in second.slopes],
        )
        for end, slope in zip(ends, moved, strict=True):
            name = how.calibrated(end)
            if name is not None:
                place = 2 * names.index(name)
                slopes[rows, place : place + 2] += shares @ np.stack(slope, axis=1)
    variances = np.array([how.readout[name].variances for name in names]).ravel()
    common = (slopes * variances) @ slopes.T
    return MeasuredCorrelators(
        values=values,
        covariance=np.diag(own) + common,
        spread=np.diag(wide) + common,
        shots=np.concatenate([counts.shots.astype(np.float64) for counts, _ in pairs]),
        alpha=how.alpha,
    )


def cautious_variance(counts: Array, weights: Array, alpha: float) -> Array:
    """Variances (k,) of weighted means whose normal intervals hold the truth with few counts, too.

    Where an outcome came fewer than 100 times, a quarter of the squared normal quantile is added to
    each (A. Agresti and B. A. Coull, Am. Stat. 52, 119 (1998), doi:10.1080/00031305.1998.10480550).
    No deviation is less than that of outcomes which never came, whose share is at most
    ``1 - (alpha/2)^(1/n)`` (Clopper and Pearson).

    Args:
        counts: Shape (k, m): counts of each of m outcomes.
        weights: Weights (m,) of the outcomes.
        alpha: One minus the confidence.
    """
    quantile = normal_quantile(alpha)
    shots = counts.sum(axis=1)
    few = counts.min(axis=1, keepdims=True) < MANY
    shares = counts + np.where(few, quantile**2 / 4.0, 0.0)
    shares /= shares.sum(axis=1, keepdims=True)
    spread = np.maximum(shares @ weights**2 - (shares @ weights) ** 2, 0.0) / shots
    unseen = -np.expm1(np.log(alpha / 2.0) / shots)
    return np.asarray(np.maximum(spread, (np.ptp(weights) * unseen / quantile) ** 2))
