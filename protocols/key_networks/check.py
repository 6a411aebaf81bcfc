"""Checks of a key network's scenario: what cannot be meant is refused, before any work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from protocols.key_networks.attacks import watched_link
from protocols.key_networks.build import edge_tables
from protocols.key_networks.given_routes import check_given_routes
from protocols.key_networks.routes import node_tables
from protocols.key_networks.shared_devices import check_shared
from protocols.key_networks.tables import InterceptTable
from protocols.networks.check_names import (
    MOST,
    check_failures,
    check_faults,
    check_joined,
    check_known,
    check_named_edges,
    check_named_nodes,
    check_run,
    refuse,
)
from qnet.errors import ParameterError
from qnet.network.routing.path_search import PathSearch

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["check_case", "check_scenario"]

#: Most turns of shared devices: beyond them it takes more than an hour.
_MOST_TURNS = 1e7

_LAST_PORT = 65_535


def check_scenario(scenario: KeyNetworkScenario) -> None:
    """Raise for what the tables of a scenario say that does not go together.

    Raises:
        ParameterError: With the field, the rule, the value and a hint.
    """
    sites = scenario.sites
    if scenario.run is not None:
        check_run(scenario.run)
    check_named_nodes(scenario.nodes, sites)
    check_named_edges(scenario.edge, sites)
    for k, demand in enumerate(scenario.demand):
        for end in demand.ends:
            check_known(f"demand[{k}].ends", end, sites.names)
    check_faults(scenario.fault, sites)
    check_shared(scenario.shared, [span.ends for span in sites.spans])
    _check_attacks(scenario)
    _check_served(scenario)
    for number, _, _, link, _, _ in edge_tables(scenario):
        place = "" if number is None else f"edge[{number}]."
        try:
            watched_link(0.0, link.test_bits_hz, block_bits=scenario.alarm.block_bits)
        except ParameterError as error:
            error.hint += f" ({place}link.test_bits_hz)" if place else ""
            raise
    _check_routes(scenario)


def _check_attacks(scenario: KeyNetworkScenario) -> None:
    for k, attack in enumerate(scenario.attack):
        check_joined(f"attack[{k}]", attack.edge, scenario.sites)
        for j, other in enumerate(scenario.attack[:k]):
            if frozenset(other.edge) == frozenset(attack.edge) and _overlap(other, attack):
                hint = f"on this edge attack[{j}] is at work then: put them one after the other"
                refuse(f"attack[{k}]", "from_s", "begin after the others end", attack.from_s, hint)


def _overlap(one: InterceptTable, two: InterceptTable) -> bool:
    ends = [float("inf") if each.to_s is None else each.to_s for each in (one, two)]
    return one.from_s < ends[1] and two.from_s < ends[0]


def _check_served(scenario: KeyNetworkScenario) -> None:
    """Check what only a network that is served reads: SAEs, hosts and ports."""
    names = scenario.sites.names
    seen: dict[str, int] = {}
    for k, sae in enumerate(scenario.sae):
        check_known(f"sae[{k}].node", sae.node, names)
        if sae.name in seen:
            rule = f"not repeat sae[{seen[sae.name]}]"
            refuse(f"sae[{k}]", "name", rule, sae.name, "each SAE has a certificate of its own")
        seen[sae.name] = k
    for node, _ in scenario.kme.hosts:
        check_known("kme.hosts", node, names)
    last = scenario.kme.port + len(names) - 1
    if last > _LAST_PORT:
        rule = f"leave one port for each of the {len(names)} nodes, up to {_LAST_PORT}"
        hint = f"write port = {_LAST_PORT - len(names) + 1} or less"
        raise ParameterError("kme.port", rule, scenario.kme.port, hint)


def _check_routes(scenario: KeyNetworkScenario) -> None:
    """Raise where more routes are wanted than share no relay, or given ones are not there."""
    relay, sites = scenario.relay, scenario.sites
    spans = [span.ends for span in sites.spans]
    nodes = node_tables(scenario)
    for k, demand in enumerate(scenario.demand):
        if not demand.routes:
            continue
        check_given_routes(
            f"demand[{k}]",
            demand.routes,
            names=sites.names,
            spans={frozenset(ends) for ends in spans},
            trusted={node.name for node in nodes if node.trusted},
            relay=relay,
        )
    searched = [(k, demand) for k, demand in enumerate(scenario.demand) if not demand.routes]
    if relay.routes == 1 or relay.metric == "load" or not searched:
        return
    search = PathSearch(sites.names, spans, [1.0] * len(spans), [node.trusted for node in nodes])
    for k, demand in searched:
        one, two = (sites.site_number[end] for end in demand.ends)
        found = len(search.disjoint(one, [two], relay.routes, nodes=True))
        if found < relay.routes:
            rule = (
                f"be at most {found}: so many routes between {' and '.join(demand.ends)} "
                "share no relay"
            )
            hint = f"demand[{k}] takes its shares over them; add edges, or trusted nodes"
            raise ParameterError("relay.routes", rule, relay.routes, hint)


def check_case(scenario: KeyNetworkScenario) -> None:
    """Raise for what would take more than a day to play; works out the rates of edges.

    Raises:
        ParameterError: With the field, the rule, the value and a hint.
    """
    run = scenario.case.run
    seconds = (run.duration_s + run.warm_up_s) * run.replicas
    rule = f"stand for at most {MOST:g} in the whole run"
    hint = "lower it, run.duration_s or run.replicas: more takes over a day"
    for k, demand in enumerate(scenario.demand):
        if demand.request_rate_hz * seconds > MOST:
            key = "rekey_s" if demand.device else "rate_hz"
            refuse(f"demand[{k}]", key, rule, getattr(demand, key), hint)
    check_failures(scenario.fault, seconds)
    for k, device in enumerate(scenario.shared):
        if seconds * len(device.edges) > _MOST_TURNS * device.plan.cycle_s:
            hint = "lower run.duration_s or run.replicas, or take longer turns"
            most = f"give at most {_MOST_TURNS:g} turns in the whole run"
            refuse(f"shared[{k}]", "turn_s", most, device.turn_s, hint)
    _check_units([edge.fill.period_s for edge in scenario.case.edges], seconds)


def _check_units(periods: Sequence[float], seconds: float) -> None:
    """Raise where too many units or blocks come to a store."""
    shortest = min((period for period in periods if period > 0.0), default=float("inf"))
    if seconds > MOST * shortest:
        rule = f"bring at most {MOST:g} units or blocks in the whole run"
        value = f"one each {shortest:.3g} s"
        raise ParameterError("link.fill", rule, value, "take larger ones, or a continuous fill")
