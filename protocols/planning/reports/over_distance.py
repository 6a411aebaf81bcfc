"""Comparison of technologies over distance: key, trust, availability and cost of one demand."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

from protocols.planning.reports.distance_designs import DistanceRow, Spanner, spanners
from qnet.errors import ParameterError, check_positive
from qnet.schema import NOTHING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.planning.scenario import PlanScenario

__all__ = ["BreakEven", "DistanceTable", "distances_between", "over_distance"]

#: Distances of a grid, and the relative precision of a break-even length.
_GRID, _PRECISION = 20, 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven:
    """A distance at which another technology becomes the cheaper one of two.

    Args:
        distance_km: The distance.
        below: Name of the cheaper one at shorter distances.
        above: Name of the cheaper one beyond.
        cost_per_bit: Cost of a bit of the one that is cheaper beyond, at this distance.
        precision_km: At most so far below this distance it changes.
    """

    distance_km: float
    below: str
    above: str
    cost_per_bit: float
    precision_km: float

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {
            "distance_km": self.distance_km,
            "below": self.below,
            "above": self.above,
            "cost_per_bit": self.cost_per_bit,
            "precision_km": self.precision_km,
        }


@dataclass(frozen=True, kw_only=True)
class DistanceTable:
    """Technologies for one demand over distances.

    Args:
        name: Name of the scenario.
        demand_hz: Secret bits per second of the demand.
        route_factor: Length of fibre over the great circle.
        rows: Every technology at every distance, distances in order.
        break_even: Where one of two becomes the cheaper one.
        notes: What its reader must know.
    """

    name: str
    demand_hz: float
    route_factor: float
    rows: tuple[DistanceRow, ...]
    break_even: tuple[BreakEven, ...]
    notes: tuple[str, ...] = ()

    @cached_property
    def distances_km(self) -> tuple[float, ...]:
        """The distances, ascending."""
        return tuple(sorted({row.distance_km for row in self.rows}))

    @cached_property
    def technologies(self) -> tuple[str, ...]:
        """Names of what is compared, in order."""
        return tuple(dict.fromkeys(row.technology for row in self.rows))

    def of(self, technology: str) -> tuple[DistanceRow, ...]:
        """The rows of a technology, by distance.

        Args:
            technology: Its name.
        """
        return tuple(row for row in self.rows if row.technology == technology)

    def cheapest(self, distance_km: float) -> DistanceRow | None:
        """The row with the cheapest bit at a distance; None where nothing gives key.

        Args:
            distance_km: One of the distances.
        """
        here = [row for row in self.rows if row.distance_km == distance_km]
        best = min(here, key=lambda row: row.cost_per_bit, default=None)
        return None if best is None or best.pairs is None else best

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {
            "name": self.name,
            "demand_hz": self.demand_hz,
            "route_factor": self.route_factor,
            "rows": [row.as_dict() for row in self.rows],
            "break_even": [each.as_dict() for each in self.break_even],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """The table for people, a row a line; the cheapest at each distance has a star.

        Devices are pairs of devices on each hop, or satellites; bits a second are those of each.
        """
        head = f"{self.name}: {self.demand_hz:g} secret bits/s over one line"
        columns = ("km", "technology", "bit/s each", "devices", "hops", "trusted", "available")
        lines: list[tuple[str, ...]] = [(*columns, "capital", "cost of a bit")]
        lines += [self._line(row) for row in self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(len(lines[0]))]
        shown = [
            "  ".join(
                text.ljust(width) if k == 1 else text.rjust(width)
                for k, (text, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        return "\n".join([head, "", *shown, "", *self._crossings(), *self._reasons(), *self.notes])

    def _line(self, row: DistanceRow) -> tuple[str, ...]:
        if row.pairs is None:
            return (f"{row.distance_km:g}", row.technology, *("-",) * 7)
        best = self.cheapest(row.distance_km)
        star = "*" if best is row else ""
        return (
            f"{row.distance_km:g}",
            row.technology,
            f"{row.rate_hz.best:.4g}",
            f"{row.pairs}",
            f"{row.hops}",
            f"{row.trusted}",
            f"{row.availability:.6f}",
            f"{row.capital:.6g}",
            f"{row.cost_per_bit:.3e}{star}",
        )

    def _crossings(self) -> Iterator[str]:
        if not self.break_even:
            yield "no break-even within these distances"
        for each in self.break_even:
            yield f"beyond {each.distance_km:.4g} km {each.above} is cheaper than {each.below}"

    def _reasons(self) -> Iterator[str]:
        """Why there is no key, with the first and the last distance where it is so."""
        where: dict[tuple[str, str], list[float]] = {}
        for row in self.rows:
            if row.reason:
                where.setdefault((row.technology, row.reason), []).append(row.distance_km)
        for (technology, reason), km in where.items():
            span = f"{km[0]:g} km" if len(km) == 1 else f"{km[0]:g} to {km[-1]:g} km"
            yield f"{technology} at {span}: {reason}"

    def figure(self) -> Figure:
        """Cost of a bit, key rate, trust and availability over distance."""
        from protocols.planning.reports.distance_figure import distance_figure

        return distance_figure(self)


def distances_between(low_km: float, high_km: float, number: int = _GRID) -> tuple[float, ...]:
    """Distances from one to another: both, and between them multiples of a round step.

    Args:
        low_km: The first.
        high_km: The last.
        number: The step is the least that gives no more than so many; 3 or more.

    Raises:
        ParameterError: If they are not above zero and in order.

    Examples:
        >>> distances_between(50.0, 200.0, 4), distances_between(30.0, 480.0, 7)
        ((50.0, 100.0, 150.0, 200.0), (30.0, 100.0, 200.0, 300.0, 400.0, 480.0))
    """
    check_positive("distances_km[0]", low_km)
    if not low_km < high_km < math.inf:
        hint = "give the shortest and the longest distance"
        rule = f"be above the first, {low_km:g}"
        raise ParameterError("distances_km[1]", rule, high_km, hint)
    size = 10.0 ** math.floor(math.log10((high_km - low_km) / number))
    steps = (round_step * size for round_step in (1.0, 2.0, 5.0, 10.0, 20.0, 50.0))
    for step in steps:
        first, last = math.floor(low_km / step) + 1, math.ceil(high_km / step) - 1
        if last - first + 3 <= number:
            break
    return (float(low_km), *(k * step for k in range(first, last + 1)), float(high_km))


def over_distance(
    scenario: PlanScenario, distances_km: Sequence[float], demand_hz: float
) -> DistanceTable:
    """What each technology builds for one demand over one line, at each distance, and its cost.

    A line goes straight from end to end and carries this demand alone. Distances are great
    circles; fibre is longer by the route factor. Stations of satellites stand west and east of the
    middle of the scenario's sites. Every technology of fibre has a row of one hop as well. The
    break-even length of two technologies is found by bisection between two distances where the
    order of their costs differs; as whole hops and pairs make costs jump, there may be several
    between them, of which one is found.

    Args:
        scenario: The plan's scenario: its technologies, money and requirements count.
        distances_km: Distances, in any order.
        demand_hz: Secret bits per second that are needed.

    Raises:
        ParameterError: If a distance or the demand is not above zero, there is no technology, or a
            rate cannot be worked out.

    Examples:
        >>> import qnet
        >>> plan = qnet.loads('''
        ... kind = "plan"
        ... [sites]
        ... list = [["A", 50.0, 0.0], ["B", 50.0, 5.0]]
        ... route_factor = 1.0
        ... [[technology]]
        ... name = "fibre"
        ... rate_hz_at_0_km = 1e6
        ... loss_db_per_km = 0.2
        ... node_cost = 100.0
        ... pair_cost = 50.0
        ... ''')
        >>> table = over_distance(plan, [100.0, 500.0], 10e3)
        >>> [(row.technology, row.hops, row.capital) for row in table.rows][2]
        ('fibre', 5, 650.0)
    """
    check_positive("demand_hz", demand_hz)
    if not distances_km:
        raise ParameterError("distances_km", "name a distance", [], "give them in km")
    if not scenario.technology:
        hint = 'add [[technology]] with name = "trusted-fibre" and kind = "trusted-nodes"'
        raise ParameterError("technology", "say what can be built", NOTHING, hint)
    for k, each in enumerate(distances_km):
        check_positive(f"distances_km[{k}]", each)
    places = sorted({float(each) for each in distances_km})
    found = list(spanners(scenario, demand_hz))
    rows = {(each.name, km): each.row(km) for km in places for each in found}
    assumed = [
        f"assumed costs of {each.name}: {', '.join(each.costs.assumed)}"
        for each in scenario.technology
        if each.costs.assumed
    ]
    return DistanceTable(
        name=scenario.name,
        demand_hz=demand_hz,
        route_factor=scenario.graph.route_factor,
        rows=tuple(rows.values()),
        break_even=tuple(_break_even(found, rows, places)),
        notes=(
            "distances are great circles; fibre is longer by the route factor of "
            f"{scenario.graph.route_factor:g}",
            *assumed,
        ),
    )


def _break_even(
    found: Sequence[Spanner],
    rows: dict[tuple[str, float], DistanceRow],
    places: Sequence[float],
) -> Iterator[BreakEven]:
    """Where the order of two technologies changes, pair by pair."""
    for one, other in combinations(found, 2):
        last: tuple[float, int] | None = None
        for km in places:
            sign = _order(rows[one.name, km], rows[other.name, km])
            if sign == 0:
                continue
            if last is not None and sign != last[1]:
                known = rows[one.name, km], rows[other.name, km]
                yield _crossing((one, other), known, last[0], km, last[1])
            last = (km, sign)


def _order(one: DistanceRow, other: DistanceRow) -> int:
    """-1 where the first costs less, 1 where the other does, 0 where none or neither."""
    costs = one.cost_per_bit, other.cost_per_bit
    if costs[0] == costs[1] or math.isclose(*costs, rel_tol=1e-12):
        return 0
    return -1 if costs[0] < costs[1] else 1


def _crossing(
    pair: tuple[Spanner, Spanner],
    there: tuple[DistanceRow, DistanceRow],
    low: float,
    high: float,
    sign: int,
) -> BreakEven:
    """The end of the distances where the order is as at the low end, by bisection.

    Args:
        pair: The two.
        there: Their rows at the high end.
        low: A distance where the order has this sign.
        high: One where it has another.
        sign: As of `_order`.
    """
    width = max(_PRECISION * high, *(each.step_km for each in pair))
    while high - low > width:
        middle = (low + high) / 2.0
        if _order_at(pair, there, middle) == sign:
            low = middle
        else:
            high = middle
    below, above = pair if sign < 0 else pair[::-1]
    return BreakEven(
        distance_km=high,
        below=below.name,
        above=above.name,
        cost_per_bit=above.row(high).cost_per_bit,
        precision_km=high - low,
    )


def _order_at(
    pair: tuple[Spanner, Spanner], there: tuple[DistanceRow, DistanceRow], km: float
) -> int:
    """The order at a distance short of where the rows are known.

    Where the quicker one has no key, the slower one is not asked if it has some further on.
    """
    quick = 0 if pair[0].step_km <= pair[1].step_km else 1
    row = pair[quick].row(km)
    if row.pairs is None and there[1 - quick].pairs is not None:
        return 1 - 2 * quick
    slow = pair[1 - quick].row(km)
    return _order(row, slow) if quick == 0 else _order(slow, row)
