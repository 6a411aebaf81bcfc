"""Traffic of a network as a scenario describes it: [traffic], demands between many nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from itertools import combinations

from protocols.networks.demands import check_number
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.network import Demand, Topology, traffic_demands
from qnet.schema import Description, Whole, check_fields, key

__all__ = ["TrafficTable"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrafficTable(Description):
    """Demands between many nodes at once: [traffic], beside any [[demand]].

    Each two nodes are a demand with its part of the sessions; the other keys are those of each.

    Args:
        between: ``matrix``: the nodes, and the proportions, of the traffic matrix of the topology's
            file; or ``all``: any two users, or any two nodes where none is a user, in equal parts.
        sessions_hz: Sessions per second of all of them together.
        arrivals: How sessions of each two nodes arrive.
        pairs: Pairs of a session, made one after the other.
        memories: Memories of each edge that a session takes, where routes are reserved.
        minimum_fidelity: Least mean fidelity of its pairs.
        priority: Higher goes first.
        patience_s: How long a session waits before it gives up, in s; for ever unless given.

    Examples:
        >>> TrafficTable(sessions_hz=10.0).pairs
        1
    """

    between: str = key("matrix", choices=("matrix", "all"))
    sessions_hz: float = key(check=check_positive, example=10.0)
    arrivals: str = key("poisson", choices=("poisson", "regular"))
    pairs: int = key(1, check=Whole(minimum=1))
    memories: int = key(1, check=Whole(minimum=1))
    minimum_fidelity: float = key(0.0, check=check_probability)
    priority: int = key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    patience_s: float | None = key(None, check=check_non_negative, example=60.0)

    def __post_init__(self) -> None:
        check_fields(self)

    def demands(self, topology: Topology, kinds: Mapping[str, str]) -> tuple[Demand, ...]:
        """One demand for each two nodes.

        Args:
            topology: Sites, perhaps with a traffic matrix.
            kinds: Kind of each node.

        Raises:
            ParameterError: If the topology has no traffic matrix, or there are too many demands.
        """
        names = [
            field.name for field in fields(self) if field.name not in ("between", "sessions_hz")
        ]
        each = {name: getattr(self, name) for name in names}
        if self.between == "all":
            users = [name for name, kind in kinds.items() if kind == "user"] or list(kinds)
            pairs = list(combinations(users, 2))
            check_number("traffic.between", len(pairs))
            rate = self.sessions_hz / max(len(pairs), 1)
            return tuple(Demand(ends=ends, rate_hz=rate, **each) for ends in pairs)
        if not topology.traffic:
            hint = 'take a file with a matrix, such as one of SNDlib, or between = "all"'
            raise ParameterError("traffic", "come with a file of demands", "no matrix", hint)
        return traffic_demands(topology, self.sessions_hz, **each)
