"""Correlators of measured pairs with the readout undone, and their covariance.

Outcomes 00, 01, 10, 11 of a pair with counts n, shares p = n/N, have the mean sign
``E = w . (T_A^-1 (x) T_B^-1) p = w~ . p`` before the readout, where T are the readout matrices and
w the signs of the outcomes; its variance is ``(sum w~^2 p - E^2)/N``. See S. Bravyi et al., Phys.
Rev. A 103, 042605 (2021), doi:10.1103/PhysRevA.103.042605, for the inversion and its cost. Where a
readout was itself counted, the error of its two probabilities moves every correlator in which it
stands, in first order: correlators of one device are then not independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import EstimationSettings, MeasuredValue, normal_quantile
from protocols.characterisation.pair_counts import PairCounts
from protocols.characterisation.readout import QubitReadout

__all__ = ["MeasuredCorrelators", "correlators_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class MeasuredCorrelators:
    """Correlators of several pairs, three each, in the order XX, YY, ZZ.

    Args:
        values: Shape (3 k,).
        covariance: Shape (3 k, 3 k).
        spread: The same for intervals: no correlator is surer than so many samples allow, even if
            all of them were equal.
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
    pairs: Sequence[tuple[PairCounts, str]], settings: EstimationSettings, *, raw: bool = False
) -> MeasuredCorrelators:
    """Correlators of pairs that were measured in XX, YY and ZZ.

    Args:
        pairs: Counts of each pair, and the letters of its two ends.
        settings: The readout to undo, and the confidence.
        raw: Whether the readout is left as it is.

    Examples:
        >>> counts = PairCounts(xx=[45, 5, 5, 45], yy=[5, 45, 45, 5], zz=[50, 0, 0, 50])
        >>> correlators_of([(counts, "AB")], EstimationSettings()).values
        array([ 0.8, -0.8,  1. ])
    """
    readout: Mapping[str, QubitReadout] = {} if raw else settings.readout
    letters = sorted({letter for _, ends in pairs for letter in ends})
    size = 3 * len(pairs)
    values, own, least = np.zeros(size), np.zeros(size), np.zeros(size)
    slopes = np.zeros((size, 2 * len(letters)))
    for k, (counts, ends) in enumerate(pairs):
        rows = slice(3 * k, 3 * k + 3)
        shots = counts.shots
        shares = counts.array / shots[:, None]
        first, second = (readout.get(letter, QubitReadout()) for letter in ends)
        weights = np.kron(first.weights, second.weights)
        values[rows] = shares @ weights
        own[rows] = np.maximum(shares @ weights**2 - values[rows] ** 2, 0.0) / shots
        # The share of outcomes that never came is at most this (Clopper and Pearson).
        unseen = 1.0 - (settings.alpha / 2.0) ** (1.0 / shots)
        least[rows] = (np.ptp(weights) * unseen / normal_quantile(settings.alpha)) ** 2
        for letter, moved in (
            (ends[0], [np.kron(each, second.weights) for each in first.slopes]),
            (ends[1], [np.kron(first.weights, each) for each in second.slopes]),
        ):
            place = 2 * letters.index(letter)
            slopes[rows, place : place + 2] += shares @ np.stack(moved, axis=1)
    variances = [readout.get(letter, QubitReadout()).variances for letter in letters]
    common = slopes @ np.diag(np.concatenate(variances)) @ slopes.T
    return MeasuredCorrelators(
        values=values,
        covariance=np.diag(own) + common,
        spread=np.diag(np.maximum(own, least)) + common,
        shots=np.concatenate([counts.shots for counts, _ in pairs]),
        alpha=settings.alpha,
    )
