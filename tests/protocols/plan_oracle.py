"""Cheapest plans of small cases by enumeration: of ways, and of devices with flows over them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product

import numpy as np
from scipy.optimize import linprog

from protocols.planning.design.case import (
    PlanCase,
    PlanDemand,
    PlanSite,
    Requirements,
    SharedSource,
    SpanOption,
)
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

CLAIM = SecurityClaim(notion="asymptotic")

#: A way: its sites, and its options.
Way = tuple[tuple[int, ...], tuple[int, ...]]


def option(one: int, two: int, span: int, rate_hz: float, **keys: object) -> SpanOption:
    """An option of a span between two sites; one hop of devices at 1 unless said."""
    given = {"technology": "fibre", "length_km": None, "hops": 1, "nodes": 0}
    given |= {"fixed_cost": 0.0, "pair_cost": 1.0, "relay_cost": 0.0}
    rate = Estimate.exact(rate_hz)
    return SpanOption(ends=(one, two), span=span, rate_hz=rate, security=CLAIM, **given | keys)


def t1(**require: object) -> PlanCase:
    """Trusted-node instance T1: users A to D, trusted nodes t1 to t4, rates in kbit/s."""
    names = ["A", "B", "C", "D", "t1", "t2", "t3", "t4"]
    links = "A t1 20,A t2 12,B t1 8,B t3 15,C t2 10,C t3 9,C t4 25,D t4 14,D t1 6,t1 t3 18,"
    links += "t2 t4 11,t3 t4 16,t1 t2 7"
    options = []
    for span, link in enumerate(links.split(",")):
        one, two, rate = link.split()
        ends = names.index(one), names.index(two)
        options.append(option(*ends, span, float(rate), pair_cost=0.12, relay_cost=1.0))
    return PlanCase(
        sites=tuple(PlanSite(name=name, relays=name.startswith("t")) for name in names),
        options=tuple(options),
        demands=tuple(
            PlanDemand(ends=ends, key_rate_hz=rate)
            for ends, rate in [((0, 1), 10.0), ((0, 2), 6.0), ((1, 3), 5.0)]
        ),
        require=Requirements(**require),
    )


def random_case(numbers: np.random.Generator, **require: object) -> PlanCase:
    """Five sites, a ring with chords, spans of two technologies, three demands, a satellite."""
    spans = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]
    spans += [pair for pair in [(0, 2), (1, 3)] if numbers.random() < 0.6]
    options = []
    for span, (one, two) in enumerate(spans):
        for technology in ("fibre", "other")[: 1 + int(numbers.random() < 0.25)]:
            options.append(
                option(
                    one,
                    two,
                    span,
                    float(numbers.integers(3, 12)),
                    technology=technology,
                    nodes=int(numbers.integers(0, 3)),
                    fixed_cost=float(numbers.integers(0, 4)),
                    pair_cost=float(numbers.integers(1, 5)),
                    relay_cost=float(numbers.integers(1, 4)) if technology == "other" else 2.0,
                )
            )
    sites = [PlanSite(name=name, relays=name != "e") for name in "abcde"]
    sources: tuple[SharedSource, ...] = ()
    if numbers.random() < 0.5:
        sites.append(PlanSite(name="sky", source=0))
        sources = (SharedSource(name="sky", technology="space", unit_cost=3.0, most_units=4),)
        for k, site in enumerate((0, 2, 4)):
            keys = {"technology": "space", "pair_cost": 1.0, "most_pairs": 9, "source": 0}
            options.append(option(site, 5, len(spans) + k, 6.0, **keys))
    pairs = list(combinations(range(5), 2))
    chosen = numbers.choice(len(pairs), 3, replace=False)
    return PlanCase(
        sites=tuple(sites),
        options=tuple(options),
        demands=tuple(
            PlanDemand(ends=pairs[k], key_rate_hz=float(numbers.integers(1, 8))) for k in chosen
        ),
        require=Requirements(**require),
        sources=sources,
    )


def four_sites(numbers: np.random.Generator, **require: object) -> PlanCase:
    """Four sites, a ring with a chord, two demands that two devices of each span carry."""
    spans = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)]
    options = [
        option(
            *ends,
            span,
            float(numbers.integers(4, 8)),
            fixed_cost=float(numbers.integers(0, 3)),
            pair_cost=float(numbers.integers(1, 5)),
            relay_cost=1.0,
        )
        for span, ends in enumerate(spans)
    ]
    rates = numbers.integers(2, 5, size=2)
    return PlanCase(
        sites=tuple(PlanSite(name=name, relays=name != "d") for name in "abcd"),
        options=tuple(options),
        demands=tuple(
            PlanDemand(ends=ends, key_rate_hz=float(rate))
            for ends, rate in zip([(0, 2), (1, 3)], rates, strict=True)
        ),
        require=Requirements(**require),
    )


def four_sites_and_more(numbers: np.random.Generator, **require: object) -> PlanCase:
    """Four sites in a ring, one span with a second technology, nodes on the way, a satellite."""
    case = four_sites(numbers, **require)
    options = [replace(each, nodes=int(numbers.integers(0, 2))) for each in case.options[:4]]
    rate = float(numbers.integers(3, 6))
    options.append(option(0, 1, 0, rate, technology="other", pair_cost=2.0, relay_cost=3.0))
    keys = {"technology": "space", "pair_cost": 0.0, "fixed_cost": 1.0, "source": 0}
    options += [option(site, 4, 5 + site, 6.0, most_pairs=1, **keys) for site in (0, 2)]
    sky = SharedSource(name="sky", technology="space", unit_cost=4.0, most_units=2)
    sites = (*case.sites, PlanSite(name="sky", source=0))
    return replace(case, options=tuple(options), sites=sites, sources=(sky,))


def ways(case: PlanCase, ends: tuple[int, int]) -> Iterator[Way]:
    """All ways without loops between two sites, over sites that relay."""
    stack: list[Way] = [((ends[0],), ())]
    while stack:
        sites, options = stack.pop()
        if sites[-1] == ends[1]:
            yield sites, options
            continue
        if len(sites) > 1 and not case.sites[sites[-1]].relays:
            continue
        for k, each in enumerate(case.options):
            if sites[-1] in each.ends:
                other = each.ends[each.ends[0] == sites[-1]]
                if other not in sites:
                    stack.append(((*sites, other), (*options, k)))


def sets_of_ways(case: PlanCase, ends: tuple[int, int]) -> list[tuple[Way, ...]]:
    """Single ways, or pairs of disjoint ways, that keep to the trusted nodes of a demand."""
    require = case.require
    found: list[tuple[Way, ...]] = [(way,) for way in ways(case, ends)]
    if require.disjoint_paths == 2:
        found = [(a, b) for (a,), (b,) in combinations(found, 2) if _disjoint(case, a, b)]
    most = require.maximum_trusted_nodes
    return [each for each in found if most is None or trusted(case, each) <= most]


def trusted(case: PlanCase, together: tuple[Way, ...]) -> int:
    """Sites that relay on ways, and nodes of their options, each once."""
    sites = {site for way, _ in together for site in way[1:-1]}
    options = {k for _, way in together for k in way}
    return len(sites) + sum(case.options[k].nodes for k in options)


def _disjoint(case: PlanCase, one: Way, two: Way) -> bool:
    spans = [{case.options[k].span for k in way[1]} for way in (one, two)]
    nodes = set(one[0][1:-1]) & set(two[0][1:-1])
    return not spans[0] & spans[1] and not (case.require.by == "nodes" and nodes)


def cost_of(case: PlanCase, pairs: dict[int, int], relays: set[int], units: list[int]) -> float:
    """What devices, relays and units cost; infinite if two options of a line are built."""
    lines = {(case.options[k].span, case.options[k].technology) for k in pairs}
    if len(lines) < len(pairs):
        return float("inf")
    cost = sum(case.options[k].fixed_cost + n * case.options[k].pair_cost for k, n in pairs.items())
    for site in relays:
        if case.sites[site].source is None:
            here = [case.options[k].relay_cost for k in pairs if site in case.options[k].ends]
            cost += max(here, default=0.0)
    return cost + sum(n * s.unit_cost for n, s in zip(units, case.sources, strict=True))


def cheapest_whole(case: PlanCase) -> float:
    """Cost of the cheapest plan whose keys are not split, by trying all ways; infinite if none."""
    best = float("inf")
    for together in product(*(sets_of_ways(case, d.ends) for d in case.demands)):
        loads: dict[int, float] = {}
        relays: set[int] = set()
        for demand, chosen in zip(case.demands, together, strict=True):
            for sites, options in chosen:
                relays |= set(sites[1:-1])
                for k in options:
                    loads[k] = loads.get(k, 0.0) + demand.key_rate_hz
        best = min(best, _cost_of_loads(case, loads, relays))
    return best


def _cost_of_loads(case: PlanCase, loads: dict[int, float], relays: set[int]) -> float:
    rates = {k: case.options[k].rate_hz.best for k in loads}
    pairs = {k: int(np.ceil(load / rates[k] - 1e-9)) for k, load in loads.items()}
    if any(n > (case.options[k].most_pairs or 99) for k, n in pairs.items()):
        return float("inf")
    units = []
    for number, source in enumerate(case.sources):
        time = sum(load / rates[k] for k, load in loads.items() if case.options[k].source == number)
        units.append(int(np.ceil(time - 1e-9)))
        if units[-1] > source.most_units:
            return float("inf")
    return cost_of(case, pairs, relays, units)


def cheapest_split(case: PlanCase, upper: float) -> float:
    """The least cost below a known one, keys split: devices by cost, flows over ways by LP."""
    columns = [sets_of_ways(case, d.ends) for d in case.demands]
    total = sum(d.key_rate_hz for d in case.demands)
    choices = []
    for each in case.options:
        most = int(np.ceil(total / each.rate_hz.best - 1e-9))
        choices.append(range(min(most, each.most_pairs or most) + 1))
    found = []
    for numbers in _affordable(case, choices, upper):
        pairs = {k: n for k, n in enumerate(numbers) if n}
        for units in product(*(range(s.most_units + 1) for s in case.sources)):
            for relays in _subsets(case, pairs):
                cost = cost_of(case, pairs, relays, list(units))
                if cost < upper - 1e-9:
                    found.append((cost, pairs, relays, units))
    found.sort(key=lambda each: each[0])
    kept = list(_kept(case, columns))
    for cost, pairs, relays, units in found:
        if any(_carried(case, each, pairs, relays, units) for each in kept):
            return cost
    return upper


def _affordable(case: PlanCase, choices: list[range], upper: float) -> Iterator[tuple[int, ...]]:
    """Devices that cost less than a bound."""
    stack: list[tuple[tuple[int, ...], float]] = [((), 0.0)]
    while stack:
        numbers, cost = stack.pop()
        if len(numbers) == len(choices):
            yield numbers
            continue
        each = case.options[len(numbers)]
        for n in choices[len(numbers)]:
            more = cost + (each.fixed_cost + n * each.pair_cost if n else 0.0)
            if more < upper:
                stack.append(((*numbers, n), more))


def _subsets(case: PlanCase, pairs: dict[int, int]) -> Iterator[set[int]]:
    """Sites that may relay over what is built, in all combinations; satellites always."""
    ends = {end for k in pairs for end in case.options[k].ends}
    sky = {s for s in ends if case.sites[s].source is not None}
    ground = [s for s in ends if case.sites[s].relays and s not in sky]
    for n in range(len(ground) + 1):
        for chosen in combinations(ground, n):
            yield set(chosen) | sky


def _kept(
    case: PlanCase, columns: list[list[tuple[Way, ...]]]
) -> Iterator[list[list[tuple[Way, ...]]]]:
    """Ways of each demand that keep together to its trusted nodes, as many as can be."""
    most = case.require.maximum_trusted_nodes
    if most is None:
        yield columns
        return
    choices = []
    for sets in columns:
        places = {("site", s): 1 for each in sets for way in each for s in way[0][1:-1]}
        for k in (k for each in sets for way in each for k in way[1] if case.options[k].nodes):
            places["option", k] = case.options[k].nodes
        allowed = set()
        for n in range(len(places) + 1):
            for chosen in combinations(sorted(places), n):
                if sum(places[each] for each in chosen) <= most:
                    allowed.add(frozenset(each for each in sets if _within(case, each, chosen)))
        choices.append([a for a in allowed if a and not any(a < b for b in allowed)])
    for together in product(*choices):
        yield [list(each) for each in together]


def _within(case: PlanCase, together: tuple[Way, ...], places: tuple[tuple[str, int], ...]) -> bool:
    """Whether ways trust these places alone."""
    sites = {("site", s) for way in together for s in way[0][1:-1]}
    options = {("option", k) for way in together for k in way[1] if case.options[k].nodes}
    return sites | options <= set(places)


def _carried(
    case: PlanCase,
    columns: list[list[tuple[Way, ...]]],
    pairs: dict[int, int],
    relays: set[int],
    units: tuple[int, ...],
) -> bool:
    """Whether flows over ways carry all demands."""
    usable = [
        (d, each)
        for d, sets in enumerate(columns)
        for each in sets
        if all(set(w[1]) <= pairs.keys() and set(w[0][1:-1]) <= relays for w in each)
    ]
    if {d for d, _ in usable} != set(range(len(columns))):
        return False
    options = sorted(pairs)
    rates = [case.options[k].rate_hz.best for k in options]
    use = np.zeros((len(options) + len(units), len(usable)))
    for j, (_, each) in enumerate(usable):
        for k in (k for way in each for k in way[1]):
            use[options.index(k), j] += 1.0 / rates[options.index(k)]
            if case.options[k].source is not None:
                use[len(options) + case.options[k].source, j] += 1.0 / case.options[k].rate_hz.best
    limits = [*(pairs[k] for k in options), *units]
    equal = np.array([[float(d == e) for e, _ in usable] for d in range(len(columns))])
    wanted = [d.key_rate_hz for d in case.demands]
    found = linprog(np.zeros(len(usable)), A_ub=use, b_ub=limits, A_eq=equal, b_eq=wanted)
    return found.status == 0
