"""Ways of key that a flow is made of: single ways, and sets of disjoint ways.

A flow of twice the demand with at most the demand on each span, and at each site, is a sum of pairs
of disjoint ways (multiroute flows, after W. Kishimoto): as long as some is left, there is a pair
that goes over all spans that carry as much as is left.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence

import numpy as np

from protocols.planning.design.plan import WaysOfKey
from qnet.errors import EngineError

__all__ = ["OptionFlow", "disjoint_ways", "single_ways", "without_circles"]

#: An option's number, the site that key leaves, and the site that it reaches.
_Arc = tuple[int, int, int]

#: Flow on options in bit/s.
OptionFlow = Mapping[_Arc, float]

#: Share of a demand that is nothing, and share by which a span is said to be full.
_NOTHING, _TIGHT = 1e-12, 1e-8


def without_circles(flow: OptionFlow, least: float) -> dict[_Arc, float]:
    """The flow without what goes round in circles, both ways along a span included.

    Args:
        flow: The flow.
        least: What is less is nothing, in bit/s.
    """
    left = {arc: value for arc, value in sorted(flow.items()) if value > least}
    while circle := _circle(left):
        share = min(left[arc] for arc in circle)
        _take(left, circle, share, least)
    return left


def _take(flow: dict[_Arc, float], arcs: Sequence[_Arc], share: float, least: float) -> None:
    """Subtract from the flow along arcs."""
    for arc in arcs:
        flow[arc] -= share
        if flow[arc] <= least:
            del flow[arc]


def _leaving(flow: OptionFlow) -> dict[int, list[_Arc]]:
    """Arcs that leave each site."""
    arcs: dict[int, list[_Arc]] = {}
    for arc in flow:
        arcs.setdefault(arc[1], []).append(arc)
    return arcs


def _circle(flow: OptionFlow) -> list[_Arc]:
    """Arcs of a circle; none without one."""
    arcs = _leaving(flow)
    done: set[int] = set()
    for start in arcs:
        way: list[_Arc] = []
        stack = [iter(arcs[start])]
        on_way = {start: 0}
        while stack and start not in done:
            arc = next(stack[-1], None)
            if arc is None:
                stack.pop()
                site = way.pop()[2] if way else start
                on_way.pop(site, None)
                done.add(site)
            elif arc[2] in on_way:
                return [*way[on_way[arc[2]] :], arc]
            elif arc[2] not in done:
                way.append(arc)
                on_way[arc[2]] = len(way)
                stack.append(iter(arcs.get(arc[2], ())))
    return []


def single_ways(
    flow: dict[_Arc, float], source: int, target: int, key_rate_hz: float
) -> tuple[WaysOfKey, ...]:
    """Ways from one site to another, widest first, which are taken out of the flow.

    Args:
        flow: Flow from the source to this and other sites; what is taken is subtracted.
        source: Site that it starts at.
        target: Site that it goes to.
        key_rate_hz: What goes there, in bit/s.

    Raises:
        EngineError: If the flow does not carry it.

    Examples:
        >>> flow = {(0, 0, 1): 3.0, (1, 1, 2): 1.0, (2, 1, 2): 2.0}
        >>> [(part.key_rate_hz, part.options) for part in single_ways(flow, 0, 2, 3.0)]
        [(2.0, ((0, 2),)), (1.0, ((0, 1),))]
    """
    parts: list[tuple[float, list[_Arc]]] = []
    left, least = key_rate_hz, _NOTHING * key_rate_hz
    while left > 10.0 * least:
        way = _widest(flow, source, target)
        if way is None:
            if left <= _TIGHT * key_rate_hz:
                break
            message = f"a flow of {key_rate_hz} bit/s leaves {left} without a way"
            raise EngineError(message)
        share = min(left, min(flow[arc] for arc in way))
        _take(flow, way, share, least)
        left -= share
        parts.append((share, way))
    return _parts(source, key_rate_hz, [(share, [way]) for share, way in parts])


def _parts(
    source: int, key_rate_hz: float, found: Sequence[tuple[float, list[list[_Arc]]]]
) -> tuple[WaysOfKey, ...]:
    """Parts that sum up to the demand, those over the same ways together."""
    together: dict[tuple[tuple[_Arc, ...], ...], float] = {}
    for share, ways in found:
        key = tuple(sorted(tuple(way) for way in ways))
        together[key] = together.get(key, 0.0) + share
    factor = key_rate_hz / sum(together.values())
    return tuple(
        WaysOfKey(
            key_rate_hz=share * factor,
            ways=tuple((source, *(arc[2] for arc in way)) for way in ways),
            options=tuple(tuple(arc[0] for arc in way) for way in ways),
        )
        for ways, share in together.items()
    )


def _widest(flow: OptionFlow, source: int, target: int) -> list[_Arc] | None:
    """The way that carries most, as arcs; of several the one of fewest spans."""
    arcs = _leaving(flow)
    by: dict[int, _Arc | None] = {}
    start: _Arc = (-1, -1, source)
    heap: list[tuple[float, int, _Arc]] = [(-math.inf, 0, start)]
    while heap and target not in by:
        width, steps, arc = heapq.heappop(heap)
        if arc[2] not in by:
            by[arc[2]] = None if arc is start else arc
            for out in arcs.get(arc[2], ()):
                if out[2] not in by:
                    heapq.heappush(heap, (max(width, -flow[out]), steps + 1, out))
    way: list[_Arc] = []
    last = by.get(target)
    while last is not None:
        way.append(last)
        last = by[last[1]]
    return way[::-1] or None


def disjoint_ways(
    flow: OptionFlow,
    ends: tuple[int, int],
    key_rate_hz: float,
    spans: Mapping[int, int],
    *,
    by: str,
    ways: int = 2,
) -> tuple[WaysOfKey, ...]:
    """Sets of disjoint ways that a flow of several times the demand is made of.

    Args:
        flow: The flow; at most the demand on each span, and at each site for ways by nodes.
        ends: Sites that it starts at and goes to.
        key_rate_hz: The demand, in bit/s: what each of the ways carries, all parts together.
        spans: Number of the span of each option.
        by: ``edges`` or ``nodes``: what two ways may not share.
        ways: Ways of a set.

    Raises:
        EngineError: If the flow is not such a flow.

    Examples:
        Three spans that carry two thirds each are three pairs of spans:

        >>> flow = {(0, 0, 1): 2.0, (1, 0, 1): 2.0, (2, 0, 1): 2.0}
        >>> parts = disjoint_ways(flow, (0, 1), 3.0, {0: 0, 1: 1, 2: 2}, by="edges")
        >>> sorted((part.key_rate_hz, part.options) for part in parts)
        [(1.0, ((0,), (1,))), (1.0, ((0,), (2,))), (1.0, ((1,), (2,)))]
    """
    least = _NOTHING * key_rate_hz
    left = without_circles(flow, least)
    remaining = key_rate_hz
    parts: list[tuple[float, list[list[_Arc]]]] = []
    while remaining > 10.0 * least:
        steps: dict[_Arc, list[_Arc]] = {}
        for arc in sorted(left):
            steps.setdefault((spans[arc[0]], arc[1], arc[2]), []).append(arc)
        amounts = {step: sum(left[arc] for arc in arcs) for step, arcs in steps.items()}
        used = _unit_flow(amounts, ends, (ways, by), remaining, key_rate_hz)
        if used is None:
            if remaining <= _TIGHT * key_rate_hz:
                break
            message = f"a flow of {key_rate_hz} bit/s is no sum of {ways} disjoint ways"
            raise EngineError(message)
        chosen = _followed([max(steps[s], key=lambda arc: (left[arc], arc)) for s in used], ends)
        share = min([remaining, *(left[arc] for way in chosen for arc in way)])
        for amount in _beside(amounts, used, ends, by):
            share = min(share, max(remaining - amount, 0.0))
        for way in chosen:
            _take(left, way, share, least)
        remaining -= share
        parts.append((share, chosen))
    return _parts(ends[0], key_rate_hz, parts)


def _through(amounts: Mapping[_Arc, float], ends: tuple[int, int]) -> dict[int, float]:
    """What passes each site that is no end."""
    through: dict[int, float] = {}
    for step, amount in amounts.items():
        if step[2] not in ends:
            through[step[2]] = through.get(step[2], 0.0) + amount
    return through


def _beside(
    amounts: Mapping[_Arc, float], used: Sequence[_Arc], ends: tuple[int, int], by: str
) -> list[float]:
    """What the spans, and the sites, carry over which the chosen ways do not go."""
    found = [amount for step, amount in amounts.items() if step not in used]
    if by == "nodes":
        passed = {step[2] for step in used}
        found += [a for site, a in _through(amounts, ends).items() if site not in passed]
    return found


def _unit_flow(
    amounts: Mapping[_Arc, float],
    ends: tuple[int, int],
    wanted: tuple[int, str],
    remaining: float,
    unit: float,
) -> list[_Arc] | None:
    """Steps of disjoint ways over all that is full, those that carry much first.

    A flow of whole numbers: the corner of a linear programme whose matrix is that of a network.
    """
    from scipy.optimize import linprog

    steps = list(amounts)
    ways, by = wanted
    full = remaining - _TIGHT * unit
    sites = sorted({site for step in steps for site in step[1:]} | set(ends))
    balance = np.zeros((len(sites), len(steps)))
    for k, step in enumerate(steps):
        balance[sites.index(step[1]), k] += 1.0
        balance[sites.index(step[2]), k] -= 1.0
    sent = np.array([ways * ((site == ends[0]) - (site == ends[1])) for site in sites], float)
    enters = np.maximum(-balance, 0.0)
    inner = [k for k, site in enumerate(sites) if by == "nodes" and site not in ends]
    through = _through(amounts, ends)
    rows = [enters[k] for k in inner]
    limits = [1.0 for _ in inner]
    for k in inner:
        if through.get(sites[k], 0.0) >= full:
            rows.append(-enters[k])
            limits.append(-1.0)
    found = linprog(
        [-amounts[step] / remaining for step in steps],
        A_ub=np.array(rows) if rows else None,
        b_ub=limits if rows else None,
        A_eq=balance,
        b_eq=sent,
        bounds=[(1.0 if amounts[step] >= full else 0.0, 1.0) for step in steps],
        method="highs-ds",
    )
    if found.status != 0:
        return None
    return [step for step, value in zip(steps, found.x, strict=True) if value > 0.5]


def _followed(arcs: Sequence[_Arc], ends: tuple[int, int]) -> list[list[_Arc]]:
    """Ways from end to end that arcs make up."""
    leaving = _leaving(dict.fromkeys(arcs, 1.0))
    ways = []
    while leaving.get(ends[0]):
        site, way = ends[0], []
        while site != ends[1]:
            way.append(leaving[site].pop(0))
            site = way[-1][2]
        ways.append(way)
    return ways
