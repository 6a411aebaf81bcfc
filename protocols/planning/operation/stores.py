"""Key stores of a planned network: how often they run dry, and how large they must be.

A store at an edge is a fluid queue: devices that fail and are repaired fill it while they work, the
use empties it, and what does not fit is lost. Up-times and repairs are exponential. A store that a
satellite fills is a chain from day to day. Both laws are exact, by linear algebra, for any number
of devices and any daily amounts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from protocols.planning.design.case import SpanOption
from protocols.planning.operation.fluid import Array, chain_law, fluid_law
from qnet.errors import (
    ParameterError,
    check_integer,
    check_non_negative,
    check_positive,
    check_probability,
)

__all__ = [
    "DailyStore",
    "FailingSupply",
    "StoreShortage",
    "StoreSize",
    "daily_store",
    "failing_devices",
    "store_law",
    "store_size",
    "supply_of_span",
]

#: Probability of more things down at once than a supply counts.
_TAIL = 1e-13

#: Least probability of no key that a store is made for.
_LEAST = 1e-9

#: How often the size of a store is doubled before it is given up.
_DOUBLINGS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingSupply:
    """A supply of key whose rate depends on the state of a Markov chain.

    Args:
        generator: Rates of the chain per s. Shape (states, states).
        rates_hz: Bits of key per second in each state. Shape (states,).
    """

    generator: Array
    rates_hz: Array

    @property
    def mean_hz(self) -> float:
        """Bits of key per second in the long run."""
        return float(chain_law(self.generator) @ self.rates_hz)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreShortage:
    """A store in the long run.

    Args:
        no_key: Share of time in which the store is empty and less key comes than is used.
        unserved: Share of the use that finds no key.
        full: Share of time in which it is full and key is lost.
    """

    no_key: float
    unserved: float
    full: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSize:
    """A size of a store for a wanted probability of no key.

    Args:
        bits: The least size; None where no store is enough.
        reason: Why there is none; empty otherwise.
    """

    bits: float | None
    reason: str = ""


def failing_devices(count: int, rate_hz: float, mtbf_s: float, mttr_s: float) -> FailingSupply:
    """Devices side by side that each make key while they work, and are repaired one by one.

    Each has exponential up-times and repairs of its own.

    Args:
        count: Number of devices.
        rate_hz: Bits of key per second of one.
        mtbf_s: Mean time in s from a repair to the next failure.
        mttr_s: Mean time in s to repair.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> round(failing_devices(2, 10.0, 99.0, 1.0).mean_hz, 9)
        19.8
    """
    check_integer("count", count)
    check_non_negative("rate_hz", rate_hz)
    chain = _failures(count, check_positive("mtbf_s", mtbf_s), check_positive("mttr_s", mttr_s))
    working = count - np.arange(len(chain), dtype=np.float64)
    return FailingSupply(generator=chain, rates_hz=rate_hz * working)


def _failures(count: int, mtbf: float, mttr: float) -> Array:
    """Chain of how many of some things are down, as far as that has a probability to speak of."""
    from scipy.stats import binom

    most = min(int(binom(count, mttr / (mtbf + mttr)).isf(_TAIL)) + 1, count)
    chain = np.zeros((most + 1, most + 1))
    for down in range(most):
        chain[down, down + 1] = (count - down) / mtbf
        chain[down + 1, down] = (down + 1) / mttr
    return chain - np.diag(chain.sum(axis=1))


def supply_of_span(option: SpanOption, pairs: int) -> FailingSupply:
    """Key of a span that stops whenever one of its hops, nodes or stations is down.

    Args:
        option: The span as it is built.
        pairs: Pairs of devices on each hop.

    Examples:
        See `store_size`.
    """
    chain, on_the_way = np.zeros((1, 1)), option.nodes + option.stations
    parts = [(option.hops, option.hop_repairs), (on_the_way, option.node_repairs)]
    for count, repairs in parts:
        if count > 0 and repairs is not None and repairs[1] > 0.0:
            more = _failures(count, *repairs)
            chain = np.kron(chain, np.eye(len(more))) + np.kron(np.eye(len(chain)), more)
    rates = np.zeros(len(chain))
    rates[0] = pairs * option.rate_hz.best
    return FailingSupply(generator=chain, rates_hz=rates)


def store_law(supply: FailingSupply, use_hz: float, size_bits: float) -> StoreShortage:
    """How often a store of a given size has no key.

    Args:
        supply: What fills it.
        use_hz: Bits of key per second that are used.
        size_bits: Its size; 0 for no store.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> supply = failing_devices(1, 3.0, 1000.0, 12.0)
        >>> round(store_law(supply, 1.0, 24.0).no_key, 10)
        0.0016157224
        >>> round(store_law(supply, 1.0, 0.0).no_key, 9)
        0.011857708
    """
    check_positive("use_hz", use_hz)
    check_non_negative("size_bits", size_bits)
    net = supply.rates_hz - use_hz
    if size_bits == 0.0 or not net.any():
        law = chain_law(supply.generator)
        empty, full = np.where(net < 0.0, law, 0.0), np.where(net > 0.0, law, 0.0)
    else:
        found = fluid_law(supply.generator, net, size_bits)
        empty, full = found.empty, found.full
    short = net < 0.0
    return StoreShortage(
        no_key=float(empty[short].sum()),
        unserved=float(-(empty[short] @ net[short])) / use_hz,
        full=float(full[net > 0.0].sum()),
    )


def store_size(supply: FailingSupply, use_hz: float, probability: float) -> StoreSize:
    """Least size of a store with a wanted probability of no key, by a search for the root.

    Args:
        supply: What fills it.
        use_hz: Bits of key per second that are used.
        probability: Largest share of time without key.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> supply = failing_devices(1, 3.0, 1000.0, 12.0)
        >>> round(store_size(supply, 1.0, 1e-5).bits, 6)
        85.377891
        >>> print(store_size(supply, 3.0, 1e-5).reason)
        key comes at 2.96443 bit/s in the long run and is used at 3: no store makes up for that
    """
    from scipy.optimize import brentq

    check_positive("use_hz", use_hz)
    if not _LEAST <= check_probability("probability", probability) < 1.0:
        rule, hint = f"lie in [{_LEAST:g}, 1)", "1e-5 is five minutes a year"
        raise ParameterError("probability", rule, probability, hint)
    if store_law(supply, use_hz, 0.0).no_key <= probability:
        return StoreSize(bits=0.0)
    mean = supply.mean_hz
    if mean <= use_hz * (1.0 + 1e-9):
        reason = (
            f"key comes at {mean:.6g} bit/s in the long run and is used at {use_hz:.6g}: "
            "no store makes up for that"
        )
        return StoreSize(bits=None, reason=reason)

    def excess(log_size: float) -> float:
        found = store_law(supply, use_hz, math.exp(log_size)).no_key
        return math.log(max(found, 1e-300) / probability)

    rates = np.abs(np.diag(supply.generator))
    high = math.log(use_hz / float(rates.max()))
    for _ in range(_DOUBLINGS):
        if excess(high) <= 0.0:
            break
        high += math.log(2.0)
    else:
        return StoreSize(bits=None, reason="no store of a size to speak of is enough")
    low = high - math.log(2.0)
    while excess(low) <= 0.0:
        low -= math.log(2.0)
    return StoreSize(bits=math.exp(float(brentq(excess, low, high, xtol=1e-12, rtol=1e-14))))


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyStore:
    """A store that is filled once a day, in the long run.

    Args:
        no_key: Share of days on which less key is there than is used.
        unserved: Share of the use that finds no key.
        lost: Share of the key that does not fit.
        levels: Probability of each level in the evening. Shape (capacity + 1,).
    """

    no_key: float
    unserved: float
    lost: float
    levels: Array


def daily_store(gains: Mapping[int, float], uses: Mapping[int, float], capacity: int) -> DailyStore:
    """The law of a store that gets key by day, such as from passes, and is used in the evening.

    Each day brings an amount of key, as much as fits is stored, and then an amount is used, or what
    there is. Days are independent. Amounts are whole numbers of a unit that the caller chooses.

    Args:
        gains: Probability of each amount that a day brings, in units.
        uses: Probability of each amount that a day uses.
        capacity: Units that the store holds.

    Raises:
        ParameterError: If the probabilities are no law, or the chain has no single law.

    Examples:
        >>> found = daily_store({0: 0.75, 5: 0.25}, {1: 1.0}, 15)
        >>> round(found.no_key, 10)
        0.0441270992
    """
    check_integer("capacity", capacity, 1)
    _check_law("gains", gains)
    _check_law("uses", uses)
    step = np.zeros((capacity + 1, capacity + 1))
    short, missed, lost = np.zeros((3, capacity + 1))
    for level in range(capacity + 1):
        for gain, chance in gains.items():
            full = min(level + gain, capacity)
            lost[level] += chance * (level + gain - full)
            for use, share in uses.items():
                weight = chance * share
                step[level, max(full - use, 0)] += weight
                short[level] += weight * (use > full)
                missed[level] += weight * max(use - full, 0)
    levels = chain_law(step - np.diag(step.sum(axis=1)))
    asked = sum(use * share for use, share in uses.items())
    come = sum(gain * chance for gain, chance in gains.items())
    return DailyStore(
        no_key=float(levels @ short),
        unserved=float(levels @ missed) / asked if asked > 0.0 else 0.0,
        lost=float(levels @ lost) / come if come > 0.0 else 0.0,
        levels=levels,
    )


def _check_law(field: str, law: Mapping[int, float]) -> None:
    """Raise an error where amounts are no whole numbers, or their chances do not sum up to 1."""
    for amount, chance in law.items():
        check_integer(field, amount, 0)
        check_probability(f"{field}[{amount}]", chance)
    if not math.isclose(math.fsum(law.values()), 1.0, abs_tol=1e-9):
        hint = "give a probability for each amount"
        raise ParameterError(field, "have probabilities that sum up to 1", dict(law), hint)
