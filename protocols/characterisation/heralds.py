"""Estimator of a success probability: heralds among attempts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from protocols.characterisation.measured import (
    Characterised,
    DrawnParameter,
    EstimationSettings,
    MeasuredValue,
)
from protocols.characterisation.readout import MOST_COUNTS
from qnet.errors import ParameterError, check_positive
from qnet.metrics import proportion_estimate
from qnet.schema import NOTHING, Description, Whole, check_fields, key

__all__ = ["COUNTED", "Counted", "Heralds", "check_counted", "heralded", "success_of"]

_STREAM = 4

#: Range of a number of events.
COUNTED = Whole(maximum=MOST_COUNTS)


def success_of(
    successes: int, attempts: int, settings: EstimationSettings, stream: int
) -> tuple[MeasuredValue, DrawnParameter]:
    """A success probability with Clopper and Pearson's interval, and draws of it.

    The draws are those of the beta distribution with Jeffreys' half a success and half a failure.

    Args:
        successes: How often it succeeded.
        attempts: How often it was tried.
        settings: Confidence of the interval, and the seed.
        stream: Number of the random numbers.

    Raises:
        ParameterError: If there are more successes than attempts, or no attempt.

    Examples:
        >>> print(success_of(37, 10**6, EstimationSettings(), 0)[0])
        3.7e-05 [2.6e-05, 5.1e-05]
    """
    estimate = proportion_estimate(successes, attempts, confidence=settings.confidence)
    error = float(np.sqrt(estimate.best * (1.0 - estimate.best) / attempts))
    generator = settings.generator(stream)
    draws = generator.beta(successes + 0.5, attempts - successes + 0.5, settings.draws)
    return MeasuredValue(estimate, error), DrawnParameter(np.array(estimate.best), draws)


class Counted(Protocol):
    """Whatever has successes among attempts, perhaps None."""

    @property
    def successes(self) -> int | None:
        """How often it succeeded."""

    @property
    def attempts(self) -> int | None:
        """How often it was tried."""


def heralded(found: Characterised, counted: Counted, settings: EstimationSettings) -> Characterised:
    """A swap with the success probability of its Bell measurement, where that was counted.

    Args:
        found: The swap.
        counted: Its successes and attempts, perhaps None.
        settings: Confidence of the interval, and the seed.
    """
    if counted.successes is None or counted.attempts is None:
        return found
    value, drawn = success_of(counted.successes, counted.attempts, settings, _STREAM + 100)
    return replace(
        found,
        values={**found.values, "success_probability": value},
        parameters={**found.parameters, "swap_success_probability": drawn},
    )


def check_counted(counted: Counted, *, always: bool = False) -> None:
    """Check that successes and attempts go together.

    Args:
        counted: What has both.
        always: Whether they must be given.

    Raises:
        ParameterError: If only one of both is given, or there are more successes than attempts.
    """
    both = {"successes": counted.successes, "attempts": counted.attempts}
    hint = "write how often it succeeded, and how often it was tried"
    for name, value in both.items():
        if value is None and (always or any(each is not None for each in both.values())):
            raise ParameterError(name, "be given", NOTHING, hint)
    if both["attempts"] == 0:
        raise ParameterError("attempts", "be at least 1", 0, hint)
    if (counted.successes or 0) > (counted.attempts or 0):
        rule = f"be at most {counted.attempts}, the attempts"
        raise ParameterError("successes", rule, counted.successes, hint)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Heralds(Description):
    """Heralded pairs among attempts: table "heralds".

    Args:
        successes: Number of heralds.
        attempts: Number of attempts.
        attempt_time_s: Duration of an attempt.

    Raises:
        ParameterError: If a number is missing or breaks its rule, or heralds outnumber attempts.

    Examples:
        >>> heralds = Heralds(successes=37, attempts=10**6)
        >>> print(heralds.characterise(EstimationSettings()).values["success_probability"])
        3.7e-05 [2.6e-05, 5.1e-05]
    """

    successes: int | None = key(None, check=COUNTED, example=37)
    attempts: int | None = key(None, check=COUNTED, example=1_000_000)
    attempt_time_s: float | None = key(None, check=check_positive, example=5.5e-6)

    def __post_init__(self) -> None:
        check_fields(self)
        check_counted(self, always=True)

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """The success probability of an attempt, and the rate of heralds."""
        value, drawn = success_of(self.successes or 0, self.attempts or 0, settings, _STREAM)
        parameters = {"success_probability": drawn}
        if self.attempt_time_s is None:
            return Characterised({"success_probability": value}, (), parameters)
        time_s = self.attempt_time_s
        rate = value.changed(lambda p: p / time_s, 1.0 / time_s)
        parameters["attempt_time_s"] = DrawnParameter(
            np.array(time_s), np.full(settings.draws, time_s)
        )
        return Characterised({"success_probability": value, "rate_hz": rate}, (), parameters)
