"""Meter of the work that a plan costs while it is played, and limits at which it ends.

Work is counted in elementary draws, with an allowance for every call, never in seconds: a run ends
at the same round on any machine.
"""

from __future__ import annotations

from collections.abc import Callable

from qnet.engines.forecast import MOST_DRAWS, forecast
from qnet.errors import InfeasiblePlanError
from qnet.plans import EncodedPair, Plan

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
            InfeasiblePlanError: If that is more than a day's work.
        """
        self.draws += draws + calls * _CALL
        if self.draws < self._next:
            return
        self._next = self.draws + _PULSE
        if self.draws > MOST_DRAWS:
            hint = "take fewer shots, relax the cut-offs, or use the exact engine"
            raise InfeasiblePlanError("shots", "be playable in a day", "more", hint)
        if self.pulse is not None:
            self.pulse()


class Watch:
    """Looks after the rounds of one step: gives up when they come to nothing for too long.

    Args:
        meter: What counts the work.
        node: The step.
        wanted: Number of deliveries that are wanted of it.
        side_by_side: Whether its rounds are played side by side, event by event, and end with the
            last of them: it has no pace then.
    """

    def __init__(self, meter: Meter, node: Plan, wanted: float, *, side_by_side: bool) -> None:
        self.meter, self.node, self.side_by_side = meter, node, side_by_side
        self.begun = self.last = meter.draws
        self.rounds = self.successes = 0
        expected = forecast(node).draws
        overdue = _OVERDUE * expected if expected <= MOST_DRAWS else 0.0
        self.barren = max(float(BARREN_DRAWS), overdue)
        self.whole = 4.0 * BARREN_DRAWS + overdue * wanted
        if side_by_side:
            self.whole = min(self.whole, 16.0 * BARREN_DRAWS)
        self.wanted = wanted

    def __call__(self, rounds: int, successes: int) -> None:
        """Take note of rounds that were played, and of how many succeeded.

        Raises:
            InfeasiblePlanError: If too much was drawn since the last success, or if all that is
                wanted would take too long.
        """
        self.rounds += rounds
        self.successes += successes
        now = self.meter.draws
        if successes:
            self.last = now
        if now - self.last > self.barren or (now - self.begun > self.whole and self._is_slow()):
            raise self._given_up()

    def _is_slow(self) -> bool:
        """Whether what is wanted would take more than a day, at the pace so far."""
        if self.side_by_side:
            return True
        share = self.successes / self.wanted
        return self.meter.draws - self.begun > share * MOST_DRAWS

    def _given_up(self) -> InfeasiblePlanError:
        cutoff, kind = self.node.cutoff, type(self.node).__name__
        field, value, advice = "plan", kind, "use another strategy"
        if cutoff is not None:
            field, value = "cutoff.time_s", f"{cutoff.time_s:g}"
            advice = "relax the cut-off, or make attempts and signals equally long"
        elif isinstance(self.node, EncodedPair):
            field, advice = "encoded", "take better pairs, or a code that corrects"
        elif self.node.states_decide:
            field, advice = "distill", "distil better pairs, or none"
        rule = "let pairs come within the limit of rounds"
        what = f"rounds of a {kind} led to a pair"
        if self.side_by_side:
            what = f"events of a {kind} ended a round"
        hint = (
            f"only {self.successes or 'none'} of {self.rounds:.3g} {what} before the engine gave "
            f"up: {advice}"
        ).replace("only none", "none")
        return InfeasiblePlanError(field, rule, value, hint)
