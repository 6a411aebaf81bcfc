"""Case of a key network out of the tables of its scenario: what each edge makes, and its routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from protocols.key_networks.case import EdgeSpan, Fill, KeyEdge, KeyNetworkCase, RoutedDemand, Turn
from protocols.key_networks.edge_rates import edge_rate
from protocols.key_networks.routes import RouteFinder, node_tables
from protocols.key_networks.shared_devices import shared_at
from protocols.key_networks.tables import SOURCES, KeyEdgeTable, KeyLink, StoreTable
from protocols.networks.link_tables import as_part, beside, described, over, placed_at
from qnet.coexistence import Coexistence
from qnet.errors import ParameterError
from qnet.hardware import Fibre
from qnet.network import RunTimes

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["case_of", "edge_tables", "parts_of", "spans_of"]

#: Tables that may be given as they are made in Python, and what their keys are read into.
_IN_PYTHON: tuple[tuple[str, type], ...] = (
    ("link", KeyLink),
    ("fibre", Fibre),
    ("store", StoreTable),
)


def parts_of(scenario: KeyNetworkScenario) -> None:
    """Take tables that were made in Python as the keys that they were made of."""
    for name, made in _IN_PYTHON:
        if isinstance(value := getattr(scenario, name), made):
            object.__setattr__(scenario, name, as_part(value, made))


def case_of(scenario: KeyNetworkScenario) -> KeyNetworkCase:
    """All that the engines play.

    Raises:
        ParameterError: If the rate of an edge cannot be worked out.
    """
    edges = tuple(edges_of(scenario))
    finder = RouteFinder(nodes=node_tables(scenario), edges=edges, relay=scenario.relay)
    return KeyNetworkCase(
        node_tables=finder.nodes,
        edges=edges,
        demands=tuple(
            RoutedDemand(demand=demand, routes=routes, reason=reason)
            for demand in scenario.demand
            for routes, reason in [finder.of_demand(demand)]
        ),
        relay=scenario.relay,
        alarm=scenario.alarm,
        attacks=scenario.attack,
        faults=scenario.fault,
        run=scenario.run or RunTimes(duration_s=1.0),
        seed=scenario.seed,
    )


def spans_of(scenario: KeyNetworkScenario) -> tuple[EdgeSpan, ...]:
    """The edges as routes see them; their rates are worked out only where routes follow them.

    Raises:
        ParameterError: If the metric of the routes takes a rate or a length that is not there.
    """
    if scenario.relay.metric == "key-cost":
        return tuple(edges_of(scenario))
    return tuple(
        EdgeSpan(ends=ends, length_km=length) for _, ends, length, *_ in edge_tables(scenario)
    )


def edges_of(scenario: KeyNetworkScenario) -> Iterator[KeyEdge]:
    """The edges with their rates and stores."""
    for number, ends, length, link, fibre, store in edge_tables(scenario):
        place = _place(scenario, number)
        run = scenario.run or RunTimes(duration_s=1.0)
        rate = edge_rate(
            link,
            ends,
            length,
            {**fibre, **_switch_loss(scenario, ends, link)},
            _channels(scenario, number),
            folder=scenario.folder,
            place=place,
            duration_s=run.duration_s,
        )
        yield KeyEdge(
            ends=ends,
            length_km=length,
            fill=_in_turn(scenario, ends, rate.fill),
            store=store,
            qber=rate.qber,
            test_bits_hz=link.test_bits_hz,
            security=rate.security,
        )


def _switch_loss(
    scenario: KeyNetworkScenario, ends: tuple[str, str], link: KeyLink
) -> dict[str, float]:
    """Loss of the switches of a shared device, as a key of the fibre."""
    found = shared_at(scenario.shared, ends)
    if found is None or found[0].switch_loss_db == 0.0:
        return {}
    device, k, _ = found
    if link.keyrate is None:
        rule = f"be 0 at the edge {' - '.join(ends)}, whose rate is no key rate of a fibre"
        hint = "give link.keyrate, or a rate outright that has the loss in it"
        place = f"shared[{k}].switch_loss_db"
        raise ParameterError(place, rule, device.switch_loss_db, hint)
    return {"switch_loss_db": device.switch_loss_db}


def _in_turn(scenario: KeyNetworkScenario, ends: tuple[str, str], fill: Fill) -> Fill:
    """The fill of an edge that has its device in turn: the mean rate over a cycle."""
    found = shared_at(scenario.shared, ends)
    if found is None:
        return fill
    device, k, number = found
    if fill.kind == "schedule":
        hint = "put the turns into the schedule"
        place = f"shared[{k}].edges[{number}]"
        raise ParameterError(place, "not fill by a schedule of its own", list(ends), hint)
    turn = Turn(device.plan, number)
    return replace(fill, rate_hz=fill.rate_hz * turn.share * device.recovery.duty, turn=turn)


def _channels(scenario: KeyNetworkScenario, number: int | None) -> Coexistence | None:
    """Classical channels on the fibre of an edge."""
    own = None if number is None else scenario.edge[number].coexistence
    with placed_at("coexistence" if own is None else f"edge[{number}].coexistence"):
        return beside(scenario.coexistence, own)


def edge_tables(
    scenario: KeyNetworkScenario,
) -> Iterator[
    tuple[int | None, tuple[str, str], float | None, KeyLink, dict[str, Any], StoreTable]
]:
    """Of each edge: number of its own table, ends, length in km, link, keys of its fibre, store."""
    own = {frozenset(table.ends): k for k, table in enumerate(scenario.edge)}
    link: Any = scenario.link
    fibre: Any = scenario.fibre
    store: Any = scenario.store
    for span in scenario.sites.spans:
        number = own.get(frozenset(span.ends))
        table = KeyEdgeTable(ends=span.ends) if number is None else scenario.edge[number]
        length = span.length_km if table.length_km is None else table.length_km
        yield (
            number,
            span.ends,
            length,
            described(KeyLink, link, table.link, "link", number, merged=_over),
            over(fibre, table.fibre),
            described(StoreTable, store, table.store, "store", number),
        )


def _place(scenario: KeyNetworkScenario, number: int | None) -> str:
    """Where it stands how an edge makes its key."""
    own: Any = None if number is None else scenario.edge[number].link
    return f"edge[{number}].link" if any(name in (own or ()) for name in SOURCES) else "link"


def _over(base: Any, own: Any) -> dict[str, Any]:  # noqa: ANN401
    """The keys of a link with those of an edge in their place.

    Where an edge says what its rate is worked out from, that of all edges is no more.
    """
    given = over(base, own)
    if not any(name in (own or ()) for name in SOURCES):
        return given
    return {name: each for name, each in given.items() if name not in SOURCES or name in own}
