"""Limits of a way of repeaters: how many, and how far apart, found by playing chains.

J. Rabbie, K. Chakraborty, G. Avis, S. Wehner, npj Quantum Inf. 8, 5 (2022), arXiv:2005.14715: the
pairs of a way that passes n repeaters must reach a fidelity and a rate. The most repeaters are
those of a chain of shortest hops that still does, the longest hop that of a chain with so many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
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
        maximum_hop_km: Longest hop in whole km; 0 where none is short enough.
        maximum_repeaters: Most repeaters.
        played: Chains that were played.
        reason: Why there is no limit that works; empty otherwise.
    """

    maximum_hop_km: int
    maximum_repeaters: int
    played: int
    reason: str = ""


def chain_reach(
    chain_of: Callable[[int, float], Chain], minimum_fidelity: float, minimum_rate_hz: float
) -> Reach:
    """Most repeaters and longest hop of chains whose pairs are good and fast enough.

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

    most = -1
    while most < _MOST and is_good(most + 1, 1):
        most += 1
    if most < 0:
        said = f"fidelity {minimum_fidelity:g} at {minimum_rate_hz:g} pairs/s"
        return Reach(
            maximum_hop_km=0,
            maximum_repeaters=0,
            played=played,
            reason=f"not even a link of 1 km without repeaters reaches {said}",
        )
    low, high = 1, 2
    while high < _LONGEST_KM and is_good(most, high):
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if is_good(most, middle) else (low, middle)
    return Reach(maximum_hop_km=low, maximum_repeaters=most, played=played)


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
