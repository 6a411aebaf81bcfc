"""Estimator of a pair: fidelity, correlators and Bell-diagonal vector with the readout undone."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.correlators import MeasuredCorrelators, correlators_of
from protocols.characterisation.measured import (
    Characterised,
    DrawnParameter,
    EstimationSettings,
    MeasuredValue,
)
from protocols.characterisation.pair_counts import BASES, Ends, PairCounts, outcome_chances
from protocols.characterisation.simplex import on_simplex
from qnet.states import BELL_NAMES
from qnet.states.pauli import BELL_CORRELATORS

__all__ = ["BELL_WEIGHTS", "MeasuredPair", "bell_vector", "characterise_pair"]

Array = NDArray[np.float64]

#: Weights (4, 3) of XX, YY, ZZ in the Bell-diagonal vector, beside 1/4; the first is the fidelity.
BELL_WEIGHTS: Array = BELL_CORRELATORS * np.array([1.0, -1.0, 1.0]) / 4.0

_STREAM = 1


def bell_vector(correlators: Array) -> Array:
    """Weights (..., 4) of Phi+, Psi+, Psi-, Phi- out of XX, YY, ZZ (..., 3), perhaps negative.

    Examples:
        >>> bell_vector(np.array([0.92, -0.90, 0.94])).round(12)
        array([0.94, 0.02, 0.01, 0.03])
    """
    return np.asarray(0.25 + correlators @ BELL_WEIGHTS.T)


class MeasuredPair(PairCounts):
    """A pair in the counts of XX, YY and ZZ: table "pair".

    Raises:
        ParameterError: If a basis is missing, or no list of four counts, not all zero.

    Examples:
        >>> pair = MeasuredPair(xx=[48, 2, 0, 50], yy=[1, 49, 50, 0], zz=[52, 0, 0, 48])
        >>> print(pair.characterise(EstimationSettings()).values["fidelity"])
        0.985 [0.953, 1.000]
    """

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """Fidelity, correlators and Bell-diagonal vector, mitigated and raw."""
        return characterise_pair(self, settings)


def characterise_pair(
    counts: PairCounts, settings: EstimationSettings, ends: Ends = ("A", "B")
) -> Characterised:
    """Fidelity, correlators and Bell-diagonal vector of a pair, mitigated and raw.

    Args:
        counts: Its counts in XX, YY and ZZ.
        settings: The readout to undo, the confidence and the seed.
        ends: Names of the qubits at its two ends.
    """
    found = correlators_of([(counts, ends)], settings)
    raw = correlators_of([(counts, ends)], settings, raw=True)
    linear = bell_vector(found.values)
    remarks = _readout_remarks(settings, ends)
    if linear.min() < 0.0:
        weights = _projected(counts, settings, ends, found)
        shown = ", ".join(
            f"{name} {value:.4g}"
            for name, value in zip(BELL_NAMES, linear, strict=True)
            if value < 0
        )
        remarks.append(
            f"the linear estimate has negative eigenvalues ({shown}): bell_diagonal is the nearest "
            "state, with intervals by bootstrap; fidelity and correlators are linear"
        )
    else:
        weights = [found.linear(row, 0.25, (0.0, 1.0)) for row in BELL_WEIGHTS]
    values: dict[str, Any] = {
        "fidelity": found.linear(BELL_WEIGHTS[0], 0.25, (0.0, 1.0)),
        "fidelity_raw": raw.linear(BELL_WEIGHTS[0], 0.25, (0.0, 1.0)),
        "standard_error": float(np.sqrt(BELL_WEIGHTS[0] @ found.covariance @ BELL_WEIGHTS[0])),
        "bell_diagonal": weights,
        "bell_diagonal_linear": [float(each) for each in linear],
        "correlators": _by_basis(found),
        "correlators_raw": _by_basis(raw),
        "werner_parameter": found.linear(BELL_WEIGHTS[0] * 4.0 / 3.0, 0.0, (-1.0 / 3.0, 1.0)),
    }
    draws = found.drawn(settings.generator(_STREAM), settings.draws)
    state = DrawnParameter(on_simplex(linear), on_simplex(bell_vector(draws)))
    return Characterised(values, tuple(remarks), {"bell_diagonal": state})


def _by_basis(found: MeasuredCorrelators) -> dict[str, MeasuredValue]:
    return {
        basis: found.linear(row, 0.0, (-1.0, 1.0))
        for basis, row in zip(BASES, np.eye(3), strict=True)
    }


def _readout_remarks(settings: EstimationSettings, ends: Ends) -> list[str]:
    missing = [end for end in ends if settings.calibrated(end) is None]
    if not missing:
        return []
    if len(missing) == len(ends):
        return ["no readout is given: mitigated values are the raw ones"]
    return [f"the readout of {missing[0]} is not given, and taken as perfect"]


def _projected(
    counts: PairCounts, settings: EstimationSettings, ends: Ends, found: MeasuredCorrelators
) -> list[MeasuredValue]:
    """The nearest state, its intervals by drawing counts of it and estimating them again.

    They hold those of the linear estimate as well, as far as they are physical: close to the edge
    of what states there are, the projection shifts what it draws.
    """
    state = on_simplex(bell_vector(found.values))
    generator = settings.generator(_STREAM)
    chances = outcome_chances(state, *map(settings.readout_of, ends))
    first, second = (
        settings.readout_of(end).redrawn_weights(generator, settings.draws) for end in ends
    )
    weights = (first[:, :, None] * second[:, None, :]).reshape(settings.draws, 4)
    means = np.empty((settings.draws, 3))
    for k, shots in enumerate(counts.shots):
        shares = generator.multinomial(int(shots), chances[k], settings.draws) / shots
        means[:, k] = np.sum(shares * weights, axis=1)
    draws = on_simplex(bell_vector(means))
    n = int(counts.shots.sum())
    return [
        MeasuredValue.drawn(float(value), column, n=n, alpha=settings.alpha).holding(
            found.linear(row, 0.25, (0.0, 1.0)).estimate
        )
        for value, column, row in zip(state, draws.T, BELL_WEIGHTS, strict=True)
    ]
