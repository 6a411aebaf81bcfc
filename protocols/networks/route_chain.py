"""Chain of a route: how the links along it are joined, which makes the plan of the route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from protocols.repeaters.chain import Chain
from protocols.repeaters.tables import CutoffTimes, Distillation, Exact
from qnet.engines import Key
from qnet.hardware import Gates
from qnet.plans import Distill, Plan, Station

__all__ = ["PurifiedPair", "RouteChain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChain:
    """What turns the links of a route into a chain: the same for all routes of a network.

    Args:
        strategy: How the links are joined.
        cutoff: When to give up waiting.
        distill: Which pairs are distilled, its gates given.
        classical_latency: Whether results travel at the fibre's speed.
        key: How a secret key is taken.
        exact: How far the exact engine follows the deliveries.
        seed: Seed of a chain that is played alone.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> plan = RouteChain(strategy="swap-asap")([link, link], [Station(perfect=True)])
        >>> len(list(plan.links()))
        2
    """

    strategy: str = "swap-asap"
    cutoff: CutoffTimes | None = None
    distill: Distillation | None = None
    classical_latency: bool = False
    key: Key = field(default_factory=Key)
    exact: Exact = field(default_factory=Exact)
    seed: int = 1

    def chain(
        self,
        links: Sequence[Plan],
        stations: Sequence[Station],
        lengths_km: Sequence[float] | None = None,
        name: str = "route",
    ) -> Chain:
        """The chain of a route.

        Args:
            links: Its links, each with its left memory at the node that comes first.
            stations: The Bell measurements between them.
            lengths_km: Length of each edge; None where one is not known.
            name: What to call it.

        Raises:
            ParameterError: If strategy, cut-offs or distillation do not fit so many links.
        """
        several = len(links) > 1
        joined: dict[str, Any] = {"swap": tuple(stations), "cutoff": self.cutoff} if several else {}
        return Chain(
            name=name,
            seed=self.seed,
            links=tuple(links),
            segment_lengths_km=None if lengths_km is None else tuple(lengths_km),
            strategy=self.strategy,
            classical_latency=self.classical_latency,
            distill=self.distill,
            key=self.key,
            exact=self.exact,
            **joined,
        )

    def __call__(self, links: Sequence[Plan], stations: Sequence[Station]) -> Plan:
        """The plan of a route, from its links and the stations between them."""
        return self.chain(links, stations).plan()


@dataclass(frozen=True, slots=True, kw_only=True)
class PurifiedPair:
    """One step of purification: a stored pair of an edge with a fresh one.

    Args:
        scheme: Circuit of the step.
        gates: Errors of gates and readout at both ends.
        classical_latency: Whether comparing the outcomes takes one way of the fibre.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
        >>> PurifiedPair()(link).scheme
        'bbpssw'
    """

    scheme: str = "bbpssw"
    gates: Gates = field(default_factory=Gates)
    classical_latency: bool = False

    def __call__(self, pair: Plan) -> Distill:
        """The step on two pairs of a link."""
        return Distill(
            pair=pair,
            scheme=self.scheme,
            gates=self.gates,
            classical_latency=self.classical_latency,
        )
