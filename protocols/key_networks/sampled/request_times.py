"""Arrivals of requests for keys: times of each demand as arrays, merged in order."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from protocols.key_networks.demand import KeyDemand

__all__ = ["RequestTimes", "merged"]

Array = npt.NDArray[np.float64]

#: Random numbers that are drawn at a time.
_DRAWN = 4096


class RequestTimes:
    """The times at which a demand asks for keys.

    Args:
        demand: Who asks.
        begin: Time in s after which they come.
        rng: Draws those that come by chance.

    Examples:
        >>> demand = KeyDemand(ends=("A", "C"), arrivals="regular", rate_hz=10.0)
        >>> times = RequestTimes(demand, 0.0, np.random.default_rng(1))
        >>> times.until(0.25), times.until(0.35)
        (array([0.1, 0.2]), array([0.3]))
    """

    def __init__(self, demand: KeyDemand, begin: float, rng: np.random.Generator) -> None:
        self.rate, self.rng = demand.request_rate_hz, rng
        self.regular = demand.device is not None or demand.arrivals == "regular"
        self.number = math.floor(begin * self.rate) + 1
        self.last = begin
        self.ahead: list[Array] = []

    def until(self, time: float) -> Array:
        """The times in s up to one, that were not told before."""
        if self.rate <= 0.0:
            return np.empty(0)
        if self.regular:
            stop = max(math.floor(time * self.rate * (1.0 + 1e-15)) + 1, self.number)
            found = np.arange(self.number, stop + 1) / self.rate
            found = found[found <= time]
            self.number += len(found)
            return found
        while self.last <= time:
            drawn = self.rng.standard_exponential(_DRAWN)
            drawn[0] += self.last * self.rate
            self.ahead.append(np.cumsum(drawn) / self.rate)
            self.last = float(self.ahead[-1][-1])
        told = np.concatenate(self.ahead) if self.ahead else np.empty(0)
        stop = int(np.searchsorted(told, time, side="right"))
        self.ahead = [told[stop:]]
        return told[:stop]


def merged(times: Sequence[Array], numbers: Sequence[int]) -> tuple[list[float], list[int]]:
    """Times in order, and to which number each belongs; equal times in the order of numbers.

    Args:
        times: Of each number, rising.
        numbers: The numbers.

    Examples:
        >>> merged([np.array([2.0, 3.0]), np.array([1.0, 2.0])], [7, 8])
        ([1.0, 2.0, 2.0, 3.0], [8, 7, 8, 7])
    """
    if not times:
        return [], []
    whose = np.repeat(np.asarray(numbers, dtype=np.intp), [len(each) for each in times])
    together = np.concatenate(times)
    order = np.argsort(together, kind="stable")
    return together[order].tolist(), whose[order].tolist()
