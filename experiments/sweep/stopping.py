"""Stopping rules of a sweep: when a task has been played enough."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from experiments.sweep.counts import Answer, Counts
from qnet.engines.result import Key
from qnet.errors import ParameterError, check_integer, check_one_of, check_positive
from qnet.metrics.figures import figures_in
from qnet.schema import key

__all__ = ["StoppingRule"]

#: Below this number of samples an interval may be narrow by luck: no precision is believed.
_FEWEST = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingRule:
    """Stop rules: whichever is met first ends a task.

    They are asked after every batch in the order of the batches, never in the order of arrival:
    what counts does not depend on the number of workers. (A time budget depends on the clock, but
    on the times in the store: taking the sweep up again changes nothing.)

    Args:
        shots: Enough samples; the last batch is played to its end, so there may be some more.
        figure: A figure of merit, or None.
        relative_precision: Half the width of its interval over its value that is enough, or None.
        seconds: Computing time of the batches that is enough, in s, or None.

    Raises:
        ParameterError: If a number is out of range, or figure and precision are not given together.

    Examples:
        >>> precise = {"figure": "fidelity", "relative_precision": 0.01}
        >>> until = StoppingRule(shots=10**6, **precise, seconds=60.0)
        >>> until.is_open
        True
    """

    shots: int = key(example=100000, range={"minimum": 1})
    figure: str | None = key(None, example="fidelity")
    relative_precision: float | None = key(None, example=0.01, range={"exclusiveMinimum": 0})
    seconds: float | None = key(None, example=60.0, range={"exclusiveMinimum": 0})

    def __post_init__(self) -> None:
        check_integer("shots", self.shots)
        _come_together("figure", self.figure, "relative_precision = 0.05", self.relative_precision)
        _come_together(
            "relative_precision", self.relative_precision, 'figure = "fidelity"', self.figure
        )
        if self.figure is not None:
            check_one_of("sweep.until.figure", self.figure, figures_in("sweep"))
            check_positive("sweep.until.relative_precision", self.relative_precision)
        if self.seconds is not None:
            check_positive("sweep.until.seconds", self.seconds)

    @property
    def is_open(self) -> bool:
        """Whether the number of batches is only known once they are played."""
        return self.figure is not None or self.seconds is not None

    def is_reached(self, counts: Counts, seconds: float, key: Key) -> bool:
        """Whether these merged counts are enough, which took so many seconds of computing."""
        if isinstance(counts, Answer) or counts.samples >= self.shots:
            return True
        if self.seconds is not None and seconds >= self.seconds:
            return True
        if self.figure is None or self.relative_precision is None or counts.samples < _FEWEST:
            return False
        found = counts.figure(self.figure, key)
        return (found.high - found.low) / 2.0 <= self.relative_precision * abs(found.best)

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))


def _come_together(name: str, value: object, other: str, given: object) -> None:
    if value is not None and given is None:
        field = f"sweep.until.{name}"
        raise ParameterError(field, f"come with {other.split()[0]}", value, f"add {other}")
