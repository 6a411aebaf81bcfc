"""Stores that fill by units at random times: Markov chains of their contents, also of several."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from protocols.key_networks.exact.banded import band_of, banded_stationary
from protocols.key_networks.exact.dam import check_drained
from protocols.key_networks.exact.law import StoreLaw
from qnet.errors import EngineError
from qnet.network.exact.markov import MarkovChain, explored

__all__ = ["Asker", "JointLaw", "UnitStore", "joint_stores", "waiting_units"]

Array = npt.NDArray[np.float64]

#: Most states of the chain of so many stores: those of more take longer to eliminate.
MOST_STATES = {1: 40_000, 2: 40_000, 3: 6_000}
_MOST_OF_MANY = 4_000

#: Up to so many states of one store, or from so wide a band on, as those of several.
_FEW, _WIDEST = 300, 64

#: Share of the time that a store without a limit may be above that of which it is counted.
_NEVER = 1e-15


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStore:
    """A store that fills by units.

    Args:
        unit_hz: Units per second, at random times.
        unit_bits: Bits of each.
        capacity_bits: Most bits that it holds; of a unit comes what fits.
    """

    unit_hz: float
    unit_bits: int
    capacity_bits: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A demand that is refused where too little is there.

    Args:
        request_hz: Requests per second, at random times.
        key_bits: Bits that each takes of every store of every way that can give them.
        ways: Numbers of the stores of each way.
        needed: How many ways must be able to.
    """

    request_hz: float
    key_bits: int
    ways: tuple[tuple[int, ...], ...]
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JointLaw:
    """Law of several stores in the long run.

    Args:
        served: Of each demand, the share of requests that is served.
        uses: Of each demand, how often which ways carry a key together, per second.
        stored_bits: Of each store, the mean number of bits.
        dry: Of each store, the share of the time without a bit.
        used_hz: Of each store, bits taken per second.
    """

    served: tuple[float, ...]
    uses: tuple[dict[tuple[int, ...], float], ...]
    stored_bits: tuple[float, ...]
    dry: tuple[float, ...]
    used_hz: tuple[float, ...]


def joint_stores(stores: Sequence[UnitStore], askers: Sequence[Asker]) -> JointLaw:
    """Stores that fill independently, and demands that take keys of several at once.

    Args:
        stores: The stores.
        askers: Who asks.

    Raises:
        EngineError: If there are too many states, or an endless store fills.

    Examples:
        >>> store = UnitStore(unit_hz=9.0, unit_bits=1, capacity_bits=10)
        >>> asker = Asker(request_hz=10.0, key_bits=1, ways=((0,),), needed=1)
        >>> f"{1.0 - joint_stores([store], [asker]).served[0]:.9f}"
        '0.145732358'
    """
    endless = [k for k, store in enumerate(stores) if math.isinf(store.capacity_bits)]
    sizes = [0 if k in endless else int(each.capacity_bits) for k, each in enumerate(stores)]
    for k in endless:
        wanted = sum(a.request_hz * a.key_bits for a in askers if any(k in way for way in a.ways))
        made = stores[k].unit_hz * stores[k].unit_bits
        check_drained(wanted / made if made > 0.0 else math.inf)
        sizes[k] = 8 * max(stores[k].unit_bits, *(a.key_bits for a in askers))
    while True:
        chain = _chain(stores, askers, sizes)
        weights = _stationary(chain)
        full = [
            k
            for k in endless
            if weights[[state[k] == sizes[k] for state in chain.states]].sum() > _NEVER
        ]
        if not full:
            return _law(chain, weights, stores, askers)
        for k in full:
            sizes[k] *= 2


