"""Switch without memory: what it swaps in one slot, and which rates it can serve in the mean.

In every slot each memory of a user's link makes one attempt; the switch swaps pairs of different
users, and what is left over is lost. Which pairs it swaps may be drawn anew in each slot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from qnet.errors import EngineError, ParameterError, check_non_negative
from qnet.network.bounds.slot import check_outcomes, outcomes, pairs_law
from qnet.network.network import Network
from qnet.states.pauli import Array

__all__ = ["slot_region", "slot_swaps"]

#: Most outcomes of all links for which the swaps of each are listed: of ten links of one memory.
_MOST_LISTED = 1 << 10


def slot_swaps(network: Network, hub: str) -> float:
    """Mean number of pairs that a switch without memory delivers in a slot at most.

    Of s pairs, at most m of one user, min(floor(s/2), s - m) swaps join different users.

    Args:
        network: Nodes and edges.
        hub: Name of the switch; its neighbours are the users.

    Raises:
        EngineError: If its links have too many outcomes to enumerate.

    Examples:
        >>> from qnet.network.network import NetworkEdge, NetworkNode
        >>> from qnet.plans import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(0.98))
        >>> network = Network(
        ...     nodes=tuple(NetworkNode(name=name) for name in "SABC"),
        ...     edges=tuple(NetworkEdge(ends=("S", user), link=link) for user in "ABC"),
        ... )
        >>> slot_swaps(network, "S")  # of three sure pairs one is left over
        1.0
    """
    laws = [pairs_law(network, k) for k in _links_of(network, hub)]
    check_outcomes(laws)
    mean = 0.0
    for pairs, chance in outcomes(laws):
        whole = pairs.sum(axis=1)
        swaps = np.minimum(whole // 2, whole - pairs.max(axis=1, initial=0.0))
        mean += float(chance @ swaps)
    return mean * network.station(hub).success_probability


def slot_region(network: Network, hub: str, rates: Mapping[tuple[str, str], float]) -> float:
    """Largest factor by which rates may be raised so that a switch without memory serves them.

    A linear programme over all ways to swap in every outcome of a slot. With one sure pair of each
    user it is the matching polytope: rates within any odd number n of users add up to (n - 1)/2 at
    most, and those of one user to 1 (J. Edmonds, J. Res. Natl. Bur. Stand. B 69, 125 (1965),
    doi:10.6028/jres.069B.013). A switch with storage can serve what the stationary flow allows.

    Args:
        network: Nodes and edges.
        hub: Name of the switch.
        rates: Pairs per slot wanted of two users, by their names.

    Returns:
        The factor: 1 or more if the rates can be served; 0 if one of them never is.

    Raises:
        ParameterError: If no rate is above 0, or one is of nodes that are no two users.
        EngineError: If its links have too many outcomes to enumerate, or HiGHS finds no optimum.
    """
    from scipy.optimize import linprog

    links = _links_of(network, hub)
    wanted = _wanted(network, links, hub, rates)
    laws = [pairs_law(network, k) for k in links]
    check_outcomes(laws, _MOST_LISTED)
    rows: list[Array] = []
    limits: list[float] = []
    place: list[int] = []
    for pairs, chance in outcomes(laws):
        for found, probability in zip(pairs.astype(int).tolist(), chance.tolist(), strict=True):
            for swaps in _ways(tuple(found), sorted(wanted)):
                rows.append(np.array([swaps.count(pair) for pair in wanted], dtype=float))
                place.append(len(limits))
            limits.append(probability)
    q = network.station(hub).success_probability
    served = q * np.array(rows).T
    used = np.zeros((len(limits), len(rows) + 1))
    used[place, np.arange(len(rows))] = 1.0
    asked = np.hstack([-served, np.array(list(wanted.values()))[:, None]])
    goal = np.append(np.zeros(len(rows)), -1.0)
    found = linprog(
        goal, A_ub=np.vstack([used, asked]), b_ub=[*limits, *([0.0] * len(wanted))], method="highs"
    )
    if found.status != 0:
        message = f"HiGHS found no optimum of the rates of a switch: {found.message}"
        raise EngineError(message)
    return float(-found.fun)


def _links_of(network: Network, hub: str) -> list[int]:
    return [k for k, edge in enumerate(network.edges) if hub in edge.ends]


def _wanted(
    network: Network, links: Sequence[int], hub: str, rates: Mapping[tuple[str, str], float]
) -> dict[tuple[int, int], float]:
    """Rates above 0 by the places of the two users' links."""
    users = {next(end for end in network.edges[k].ends if end != hub): p
             for p, k in enumerate(links)}  # fmt: skip
    found: dict[tuple[int, int], float] = {}
    for pair, rate in rates.items():
        if len(set(pair)) != 2 or not set(pair) <= set(users):
            hint = f"users are {', '.join(users)}"
            raise ParameterError("rates", f"be of two users of {hub}", pair, hint)
        if check_non_negative("rates", rate) > 0.0:
            one, two = sorted(users[name] for name in pair)
            found[one, two] = found.get((one, two), 0.0) + rate
    if not found:
        raise ParameterError("rates", "hold one above 0", dict(rates), "say what is wanted")
    return found


def _ways(
    pairs: tuple[int, ...], wanted: Sequence[tuple[int, int]], first: int = 0
) -> Iterator[list[tuple[int, int]]]:
    """All ways to swap pairs of the wanted users, those that leave some out included."""
    yield []
    for k, (one, two) in enumerate(wanted[first:], start=first):
        if pairs[one] and pairs[two]:
            left = list(pairs)
            left[one] -= 1
            left[two] -= 1
            for more in _ways(tuple(left), wanted, k):
                yield [(one, two), *more]
