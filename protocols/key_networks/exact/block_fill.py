"""Stores that fill in blocks at fixed times: the chain of their content from block to block."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from protocols.key_networks.exact.dam import check_drained
from protocols.key_networks.exact.law import StoreLaw
from qnet.errors import EngineError

__all__ = ["store_of_blocks"]

Array = npt.NDArray[np.float64]

#: Most different contents of a store.
MOST_CONTENTS = 3000

#: Share of the time that a store without a limit may be above that of which it is counted.
_NEVER = 1e-15


def store_of_blocks(
    *, rate_hz: float, block_bits: int, request_hz: float, key_bits: int, capacity_bits: float
) -> StoreLaw:
    """A store that gets a block at fixed times, and refuses random requests that find too little.

    The content after each block is a Markov chain; between two blocks as many requests are served
    as come, up to what is there, which gives the means over time.

    Args:
        rate_hz: Bits made per second; positive.
        block_bits: Bits of a block.
        request_hz: Requests per second, at random times.
        key_bits: Bits of each.
        capacity_bits: Most bits that it holds; of a block comes what fits.

    Raises:
        EngineError: If it has too many different contents, or fills without end.

    Examples:
        >>> law = store_of_blocks(
        ...     rate_hz=10.0, block_bits=10, request_hz=9.5, key_bits=1, capacity_bits=20
        ... )
        >>> f"{1.0 - law.served:.8f}"
        '0.01728595'
    """
    if math.isinf(capacity_bits):
        check_drained(request_hz * key_bits / rate_hz)
        return _endless(rate_hz, block_bits, request_hz, key_bits)
    size = int(capacity_bits)
    if size < key_bits:
        return StoreLaw(served=0.0, available=0.0, stored_bits=size, dry=0.0, delay_s=None)
    return _chain(rate_hz, block_bits, request_hz, key_bits, size)[0]


def _endless(rate_hz: float, block_bits: int, request_hz: float, key_bits: int) -> StoreLaw:
    """A store without a limit that is drained: one so large that it is never full."""
    size = 4 * max(block_bits, key_bits)
    while True:
        law, full = _chain(rate_hz, block_bits, request_hz, key_bits, size)
        if full < _NEVER:
            return law
        size *= 2


def _chain(
    rate_hz: float, block_bits: int, request_hz: float, key_bits: int, size: int
) -> tuple[StoreLaw, float]:
    """The law of a store, and the probability that it is full after a block."""
    unit = math.gcd(block_bits, key_bits, size)
    block, key, top = block_bits // unit, key_bits // unit, size // unit
    if top > MOST_CONTENTS:
        message = (
            f"a store of {top} different contents is too large for the exact engine, which takes "
            f"{MOST_CONTENTS} at most: sampled plays it"
        )
        raise EngineError(message)
    # Requests in a period: probabilities of 0 to most, and of so many or more.
    period = block_bits / rate_hz
    exactly, at_least = _requests(request_hz * period, top // key + 1)
    weights = _stationary(_moves(block, key, top, exactly, at_least))
    return _means(weights, key, period, request_hz, at_least, unit), float(weights[top])


def _moves(block: int, key: int, top: int, exactly: Array, at_least: Array) -> Array:
    """Probabilities of the content after a block, (top + 1, top + 1), from that after the last."""
    moves = np.zeros((top + 1, top + 1))
    for content in range(top + 1):
        count = content // key
        law = exactly[: count + 1].copy()
        law[count] = at_least[count]
        after = content - key * np.arange(count + 1)
        np.add.at(moves[content], np.minimum(after + block, top), law)
    return moves


def _means(
    weights: Array, key: int, period: float, request_hz: float, at_least: Array, unit: int
) -> StoreLaw:
    """Means over the time from a block to the next, given the content after it.

    With m keys there, requests 1 to m of a Poisson process are served: the j-th comes within the
    period with the probability that so many do, and leaves ``T P(N >= j) - j/rate P(N > j)`` of it.
    """
    contents = np.arange(len(weights))
    keys = contents // key
    numbers = np.arange(1, int(keys[-1]) + 1)
    come = at_least[1 : len(numbers) + 1]
    left = period * come - numbers / request_hz * at_least[2 : len(numbers) + 2]
    served = np.concatenate([[0.0], np.cumsum(come)])[keys]
    taken = np.concatenate([[0.0], np.cumsum(left)])[keys]
    empty = np.concatenate([[period], left])[keys] * (contents == keys * key)
    share = float(weights @ served) / (request_hz * period)
    return StoreLaw(
        served=share,
        available=share,
        stored_bits=float(weights @ (contents - key * taken / period)) * unit,
        dry=float(weights @ empty) / period,
    )


def _requests(mean: float, most: int) -> tuple[Array, Array]:
    """Probabilities of exactly 0 to ``most`` random requests, and of at least so many."""
    from scipy.stats import poisson

    numbers = np.arange(most + 1)
    exactly = np.asarray(poisson.pmf(numbers, mean), dtype=float)
    at_least = np.asarray(poisson.sf(numbers - 1, mean), dtype=float)
    return exactly, at_least


def _stationary(moves: Array) -> Array:
    """Stationary law of a chain, of the states that it comes to from the fullest one."""
    from scipy.sparse.csgraph import breadth_first_order

    top = len(moves) - 1
    reached = np.sort(breadth_first_order(moves > 0.0, top, return_predecessors=False))
    part = moves[np.ix_(reached, reached)]
    system = part.T - np.eye(len(reached))
    system[-1] = 1.0
    right = np.zeros(len(reached))
    right[-1] = 1.0
    found = np.zeros(len(moves))
    found[reached] = np.maximum(np.linalg.solve(system, right), 0.0)
    return found / found.sum()
