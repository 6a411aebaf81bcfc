"""Demands of a network's scenario: a list of tables, or all pairs of the users of a star."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.network.demand import Demand
from qnet.network.topology import Topology
from qnet.schema import Description, Whole, key, read

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = [
    "ALL_PAIRS",
    "TrafficTable",
    "all_pairs",
    "centre_of",
    "read_demands",
    "traffic_demands",
    "users_of",
]

#: What ``demand = ...`` says of a switch.
ALL_PAIRS = "all-pairs"

#: Most demands that are written out.
_MOST_DEMANDS = 50_000

_HINT = 'write [[demand]] before each, or demand = "all-pairs" at the top for a switch'


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrafficTable(Description):
    """Demands between many nodes at once: [traffic], beside any [[demand]].

    Args:
        between: ``matrix``, as the traffic matrix of the topology's file says; or ``all``, any two
            users, or any two nodes where no node is a user.
        total_hz: Sessions per second, all of them together: in proportion to the matrix, or in
            equal shares.
        arrivals: How sessions of each two nodes arrive.
        pairs: Pairs of a session.
        memories: Memories of each edge that a session takes, where routes are reserved.
        minimum_fidelity: Least mean fidelity of the pairs.
        priority: Higher goes first.
        patience_s: How long a session waits before it gives up; for ever unless given.
    """

    between: str = key(choices=("all", "matrix"))
    total_hz: float = key(check=check_positive, example=1.0)
    arrivals: str = key("poisson", choices=("poisson", "regular"))
    pairs: int = key(1, check=Whole(minimum=1))
    memories: int = key(1, check=Whole(minimum=1))
    minimum_fidelity: float = key(0.0, check=check_probability)
    priority: int = key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    patience_s: float | None = key(None, check=check_non_negative)


def traffic_demands(scenario: NetworkScenario) -> tuple[Demand, ...]:
    """The demands of [traffic], written out.

    Raises:
        ParameterError: If the topology has no traffic matrix, or there are too many.
    """
    table = scenario.traffic
    if table is None:
        return ()
    if table.between == "matrix":
        rates = scenario.sites.traffic_rates(table.total_hz) if scenario.sites.traffic else {}
    else:
        kinds = {part.site.name: part.kind for part in scenario.node_parts}
        users = [name for name, kind in kinds.items() if kind == "user"] or list(kinds)
        pairs = list(combinations(users, 2))
        rates = {ends: table.total_hz / len(pairs) for ends in pairs}
    if not rates:
        hint = 'take a file with one, such as of SNDlib, or between = "all"'
        rule = "be all where the topology has no traffic matrix"
        raise ParameterError("traffic.between", rule, table.between, hint)
    _check_number("traffic.between", len(rates))
    same = ("arrivals", "pairs", "memories", "minimum_fidelity", "priority", "patience_s")
    common = {name: getattr(table, name) for name in same}
    return tuple(Demand(ends=ends, rate_hz=rate, **common) for ends, rate in rates.items())


def read_demands(field: str, value: Any) -> tuple[Demand, ...] | str:  # noqa: ANN401
    """Tables of demands, or that all pairs of users are wanted.

    Examples:
        >>> read_demands("demand", "all-pairs")
        'all-pairs'
        >>> read_demands("demand", [{"ends": ["A", "B"], "rate_hz": 0.5}])[0].rate_hz
        0.5
    """
    if isinstance(value, str):
        if value != ALL_PAIRS:
            raise ParameterError(field, f"be {ALL_PAIRS} or a list of tables", value, _HINT)
        return value
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of tables", value, _HINT)
    found = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, dict | Demand):
            raise ParameterError(place, "be a table", each, _HINT)
        found.append(each if isinstance(each, Demand) else read(Demand, each, place))
    return tuple(found)


def centre_of(topology: Topology) -> str | None:
    """The node that all edges of a star share; None where it is no star.

    Examples:
        >>> from protocols.networks.site_tables import TopologyTable
        >>> centre_of(TopologyTable(shape="star", leaves=3).topology(""))
        'hub'
    """
    shared = set(topology.names)
    for span in topology.spans:
        shared &= {*span.ends}
    return shared.pop() if len(topology.spans) > 1 and len(shared) == 1 else None


def users_of(topology: Topology) -> Sequence[str]:
    """The users of a star: all its nodes but the centre."""
    centre = centre_of(topology)
    return [name for name in topology.names if name != centre]


def all_pairs(scenario: NetworkScenario) -> tuple[Demand, ...]:
    """A demand for any two users of a star, or for any ``ghz`` of them.

    Raises:
        ParameterError: If there are too many.
    """
    users, size = users_of(scenario.sites), scenario.controller.ghz or 2
    _check_number("demand", math.comb(len(users), size))
    return tuple(Demand(ends=ends, arrivals="backlog") for ends in combinations(users, size))


def _check_number(field: str, count: int) -> None:
    if count > _MOST_DEMANDS:
        rule = f"stand for at most {_MOST_DEMANDS} demands"
        raise ParameterError(field, rule, count, "take fewer users, or write [[demand]] for some")
