"""Purification of stored pairs with fresh ones of the same edge, as pumping one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from qnet.engines.algebra import Algebra, General
from qnet.engines.sampled import Deliveries
from qnet.errors import ParameterError
from qnet.network.network import Purification
from qnet.network.sharing.pairs import ElementaryPair, SharedPair, Waiting, oldest, put
from qnet.plans import Distill, Link, Plan, Pump
from qnet.states.pauli import Array

__all__ = ["Purifier", "pumped", "pumped_parts"]

_HINT = "take dejmps or bbpssw, which compare two pairs"


def pumped(step: Purification, link: Plan, count: int) -> Plan:
    """The plan of a pair of a link that was purified so many times with fresh ones.

    Raises:
        ParameterError: If the step of purification takes no two pairs.
    """
    if not count:
        return link
    found = step.plan(link) if step.plan is not None else Distill(pair=link, scheme="bbpssw")
    if (isinstance(found, Distill) and found.copies == 2) or (
        isinstance(found, Pump) and found.steps == 1
    ):
        scheme, gates, latency = found.scheme, found.gates, found.classical_latency
    else:
        raise ParameterError("distill.scheme", "compare two pairs", found.words(), _HINT)
    return Pump(pair=link, steps=count, scheme=scheme, gates=gates, classical_latency=latency)


class Purifier:
    """Compares the stored pairs of one edge with fresh ones.

    Args:
        step: The step, and how often it is taken.
        link: The link of the edge.
        numbers: Uniform random numbers in [0, 1).

    Raises:
        ParameterError: If the step takes no two pairs.
    """

    def __init__(self, step: Purification, link: Link, numbers: Iterator[float]) -> None:
        plan = pumped(step, link, 1)
        assert isinstance(plan, Pump)
        self.probability, self.plan = step.probability, plan
        self.overhead_s = plan.overhead_s
        self._numbers, self._general, self._link = numbers, General(), link
        # What the comparison with a fresh pair makes of the kept one, (16, 16): [0] is accepted.
        matrix = plan.compiled().matrix.reshape(16, 16, 16)
        self._matrix = np.ascontiguousarray(matrix @ link.fano.reshape(16))
        self._stored: Waiting = []

    def store(self, pair: SharedPair) -> None:
        """An elementary pair of the edge is stored, fresh or just purified."""
        put(self._stored, pair)

    def oldest(self) -> SharedPair | None:
        """The oldest stored elementary pair; None without one."""
        return oldest(self._stored)

    def wants(self) -> bool:
        """Whether the next fresh pair that could purify does."""
        return self.probability >= 1.0 or next(self._numbers) < self.probability

    def compare(self, kept: ElementaryPair, now: float) -> ElementaryPair | None:
        """What is left of a stored pair and a fresh one; None where the outcomes do not agree.

        Args:
            kept: The stored one.
            now: When they are compared, in s.
        """
        before = self._link.fano if kept.state is None else kept.state
        ends, wait = self.plan.ends, now - kept.born
        state = self._general.idle(before, ends, wait, wait).reshape(16)
        result = self._matrix @ state
        chance = float(result[0])
        if next(self._numbers) >= chance:
            return None
        left = (result / chance).reshape(4, 4)
        left = self._general.idle(left, ends, self.overhead_s, self.overhead_s)
        fresh = kept.fresh if kept.fresh is not None else (kept.born, None)
        return ElementaryPair(kept.edge, kept.begun, now + self.overhead_s, left, (now, fresh))


def pumped_parts(plan: Plan, parts: Sequence[ElementaryPair], algebra: Algebra[Any]) -> Deliveries:
    """The histories of pairs of one link that were purified as often as a plan says.

    Args:
        plan: The link, or its pumping.
        parts: The pairs.
        algebra: How their states are carried.
    """
    begun = np.array([part.begun for part in parts])
    born = np.array([part.born for part in parts])
    if not isinstance(plan, Pump):
        return Deliveries(plan, born - begun)
    made = np.array([part.made for part in parts])
    free = np.concatenate([begun[:, None], made[:, :1], made[:, 1:-1] + plan.overhead_s], axis=1)
    fresh = [Deliveries(plan.pair, made[:, k] - free[:, k]) for k in range(made.shape[1])]
    data: dict[str, Array] = {f"ready_{k}": made[:, k] - begun for k in range(made.shape[1])}
    states = np.stack([np.asarray(part.state) for part in parts])
    data["state"] = algebra.to_array(algebra.link(states), len(parts))
    return Deliveries(plan, born - begun, data, tuple(fresh))
