"""Rerouting of key in what a failure leaves: how much of the lost key other ways bring back.

Demands keep what still flows over their own ways. Of what they lost, the same share comes back for
all that are still joined: the largest one, by a linear programme of concurrent flows over the
devices that are built (F. Shahrokhi, D. W. Matula, J. ACM 37, 318 (1990),
doi:10.1145/77600.77620), solved by HiGHS (Q. Huangfu, J. A. J. Hall, Math. Program. Comput. 10, 119
(2018), doi:10.1007/s12532-017-0130-5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from protocols.planning.design.plan import NetworkPlan
from qnet.errors import EngineError

__all__ = ["LeftOver", "brought_back", "joined_sites"]

#: Coefficients of a programme: row, column, value.
_Entries = list[tuple[int, int, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOver:
    """What works of a plan.

    Args:
        capacity_hz: Key that each working option carries, in bit/s, by its number.
        relays: Numbers of the sites that relay.
        units: Working units of each shared source, by its number.
    """

    capacity_hz: Mapping[int, float]
    relays: frozenset[int]
    units: Mapping[int, float] = field(default_factory=dict)


def joined_sites(plan: NetworkPlan, left: LeftOver, source: int) -> set[int]:
    """Sites to which a site can still send key.

    Args:
        plan: The plan.
        left: What works of it.
        source: Number of the site.
    """
    at: dict[int, list[int]] = {}
    for k in left.capacity_hz:
        one, two = plan.case.options[k].ends
        at.setdefault(one, []).append(two)
        at.setdefault(two, []).append(one)
    reached, to_do = {source}, [source]
    while to_do:
        site = to_do.pop()
        if site != source and site not in left.relays:
            continue
        for other in at.get(site, ()):
            if other not in reached:
                reached.add(other)
                to_do.append(other)
    return reached


def brought_back(
    plan: NetworkPlan, left: LeftOver, lost: Sequence[float]
) -> tuple[float, tuple[int, ...]]:
    """The largest share of the lost key that rerouting brings back, and who is cut off.

    Args:
        plan: The plan.
        left: What works of it.
        lost: Share of the key of each demand that its own ways no longer carry.

    Returns:
        The share, the same for all demands that are still joined, and the numbers of the others.

    Raises:
        EngineError: If HiGHS finds no optimum.
    """
    ends = [plan.case.demands[each.demand].ends for each in plan.demands]
    affected = [k for k, share in enumerate(lost) if share > 0.0]
    reach = {ends[k][0]: joined_sites(plan, left, ends[k][0]) for k in affected}
    cut = tuple(k for k in affected if ends[k][1] not in reach[ends[k][0]])
    if len(cut) == len(affected):
        return 0.0, cut
    return _ReroutingProgramme(plan, left, lost, set(cut)).solved(), cut


class _ReroutingProgramme:
    """Flows from each source along what works, and the share of lost key that comes back."""

    def __init__(
        self, plan: NetworkPlan, left: LeftOver, lost: Sequence[float], cut: set[int]
    ) -> None:
        self.plan, self.left = plan, left
        demands = [(plan.case.demands[each.demand], k) for k, each in enumerate(plan.demands)]
        kept = [(demand, lost[k]) for demand, k in demands if k not in cut]
        counts = Counter(end for demand, _ in kept for end in demand.ends)
        self.unit = max((demand.key_rate_hz for demand, _ in kept), default=1.0)
        #: Of each source, what each other site keeps, and what it lost, in units.
        self.wanted: dict[int, dict[int, tuple[float, float]]] = {}
        for demand, share in kept:
            source, target = sorted(demand.ends, key=lambda site: (-counts[site], site))
            asked = self.wanted.setdefault(source, {})
            keeps, lacks = asked.get(target, (0.0, 0.0))
            rate = demand.key_rate_hz / self.unit
            asked[target] = (keeps + rate * (1.0 - share), lacks + rate * share)
        self.flows = [
            (source, k, one, two)
            for source in self.wanted
            for k in left.capacity_hz
            for one, two in (plan.case.options[k].ends, plan.case.options[k].ends[::-1])
            if two != source and (one == source or one in left.relays)
        ]

    def solved(self) -> float:
        """The share that comes back."""
        from scipy.optimize import linprog

        count = len(self.flows)
        balances, kept = self._balances()
        limits, room = self._limits()
        goal = np.zeros(count + 1)
        goal[count] = -1.0
        found = linprog(
            goal,
            A_ub=_matrix(limits, len(room), count + 1),
            b_ub=np.array(room),
            A_eq=_matrix(balances, len(kept), count + 1),
            b_eq=np.array(kept),
            bounds=[(0.0, None)] * count + [(0.0, 1.0)],
            method="highs",
        )
        if found.status != 0:
            message = f"HiGHS finds no flow in what a failure leaves: {found.message}"
            raise EngineError(message)
        return min(max(float(found.x[count]), 0.0), 1.0)

    def _balances(self) -> tuple[_Entries, list[float]]:
        """What comes to each site less what leaves it is what it keeps and gets back."""
        rows: dict[tuple[int, int], int] = {}
        entries: _Entries = []
        for column, (source, _, one, two) in enumerate(self.flows):
            entries.append((rows.setdefault((source, two), len(rows)), column, 1.0))
            if one != source:
                entries.append((rows.setdefault((source, one), len(rows)), column, -1.0))
        kept = [0.0] * len(rows)
        for source, asked in self.wanted.items():
            for site, (keeps, lacks) in asked.items():
                row = rows[source, site]
                kept[row] = keeps
                entries.append((row, len(self.flows), -lacks))
        return entries, kept

    def _limits(self) -> tuple[_Entries, list[float]]:
        """Devices carry so much, and units of sources have so much time."""
        rows: dict[tuple[str, int], int] = {}
        entries: _Entries = []
        room: list[float] = []
        for column, (_, k, _, _) in enumerate(self.flows):
            option = self.plan.case.options[k]
            limits = [(("option", k), self.left.capacity_hz[k] / self.unit, 1.0)]
            if option.source is not None:
                limit = self.left.units.get(option.source, 0.0)
                limits.append((("source", option.source), limit, self.unit / option.rate_hz.best))
            for name, most, weight in limits:
                if name not in rows:
                    rows[name] = len(rows)
                    # As much slack as devices have that carry exactly what they are built for.
                    room.append(most * (1.0 + 1e-9) + 1e-9)
                entries.append((rows[name], column, weight))
        return entries, room


def _matrix(entries: _Entries, height: int, width: int) -> object:
    from scipy.sparse import csr_array

    places = np.array([entry[:2] for entry in entries]).reshape(-1, 2).T
    values = [entry[2] for entry in entries]
    return csr_array((values, tuple(places)), shape=(height, width))
