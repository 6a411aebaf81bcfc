r"""Reliability of networks and of ways: exact, with what several share counted once; availability.

What fails: edges, nodes, and shared risks such as a duct, each up with a probability of its own and
independently. A graph is worked through edge by edge: each step factors on the state of one thing,
and partial states that leave the same question are merged, so that a network of small width is
exact in reasonable time (J. Carlier, C. Lucet, Discrete Appl. Math. 65, 141 (1996),
doi:10.1016/0166-218X(95)00032-M). Before that, edges in series and in parallel are joined, and dead
ends cut off (A. Satyanarayana, M. K. Chang, Networks 13, 107 (1983), doi:10.1002/net.3230130107).
Where too many states are open, the most probable ones are gone on with, and the answer is a
bracket: what was left counts once as up and once as down.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from protocols.planning.operation.frontier import Elements, connected_mass
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability

__all__ = [
    "MOST_STATES",
    "FailingEdge",
    "Reliability",
    "availability_of",
    "downtime_min_per_year",
    "some_way_up",
    "two_terminal_reliability",
]

#: Most partial states that are gone on with; beyond it the answer is a bracket.
MOST_STATES = 5_000

#: Minutes of a year of 365 days, over which downtime is counted as a rule.
_YEAR_MIN = 365.0 * 1440.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingEdge:
    """An edge of a graph, and what fails with it.

    Args:
        ends: Its nodes.
        availability: Probability that what belongs to it alone works.
        risks: Names of what it shares with other edges, such as a duct: it is down when one is.
    """

    ends: tuple[Hashable, Hashable]
    availability: float
    risks: frozenset[Hashable] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """A probability that was computed, or the bracket in which it provably lies.

    Args:
        low: Lower end.
        high: Upper end.
        reason: Why it is a bracket; empty where it is exact.
    """

    low: float
    high: float
    reason: str = ""

    @property
    def is_exact(self) -> bool:
        """Whether it is the probability itself."""
        return not self.reason


def availability_of(mtbf: float, mttr: float) -> float:
    """Share of time in which a thing works that fails after MTBF and is repaired in MTTR.

    Args:
        mtbf: Mean time from a repair to the next failure, in any unit.
        mttr: Mean time to repair in the same unit.

    Examples:
        >>> round(availability_of(8760.0, 12.0), 9)
        0.998632011
    """
    check_positive("mtbf", mtbf)
    check_non_negative("mttr", mttr)
    return mtbf / (mtbf + mttr)


def downtime_min_per_year(availability: float) -> float:
    """Minutes of a year of 365 days in which a thing does not work.

    Examples:
        >>> round(downtime_min_per_year(0.999), 2)
        525.6
    """
    return (1.0 - check_probability("availability", availability)) * _YEAR_MIN


def some_way_up(
    ways: Iterable[Collection[Hashable]], availability: Mapping[Hashable, float]
) -> float:
    """Probability that at least one of several ways is up; what they share counts once.

    A way is up when all its things are. What all ways need is taken out, ways without a common
    thing are multiplied, and what is left is factored on the thing that most ways need.

    Args:
        ways: The things that each way needs.
        availability: Probability that each thing works, independently; 1 where none is given.

    Examples:
        >>> up = {"s": 0.9, "a": 0.8, "b": 0.7}
        >>> round(some_way_up([{"s", "a"}, {"s", "b"}], up), 12)  # 0.9 (1 - 0.2 * 0.3)
        0.846
    """
    sets = [frozenset(t for t in way if availability.get(t, 1.0) < 1.0) for way in ways]
    return _some_up(_least(sets), availability)


def _least(ways: Iterable[frozenset[Hashable]]) -> tuple[frozenset[Hashable], ...]:
    """The ways that need nothing beyond what another of them needs."""
    kept: list[frozenset[Hashable]] = []
    for way in sorted(set(ways), key=len):
        if not any(other <= way for other in kept):
            kept.append(way)
    return tuple(kept)


def _some_up(
    ways: tuple[frozenset[Hashable], ...], availability: Mapping[Hashable, float]
) -> float:
    if not ways:
        return 0.0
    common = frozenset.intersection(*ways)
    factor = 1.0
    for thing in common:
        factor *= availability[thing]
    rest = [way - common for way in ways]
    if not all(rest):
        return factor
    groups = _apart(rest)
    if len(groups) > 1:
        down = 1.0
        for group in groups:
            down *= 1.0 - _some_up(tuple(group), availability)
        return factor * (1.0 - down)
    counts: dict[Hashable, int] = {}
    for way in rest:
        for thing in way:
            counts[thing] = counts.get(thing, 0) + 1
    pivot = max(counts, key=lambda thing: counts[thing])
    up = _least(way - {pivot} for way in rest)
    without = tuple(way for way in rest if pivot not in way)
    share = availability[pivot]
    return factor * (
        share * _some_up(up, availability) + (1.0 - share) * _some_up(without, availability)
    )


def _apart(ways: Sequence[frozenset[Hashable]]) -> list[list[frozenset[Hashable]]]:
    """Groups of ways that have nothing in common with those of other groups."""
    groups: list[tuple[set[Hashable], list[frozenset[Hashable]]]] = []
    for way in ways:
        touched = [group for group in groups if not group[0].isdisjoint(way)]
        things = set(way).union(*(group[0] for group in touched))
        members = [member for group in touched for member in group[1]] + [way]
        groups = [group for group in groups if group not in touched] + [(things, members)]
    return [members for _, members in groups]


def two_terminal_reliability(
    edges: Sequence[FailingEdge],
    source: Hashable,
    target: Hashable,
    *,
    nodes: Mapping[Hashable, float] | None = None,
    risks: Mapping[Hashable, float] | None = None,
    most_states: int = MOST_STATES,
) -> Reliability:
    """Probability that two nodes of an undirected graph are joined by what works.

    Args:
        edges: The edges; several may join the same nodes.
        source: One of the two nodes.
        target: The other.
        nodes: Probability that each node works; 1 where none is given. Give none for the two ends
            where these do not count.
        risks: Probability that each shared risk does not happen; 1 where none is given.
        most_states: Most partial states that are kept.

    Raises:
        ParameterError: If a probability is none, or the two nodes are the same.

    Examples:
        >>> bridge = {"sa": 0.9, "sb": 0.8, "ab": 0.95, "at": 0.85, "bt": 0.9}
        >>> edges = [FailingEdge(ends=(e[0], e[1]), availability=p) for e, p in bridge.items()]
        >>> round(two_terminal_reliability(edges, "s", "t").low, 6)
        0.963745
    """
    if source == target:
        raise ParameterError("target", "be another node than source", target, "name two nodes")
    up = {node: check_probability(f"nodes[{node!r}]", p) for node, p in (nodes or {}).items()}
    for risk, chance in (risks or {}).items():
        check_probability(f"risks[{risk!r}]", chance)
    for k, edge in enumerate(edges):
        check_probability(f"edges[{k}].availability", edge.availability)
    both = up.pop(source, 1.0) * up.pop(target, 1.0)
    reduced = _reduced(edges, source, target, up)
    elements = Elements(
        edges=tuple((e.ends, e.availability, e.risks) for e in reduced),
        nodes=up,
        risks=dict(risks or {}),
    )
    mass, left = connected_mass(elements, source, target, most_states)
    low, high = min(both * mass, 1.0), min(both * (mass + left), 1.0)
    if left <= 0.0:
        return Reliability(low=low, high=low)
    reason = (
        f"more than {most_states} partial states are open at once: those left out, of probability "
        f"{left:.2g} together, count once as down and once as up"
    )
    return Reliability(low=low, high=high, reason=reason)


def _reduced(
    edges: Sequence[FailingEdge],
    source: Hashable,
    target: Hashable,
    nodes: Mapping[Hashable, float],
) -> list[FailingEdge]:
    """The edges after dead ends are cut off, and those in parallel and in series are joined."""
    known = [edge for edge in edges if edge.ends[0] != edge.ends[1] and edge.availability > 0.0]
    while True:
        count = len(known)
        known = _without_series(_without_parallel(known), {source, target}, nodes)
        if len(known) == count:
            return known


def _without_parallel(edges: Sequence[FailingEdge]) -> list[FailingEdge]:
    """Edges between the same nodes, with the same risks, as one."""
    down: dict[tuple[frozenset[Hashable], frozenset[Hashable]], float] = {}
    ends: dict[tuple[frozenset[Hashable], frozenset[Hashable]], tuple[Hashable, Hashable]] = {}
    for edge in edges:
        place = (frozenset(edge.ends), edge.risks)
        ends.setdefault(place, edge.ends)
        down[place] = down.get(place, 1.0) * (1.0 - edge.availability)
    return [
        FailingEdge(ends=ends[place], availability=1.0 - chance, risks=place[1])
        for place, chance in down.items()
    ]


def _without_series(
    edges: list[FailingEdge], terminals: set[Hashable], nodes: Mapping[Hashable, float]
) -> list[FailingEdge]:
    """Edges without nodes that have one of them alone, or two, which become one."""
    known = dict(enumerate(edges))
    at: dict[Hashable, set[int]] = {}
    for number, edge in known.items():
        for end in edge.ends:
            at.setdefault(end, set()).add(number)
    open_nodes = [node for node in at if node not in terminals]
    while open_nodes:
        node = open_nodes.pop()
        there = sorted(at[node])
        if not 1 <= len(there) <= 2:
            continue
        ends = [end for number in there for end in known[number].ends if end != node]
        if len(ends) == 2 and ends[0] == ends[1]:
            continue
        gone = [known.pop(number) for number in there]
        for number, end in zip(there, ends, strict=True):
            at[end].discard(number)
        at[node].clear()
        if len(gone) == 2:
            number = there[0]
            known[number] = _in_series(gone[0], gone[1], (ends[0], ends[1]), nodes.get(node, 1.0))
            for end in ends:
                at[end].add(number)
        open_nodes += [end for end in ends if end not in terminals]
    return list(known.values())


def _in_series(
    one: FailingEdge, two: FailingEdge, ends: tuple[Hashable, Hashable], node: float
) -> FailingEdge:
    """Two edges and the node between them as one edge."""
    return FailingEdge(
        ends=ends,
        availability=one.availability * node * two.availability,
        risks=one.risks | two.risks,
    )
