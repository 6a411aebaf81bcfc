"""Demands of a network's scenario: a list of tables, or all pairs of the users of a star."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.network.demand import Demand
from qnet.network.topologies.topology import Topology
from qnet.schema import read

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["ALL_PAIRS", "all_pairs", "centre_of", "check_number", "read_demands", "users_of"]

#: What ``demand = ...`` says of a switch.
ALL_PAIRS = "all-pairs"

#: Most demands that are written out.
_MOST_DEMANDS = 50_000

_HINT = 'write [[demand]] before each, or demand = "all-pairs" at the top for a switch'


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
    check_number("demand", math.comb(len(users), size))
    return tuple(Demand(ends=ends, arrivals="backlog") for ends in combinations(users, size))


def check_number(field: str, count: int) -> None:
    """Raise when a key stands for more demands than can be written out."""
    if count > _MOST_DEMANDS:
        rule = f"stand for at most {_MOST_DEMANDS} demands"
        raise ParameterError(field, rule, count, "take fewer users, or write [[demand]] for some")
