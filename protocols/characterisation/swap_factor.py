"""Swap factor: what a Bell measurement leaves of the Werner parameters of two pairs.

A swap of two Werner pairs leaves ``w_AC = f w_AB w_BC``. Depolarising of the CNOT by l and flips of
both readouts by e leave ``f = (1 - l) (1 - 2 e)`` of XX and ZZ, ``(1 - l) (1 - 2 e)^2`` of YY
(Zukowski et al., Phys. Rev. Lett. 71, 4287 (1993), for the swap).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import (
    Characterised,
    DrawnParameter,
    EstimationSettings,
    MeasuredValue,
)
from qnet.errors import ParameterError
from qnet.hardware import Gates
from qnet.plans.maps import read_factors

__all__ = ["PAIRS", "characterise_swap", "readout_flip_of", "with_strength"]

Array = NDArray[np.float64]

#: The two pairs that are swapped, and the pair that comes of it.
PAIRS = ("AB", "BC", "AC")


#: Least Werner parameter of a pair that tells something of a swap.
_LEAST_WERNER = 0.01


def readout_flip_of(given: float | None, settings: EstimationSettings) -> tuple[float, str]:
    """Flip of the Bell measurement's readouts, and a remark on where it comes from.

    Args:
        given: What the table says, if it does.
        settings: The readout of the station B, or of its two qubits B1 and B2.

    Examples:
        >>> readout_flip_of(0.01, EstimationSettings())
        (0.01, '')
    """
    if given is not None:
        return given, ""
    names = [settings.calibrated(qubit) for qubit in ("B1", "B2")]
    if None in names:
        return 0.0, "readout_flip is not given: all that the swap loses is put down to its gates"
    each = [settings.readout_of(qubit) for qubit in ("B1", "B2")]
    flip = sum(one.p1_given_0 + one.p0_given_1 for one in each) / 4.0
    return (
        flip,
        f"readout_flip is the mean of the readout of {' and '.join(sorted(set(map(str, names))))}",
    )


def characterise_swap(
    field: str,
    werner: Array,
    covariance: Array,
    draws: Array,
    settings: EstimationSettings,
    *,
    flip: tuple[float, str],
    n: int,
) -> Characterised:
    """The swap factor of three Werner parameters, and what it says of the Bell measurement.

    Args:
        field: Name of the table, for errors.
        werner: Werner parameters of AB, BC, AC, shape (3,).
        covariance: Their covariance, shape (3, 3).
        draws: What they may be as well, shape (k, 3).
        settings: Confidence of the intervals.
        flip: Flip of the Bell measurement's readouts, and a remark.
        n: Number of counts behind it.

    Raises:
        ParameterError: If a pair to swap has hardly any Werner parameter.
    """
    for name, value in zip(PAIRS[:2], werner, strict=False):
        if value < _LEAST_WERNER:
            hint = "such a pair says nothing of a swap: measure better pairs, or more of them"
            place = f"{field}.{name}"
            rule = f"have a Werner parameter of {_LEAST_WERNER:g} or more"
            raise ParameterError(place, rule, float(value), hint)
    error, remark = flip
    factor = float(werner[2] / (werner[0] * werner[1]))
    slope = np.array([-factor / werner[0], -factor / werner[1], 1.0 / (werner[0] * werner[1])])
    sigma = float(np.sqrt(slope @ covariance @ slope))
    usable = np.minimum(draws[:, 0], draws[:, 1]) > _LEAST_WERNER / 100.0
    product = np.where(usable, draws[:, 0] * draws[:, 1], 1.0)
    drawn = np.where(usable, draws[:, 2] / product, np.inf)
    found = MeasuredValue.drawn(factor, drawn, n=n, alpha=settings.alpha, error=sigma)
    kept = 1.0 - 2.0 * error
    values: dict[str, Any] = {
        "swap_factor": found,
        "bell_measurement_loss": found.changed(lambda f: 1.0 - f / kept, 1.0 / kept),
        "readout_flip": error,
    }
    parameters = {"readout_flip": DrawnParameter(np.array(error), np.full(len(drawn), error))}
    return Characterised(values, (remark,) if remark else (), parameters)


def with_strength(
    found: Characterised, correlators: Array, draws: Array, settings: EstimationSettings
) -> Characterised:
    """A swap, and the depolarising of its CNOT that makes a chain of three nodes as good.

    The strength is that with which the circuit of the Bell measurement, its readouts flipped as
    they are, gives the fidelity of AC out of AB and BC.

    Args:
        found: The swap.
        correlators: XX, -YY, ZZ of AB, BC, AC, shape (3, 3).
        draws: What they may be as well, shape (k, 3, 3).
        settings: Confidence of the interval.
    """
    flip = round(float(found.values["readout_flip"]), 15)
    kept = read_factors(Gates(readout_flip_0=flip, readout_flip_1=flip), 0.0)

    def strength(given: Array) -> Array:
        perfect = (given[..., 0, :] * given[..., 1, :]) @ kept
        usable = perfect > _LEAST_WERNER**2 / 100.0
        left = given[..., 2, :].sum(axis=-1) / np.where(usable, perfect, 1.0)
        return np.asarray(np.where(usable, 1.0 - left, 0.0))

    best, drawn = strength(correlators), strength(draws)
    n = found.values["swap_factor"].estimate.n
    value = MeasuredValue.drawn(float(best), drawn, n=n, alpha=settings.alpha)
    remarks = found.remarks
    if best < 0.0:
        told = "the swap loses less than its readout must: in a chain its gates are perfect"
        remarks = (*remarks, told)
    return Characterised(
        {**found.values, "cnot_depolarizing": value},
        remarks,
        {**found.parameters, "cnot_depolarizing": DrawnParameter(best, drawn)},
    )
