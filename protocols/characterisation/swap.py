"""Estimator of a swap: three pairs in the counts of XX, YY and ZZ, before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.correlators import correlators_of
from protocols.characterisation.heralds import COUNTED, check_counted, heralded
from protocols.characterisation.measured import Characterised, DrawnParameter, EstimationSettings
from protocols.characterisation.pair import BELL_WEIGHTS
from protocols.characterisation.pair_counts import BASES, Ends, PairCounts
from protocols.characterisation.simplex import on_simplex
from protocols.characterisation.swap_factor import (
    PAIRS,
    characterise_swap,
    readout_flip_of,
    with_strength,
)
from qnet.errors import ParameterError
from qnet.schema import NOTHING, Description, Within, check_fields, key
from qnet.states import weights_from_correlators

__all__ = ["FLIP", "MeasuredSwap"]

Array = NDArray[np.float64]

#: Qubits at the ends of each pair: the station B has one for either side.
_ENDS: dict[str, Ends] = {"AB": ("A", "B1"), "BC": ("B2", "C"), "AC": ("A", "C")}

_STREAM = 2

#: Range of a readout flip that leaves something.
FLIP = Within(low=0.0, high=0.49, rule="lie in [0, 0.49]", hint="0.01 is one flip in a hundred")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasuredSwap(Description):
    """Pairs AB and BC, and the pair AC that a Bell measurement at B makes of them: table "swap".

    The readout of ``A``, ``B`` and ``C`` is undone; ``B1`` and ``B2`` may be given apart, for the
    qubits of B to the left and to the right.

    Args:
        ab: Counts of the left pair.
        bc: Counts of the right pair.
        ac: Counts of the long pair, after the swap and its corrections.
        readout_flip: Probability of a wrong outcome of either readout of the Bell measurement; the
            mean of the readout of B unless given.
        successes: How often the Bell measurement gave an answer.
        attempts: How often it was tried.

    Raises:
        ParameterError: If a pair is missing, or a number breaks its rule.
    """

    ab: PairCounts | None = key(None, name="AB")
    bc: PairCounts | None = key(None, name="BC")
    ac: PairCounts | None = key(None, name="AC")
    readout_flip: float | None = key(None, check=FLIP, example=0.01)
    successes: int | None = key(None, check=COUNTED, example=480)
    attempts: int | None = key(None, check=COUNTED, example=1000)

    def __post_init__(self) -> None:
        check_fields(self)
        for name in PAIRS:
            if getattr(self, name.lower()) is None:
                hint = f'write "{name}": {{"XX": [...], "YY": [...], "ZZ": [...]}}'
                raise ParameterError(name, "be given", NOTHING, hint)
        check_counted(self)

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """The swap factor, what it says of the Bell measurement, and the three pairs."""
        pairs: list[tuple[Any, Ends]] = [
            (getattr(self, name.lower()), _ENDS[name]) for name in PAIRS
        ]
        found = correlators_of(pairs, settings)
        rows = np.kron(np.eye(3), 4.0 / 3.0 * BELL_WEIGHTS[0])
        draws = found.drawn(settings.generator(_STREAM), settings.draws)
        swap = characterise_swap(
            "swap",
            rows @ found.values,
            rows @ found.covariance @ rows.T,
            draws @ rows.T,
            settings,
            flip=readout_flip_of(self.readout_flip, settings),
            n=int(found.shots.sum()),
        )
        by_pair, drawn = (_upright(each) for each in (found.values, draws))
        with np.errstate(divide="ignore", invalid="ignore"):
            factors = by_pair[2] / (by_pair[0] * by_pair[1])
        swap = with_strength(swap, by_pair, drawn, settings)
        bounds = (-1.0 / 3.0, 1.0)
        values = {
            **swap.values,
            "factors": dict(zip(BASES, map(float, factors), strict=True)),
            "werner": {
                name: found.linear(row, 0.0, bounds) for name, row in zip(PAIRS, rows, strict=True)
            },
        }
        links = DrawnParameter(_mean_link(by_pair), _mean_link(drawn))
        parameters = {**swap.parameters, "bell_diagonal": links}
        return heralded(Characterised(values, swap.remarks, parameters), self, settings)


def _upright(correlators: Array) -> Array:
    """XX, -YY, ZZ of three pairs (..., 3, 3) out of their XX, YY, ZZ in a row (..., 9)."""
    signs = np.array([1.0, -1.0, 1.0])
    return np.asarray(correlators.reshape(*correlators.shape[:-1], 3, 3) * signs)


def _mean_link(correlators: Array) -> Array:
    """Geometric mean state (..., 4) of AB and BC: two of it swap to what AB and BC swap to."""
    left, right = correlators[..., 0, :], correlators[..., 1, :]
    both = np.sqrt(np.maximum(left * right, 0.0)) * np.sign(left)
    return on_simplex(weights_from_correlators(both))
