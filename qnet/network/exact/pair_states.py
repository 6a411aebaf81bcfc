"""Mean states of pairs that were stored for a random time, and of what is swapped from two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from qnet.engines.exact import carrier_of
from qnet.network.network import Network, swap_asap_plan
from qnet.plans import Link, SwapAsap
from qnet.states.pauli import Array

__all__ = [
    "NO_RATES",
    "ages_by_rate",
    "decays_exponentially",
    "listed_ages",
    "stored_mean",
    "swapped",
]

#: Mean of ``exp(-s age)`` over the pairs, for an array of decay rates s in 1/s; at 0 their number.
AgeLaw = Callable[[Array], Array]

NO_RATES = "a memory whose decay is not exponential has no mean state here"


def decays_exponentially(links: Sequence[Link]) -> bool:
    """Whether the memories of links have decay rates."""
    return all(memory.rates is not None for link in links for memory in link.ends)


def ages_by_rate(mean: Callable[[float], float]) -> AgeLaw:
    """The law of ages, from its value for one decay rate in 1/s."""
    return lambda s: np.reshape([mean(rate) for rate in np.ravel(s).tolist()], np.shape(s))


def listed_ages(numbers: Mapping[int, float], slot_s: float) -> AgeLaw:
    """The law of ages in whole slots, from the number of pairs of each age."""
    ages = np.array(list(numbers)) * slot_s
    counts = np.array(list(numbers.values()))
    return lambda s: np.asarray(np.exp(-np.multiply.outer(np.asarray(s), ages)) @ counts)


def stored_mean(link: Link, ages: AgeLaw) -> Array:
    """Fano matrix (4, 4) of stored pairs of a link, added up over their law of age.

    In coordinates in which storage is diagonal each component decays at its own rate, so that its
    mean is the Laplace transform of the age there.
    """
    carrier = carrier_of(link)
    inside = carrier.to_stored(carrier.link(link.fano)[:, None], link.ends)
    factors = np.asarray(ages(carrier.rates(link.ends)))
    found = carrier.from_stored(inside * factors[:, None], link.ends)
    return np.asarray(carrier.to_fano(found)[0])


def swapped(network: Network, route: Sequence[str], left: Array, right: Array) -> Array:
    """Fano matrix (4, 4) of the pairs that come of a swap in the middle of a route of two edges.

    Args:
        network: The network.
        route: Names of its three nodes.
        left: Fano matrix of the pair of its first edge, added up or of one pair.
        right: The same of its second edge.
    """
    plan = swap_asap_plan(network.links_of(route), network.stations_of(route))
    assert isinstance(plan, SwapAsap)
    (step,), corrections = plan.compiled()
    return np.asarray(
        sum(left @ step.effects[m] @ right @ corrections[m].T for m in range(len(corrections)))
    )
