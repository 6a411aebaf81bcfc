"""Shares of a network of the page: who gets how much where all users ask at once."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from experiments.explore.network.controls import NetControls
from experiments.explore.network.map import in_digits
from experiments.explore.plain_data import claimed, interval
from protocols.networks.check_routes import check_routes
from qnet.engines.forecast import forecast
from qnet.errors import QnetError
from qnet.network import Demand, NetworkCase, NetworkResult, RunTimes, play_network

__all__ = ["net_shares"]

#: Results that are kept.
_KEPT = 128

#: Independent runs; pairs of links, or sessions, that all of them together may cost.
_REPLICAS, _MOST_PAIRS, _MOST_SESSIONS = 4, 60_000, 4_000

#: Sessions of the slowest demand that a run shall see, one after the other.
_SESSIONS = 30.0

#: Share of the measured time that is played before it.
_WARM_UP = 0.05

_FIGURES = (
    "pair_rate_hz",
    "fidelity",
    "secret_key_rate_hz",
    "waiting_time_s",
    "refused_fraction",
)


@lru_cache(maxsize=_KEPT)
def net_shares(controls: NetControls, seed: int = 1) -> dict[str, Any]:
    """Play a network in which its users and the two of the page ask for pairs, over what is left.

    The measured time is the file's; shorter where that would take long to play, longer where
    sessions take long. A demand that asks for more than its route could ever give always has
    another session. One that no route serves any more is told with its reason, and not played.

    Args:
        controls: The setting.
        seed: Seed of the run.

    Returns:
        ``demands`` with figures (each an interval), their ``share`` of all pairs, and ``security``;
        ``unserved`` with reasons; ``edges`` with their ``use``; ``how`` pairs are given; ``seed``,
        ``replicas``, ``duration_s`` and that of the file, ``scenario`` (its text), ``says`` and
        ``work_s``. Or ``refused``.

    Examples:
        >>> found = net_shares(NetControls(network="line", source="1", target="5"))
        >>> [demand["ends"] for demand in found["demands"]]
        [['1', '5'], ['2', '4']]
    """
    begun = time.perf_counter()
    case, unserved = _case(controls, seed)
    found: dict[str, Any] = {
        "seed": seed,
        "replicas": case.run.replicas,
        "duration_s": case.run.duration_s,
        "file_duration_s": controls.scenario.run.duration_s,
        "how": _how(controls),
        "unserved": unserved,
        "scenario": _text(controls, case),
    }
    if not case.demands:
        found |= {"demands": [], "edges": [], "says": ["No demand has a route any more."]}
        return {**found, "work_s": time.perf_counter() - begun}
    try:
        check_routes(case)
        result = play_network(case)
    except QnetError as error:
        found |= {"refused": " ".join(str(error).split())}
        return {**found, "work_s": time.perf_counter() - begun}
    found |= {"demands": _demands(controls, case.demands, result), "edges": _edges(result)}
    found["says"] = [*_sentences(found), *_of_memories(case)]
    return {**found, "work_s": time.perf_counter() - begun}


def _case(controls: NetControls, seed: int) -> tuple[NetworkCase, list[dict[str, Any]]]:
    """What is played, and the demands that no route serves."""
    scenario = controls.scenario
    case = NetworkCase(
        network=controls.cut_network,
        demands=tuple(_asking(controls)),
        run=scenario.run,
        controller=scenario.controller,
        seed=seed,
        key=scenario.key,
    )
    unserved = [
        {"ends": list(choice.ends), "reason": choice.reason}
        for choice in case.choices
        if not choice.routes
    ]
    served = [
        (demand, _service(case, demand, choice.routes[0]))
        for demand, choice in zip(case.demands, case.choices, strict=True)
        if choice.routes
    ]
    demands = tuple(_bounded(demand, service) for demand, service in served)
    duration = _duration_s(case, list(zip(demands, (each for _, each in served), strict=True)))
    run = RunTimes(duration_s=duration, warm_up_s=_WARM_UP * duration, replicas=_REPLICAS)
    return replace(case, demands=demands, run=run), unserved


@dataclass(frozen=True, slots=True)
class _Service:
    """How long a session takes on its route in s, and how many fit on it at a time."""

    time_s: float
    at_once: float


def _service(case: NetworkCase, demand: Demand, route: tuple[str, ...]) -> _Service:
    edges = [case.network.edges[k] for k in case.network.edges_of(route)]
    limits = [edge.memories for edge in edges if edge.memories is not None]
    at_once = max(1.0, (min(limits) if limits else 1) // demand.memories)
    each = forecast(case.plan(route)).delivery_s
    return _Service(each * max(1.0, demand.pairs / demand.memories), at_once)


def _bounded(demand: Demand, service: _Service) -> Demand:
    """A demand that asks for more than its route could ever give always has another session."""
    rate = demand.session_rate_hz
    if rate is None or rate * service.time_s <= service.at_once:
        return demand
    return replace(demand, arrivals="backlog", rate_hz=None, patience_s=None)


def _duration_s(case: NetworkCase, served: Sequence[tuple[Demand, _Service]]) -> float:
    """Measured time of each run in s, for which a class waits: by what happens in a second.

    It is the file's, or longer where sessions take long.
    """
    longest = max((service.time_s for _, service in served), default=0.0)
    wanted = max(case.run.duration_s, _SESSIONS * longest)
    if case.controller.allocation == "share":
        rates = [edge.pair_rate_hz for edge in case.network.edges]
        most, each = _MOST_PAIRS, sum(rate for rate in rates if math.isfinite(rate))
    else:
        most, each = _MOST_SESSIONS, sum(_sessions_hz(*one) for one in served)
    seconds = most / _REPLICAS / max(each, 1e-300)
    return float(f"{min(wanted, seconds, 1e12):.2g}")


def _sessions_hz(demand: Demand, service: _Service) -> float:
    """Sessions per second, of those that always ask as many as their route serves."""
    rate = demand.session_rate_hz
    return service.at_once / max(service.time_s, 1e-300) if rate is None else rate


def _asking(controls: NetControls) -> Iterator[Demand]:
    """Those of the file, and the two users of the page as the first of them ask."""
    demands = controls.scenario.demands
    own = {controls.source, controls.target}
    for demand in demands:
        yield _busier(demand, controls.load)
    if not any(set(demand.ends) == own for demand in demands):
        like = replace(demands[0], ends=(controls.source, controls.target), minimum_fidelity=0.0)
        yield _busier(like, controls.load)


def _busier(demand: Demand, load: float) -> Demand:
    if demand.session_rate_hz is None:
        return demand
    return replace(demand, rate_hz=float(f"{load * demand.session_rate_hz:.12g}"))


def _how(controls: NetControls) -> str:
    """How pairs are given to those who ask, a sentence without a full stop."""
    rules = controls.scenario.controller
    if rules.allocation == "share":
        return "links make pairs all the time, and whoever needs one first has it"
    order = {"fifo": "in the order of their coming", "priority": "by priority"}
    waits = order.get(rules.discipline, "or are refused")
    return f"a session reserves memories along its route; others wait {waits}"


def _demands(
    controls: NetControls, demands: Sequence[Demand], result: NetworkResult
) -> list[dict[str, Any]]:
    rates = [each["pair_rate_hz"].best for each in result.demands]
    together = sum(rates)
    return [
        {
            "ends": list(each.ends),
            "is_own": set(each.ends) == {controls.source, controls.target},
            "routes": [list(route) for route in each.routes],
            "always_asks": demand.always_asks,
            **{name: interval(each[name]) for name in _FIGURES},
            "share": rate / together if together > 0.0 else None,
            "security": claimed(each.security),
        }
        for demand, each, rate in zip(demands, result.demands, rates, strict=True)
    ]


def _edges(result: NetworkResult) -> list[dict[str, Any]]:
    return [{"ends": list(each.ends), "use": interval(each.use)} for each in result.edges]


def _sentences(found: dict[str, Any]) -> Iterator[str]:
    demands = found["demands"]
    if demands and all(each["share"] is not None for each in demands):
        most = max(demands, key=lambda each: each["share"])
        least = min(demands, key=lambda each: each["share"])
        if len(demands) > 1 and most["pair_rate_hz"]["low"] <= least["pair_rate_hz"]["high"]:
            rate = in_digits(most["pair_rate_hz"]["best"])
            yield f"All get about as much, {rate} pairs a second at most."
        else:
            yield _most_of_all(most)
    used = [each for each in found["edges"] if each["use"] is not None]
    if used:
        fullest = max(used, key=lambda each: each["use"]["best"])
        yield (
            f"The fullest fibre is {' - '.join(fullest['ends'])}: its memories are taken "
            f"{100 * fullest['use']['best']:.0f} % of the time."
        )
    for each in found["unserved"]:
        yield f"{' and '.join(each['ends'])} get nothing: {each['reason']}."


def _of_memories(case: NetworkCase) -> Iterator[str]:
    """Why a route here may give more than alone, where one memory served each end of a link."""
    counts = [edge.memories for edge in case.network.edges]
    if any(count is None for count in counts):
        yield "Links make pairs in as many memories as are asked for; a route alone has one."
    elif most := max((count for count in counts if count is not None and count > 1), default=0):
        yield f"Links make pairs in up to {most} memories at each end; a route alone has one."


def _most_of_all(most: dict[str, Any]) -> str:
    return (
        f"Of all pairs, {' and '.join(most['ends'])} get most, {100 * most['share']:.0f} %: "
        f"{in_digits(most['pair_rate_hz']['best'])} a second."
    )


def _text(controls: NetControls, case: NetworkCase) -> str:
    """The scenario file of what is played, for ``qnet run``: with the fibres that are left."""
    from protocols.networks.site_tables import TopologyTable

    edges = [
        [*edge.ends, *([] if edge.length_km is None else [edge.length_km])]
        for edge in case.network.edges
    ]
    cut, scenario = controls.cut_edges, controls.scenario
    if not edges or not case.demands:
        return ""
    try:
        played = replace(
            scenario,
            topology=TopologyTable(edges=edges),
            edge=tuple(each for each in scenario.edge if frozenset(each.ends) not in cut),
            fault=(),
            demand=case.demands,
            run=case.run,
            seed=case.seed,
        )
    except QnetError:
        return ""
    return f"# {controls.title}\n# Written by qnet explore.\n{played.to_toml()}"
