"""Estimator of a swap out of three Werner parameters and their standard errors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.heralds import COUNTED, check_counted, heralded
from protocols.characterisation.measured import Characterised, DrawnParameter, EstimationSettings
from protocols.characterisation.swap import FLIP
from protocols.characterisation.swap_factor import (
    PAIRS,
    characterise_swap,
    readout_flip_of,
    with_strength,
)
from qnet.errors import ParameterError, check_probability, check_real
from qnet.schema import NOTHING, Description, check_fields, key
from qnet.states import weights_from_correlators

__all__ = ["WernerSwap", "with_error"]

_STREAM = 3


def with_error(field: str, value: object) -> tuple[float, float]:
    """A number and its standard error, out of ``[value, error]``.

    Raises:
        ParameterError: If it is none, or the number is not between -1/3 and 1.

    Examples:
        >>> with_error("werner.AB", [0.95, 0.004])
        (0.95, 0.004)
    """
    if not isinstance(value, list | tuple) or len(value) != 2:
        rule = "be a number and its standard error"
        raise ParameterError(field, rule, value, "write [0.95, 0.004]")
    place = f"{field}[0]"
    number = check_real(place, value[0])
    if not -1.0 / 3.0 <= number <= 1.0:
        raise ParameterError(place, "lie in [-1/3, 1]", number, "w = (4 F - 1)/3")
    return number, check_probability(f"{field}[1]", value[1], "give its standard error")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WernerSwap(Description):
    """Werner parameters of the pairs AB, BC and AC, each with its standard error: table "werner".

    Args:
        ab: Of the left pair, ``[w, error]``.
        bc: Of the right pair.
        ac: Of the long pair, after the swap.
        readout_flip: Probability of a wrong outcome of either readout of the Bell measurement; the
            mean of the readout of B unless given.
        successes: How often the Bell measurement gave an answer.
        attempts: How often it was tried.

    Raises:
        ParameterError: If a pair is missing, or a number breaks its rule.

    Examples:
        >>> swap = WernerSwap(ab=[0.95, 0.004], bc=[0.94, 0.004], ac=[0.86, 0.005])
        >>> round(swap.characterise(EstimationSettings()).values["swap_factor"].standard_error, 9)
        0.008036578
    """

    ab: tuple[float, float] | None = key(None, name="AB", read=with_error, example=[0.95, 0.004])
    bc: tuple[float, float] | None = key(None, name="BC", read=with_error, example=[0.94, 0.004])
    ac: tuple[float, float] | None = key(None, name="AC", read=with_error, example=[0.86, 0.005])
    readout_flip: float | None = key(None, check=FLIP, example=0.01)
    successes: int | None = key(None, check=COUNTED, example=480)
    attempts: int | None = key(None, check=COUNTED, example=1000)

    def __post_init__(self) -> None:
        check_fields(self)
        for name in PAIRS:
            if getattr(self, name.lower()) is None:
                raise ParameterError(name, "be given", NOTHING, f'write "{name}": [w, error]')
        check_counted(self)

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """The swap factor, and what it says of the Bell measurement."""
        means, errors = np.array([getattr(self, name.lower()) for name in PAIRS]).T
        generator = settings.generator(_STREAM)
        draws = means + errors * generator.standard_normal((settings.draws, 3))
        flip = readout_flip_of(self.readout_flip, settings)
        found = characterise_swap(
            "werner", means, np.diag(errors**2), draws, settings, flip=flip, n=0
        )
        found = with_strength(
            found, means[:, None] * np.ones(3), draws[:, :, None] * np.ones(3), settings
        )
        links = DrawnParameter(_mean_link(means[None, :])[0], _mean_link(draws))
        parameters = {**found.parameters, "bell_diagonal": links}
        return heralded(Characterised(found.values, found.remarks, parameters), self, settings)


def _mean_link(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Werner state (k, 4) whose parameter is the geometric mean of those of AB and BC (k, 3)."""
    product = np.maximum(parameters[:, 0] * parameters[:, 1], 0.0)
    mean = np.minimum(np.sqrt(product), 1.0)
    return weights_from_correlators(mean[:, None] * np.ones(3))
