"""Traffic matrices as demands: sessions in proportion to what a topology's file asks for."""

from __future__ import annotations

from typing import Any

from qnet.errors import ParameterError, check_positive
from qnet.network.demand import Demand
from qnet.network.topologies.topology import Topology

__all__ = ["traffic_demands"]


def traffic_demands(
    topology: Topology,
    sessions_hz: float,
    **demand: Any,  # noqa: ANN401 - fields of a Demand
) -> tuple[Demand, ...]:
    """Demands in proportion to the traffic matrix of a topology, such as one of SNDlib.

    Both directions of a pair of sites are one demand; entries of nothing are left out.

    Args:
        topology: Whose traffic.
        sessions_hz: Sessions per second of all demands together.
        demand: What else each has, as `Demand` takes it: ``pairs``, ``priority``, ...

    Raises:
        ParameterError: If the topology has no traffic, or a number breaks its rule.

    Examples:
        >>> from qnet.network import parse_topology
        >>> text = '''?SNDlib native format; type: network; version: 1.0
        ... NODES ( A ( 9.80 52.39 ) B ( 8.80 53.08 ) C ( 10.08 53.55 ) )
        ... LINKS ( L1 ( A B ) 0 0 0 0 ( ) L2 ( B C ) 0 0 0 0 ( ) )
        ... DEMANDS ( D1 ( A B ) 1 30 UNLIMITED D2 ( C A ) 1 10 UNLIMITED )'''
        >>> for each in traffic_demands(parse_topology(text), 2.0, pairs=5):
        ...     print(each.ends, each.rate_hz, each.pairs)
        ('A', 'B') 1.5 5
        ('C', 'A') 0.5 5
    """
    check_positive("sessions_hz", sessions_hz)
    rates = topology.traffic_rates(sessions_hz)
    if not rates:
        hint = "read a file with demands, or describe each demand"
        raise ParameterError("topology", "have a traffic matrix", "no traffic", hint)
    return tuple(Demand(ends=ends, rate_hz=rate, **demand) for ends, rate in rates.items())
