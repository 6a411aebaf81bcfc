"""A meter of the work that a plan costs while it is played, and the limits at which it ends.

Work is counted in elementary draws, with an allowance for every call, never in seconds: a run ends
at the same round on any machine.
"""

from __future__ import annotations

from collections.abc import Callable

from qnet.engines.sampled.forecast import MOST_DRAWS, forecast
from qnet.errors import HopelessPlanError
from qnet.plan.tree import Cutoff, Distill, Plan, Pump

__all__ = ["BARREN_DRAWS", "Meter", "Watch"]

#: Draws without one success after which a step is given up, unless its forecast is longer; some
#: ten seconds on one core.
BARREN_DRAWS = 1 << 28

#: A step whose successes are this much rarer than its forecast is given up too.
_OVERDUE = 100.0

#: What a call of NumPy costs besides its draws, in draws.
_CALL = 2000

#: Draws between two signs of life.
_PULSE = 1 << 22


class Meter:
    """Counts the work of a player.

    Args:
        pulse: Called every few million draws, whether anything has come of them or not.

    Examples:
        >>> meter = Meter()
        >>> meter.add(1000)
        >>> meter.draws
        3000
    """

    def __init__(self, pulse: Callable[[], None] | None = None) -> None:
        self.draws = 0
        self.pulse = pulse
        self._next = _PULSE

    def add(self, draws: int, calls: int = 1) -> None:
        """Count calls that make so many draws.

        Raises:
            HopelessPlanError: If that is more than a day's work.
        """
        self.draws += draws + calls * _CALL
        if self.draws < self._next:
            return
        self._next = self.draws + _PULSE
        if self.draws > MOST_DRAWS:
            cure = "take fewer shots, relax the cut-offs, or use the exact engine"
            raise HopelessPlanError("shots", "be playable in a day", "more", cure)
        if self.pulse is not None:
            self.pulse()

    def watch(self, node: Plan) -> Watch:
        """What looks after the rounds of a node while they are played."""
        return Watch(self, node)


class Watch:
    """Looks after the rounds of one step: gives up when they come to nothing for too long.

    Args:
        meter: What counts the work.
        node: The step.
    """

    def __init__(self, meter: Meter, node: Plan) -> None:
        self.meter, self.node = meter, node
        self.begun = meter.draws
        self.rounds = self.successes = 0
        expected = forecast(node).draws
        overdue = _OVERDUE * expected if expected <= MOST_DRAWS else 0.0
        self.limit = max(float(BARREN_DRAWS), overdue)

    def __call__(self, rounds: int, successes: int) -> None:
        """Take note of rounds that were played, and of how many succeeded.

        Raises:
            HopelessPlanError: If too much was drawn since the last success.
        """
        self.rounds += rounds
        self.successes += successes
        if successes:
            self.begun = self.meter.draws
        elif self.meter.draws - self.begun > self.limit:
            raise self._barren()

    def _barren(self) -> HopelessPlanError:
        cutoff: Cutoff | None = getattr(self.node, "cutoff", None)
        field, value, advice = "plan", type(self.node).__name__, "use another strategy"
        if cutoff is not None:
            field, value = "cutoff.time_s", f"{cutoff.time_s:g}"
            advice = "relax the cut-off, or make attempts and signals equally long"
        elif isinstance(self.node, Distill | Pump):
            field, advice = "distill", "distil better pairs, or none"
        played = f"{self.successes or 'none'} of {self.rounds:.3g} rounds"
        cure = f"{played} of a {type(self.node).__name__} led to a pair: {advice}"
        return HopelessPlanError(field, "let pairs come within the limit of rounds", value, cure)
