"""Traffic of a network as a scenario describes it: [traffic], demands from a matrix."""

from __future__ import annotations

from dataclasses import dataclass, fields

from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.network import Demand, Topology, traffic_demands
from qnet.schema import Description, Whole, check_fields, key

__all__ = ["TrafficTable"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class TrafficTable(Description):
    """Demands in proportion to the traffic matrix of the topology's file: [traffic].

    Each entry is a demand with its part of the sessions; the other keys are those of each.

    Args:
        sessions_hz: Sessions per second of all of them together, at random times.
        pairs: Pairs of a session, made one after the other.
        memories: Memories of each edge that a session takes, where routes are reserved.
        minimum_fidelity: Least mean fidelity of its pairs.
        priority: Higher goes first.
        patience_s: How long a session waits before it gives up, in s; for ever unless given.

    Examples:
        >>> TrafficTable(sessions_hz=10.0).pairs
        1
    """

    sessions_hz: float = key(check=check_positive, example=10.0)
    pairs: int = key(1, check=Whole(minimum=1))
    memories: int = key(1, check=Whole(minimum=1))
    minimum_fidelity: float = key(0.0, check=check_probability)
    priority: int = key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    patience_s: float | None = key(None, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)

    def demands(self, topology: Topology) -> tuple[Demand, ...]:
        """One demand for each two nodes that the matrix names.

        Raises:
            ParameterError: If the topology has no traffic matrix.
        """
        if not topology.traffic:
            hint = "take a file with a matrix, such as one of SNDlib, or write [[demand]]"
            raise ParameterError("traffic", "come with a file of demands", "no matrix", hint)
        names = [field.name for field in fields(self) if field.name != "sessions_hz"]
        return traffic_demands(
            topology, self.sessions_hz, **{name: getattr(self, name) for name in names}
        )
