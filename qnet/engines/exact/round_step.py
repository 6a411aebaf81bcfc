"""Steps that work in rounds: what they do to the pairs of their parts, however times are kept."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qnet.engines.exact.representation import Carrier, Ends, aged
from qnet.engines.exact.series import Join
from qnet.errors import EngineError
from qnet.plans import Cutoff, Plan
from qnet.states.pauli import Array

__all__ = ["RoundStep", "bilinear_table"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RoundStep:
    """A step that works in rounds: its parts come, it is tried, and if it fails all start anew.

    Args:
        parts: Plans of the pairs that it takes.
        order: ``parallel`` or ``sequential``.
        cutoff: When a round is given up, or None.
        join: What is kept of the pairs' sequences (k, n), multilinear, before storage.
        chance: Success probability of the step once all pairs are there; None where the states
            decide, and row 0 of ``join`` holds it.
        overhead_s: From when all pairs are there to when the result is known, in s.
        stored: Memories in which what is kept waits for that.
    """

    parts: tuple[Plan, ...]
    order: str
    cutoff: Cutoff | None
    join: Join
    chance: float | None
    overhead_s: float
    stored: Ends

    @property
    def is_of_links(self) -> bool:
        """Whether every part is an elementary link: its pairs have age zero when they come."""
        return all(part.is_elementary for part in self.parts)

    def check_order(self) -> None:
        """Refuse more than two pairs one after the other.

        Raises:
            EngineError: If there are more.
        """
        if self.order == "sequential" and len(self.parts) != 2:
            message = (
                "the exact engine makes only two pairs one after the other; "
                "use order='parallel', or engine='sampled'"
            )
            raise EngineError(message)

    def finish(self, carrier: Carrier, sequence: Array) -> Array:
        """What is delivered of what was joined: success, and storage while the result travels."""
        chance = 1.0 if self.chance is None else self.chance
        return aged(carrier, chance * sequence, self.stored, self.overhead_s)

    def failing(self, tried: Array, joined: Array) -> Array:
        """Probability that the step fails, from those that it is tried and that it is kept."""
        if self.chance is None:
            return np.maximum(tried - joined, 0.0)
        return (1.0 - self.chance) * tried


def bilinear_table(carrier: Carrier, ends: Ends, join: Join) -> Array:
    """Coefficients (k, k, k) of a step on two pairs: out, stored components of the first, second.

    Args:
        carrier: How states are carried.
        ends: Memories of the first pair, which is stored while the second is made.
        join: The step.
    """
    size = carrier.size
    # Column (a, b) of the step: unit component a of the stored first pair, b of the second.
    units = carrier.from_stored(np.eye(size), ends)
    left, right = np.repeat(units, size, axis=1), np.tile(np.eye(size), size)
    table = join([left, right])
    return table.reshape(len(table), size, size)
