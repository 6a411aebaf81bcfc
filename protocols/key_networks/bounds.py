"""Bounds of a key network: what its links could serve at best, whatever the routes and the stores.

Key that is relayed over trusted nodes is used up like a flow: a bit for a demand takes one bit of
every edge on its way, in either direction. So no demand gets more than the least cut between its
ends, and all demands together no more than a concurrent flow (F. Shahrokhi, D. W. Matula, J. ACM
37, 318 (1990), doi:10.1145/77600.77620).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from protocols.key_networks.case import KeyNetworkCase
from qnet.errors import EngineError
from qnet.network.bounds.fibre import max_flow

__all__ = ["ConcurrentKey", "KeyNetworkBounds", "concurrent_key", "key_network_bounds"]

#: Tolerances of HiGHS, as small as it takes them, in units of the largest rate of an edge.
_TOLERANCES = {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}

#: Share of the factor that an edge's price must make up to count.
_COUNTS = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcurrentKey:
    """Key that all demands get together, in proportion to what they ask for.

    Args:
        factor: How many times their key rates; 0 where one is not joined by edges that make key.
        tight: Numbers of the edges of which more would help.
    """

    factor: float
    tight: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class KeyNetworkBounds:
    """Bounds of the demands of a key network, each by itself and all together.

    A share for each of several routes takes that many times the key, which the bounds do not count.

    Args:
        ends: Ends of each demand.
        min_cut_bits_hz: Most bits per second that each gets when it has the network for itself.
        concurrent: What all get together; None without demands.
        tight: Ends of the edges that limit it.
    """

    ends: tuple[tuple[str, str], ...]
    min_cut_bits_hz: tuple[float, ...]
    concurrent: ConcurrentKey | None
    tight: tuple[tuple[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {
            "min_cut_bits_hz": [
                {"ends": list(ends), "best": best}
                for ends, best in zip(self.ends, self.min_cut_bits_hz, strict=True)
            ],
            "concurrent_factor": None if self.concurrent is None else self.concurrent.factor,
            "tight_edges": [list(ends) for ends in self.tight],
        }


def key_network_bounds(case: KeyNetworkCase) -> KeyNetworkBounds:
    """Bounds of a case: least cuts, and a concurrent flow.

    Only trusted nodes relay; edges make their key undisturbed.

    Args:
        case: The network and its demands.

    Raises:
        EngineError: If HiGHS finds no optimum.
    """
    found = {pair: _min_cut(case, pair) for pair in {frozenset(e) for e in _ends(case)}}
    together = concurrent_key(case)
    return KeyNetworkBounds(
        ends=_ends(case),
        min_cut_bits_hz=tuple(found[frozenset(ends)] for ends in _ends(case)),
        concurrent=together,
        tight=() if together is None else tuple(case.edges[k].ends for k in together.tight),
    )


def _ends(case: KeyNetworkCase) -> tuple[tuple[str, str], ...]:
    return tuple((d.demand.ends[0], d.demand.ends[1]) for d in case.demands)


def _min_cut(case: KeyNetworkCase, ends: frozenset[str]) -> float:
    """Maximum flow between two nodes over trusted ones."""
    number = {node.name: k for k, node in enumerate(case.node_tables)}
    passes = {node.name for node in case.node_tables if node.trusted} | ends
    rates = {
        (number[edge.ends[0]], number[edge.ends[1]]): edge.fill.rate_hz
        for edge in case.edges
        if passes.issuperset(edge.ends) and edge.fill.rate_hz > 0.0
    }
    source, target = (number[name] for name in sorted(ends))
    return max_flow(rates, source, target)


def concurrent_key(case: KeyNetworkCase) -> ConcurrentKey | None:
    """The largest factor by which the key rates of all demands can be met together.

    A linear programme of flows, one for all demands that share an end, solved by HiGHS (Q.
    Huangfu, J. A. J. Hall, Math. Program. Comput. 10, 119 (2018), doi:10.1007/s12532-017-0130-5).

    Args:
        case: The network and its demands.

    Raises:
        EngineError: If HiGHS finds no optimum.
    """
    if not case.demands:
        return None
    largest = max((edge.fill.rate_hz for edge in case.edges), default=0.0)
    wanted = sum(routed.demand.key_rate_hz for routed in case.demands)
    if largest <= 0.0 or wanted <= 0.0:
        return ConcurrentKey(factor=0.0, tight=())
    programme = _Programme(case, largest, wanted)
    factor, prices = programme.solved()
    least = _COUNTS * max(float(prices.max(initial=0.0)), 0.0)
    tight = tuple(np.flatnonzero(prices > least).tolist()) if factor > 0.0 else ()
    return ConcurrentKey(factor=factor * largest / wanted, tight=tight)


class _Programme:
    """Flows along the edges, in both directions, of the key for each source, and their factor.

    Args:
        case: The network and its demands.
        largest: The largest rate of an edge: the unit of the flows, in bit/s.
        wanted: What all demands ask for: the unit of the factor, in bit/s.
    """

    def __init__(self, case: KeyNetworkCase, largest: float, wanted: float) -> None:
        self.case = case
        self.rates = np.array([edge.fill.rate_hz for edge in case.edges]) / largest
        number = {node.name: k for k, node in enumerate(case.node_tables)}
        #: Of each source, what each other node asks for, as a share of all.
        self.wanted: dict[int, dict[int, float]] = {}
        counts = Counter(end for routed in case.demands for end in routed.demand.ends)
        for routed in case.demands:
            ends = sorted(routed.demand.ends, key=lambda name: (-counts[name], number[name]))
            source, target = (number[name] for name in ends)
            asked = self.wanted.setdefault(source, {})
            asked[target] = asked.get(target, 0.0) + routed.demand.key_rate_hz / wanted
        #: Source, edge, and the nodes from and to, of each flow.
        self.flows = [
            (source, k, one, two)
            for source in self.wanted
            for k, edge in enumerate(case.edges)
            for a, b in [edge.ends, edge.ends[::-1]]
            for one, two in [(number[a], number[b])]
            if two != source and (one == source or case.node_tables[one].trusted)
        ]

    def solved(self) -> tuple[float, np.ndarray]:
        """The factor, and what more of each edge adds to it."""
        from scipy.optimize import linprog
        from scipy.sparse import csr_array

        count = len(self.flows)
        balances: list[tuple[int, int, float]] = []
        rows: dict[tuple[int, int], int] = {}

        def row(source: int, node: int) -> int:
            return rows.setdefault((source, node), len(rows))

        for column, (source, _, one, two) in enumerate(self.flows):
            balances.append((row(source, two), column, 1.0))
            if one != source:
                balances.append((row(source, one), column, -1.0))
        for source, asked in self.wanted.items():
            balances += [(row(source, node), count, -share) for node, share in asked.items()]
        limits = [(k, column, 1.0) for column, (_, k, _, _) in enumerate(self.flows)]
        goal = np.zeros(count + 1)
        goal[count] = -1.0

        def matrix(entries: list[tuple[int, int, float]], height: int) -> csr_array:
            places = np.array([entry[:2] for entry in entries]).T
            values = [entry[2] for entry in entries]
            return csr_array((values, tuple(places)), shape=(height, count + 1))

        # From inside, then to a corner: many times faster than from corner to corner.
        for method in ("highs-ipm", "highs-ds"):
            found = linprog(
                goal,
                A_ub=matrix(limits, len(self.rates)),
                b_ub=self.rates,
                A_eq=matrix(balances, len(rows)),
                b_eq=np.zeros(len(rows)),
                method=method,
                options=_TOLERANCES,
            )
            if found.status == 0:
                break
        else:
            message = f"HiGHS finds no concurrent flow: {found.message}"
            raise EngineError(message)
        return max(float(found.x[count]), 0.0), np.maximum(-found.ineqlin.marginals, 0.0)
