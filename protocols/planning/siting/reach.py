"""Limits of a way of repeaters: how many, and how far apart, found by playing chains.

J. Rabbie, K. Chakraborty, G. Avis, S. Wehner, npj Quantum Inf. 8, 5 (2022), arXiv:2005.14715: the
pairs of a way that passes n repeaters must reach a fidelity and a rate. There the most repeaters
and the longest hop with so many are the limits of every way; here a way with fewer repeaters may
have hops as long as such a chain allows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from qnet.errors import InfeasiblePlanError, ParameterError

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["Reach", "chain_reach"]

#: Most repeaters and longest hop in km that are looked at.
_MOST, _LONGEST_KM = 32, 10_000

#: The engine follows deliveries for so many times the mean time that is asked for, then for more.
_TIMES = (1e-3, 3e-2, 1.0, 25.0, 100.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Limits of a way.

    Args:
        hops_km: Longest hop in whole km without repeaters, with one, and so on; none where not
            even a link is good enough.
        played: Chains that were played.

    Examples:
        >>> reach = Reach(hops_km=(190, 165, 150), played=20)
        >>> reach.maximum_repeaters, reach.maximum_hop_km
        (2, 150)
    """

    hops_km: tuple[int, ...]
    played: int

    @property
    def maximum_repeaters(self) -> int:
        """Most repeaters of a way."""
        return max(len(self.hops_km) - 1, 0)

    @property
    def maximum_hop_km(self) -> int:
        """Longest hop of a way with the most repeaters; 0 without any."""
        return self.hops_km[-1] if self.hops_km else 0


def chain_reach(
    chain_of: Callable[[int, float], Chain], minimum_fidelity: float, minimum_rate_hz: float
) -> Reach:
    """Longest hops of chains whose pairs are good and fast enough, by the number of repeaters.

    It ends where pairs are too bad or too slow even over hops of 1 km, or where more repeaters
    reach less far in all.

    Args:
        chain_of: The chain of so many repeaters with hops of a length in km.
        minimum_fidelity: Least mean fidelity.
        minimum_rate_hz: Least rate of pairs.

    Raises:
        ParameterError: If a chain cannot be made.
        EngineError: If the exact engine cannot play one.
    """
    played = 0

    def is_good(repeaters: int, hop_km: int) -> bool:
        nonlocal played
        played += 1
        return _is_good(chain_of(repeaters, float(hop_km)), minimum_fidelity, minimum_rate_hz)

    hops: list[int] = []
    for repeaters in range(_MOST + 1):
        # More repeaters need shorter hops: the last length bounds the next.
        longest = _longest_km(partial(is_good, repeaters), hops[-1] if hops else _LONGEST_KM)
        if not longest or (hops and (repeaters + 1) * longest < repeaters * hops[-1]):
            break
        hops.append(longest)
    return Reach(hops_km=tuple(hops), played=played)


def _longest_km(is_good: Callable[[int], bool], at_most: int) -> int:
    """Longest length in whole km that is good enough; 0 where not even 1 km is."""
    if not is_good(1):
        return 0
    low, step = 1, 1
    while low + step <= at_most and is_good(low + step):
        low, step = low + step, 2 * step
    high = min(low + step, at_most + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_good(middle) else (low, middle)
    return low


def _is_good(chain: Chain, fidelity: float, rate_hz: float) -> bool:
    """Whether pairs are good and fast enough: the chain is followed until the intervals say it."""
    longest = 1.0 / rate_hz
    good = False
    for times in _TIMES:
        followed = replace(chain, exact=replace(chain.exact, t_max_s=times * longest))
        try:
            result = followed.play(engine="exact", width=0.5)
        except InfeasiblePlanError:
            return False
        except ParameterError as error:
            if error.field != "exact.t_max_s":
                raise
            continue  # not even an attempt takes so little time
        time, found = result.delivery_time_s, result.fidelity
        good = time.best <= longest and found.best >= fidelity
        if time.low > longest or found.high < fidelity:
            return False
        if time.high <= longest and found.low >= fidelity:
            return True
    return good
