"""Routes of demands: candidates, their figures, and the choice among them.

A repeater or a switch relays; a user does not: routes begin and end there. Candidates are found by
costs that add up along a route. Times to a pair do not add up, nor does the key: with ``evaluated``
each candidate is played by the engine (M. Caleffi, IEEE Access 5, 22299 (2017),
doi:10.1109/ACCESS.2017.2763325). What does not depend on such figures plays nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from qnet.engines.result import Key
from qnet.network.demand import Demand
from qnet.network.network import Network
from qnet.network.routing.path_search import FoundPath, PathSearch, relays
from qnet.network.routing.route_figures import RouteFigures, RoutePlayer
from qnet.network.routing.route_metrics import edge_costs
from qnet.network.settings import ControllerSettings
from qnet.progress import ProgressCallback

__all__ = ["RouteChoice", "choose_routes"]

#: Least number of candidates where the engine decides.
_CANDIDATES = 5

#: Most routes that are looked through for one of the least fidelity that is asked for.
_SEARCHED = 20

#: Fidelities may miss the least one by rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteChoice:
    """What was considered for a demand, and what it takes.

    Args:
        ends: Names of its ends.
        considered: The candidates, first to last in the order that they were found.
        routes: Those that it takes, best first; none where it has none. Of a demand with more than
            two ends one from each end, in their order, to the node where their pairs are fused.
        reason: Why it has none, a sentence; empty where it has one.
    """

    ends: tuple[str, ...]
    considered: tuple[RouteFigures, ...]
    routes: tuple[tuple[str, ...], ...]
    reason: str = ""

    @property
    def chosen(self) -> tuple[RouteFigures, ...]:
        """What it takes, with its figures as far as they are known, best first."""
        known = {figures.route: figures for figures in self.considered}
        return tuple(known[route] for route in self.routes)


def choose_routes(
    network: Network,
    demands: Sequence[Demand],
    controller: ControllerSettings,
    key: Key,
    seed: int = 1,
    *,
    play_all: bool = False,
    progress: ProgressCallback | None = None,
) -> tuple[RouteChoice, ...]:
    """The routes of each demand, found as the controller's settings say.

    ``shortest`` takes the first ``routes`` by the metric; ``evaluated`` the one of ``routes``
    candidates (five at least) that delivers in the shortest time, or with ``key-rate`` most key;
    ``disjoint`` as many as ``routes`` (two at least) that share no edge, their total cost least;
    ``fidelity`` the one of most fidelity. Those below a demand's minimum fidelity are not taken.
    Where memories are reserved, every edge of a route has as many as a session takes.

    Args:
        network: Nodes and edges.
        demands: Who asks for pairs.
        controller: Routing, metric, number of routes.
        key: How a secret key is taken from the pairs.
        seed: Seed of figures that are drawn, where the exact engine is slow or cannot play a route.
        play_all: Whether all that is considered gets its figures, also where none are needed.
        progress: Called with the number of demands done and wanted.

    Raises:
        ParameterError: If the metric is length, and an edge has none.
    """
    chooser = _Chooser(network, controller, key, seed)
    found = []
    for demand in demands:
        choice = chooser.choice(demand)
        found.append(chooser.played(choice) if play_all else choice)
        if progress is not None:
            progress(len(found), len(demands))
    return tuple(found)


class _Chooser:
    """Choice of routes for one demand after another; searches and figures are kept."""

    def __init__(
        self, network: Network, controller: ControllerSettings, key: Key, seed: int
    ) -> None:
        self.network, self.controller, self.key = network, controller, key
        self.player = RoutePlayer(network, key, seed)
        self.reserves = controller.allocation != "share"
        self._searches: dict[tuple[str, int], PathSearch] = {}
        self._known: dict[tuple[object, ...], RouteChoice] = {}

    def search(self, metric: str, memories: int) -> PathSearch:
        """Search by a metric over the edges that have so many memories."""
        at = (metric, memories)
        if at not in self._searches:
            costs = edge_costs(self.network, metric, self.key)
            if self.reserves:
                least = [edge.memories for edge in self.network.edges]
                fits = [each is None or each >= memories for each in least]
                costs = [c if fit else math.inf for c, fit in zip(costs, fits, strict=True)]
            self._searches[at] = PathSearch.of(self.network, costs)
        return self._searches[at]

    def choice(self, demand: Demand) -> RouteChoice:
        same = (demand.ends, demand.minimum_fidelity, demand.memories)
        if same not in self._known:
            self._known[same] = self._chosen(demand)
        return self._known[same]

    def _chosen(self, demand: Demand) -> RouteChoice:
        if len(demand.ends) > 2:
            return self._star(demand)
        source, target = (self.network.node_number[end] for end in demand.ends)
        search = self.search(self.controller.metric, demand.memories)
        if search.first(source, target) is None and self.controller.metric == "key-rate":
            search = self.search("delivery-time", demand.memories)
        if search.first(source, target) is None:
            reason = self._island(demand)
            return RouteChoice(ends=demand.ends, considered=(), routes=(), reason=reason)
        take = {
            "shortest": self._shortest,
            "evaluated": self._evaluated,
            "disjoint": self._disjoint,
            "fidelity": self._of_most_fidelity,
        }[self.controller.routing]
        considered, taken = take(demand, search, source, target)
        reason = ""
        if not taken:
            more = self._by_fidelity(demand, source, target)
            considered = list({each.route: each for each in [*considered, *more]}.values())
            # Others than those of the metric may be good enough: the first of them is taken.
            taken = sorted(self._admissible(demand, more), key=_of_fidelity)[:1]
            reason = "" if taken else _too_low(demand, considered)
        return RouteChoice(
            ends=demand.ends,
            considered=tuple(considered),
            routes=tuple(each.route for each in taken),
            reason=reason,
        )

    # The ways of routing: candidates, and what is taken of them.

    def _shortest(
        self, demand: Demand, search: PathSearch, source: int, target: int
    ) -> tuple[list[RouteFigures], list[RouteFigures]]:
        wanted = self.controller.routes
        if not demand.minimum_fidelity:
            paths = islice(search.each(source, target), wanted)
            found = [self.player.bare(search.names(path)) for path in paths]
            return found, found
        considered: list[RouteFigures] = []
        taken: list[RouteFigures] = []
        for path in islice(search.each(source, target), max(_SEARCHED, wanted)):
            considered.append(self.player.figures(search.names(path)))
            taken += self._admissible(demand, considered[-1:])
            if len(taken) == wanted:
                break
        return considered, taken

    def _evaluated(
        self, demand: Demand, search: PathSearch, source: int, target: int
    ) -> tuple[list[RouteFigures], list[RouteFigures]]:
        count = max(_CANDIDATES, self.controller.routes)
        considered = self._candidates(search, source, target, count)
        order: Callable[[RouteFigures], Any] = _of_time
        if self.controller.metric == "key-rate":
            # What a swap takes of the key is in no sum over links: few hops, and good ones, too.
            order = _of_key
            for metric in ("hops", "fidelity"):
                other = self.search(metric, demand.memories)
                considered += self._candidates(other, source, target, 1)
            considered = list({each.route: each for each in considered}.values())
        return considered, sorted(self._admissible(demand, considered), key=order)[:1]

    def _disjoint(
        self, demand: Demand, search: PathSearch, source: int, target: int
    ) -> tuple[list[RouteFigures], list[RouteFigures]]:
        paths = search.disjoint(source, [target], max(2, self.controller.routes))
        figures = self.player.figures if demand.minimum_fidelity else self.player.bare
        considered = [figures(search.names(path)) for path in paths]
        return considered, self._admissible(demand, considered)

    def _of_most_fidelity(
        self, demand: Demand, search: PathSearch, source: int, target: int
    ) -> tuple[list[RouteFigures], list[RouteFigures]]:
        considered = self._by_fidelity(demand, source, target)
        return considered, sorted(self._admissible(demand, considered), key=_of_fidelity)[:1]

    def _by_fidelity(self, demand: Demand, source: int, target: int) -> list[RouteFigures]:
        """The candidates of most fidelity, by the Werner parameters of their fresh links."""
        search = self.search("fidelity", demand.memories)
        if search.first(source, target) is None:
            search = self.search("hops", demand.memories)
        count = max(_CANDIDATES, self.controller.routes)
        return self._candidates(search, source, target, count)

    def _candidates(
        self, search: PathSearch, source: int, target: int, count: int
    ) -> list[RouteFigures]:
        paths = islice(search.each(source, target), count)
        return [self.player.figures(search.names(path)) for path in paths]

    def _admissible(self, demand: Demand, considered: Sequence[RouteFigures]) -> list[RouteFigures]:
        """Those that reach the least fidelity that is asked for."""
        least = demand.minimum_fidelity
        if not least:
            return list(considered)
        return [
            each
            for each in considered
            if each.fidelity is not None and each.fidelity.best >= least - _ROUNDING
        ]

    # More than two ends, and none that are joined.

    def _star(self, demand: Demand) -> RouteChoice:
        """A route from each end to the node where their pairs are fused; they share no edge."""
        network, search = self.network, self.search(self.controller.metric, demand.memories)
        ends = [network.node_number[end] for end in demand.ends]
        best: tuple[int, list[FoundPath]] | None = None
        for centre, relays_here in enumerate(search.relays):
            if not relays_here or centre in ends:
                continue
            paths = search.disjoint(centre, ends, len(ends))
            cost = sum(path.cost for path in paths)
            if len(paths) == len(ends) and (best is None or cost < best[0]):
                best = cost, paths
        if best is None:
            joined = f"{', '.join(demand.ends[:-1])} and {demand.ends[-1]}"
            reason = f"no switch or repeater has routes to {joined} that share no edge"
            return RouteChoice(ends=demand.ends, considered=(), routes=(), reason=reason)
        routes = tuple(search.names(path)[::-1] for path in best[1])
        considered = tuple(map(self.player.bare, routes))
        return RouteChoice(ends=demand.ends, considered=considered, routes=routes)

    def _island(self, demand: Demand) -> str:
        """Why no route joins the ends of a demand, a sentence."""
        joined = " and ".join(demand.ends)
        source, target = (self.network.node_number[end] for end in demand.ends)
        search = PathSearch.of(self.network, [1.0] * len(self.network.edges))
        if self.reserves and demand.memories > 1 and search.first(source, target) is not None:
            held = f"{demand.memories} memories that a session takes"
            return f"no route joins {joined} whose every edge has the {held}"
        anyhow = PathSearch.of(self.network, [1.0] * len(self.network.edges))
        anyhow.relays = [True] * len(self.network.nodes)
        if anyhow.first(source, target) is None:
            return f"no route joins {joined}"
        if all(relays(self.network)):
            return f"no route joins {joined} whose every edge makes pairs"
        return f"no route joins {joined}: users do not relay, and one stands on every way"

    def played(self, choice: RouteChoice) -> RouteChoice:
        """A choice whose candidates all have their figures."""
        figures = [each if each.is_played else self.player.figures(each.route)
                   for each in choice.considered]  # fmt: skip
        return replace(choice, considered=tuple(figures))


def _same(value: float) -> float:
    """A number without digits beyond the exact engine's tolerance: these decide nothing."""
    return float(f"{value:.7e}")


def _of_time(figures: RouteFigures) -> float:
    return math.inf if figures.delivery_time_s is None else _same(figures.delivery_time_s.best)


def _of_key(figures: RouteFigures) -> tuple[float, float]:
    """Most key first; without key, the shortest time."""
    found = figures.secret_key_rate_hz
    return (0.0 if found is None else -_same(found.best)), _of_time(figures)


def _of_fidelity(figures: RouteFigures) -> float:
    return 0.0 if figures.fidelity is None else -_same(figures.fidelity.best)


def _too_low(demand: Demand, considered: Sequence[RouteFigures]) -> str:
    """That no route reaches the least fidelity, with the best there is, a sentence."""
    joined = " and ".join(demand.ends)
    reason = f"no route between {joined} reaches a fidelity of {demand.minimum_fidelity:g}"
    best = min(considered, key=_of_fidelity)
    if best.fidelity is None:
        return f"{reason}: {best.reason}"
    return f"{reason}; the best, {' - '.join(best.route)}, has {best.fidelity.best:.6g}"