def _chain(
    stores: Sequence[UnitStore], askers: Sequence[Asker], sizes: Sequence[int]
) -> MarkovChain[tuple[int, ...]]:
    """The chain of contents in bits, from full stores on."""
    keys = [asker.key_bits for asker in askers]
    states = 1.0
    for store, size in zip(stores, sizes, strict=True):
        states *= size // math.gcd(store.unit_bits, size, *keys) + 1
    most = MOST_STATES.get(len(stores), _MOST_OF_MANY)
    if states > most:
        message = (
            f"{len(stores)} stores with {states:.3g} different contents are too many for the exact "
            f"engine, which takes {most} at most: sampled plays them"
        )
        raise EngineError(message)

    def moves(state: tuple[int, ...]) -> Iterator[tuple[float, tuple[int, ...]]]:
        for k, store in enumerate(stores):
            more = min(state[k] + store.unit_bits, sizes[k])
            if more > state[k]:
                yield store.unit_hz, (*state[:k], more, *state[k + 1 :])
        for asker in askers:
            taken = {k for way in _ready(state, asker) for k in asker.ways[way]}
            if taken:
                yield (
                    asker.request_hz,
                    tuple(n - asker.key_bits * (k in taken) for k, n in enumerate(state)),
                )

    return explored(tuple(sizes), moves)


def _stationary(chain: MarkovChain[tuple[int, ...]]) -> Array:
    """Share of the time in each state, by the band of a single store where that is quicker."""
    if len(chain.states[0]) > 1 or len(chain.states) <= _FEW:
        return chain.stationary()
    order = np.argsort([content for (content,) in chain.states])
    rates = chain.rates[order][:, order]
    if band_of(rates) > _WIDEST:
        return chain.stationary()
    found = np.zeros(len(order))
    found[order] = banded_stationary(rates)
    return found


def _ready(state: tuple[int, ...], asker: Asker) -> tuple[int, ...]:
    """Numbers of the ways that carry a key in this state; none where too few can."""
    ready = tuple(
        number
        for number, way in enumerate(asker.ways)
        if all(state[k] >= asker.key_bits for k in way)
    )
    return ready if len(ready) >= asker.needed else ()


def _law(
    chain: MarkovChain[tuple[int, ...]],
    weights: Array,
    stores: Sequence[UnitStore],
    askers: Sequence[Asker],
) -> JointLaw:
    contents = np.array(chain.states, dtype=float)
    uses: list[dict[tuple[int, ...], float]] = [{} for _ in askers]
    used = [0.0] * len(stores)
    for number, asker in enumerate(askers):
        for state, weight in zip(chain.states, weights.tolist(), strict=True):
            ready = _ready(state, asker)
            if ready and weight > 0.0:
                rate = weight * asker.request_hz
                uses[number][ready] = uses[number].get(ready, 0.0) + rate
        for ready, rate in uses[number].items():
            for k in {k for way in ready for k in asker.ways[way]}:
                used[k] += rate * asker.key_bits
    return JointLaw(
        served=tuple(
            sum(each.values()) / asker.request_hz for each, asker in zip(uses, askers, strict=True)
        ),
        uses=tuple(uses),
        stored_bits=tuple((weights @ contents).tolist()),
        dry=tuple((weights @ (contents == 0.0)).tolist()),
        used_hz=tuple(used),
    )


def waiting_units(*, unit_hz: float, request_hz: float, units: int) -> StoreLaw:
    """A store of whole keys that come at random times, and requests that wait for theirs.

    What it lacks of being full, waiting requests included, is the number in a queue M/M/1.

    Args:
        unit_hz: Keys per second, at random times.
        request_hz: Requests per second, at random times.
        units: Most keys that it holds.

    Returns:
        The law, with ``stored_bits`` in keys.

    Raises:
        EngineError: If requests pile up without end.

    Examples:
        >>> waiting_units(unit_hz=2.0, request_hz=1.0, units=1).delay_s
        0.5
    """
    rho = request_hz / unit_hz
    if rho >= 1.0:
        message = "requests pile up without end: sampled plays them for the time of a run"
        raise EngineError(message)
    short = rho**units
    return StoreLaw(
        served=1.0,
        available=1.0 - short,
        stored_bits=units - rho * (1.0 - short) / (1.0 - rho),
        dry=short,
        delay_s=short / (1.0 - rho) / unit_hz,
    )
