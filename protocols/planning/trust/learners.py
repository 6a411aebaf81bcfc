"""Learners of keys in a plan: what each trusted node alone, each pair, and corrupt nodes learn.

A node that relays learns what goes over it, and so does every trusted node on the way of a span.
The nodes of one span learn the same, and are taken together. Where a part of the key has two ways,
the plan sends each key over either of them, so that a node on one of them may learn it; what sums
over both (exclusive or), or shares of which any k of n give the key back (A. Shamir, Commun. ACM
22, 612 (1979), doi:10.1145/359168.359176), would change is worked out beside it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from protocols.key_networks.claims import joint_claim
from protocols.key_networks.corrupt import corrupt_node_learns, fraction_learnt, routes_hit
from protocols.key_networks.routes import Routes
from protocols.planning.design.plan import NetworkPlan, PlannedDemand, WaysOfKey
from protocols.planning.operation.components import component_availability, needs_of_way
from qnet.errors import check_probability
from qnet.metrics.security import SecurityClaim
from qnet.network.routing.path_search import PathSearch

__all__ = ["DemandSecrecy", "DisjointShares", "key_secrecy", "network_claim", "trusted_lines"]

#: Most disjoint ways over which shares are worked out.
_MOST_WAYS = 4

#: Most places that a sentence lists.
_MOST_PLACES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class DisjointShares:
    """A key whose shares go over several node-disjoint ways of what is built.

    Args:
        ways: Names of the sites of each way.
        needed: Shares that give the key back; all of them: their exclusive or.
        known: Probability that corrupt nodes together know the key.
        arrives: Probability that enough of the ways are up.
    """

    ways: tuple[tuple[str, ...], ...]
    needed: int
    known: float
    arrives: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSecrecy:
    """Who learns the keys of a demand.

    Args:
        ends: Names of its ends.
        nodes: Trusted nodes of each site or span on its ways, by name.
        alone: Share of its key that one node at each of these places learns.
        pairs: Share that two places learn together, where that is more than either alone.
        known: Mean share of its key that corrupt nodes together know.
        security: What its keys claim, if the trusted nodes are honest.
        shared: The same key in shares over disjoint ways, for each number of ways and of shares
            that are needed.
    """

    ends: tuple[str, str]
    nodes: Mapping[str, int]
    alone: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    known: float
    security: SecurityClaim
    shared: tuple[DisjointShares, ...]

    @property
    def sentence(self) -> str:
        """Who must be trusted, for people."""
        name = " and ".join(self.ends)
        if not self.alone:
            return f"Nobody but {name} learns the keys between them."
        whole = [place for place, share in self.alone.items() if share >= 1.0 - 1e-9]
        count, total = sum(self.nodes[place] for place in whole), sum(self.nodes.values())
        if not whole:
            said = (
                f"No node alone can learn all keys of {name}; the most that one of {total} trusted "
                f"nodes learns is {_percent_up(max(self.alone.values()))} % of them."
            )
        elif count == total == 1:
            said = f"The only trusted node, {whole[0]}, can learn all keys of {name}."
        else:
            who = f"the {total}" if count == total else f"{count} of the {total}"
            said = f"Each of {who} trusted nodes can learn all keys of {name}: {_listed(whole)}."
        summed = [each for each in self.shared if each.needed == len(each.ways) > 1]
        if not summed:
            return said
        ways = len(summed[0].ways)
        return f"{said} Sent as a sum over {ways} disjoint ways, no node alone could learn one."


def _listed(places: Sequence[str]) -> str:
    """The first places, and how many more there are."""
    shown = ", ".join(places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    return f"{shown} and {more} more places" if more > 0 else shown


def _percent_up(share: float) -> str:
    """Percent with one decimal, rounded up."""
    return f"{math.ceil(share * 1000.0 - 1e-9) / 10.0:g}"


def trusted_lines(plan: NetworkPlan, sites: Sequence[int], options: Sequence[int]) -> list[str]:
    """Names of the places of a way: its sites, and the spans between that have trusted nodes.

    Args:
        plan: The plan.
        sites: Sites of the way, from end to end.
        options: Its options, one fewer.
    """
    case = plan.case
    names = [case.sites[sites[0]].name]
    for k, site in zip(options, sites[1:], strict=True):
        option = case.options[k]
        if option.nodes > 0:
            one, two = (case.sites[end].name for end in option.ends)
            names.append(f"{one} - {two} ({option.technology})")
        names.append(case.sites[site].name)
    return names


def key_secrecy(plan: NetworkPlan, corrupt_probability: float = 0.01) -> tuple[DemandSecrecy, ...]:
    """Who learns the keys of each demand.

    Args:
        plan: The plan.
        corrupt_probability: Probability that a node is corrupt, each independently; all corrupt
            ones work together.

    Raises:
        ParameterError: If the probability is none.
        EngineError: If ways share more nodes than can be gone through.
    """
    check_probability("corrupt_probability", corrupt_probability)
    network = _BuiltNetwork(plan, corrupt_probability)
    return tuple(network.secrecy(each) for each in plan.demands)


def network_claim(plan: NetworkPlan) -> SecurityClaim:
    """What all keys of a plan claim together, if its trusted nodes are honest.

    Args:
        plan: The plan, in which something is built.
    """
    options = [plan.case.options[each.option] for each in plan.built]
    trusted = bool(plan.relays) or any(option.nodes > 0 for option in options)
    claims = [option.security for option in options]
    return joint_claim(claims, *(["the trusted nodes are honest"] if trusted else []))


class _BuiltNetwork:
    """What is built, with the chances of its things to be corrupt and to be down."""

    def __init__(self, plan: NetworkPlan, corrupt: float) -> None:
        self.plan, self.corrupt = plan, corrupt
        case = plan.case
        built = [each.option for each in plan.built if each.pairs > 0]
        self.up = component_availability(case, built)
        #: Of each two sites that are joined, the option with the fewest trusted nodes.
        self.between: dict[frozenset[int], int] = {}
        for k in sorted(built, key=lambda k: (case.options[k].nodes, k)):
            self.between.setdefault(frozenset(case.options[k].ends), k)
        names = [site.name for site in case.sites]
        ends = [
            (names[case.options[k].ends[0]], names[case.options[k].ends[1]])
            for k in self.between.values()
        ]
        costs = [1.0 + case.options[k].nodes for k in self.between.values()]
        relays = [site in plan.relays for site in range(len(names))]
        self.search = PathSearch(names, ends, costs, relays)

    def secrecy(self, planned: PlannedDemand) -> DemandSecrecy:
        """Who learns the keys of a demand."""
        case = self.plan.case
        one, two = case.demands[planned.demand].ends
        uses: dict[Routes, float] = {}
        total = known = 0.0
        for part in planned.parts:
            routes = self._routes(part)
            uses[routes] = uses.get(routes, 0.0) + part.key_rate_hz
            total += part.key_rate_hz
            known += part.key_rate_hz * self._known(part.ways, part.options, 1)
        alone = corrupt_node_learns(uses, 1)
        return DemandSecrecy(
            ends=(case.sites[one].name, case.sites[two].name),
            nodes=self._counts(planned),
            alone=alone,
            pairs=_pairs(uses, alone),
            known=known / total if total > 0.0 else 0.0,
            security=self._claim(planned),
            shared=self._shared(one, two),
        )

    def _routes(self, part: WaysOfKey) -> Routes:
        return tuple(
            tuple(trusted_lines(self.plan, way, options))
            for way, options in zip(part.ways, part.options, strict=True)
        )

    def _counts(self, planned: PlannedDemand) -> dict[str, int]:
        """Trusted nodes at each place on the ways of a demand."""
        case, counts = self.plan.case, dict[str, int]()
        for part in planned.parts:
            for way, options in zip(part.ways, part.options, strict=True):
                counts |= {case.sites[site].name: 1 for site in way[1:-1]}
                for k in options:
                    for name in trusted_lines(self.plan, case.options[k].ends, (k,))[1:-1]:
                        counts[name] = case.options[k].nodes
        return counts

    def _claim(self, planned: PlannedDemand) -> SecurityClaim:
        """What the spans of a demand claim together."""
        used = dict.fromkeys(
            k for part in planned.parts for options in part.options for k in options
        )
        if not used:
            return SecurityClaim.none("nothing is built for it: there is no key")
        claims = [self.plan.case.options[k].security for k in used]
        places = ", ".join(self._counts(planned))
        return joint_claim(claims, *([f"the trusted nodes are honest: {places}"] if places else []))

    def _known(
        self, ways: Sequence[Sequence[int]], options: Sequence[Sequence[int]], needed: int
    ) -> float:
        """Probability that corrupt nodes together know as many shares as are needed."""
        case, honest = self.plan.case, 1.0 - self.corrupt
        things: list[set[Hashable]] = []
        chances: dict[Hashable, float] = {}
        for way, used in zip(ways, options, strict=True):
            on_it: set[Hashable] = {("site", site) for site in way[1:-1]}
            chances |= dict.fromkeys(on_it, self.corrupt)
            for k in used:
                if case.options[k].nodes > 0:
                    on_it.add(("option", k))
                    chances["option", k] = 1.0 - honest ** case.options[k].nodes
            things.append(on_it)
        return min(float(routes_hit(things, chances)[needed:].sum()), 1.0)

    def _shared(self, one: int, two: int) -> tuple[DisjointShares, ...]:
        """Shares over the node-disjoint ways with the fewest trusted nodes."""
        found = []
        for count in range(1, _MOST_WAYS + 1):
            paths = self.search.disjoint(one, [two], count, nodes=True)
            if len(paths) < count:
                break
            ways = [path.nodes for path in paths]
            options = [[self.between[frozenset(step)] for step in pairwise(way)] for way in ways]
            needs = [needs_of_way(*each) for each in zip(ways, options, strict=True)]
            down = {thing: 1.0 - up for thing, up in self.up.items()}
            law = routes_hit(needs, down)
            names = tuple(self.search.names(path) for path in paths)
            found += [
                DisjointShares(
                    ways=names,
                    needed=needed,
                    known=self._known(ways, options, needed),
                    arrives=min(float(law[: count - needed + 1].sum()), 1.0),
                )
                for needed in range(1, count + 1)
            ]
        return tuple(found)


def _pairs(
    uses: Mapping[Routes, float], alone: Mapping[str, float]
) -> dict[tuple[str, str], float]:
    """What two places learn together, where it is more than each alone."""
    found: dict[tuple[str, str], float] = {}
    for one, two in combinations(alone, 2):
        most = max(alone[one], alone[two])
        if most < 1.0:
            share = fraction_learnt(uses, 1, {one, two})
            if share > most + 1e-12:
                found[one, two] = share
    return found
