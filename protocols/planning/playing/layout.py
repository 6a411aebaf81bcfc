"""Layout of a plan as a key network: nodes on the way, a hop as an edge, ways as names of nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from protocols.planning.design.bill import loads_of
from protocols.planning.design.case import SpanOption
from protocols.planning.design.plan import NetworkPlan, WaysOfKey

__all__ = ["LaidHop", "LaidPart", "PlanLayout"]

#: Key beyond what is needed on an edge within a site, which never limits.
_INSIDE = 2.0

#: Letters of a site or a technology that a node on the way is named by: names of nodes are files
#: and certificates where the network is served.
_LONGEST = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidHop:
    """An edge of the network that stands for a hop of a span.

    Args:
        ends: Names of its nodes.
        option: Number of the option in the case; None within a site.
        length_km: Its length; None where there is none.
        key_rate_hz: Secret bits per second that its devices make together.
        pairs: Pairs of devices.
        load_hz: Secret bits per second that the plan sends over it.
    """

    ends: tuple[str, str]
    option: int | None
    length_km: float | None
    key_rate_hz: float
    pairs: int
    load_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidPart:
    """A part of a demand's key, with its ways as names of nodes.

    Args:
        demand: Number of the demand in the plan.
        ends: Names of its ends.
        key_rate_hz: Secret bits per second of this part.
        ways: Names of the nodes of each way, from the first of the ends to the second.
    """

    demand: int
    ends: tuple[str, str]
    key_rate_hz: float
    ways: tuple[tuple[str, ...], ...]


class PlanLayout:
    """A plan laid out as nodes and edges.

    Every trusted node on the way of a span is a node, such as ``A-B 1``. Where two options join
    the same two sites without a node on the way, the second has a node of its own within the first
    site, joined by an edge that never limits.

    Args:
        plan: The plan; it has an objective.
    """

    def __init__(self, plan: NetworkPlan) -> None:
        self.plan, self.case = plan, plan.case
        self.sites = tuple(site.name for site in plan.case.sites)
        self.loads = loads_of(plan.case, plan.demands)
        self._taken = set(self.sites)
        #: Of each option that is built, names of its nodes, from its first end to its second.
        self.nodes_of: dict[int, tuple[str, ...]] = {}
        direct: set[frozenset[int]] = set()
        for built in plan.built:
            self.nodes_of[built.option] = self._named(built.option, direct)

    def _named(self, number: int, direct: set[frozenset[int]]) -> tuple[str, ...]:
        option = self.case.options[number]
        one, two = (self.sites[end] for end in option.ends)
        joined = frozenset(option.ends)
        if option.nodes == 0 and joined in direct:
            return (one, self._new(f"{one[:_LONGEST]}, {option.technology[:_LONGEST]}"), two)
        if option.nodes == 0:
            direct.add(joined)
            return (one, two)
        alike = [b for b in self.plan.built if self._is_like(b.option, number)]
        line = "-".join(name[:_LONGEST].strip(" -.") for name in (one, two))
        line = line if len(alike) == 1 else f"{line}, {option.technology[:_LONGEST].strip()}"
        return (one, *(self._new(f"{line} {k}") for k in range(1, option.nodes + 1)), two)

    def _is_like(self, one: int, two: int) -> bool:
        """Whether two options with nodes on the way join the same sites."""
        options = (self.case.options[one], self.case.options[two])
        return frozenset(options[0].ends) == frozenset(options[1].ends) and all(
            each.nodes > 0 for each in options
        )

    def _new(self, name: str) -> str:
        """A name that no node has yet."""
        number, found = 1, name
        while found in self._taken:
            number += 1
            found = f"{name} ({number})"
        self._taken.add(found)
        return found

    def span_name(self, number: int) -> str:
        """Name of the span of an option: that of the case, or its ends."""
        option, names = self.case.options[number], self.case.span_names
        if option.span < len(names):
            return names[option.span]
        return " - ".join(self.sites[end] for end in option.ends)

    @cached_property
    def hops(self) -> tuple[LaidHop, ...]:
        """The edges, option after option."""
        return tuple(hop for built in self.plan.built for hop in self._hops(built.option))

    def _hops(self, number: int) -> Iterator[LaidHop]:
        option, names = self.case.options[number], self.nodes_of[number]
        pairs = next(b.pairs for b in self.plan.built if b.option == number)
        load = self.loads.get(number, 0.0)
        carries = max(self._carries(option, number, pairs), load)
        key_hops = option.nodes + 1
        length = None if option.length_km is None else option.length_km / key_hops
        steps = list(pairwise(names))
        if len(steps) > key_hops:
            inside = steps.pop(0)
            yield LaidHop(
                ends=inside,
                option=None,
                length_km=None,
                key_rate_hz=_INSIDE * carries,
                pairs=1,
                load_hz=load,
            )
        for ends in steps:
            yield LaidHop(
                ends=ends,
                option=number,
                length_km=length,
                key_rate_hz=carries,
                pairs=pairs,
                load_hz=load,
            )

    def _carries(self, option: SpanOption, number: int, pairs: int) -> float:
        """Key rate of a hop: of all pairs, or in its share of the time of a shared source."""
        if option.source is None:
            return pairs * option.rate_hz.best
        used = sum(
            load / self.case.options[k].rate_hz.best
            for k, load in self.loads.items()
            if self.case.options[k].source == option.source
        )
        units = self.plan.units[option.source]
        return self.loads.get(number, 0.0) * units / used if used > 0.0 else 0.0

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Names of all nodes that are joined, sites first."""
        used = {end for hop in self.hops for end in hop.ends}
        on_the_way = [n for names in self.nodes_of.values() for n in names[1:-1]]
        return tuple(dict.fromkeys(n for n in (*self.sites, *on_the_way) if n in used))

    @cached_property
    def parts(self) -> tuple[LaidPart, ...]:
        """Parts of the keys of all demands, in order."""
        found = []
        for number, planned in enumerate(self.plan.demands):
            first, last = self.case.demands[planned.demand].ends
            ends = (self.sites[first], self.sites[last])
            found += [
                LaidPart(
                    demand=number,
                    ends=ends,
                    key_rate_hz=part.key_rate_hz,
                    ways=self._ways(part, first),
                )
                for part in planned.parts
            ]
        return tuple(found)

    def _ways(self, part: WaysOfKey, first: int) -> tuple[tuple[str, ...], ...]:
        ways = []
        for sites, options in zip(part.ways, part.options, strict=True):
            names = [self.sites[sites[0]]]
            for site, option in zip(sites, options, strict=False):
                step = self.nodes_of[option]
                forward = self.case.options[option].ends[0] == site
                names += (step if forward else step[::-1])[1:]
            ways.append(tuple(names) if sites[0] == first else tuple(names[::-1]))
        return tuple(ways)

    @property
    def most_ways(self) -> int:
        """Most ways of a part."""
        return max((len(part.ways) for part in self.parts), default=1)

    @cached_property
    def used_at(self) -> dict[int, list[int]]:
        """Of each site that relays, the options over which it passes keys on."""
        found: dict[int, Counter[int]] = {}
        for planned in self.plan.demands:
            for part in planned.parts:
                for sites, options in zip(part.ways, part.options, strict=True):
                    for place, site in enumerate(sites[1:-1]):
                        found.setdefault(site, Counter()).update(options[place : place + 2])
        return {site: sorted(options) for site, options in sorted(found.items())}
