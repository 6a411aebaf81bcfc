"""Table of the bounds of a network's demands, each by itself and all together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations

from qnet.network.bounds.fibre import flooding, widest_path
from qnet.network.bounds.flows import (
    flow_programme,
    nodes_between,
    path_flow,
    stationary_flow,
    sure_flow,
)
from qnet.network.case import NetworkCase
from qnet.network.demand import Demand
from qnet.network.network import Network, NetworkEdge
from qnet.progress import ProgressCallback, opened
from qnet.states.pauli import Array

__all__ = [
    "BOUNDS",
    "BoundText",
    "Bounds",
    "EdgeGain",
    "JointBounds",
    "joint_bounds",
    "network_bounds",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundText:
    """How a bound is shown, and what it assumes.

    Args:
        title: Its name for people.
        unit: Its unit.
        assumes: What it assumes, and what it bounds.
    """

    title: str
    unit: str
    assumes: str


#: The bounds of a demand, in the order of JSON.
BOUNDS: dict[str, BoundText] = {
    "widest_path": BoundText(
        title="widest path",
        unit="bit/use",
        assumes="bits per use of each fibre over the best single path: every node but a user is an "
        "ideal repeater, and nothing counts but the loss of the fibres; no protocol on one path "
        "does better",
    ),
    "flooding": BoundText(
        title="flooding",
        unit="bit/use",
        assumes="bits per use of each fibre over all paths at once (maximum flow, minimum cut): "
        "every node but a user is an ideal repeater, and nothing counts but the loss of the "
        "fibres; no protocol does better",
    ),
    "path_flow": BoundText(
        title="path flow",
        unit="pairs/s",
        assumes="pairs per second for this demand alone if all swaps of a path are tried at once "
        "and a failure loses all its links, with the links' rates in full and, for a minimum "
        "fidelity, pairs that are never stored; the best without stored intermediate pairs, and no "
        "bound: controllers that store them may do better",
    ),
    "stationary_flow": BoundText(
        title="stationary flow",
        unit="pairs/s",
        assumes="pairs per second for this demand alone if memories store without loss and as many "
        "pairs as are swapped later, every link makes pairs at its full rate (memories times "
        "success probability over attempt time) and every swap succeeds with its station's "
        "probability, in the best order; a bound for every controller that delivers by swapping "
        "pairs, whatever their fidelity",
    ),
}

#: Flow programmes are solved where they take less than this in all, in s, by their size: so much
#: each, and so much for every three nodes.
_MOST_S, _EACH_S, _TRIPLE_S = 30.0, 0.01, 8e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeGain:
    """What more of an edge would bring: the dual value of its rate.

    Args:
        ends: Names of its ends.
        per_pair: Pairs/s delivered more for one pair/s that the edge makes more, at the margin.
        per_memory_hz: Pairs/s for one more memory at both of its ends, at most (the gain falls as
            the edge grows); None where memories do not limit it.
    """

    ends: tuple[str, str]
    per_pair: float
    per_memory_hz: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """Bounds of one demand that has the network for itself; what they assume says `BOUNDS`.

    Of a demand with more than two ends they are the least of any two of its ends: a GHZ state gives
    a pair to any two that the others' measurements leave.

    Args:
        ends: Names of its ends.
        widest_path: Bits per use of the fibres; None where an edge has no length.
        flooding: Bits per use of the fibres; None where an edge has no length.
        path_flow: Pairs/s; None for more than two ends.
        stationary_flow: Pairs/s; infinite where only unlimited links are needed.
        gains: What more of each edge would bring the stationary flow.
        reason: Why a flow is None though the demand has two ends; empty otherwise.
    """

    ends: tuple[str, ...]
    widest_path: float | None
    flooding: float | None
    path_flow: float | None
    stationary_flow: float | None
    gains: tuple[EdgeGain, ...] = ()
    reason: str = ""

    def as_dict(self) -> dict[str, object]:
        """The form that goes into JSON: ends and bounds; what is infinite is None."""
        values = {name: getattr(self, name) for name in BOUNDS}
        finite = {k: None if v is None or not math.isfinite(v) else v for k, v in values.items()}
        return {"ends": list(self.ends), **finite}

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader should know, one sentence each: what is infinite, or left out."""
        infinite = [name for name in BOUNDS if getattr(self, name) == math.inf]
        why = {"path_flow": "unlimited links", "stationary_flow": "unlimited links"}
        return tuple(
            f"{name} of {' - '.join(self.ends)} is infinite: "
            f"it needs none but {why.get(name, 'fibres without loss')}"
            for name in infinite
        ) + ((self.reason,) if self.reason else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class JointBounds:
    """Stationary flows of all demands with two ends at once.

    Args:
        ends: Names of their ends.
        total_hz: Largest sum of their rates in pairs/s; some may get nothing.
        equal_hz: Largest rate that all get.
        fair_hz: Max-min fair rates; None where there are too many demands.
        gains: What more of each edge would bring the sum.
    """

    ends: tuple[tuple[str, ...], ...]
    total_hz: float
    equal_hz: float
    fair_hz: tuple[float, ...] | None
    gains: tuple[EdgeGain, ...]


def network_bounds(
    case: NetworkCase, *, progress: ProgressCallback | None = None
) -> tuple[Bounds, ...]:
    """Bounds of each demand of a case, in their order.

    Flows are left out, with a reason, where there are so many demands in so large a network that
    they would take minutes.

    Args:
        case: The network and its demands.
        progress: Called with the number of different demands done and wanted.

    Raises:
        EngineError: If HiGHS finds no optimum.
    """
    network = case.network
    distinct = {(demand.ends, demand.minimum_fidelity): demand for demand in case.demands}
    solved = sum(_seconds(network, demand) for demand in distinct.values()) <= _MOST_S
    found: dict[tuple[tuple[str, ...], float], Bounds] = {}
    with opened(progress):
        for same, demand in distinct.items():
            found[same] = _bounds(network, demand, solved)
            if progress is not None:
                progress(len(found), len(distinct))
    return tuple(found[demand.ends, demand.minimum_fidelity] for demand in case.demands)


def _seconds(network: Network, demand: Demand) -> float:
    """What the flow programmes of a demand take, roughly, in s."""
    pairs = combinations((network.node_number[end] for end in demand.ends), 2)
    return sum(_EACH_S + _TRIPLE_S * nodes_between(network, *pair) ** 3 for pair in pairs)


def _bounds(network: Network, demand: Demand, solved: bool) -> Bounds:
    pairs = list(combinations(demand.ends, 2))
    found = Bounds(
        ends=demand.ends,
        widest_path=_least(widest_path, network, pairs),
        flooding=_least(flooding, network, pairs),
        path_flow=None,
        stationary_flow=None,
    )
    if not solved:
        sure = _least(sure_flow, network, pairs)
        if sure is not None:
            path = sure if len(pairs) == 1 and not demand.minimum_fidelity else None
            return replace(found, path_flow=path, stationary_flow=sure)
        reason = (
            "flow programmes of so many demands in a network of this size would take minutes: "
            "they are left out; ask for fewer demands"
        )
        return replace(found, reason=reason)
    flows = [stationary_flow(network, pair) for pair in pairs]
    least = min(flows, key=lambda flow: flow.total_hz)
    path = None
    if len(pairs) == 1:
        path = path_flow(network, demand.ends, minimum_fidelity=demand.minimum_fidelity).total_hz
    return replace(
        found,
        path_flow=path,
        stationary_flow=least.total_hz,
        gains=_gains(network, least.prices),
    )


def _least(
    bound: Callable[[Network, tuple[str, str]], float | None],
    network: Network,
    pairs: list[tuple[str, str]],
) -> float | None:
    found = [bound(network, pair) for pair in pairs]
    known = [value for value in found if value is not None]
    return min(known) if len(known) == len(found) else None


def _gains(network: Network, prices: Array) -> tuple[EdgeGain, ...]:
    """What more of each edge brings, by its price in a flow programme."""
    found = []
    for edge, price in zip(network.edges, prices.tolist(), strict=True):
        more = _of_a_memory(edge)
        each = None if more is None else price * more
        found.append(EdgeGain(ends=edge.ends, per_pair=price, per_memory_hz=each))
    return tuple(found)


def _of_a_memory(edge: NetworkEdge) -> float | None:
    """Pairs/s that one more memory at both ends makes; None where memories are no limit."""
    if edge.memories is None or edge.generation_rate_hz is not None:
        return None
    return replace(edge, memories=edge.memories + 1).pair_rate_hz - edge.pair_rate_hz


def joint_bounds(case: NetworkCase) -> JointBounds | None:
    """Stationary flows of all demands of a case together; None without one that has two ends.

    Raises:
        EngineError: If HiGHS finds no optimum.
    """
    ends = tuple(demand.ends for demand in case.demands if len(demand.ends) == 2)
    if not ends:
        return None
    programme = flow_programme(case.network, ends)
    total = programme.most_in_total()
    equal = programme.most_alike()
    few = len(ends) * (_EACH_S + _TRIPLE_S * len(case.network.nodes) ** 3) <= _MOST_S
    return JointBounds(
        ends=ends,
        total_hz=total.total_hz,
        equal_hz=min(equal.rates_hz),
        fair_hz=programme.fair().rates_hz if few else None,
        gains=_gains(case.network, total.prices),
    )
